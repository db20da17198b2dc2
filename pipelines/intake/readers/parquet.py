"""Parquet: columns of text, numbers, dates or true/false, batch by batch.

Belongs here: Arrow types → text. Not here: what the texts mean (pipelines.validation).
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake.errors import ExtractError
from pipelines.intake.raw import RawWriter, number_texts
from pipelines.study import ExtractFormat

BATCH_ROWS = 50_000


def read(extract: Path, fmt: ExtractFormat, raw: RawWriter) -> None:
    """Read a Parquet file; raises ExtractError for a damaged one or a nested column."""
    try:
        with pq.ParquetFile(extract) as file:
            raw.header(file.schema_arrow.names, 1)
            line = 2
            for batch in file.iter_batches(BATCH_ROWS):
                lines = np.arange(line, line + batch.num_rows, dtype=np.int64)
                raw.write(lines, [_texts(extract, fmt.decimal, *one) for one in _columns(batch)])
                line += batch.num_rows
    except (pa.ArrowException, OSError):
        raise ExtractError.whole("intake-damaged", extract, format="Parquet") from None


def _columns(batch: pa.RecordBatch) -> list[tuple[str, pa.Array]]:
    return list(zip(batch.schema.names, batch.columns, strict=True))


def _texts(extract: Path, decimal: str, name: str, cells: pa.Array) -> pa.Array:
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return _texts(extract, decimal, name, cells.dictionary_decode())
    if pa.types.is_boolean(kind):
        return pc.if_else(cells, "TRUE", "FALSE")
    if pa.types.is_floating(kind):
        values = cells.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return number_texts(values, pc.is_valid(cells).to_numpy(zero_copy_only=False), decimal)
    if pa.types.is_decimal(kind):
        return pc.replace_substring(cells.cast(pa.string()), ".", decimal)
    if pa.types.is_timestamp(kind) and _are_days(cells):
        cells = cells.cast(pa.date32())
    try:
        return cells.cast(pa.string())
    except pa.ArrowException:
        raise ExtractError.whole(
            "intake-column-type", extract, column=name, found=str(kind)
        ) from None


def _are_days(cells: pa.Array) -> bool:
    """Whether every time is midnight: a day, in the only type that some programs have for one."""
    at_midnight = pc.equal(pc.floor_temporal(cells, unit="day"), cells)
    return bool(pc.all(at_midnight, min_count=0).as_py())
