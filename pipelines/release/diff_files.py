"""The difference with the previous version as files of a release: diff/.

Belongs here: rows added, removed and changed, by key, as CSV, and a summary. Not here: finding
differences (diff.py), their sentences (changes.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.release.changes import Sentence
from pipelines.release.descriptor import as_json
from pipelines.release.diff import (
    PUBLISHED,
    Difference,
    TableDifference,
    read_descriptor,
    register_twins,
    schemas,
    shared_columns,
)
from pipelines.release.writing import write_csv

Descriptor = Mapping[str, Any]


def write_diff(
    folder: Path, previous: Path, difference: Difference, changes: Sequence[Sentence]
) -> None:
    """Write `folder`/diff: summary.json, and one CSV a table and kind of change that has rows.

    `<table>-added.csv` and `<table>-removed.csv` hold whole rows, `<table>-changed.csv` one row a
    changed cell: key, column, before, after. What is withheld in either release is not shown.
    """
    place = folder / "diff"
    place.mkdir()
    summary = {
        "previous": read_descriptor(previous)["version"],
        "sentences": list(changes),
        **asdict(difference),
    }
    (place / "summary.json").write_bytes(as_json(summary).encode())
    olds, news = schemas(read_descriptor(previous)), schemas(read_descriptor(folder))
    with sql.connect() as connection:
        for one in difference.tables:
            if one.rows is None:
                continue
            register_twins(connection, one.table, previous, folder)
            for kind, rows in _rows(connection, one, olds[one.table], news[one.table]):
                write_csv(connection, rows, place / f"{one.table}-{kind}.csv")


def _rows(
    connection: DuckDBPyConnection, one: TableDifference, old: Descriptor, new: Descriptor
) -> list[tuple[str, pa.Table]]:
    key = sql.names(new["primaryKey"])
    others = shared_columns(old, new)
    is_shown = "true"
    if one.is_judged:
        shown = sql.literal(PUBLISHED)
        is_shown = f"a.status = {shown} AND b.status = {shown}"
    queries = {
        "added": _rows_of(key, "after", "before"),
        "removed": _rows_of(key, "before", "after"),
        "changed": sql.read(
            "release/changed_cells.sql", key=key, cells=_cells(others), is_shown=is_shown
        ),
    }
    found = {kind: connection.sql(query).to_arrow_table() for kind, query in queries.items()}
    return [(kind, rows) for kind, rows in found.items() if rows.num_rows]


def _rows_of(key: str, own: str, other: str) -> str:
    return sql.read("release/rows_of_one.sql", key=key, own=own, other=other)


def _cells(columns: Sequence[str]) -> str:
    """Return a list with a struct of name, old and new text for each column."""
    each = (
        f'{{"column": {sql.literal(one)}, "before": CAST(b.{sql.name(one)} AS VARCHAR), '
        f'"after": CAST(a.{sql.name(one)} AS VARCHAR)}}'
        for one in columns
    )
    return f"[{', '.join(each)}]"
