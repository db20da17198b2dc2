"""What SPSS and Stata files share: codes with labels, read in batches by pyreadstat.

Belongs here: their cells → text, their value labels. Not here: which of the two a file is
(readers/), whether the labels are those declared (pipelines.validation).
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from pipelines.intake.errors import ExtractError
from pipelines.intake.raw import RawWriter, number_text, number_texts

BATCH_ROWS = 20_000


def read_in_batches(
    read: Callable[..., Any], extract: Path, raw: RawWriter, kind: str, decimal: str
) -> None:
    """Read all rows of `extract` with pyreadstat's `read`, never more than a batch at once."""
    try:
        _, about = read(str(extract), metadataonly=True, output_format="dict")
        raw.header(about.column_names, 1)
        raw.labels |= {
            name: {_text(code, decimal) or "": label for code, label in labels.items()}
            for name, labels in about.variable_value_labels.items()
        }
        raw.detected |= {"encoding": about.file_encoding or "—", "format": kind}
        done = 0
        while rows := _batch(read, extract, raw, done, decimal):
            done += rows
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError, OverflowError):
        raise ExtractError.whole("intake-damaged", extract, format=kind) from None


def _batch(
    read: Callable[..., Any], extract: Path, raw: RawWriter, done: int, decimal: str
) -> int:  # fmt: skip
    cells, _ = read(
        str(extract), row_offset=done, row_limit=BATCH_ROWS, user_missing=True,
        output_format="dict",
    )  # fmt: skip
    columns = [_texts(np.asarray(one), decimal) for one in cells.values()]
    rows = len(columns[0]) if columns else 0
    raw.write(np.arange(done + 2, done + 2 + rows, dtype=np.int64), columns)
    return rows


def _texts(cells: np.ndarray[Any, np.dtype[Any]], decimal: str) -> pa.Array:
    if np.issubdtype(cells.dtype, np.number):
        values = cells.astype(np.float64)
        return number_texts(values, ~np.isnan(values), decimal)
    return pa.array((_text(cell, decimal) for cell in cells), pa.string())


def _text(cell: object, decimal: str) -> str | None:
    """Return one cell as text; None for the system's own missing value."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, int | float | np.number):
        return number_text(float(cell), decimal)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    return str(cell)
