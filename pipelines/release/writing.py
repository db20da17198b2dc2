"""Writing the tables of a release: Parquet, and its canonical CSV twin.

Belongs here: bytes of data files, the same for the same rows whatever the machine. Not here: which
rows (inputs.py), other files of a release (layout.py).
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql

COMPRESSION_LEVEL = (
    9  # of zstd: 10 to 15 % smaller than the default, still fast for tables of codes
)


def write_parquet(rows: pa.Table, path: Path, about: dict[str, str]) -> None:
    """Write rows as one row group with page index; `about` goes into the file's key-values."""
    kept = rows.schema.metadata or {}
    schema = rows.schema.with_metadata({**kept, **about})
    pq.write_table(
        rows.cast(schema),
        path,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        row_group_size=max(rows.num_rows, 1),
        write_page_index=True,
    )


def write_csv(connection: DuckDBPyConnection, rows: pa.Table, path: Path) -> None:
    """Write rows as canonical CSV.

    UTF-8 without mark, LF, comma, a header, quotes only where a cell needs them, empty = null,
    decimals with all the digits of their scale, true/false, ISO dates; rows as they come.
    """
    connection.register("rows", rows)
    connection.execute(sql.read("release/canonical_csv.sql", path=sql.literal(str(path))))
    connection.unregister("rows")
