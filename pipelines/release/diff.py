"""What differs between two releases: tables, fields, codes, rows by key, method, texts.

Belongs here: finding differences. Not here: the version they ask for (bump.py), how they are
told or written into a release (changes.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from phare_data.content_id import said
from phare_data.layout import CSV_SUFFIX
from pipelines import sql
from pipelines.release.method import changed_method

Descriptor = Mapping[str, Any]
PUBLISHED = "published"


@dataclass(frozen=True)
class RowCounts:
    """Rows that differ, by key; `restated` are changed values that both releases show."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    restated: int = 0
    withheld: int = 0
    freed: int = 0


@dataclass(frozen=True)
class TableDifference:
    """How one table differs; `rows` is None where the keys differ, so that none correspond.

    `is_judged`: each row has a status, and figures where it is published.
    """

    table: str
    fields_added: tuple[str, ...] = ()
    fields_removed: tuple[str, ...] = ()
    fields_changed: tuple[str, ...] = ()
    fields_reordered: bool = False
    keys_changed: bool = False
    codes_added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes_removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: RowCounts | None = RowCounts()
    is_judged: bool = False

    @property
    def is_none(self) -> bool:
        """Whether the table is the same."""
        return self == TableDifference(self.table, is_judged=self.is_judged)


@dataclass(frozen=True)
class Difference:
    """How a release differs from an earlier one."""

    tables: tuple[TableDifference, ...]
    tables_added: tuple[str, ...] = ()
    tables_removed: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def restated(self) -> int:
        """Return how many rows of figures show other values under the same key."""
        return sum(one.rows.restated for one in self.tables if one.is_judged and one.rows)


def compare(before: Path, after: Path) -> Difference:
    """Compare two release folders; both are taken as they lie, unverified."""
    old, new = read_descriptor(before), read_descriptor(after)
    olds, news = schemas(old), schemas(new)
    shared = [name for name in news if name in olds]
    with sql.connect() as connection:
        tables = tuple(
            _compare_table(connection, name, olds[name], news[name], before, after)
            for name in shared
        )
    return Difference(
        tuple(one for one in tables if not one.is_none),
        tuple(name for name in news if name not in olds),
        tuple(name for name in olds if name not in news),
        changed_method(old.get("pub:method", {}), new.get("pub:method", {})),
        _changed_texts(old, new),
    )


def read_descriptor(folder: Path) -> dict[str, Any]:
    """Return the descriptor of a release folder."""
    found: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return found


def schemas(descriptor: Descriptor) -> dict[str, Descriptor]:
    """Return the schema of each table, from its Parquet resource."""
    return {
        one["name"]: one["schema"]
        for one in descriptor["resources"]
        if not one["name"].endswith(CSV_SUFFIX)
    }


def shared_columns(old: Descriptor, new: Descriptor) -> list[str]:
    """Return the columns, keys aside, that both schemas have."""
    names = {one["name"] for one in old["fields"]}
    own = [one["name"] for one in new["fields"] if one["name"] in names]
    return [name for name in own if name not in new["primaryKey"]]


def _changed_texts(old: Descriptor, new: Descriptor) -> tuple[str, ...]:
    """Return the keys of the descriptor, the method and tables aside, that say something else."""
    before, after = said(old), said(new)
    names = sorted({*before, *after} - {"resources", "pub:method"})
    changed = [name for name in names if before.get(name) != after.get(name)]
    if _titles(before) != _titles(after):
        changed.append("resources")
    return tuple(changed)


def _titles(descriptor: Descriptor) -> dict[str, Any]:
    """Return what the tables that both may have say of themselves in words."""
    texts = ("title", "description", "i18n:title", "i18n:description", "pub:unit", "categories")
    return {
        f"{one['name']}.{column['name']}": [column.get(text) for text in texts]
        + [one.get(text) for text in texts]
        for one in descriptor["resources"]
        for column in one["schema"]["fields"]
    }


def _compare_table(
    connection: DuckDBPyConnection, name: str, old: Descriptor, new: Descriptor, before: Path,
    after: Path,
) -> TableDifference:  # fmt: skip
    olds = {one["name"]: one for one in old["fields"]}
    news = {one["name"]: one for one in new["fields"]}
    shared = [one for one in news if one in olds]
    has_same_key = old["primaryKey"] == new["primaryKey"]
    codes = {one: (_codes(olds[one]), _codes(news[one])) for one in shared}
    return TableDifference(
        name,
        tuple(one for one in news if one not in olds),
        tuple(one for one in olds if one not in news),
        tuple(one for one in shared if _kind(olds[one]) != _kind(news[one])),
        shared != [one for one in olds if one in news],
        not has_same_key or _references(old) != _references(new),
        {one: _without(after_, before_) for one, (before_, after_) in codes.items()
         if _without(after_, before_)},
        {one: _without(before_, after_) for one, (before_, after_) in codes.items()
         if _without(before_, after_)},
        _count_rows(connection, name, old, new, before, after) if has_same_key else None,
        is_judged(old, new),
    )  # fmt: skip


def is_judged(old: Descriptor, new: Descriptor) -> bool:
    """Whether both versions of a table tell for each row if its figures are published."""
    return all("status" in {one["name"] for one in schema["fields"]} for schema in (old, new))


def _codes(column: Descriptor) -> tuple[str, ...]:
    return tuple(column.get("constraints", {}).get("enum", ()))


def _without(codes: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in codes if one not in others)


def _kind(column: Descriptor) -> Any:
    """Return what old code relies on of a column, its codes aside."""
    constraints = {**column.get("constraints", {})}
    is_coded = constraints.pop("enum", None) is not None
    return column["type"], column.get("pub:arrowType"), constraints, is_coded


def _references(schema: Descriptor) -> Any:
    return schema.get("foreignKeys", [])


def _count_rows(
    connection: DuckDBPyConnection, name: str, old: Descriptor, new: Descriptor, before: Path,
    after: Path,
) -> RowCounts:  # fmt: skip
    others = shared_columns(old, new)
    register_twins(connection, name, before, after)
    has_status = is_judged(old, new)
    query = sql.read(
        "release/row_counts.sql",
        key=sql.names(new["primaryKey"]),
        differs=_any_differs(others),
        was_published=f"b.status = {sql.literal(PUBLISHED)}" if has_status else "true",
        is_published=f"a.status = {sql.literal(PUBLISHED)}" if has_status else "true",
    )
    counts = connection.sql(query).fetchall()[0]
    return RowCounts(*counts)


def _any_differs(columns: list[str]) -> str:
    """Return whether one of `columns` differs between the twins b and a."""
    each = (f"b.{sql.name(one)} IS DISTINCT FROM a.{sql.name(one)}" for one in columns)
    return " OR ".join(each) or "false"


def register_twins(connection: DuckDBPyConnection, name: str, before: Path, after: Path) -> None:
    """Register a table of two releases as `before` and `after`."""
    for view, folder in (("before", before), ("after", after)):
        connection.register(view, pq.read_table(folder / "data" / f"{name}.parquet"))
