"""Arrow tables as polars or pandas frames, with numbers that these compute with.

Belongs here: types and conversion. Not here: what is in the table (loading.py).
"""

import json
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pyarrow as pa

from phare_data.errors import MissingLibraryError


def check_library(name: str) -> None:
    """Raise MissingLibraryError unless polars or pandas is installed."""
    if find_spec(name) is None:
        raise MissingLibraryError("missing-library", library=name)


def as_frame(table: pa.Table, library: str) -> Any:
    """Return `table` as a frame of `library`: DECIMAL becomes int64 or float64, by its scale."""
    plain = pa.table([_plain(one) for one in table.columns], names=table.column_names)
    if library == "polars":
        return import_module("polars").from_arrow(plain)
    pandas = import_module("pandas")
    kept = {
        pa.int64(): pandas.Int64Dtype(),
        pa.string(): pandas.StringDtype(),
        pa.bool_(): pandas.BooleanDtype(),
    }
    frame = plain.to_pandas(types_mapper=kept.get)
    facts = {
        name.decode(): json.loads(text) for name, text in (table.schema.metadata or {}).items()
    }
    titles = {one.name: (one.metadata or {}).get(b"title", b"").decode() for one in table.schema}
    frame.attrs = facts | {"titles": {name: title for name, title in titles.items() if title}}
    return frame


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_decimal(column.type):
        return column
    if column.type.scale == 0:
        return column.cast(pa.int64())
    # By its digits: Arrow's own cast divides, and makes 0.688 the float after the nearest one.
    return column.cast(pa.string()).cast(pa.float64())
