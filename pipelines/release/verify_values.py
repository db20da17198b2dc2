"""Whether the tables of a release are what its descriptor says of them.

Belongs here: types, keys, references, codes, ranges, order, withheld rows, Parquet against CSV, in
DuckDB from checks/*.sql. Not here: bytes of files (verify_files.py).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.release.findings import Finding
from pipelines.release.table_schema import CSV_SUFFIX

Descriptor = Mapping[str, Any]
FITS = {
    "string": pa.types.is_string,
    "integer": lambda one: pa.types.is_decimal(one) and one.scale == 0,
    "number": pa.types.is_decimal,
    "date": pa.types.is_date32,
    "boolean": pa.types.is_boolean,
}


class Values:
    """Checks the tables of one release, counting what it looked at."""

    def __init__(self, folder: Path, descriptor: Descriptor) -> None:
        self.folder = folder
        self.resources = {one["name"]: one for one in descriptor["resources"]}
        self.looked = 0

    def check(self) -> Iterator[Finding]:
        """Yield every fault of every table; a table that cannot be read is one."""
        with sql.connect() as connection:
            readable = []
            for name, resource in self._tables():
                faults = list(self._check_columns(resource))
                yield from faults
                if not faults and (self.folder / resource["path"]).is_file():
                    self._open(connection, name, resource)
                    readable.append(name)
            for name in readable:
                yield from self._check_table(connection, self.resources[name], readable)

    def _tables(self) -> Iterator[tuple[str, Descriptor]]:
        for name, resource in self.resources.items():
            if resource.get("format") == "parquet":
                yield name, resource

    def _open(self, connection: DuckDBPyConnection, name: str, resource: Descriptor) -> None:
        path = sql.literal(str(self.folder / resource["path"]))
        connection.execute(
            sql.read("release/checks/open_parquet.sql", table=sql.name(name), path=path)
        )

    def _check_columns(self, resource: Descriptor) -> Iterator[Finding]:
        """Compare the Arrow schema with the Table Schema: names, order, types, what may be null.

        Parquet cannot hold a null in a column declared never null: no row needs a look for that.
        """
        path, fields = resource["path"], resource["schema"]["fields"]
        try:
            schema = pq.read_schema(self.folder / path)
        except (OSError, pa.ArrowException) as error:
            yield Finding("table-unreadable", path, type(error).__name__)
            return
        self.looked += 1 + len(fields)
        if schema.names != [one["name"] for one in fields]:
            yield Finding("table-columns", path, ", ".join(schema.names))
            return
        for one in fields:
            column = schema.field(one["name"])
            is_required = bool(one.get("constraints", {}).get("required"))
            is_right = FITS[one["type"]](column.type) and str(column.type) == one["pub:arrowType"]
            if not is_right or column.nullable == is_required:
                yield Finding("table-type", path, f"{column.name}: {column.type}")

    def _check_table(
        self, connection: DuckDBPyConnection, resource: Descriptor, readable: list[str]
    ) -> Iterator[Finding]:
        path = resource["path"]
        try:
            yield from self._check_rows(connection, resource, readable)
        except duckdb.Error as error:
            yield Finding("table-unreadable", path, type(error).__name__)
        twin = self.resources.get(resource["name"] + CSV_SUFFIX)
        if twin is None:
            yield Finding("twin-missing", path)
            return
        yield from self._check_twin(connection, resource, twin)

    def _check_rows(
        self, connection: DuckDBPyConnection, resource: Descriptor, readable: list[str]
    ) -> Iterator[Finding]:
        for check, what, query, values in self._questions(resource, readable):
            self.looked += 1
            found = connection.execute(query, values).fetchall()[0][0]
            if found:
                yield Finding(check, resource["path"], f"{what}: {found}")

    def _questions(
        self, resource: Descriptor, readable: list[str]
    ) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield (check, what it looks at, query that counts failures, bound values)."""
        schema, table = resource["schema"], sql.name(resource["name"])
        key = sql.names(schema["primaryKey"])
        told = ", ".join(schema["primaryKey"])
        yield "table-key", told, _read("key", table=table, key=key), {}
        path = {"path": str(self.folder / resource["path"])}
        yield "table-order", told, _read("row_order", key=key), path
        for one in schema["fields"]:
            yield from _column_questions(table, one)
        for one in schema.get("foreignKeys", []):
            if one["reference"]["resource"] in readable:
                yield "table-reference", ", ".join(one["fields"]), _reference(table, one), {}
        figures = [one["name"] for one in schema["fields"] if one.get("pub:figure")]
        if figures:
            shown = " OR ".join(f"{sql.name(one)} IS NOT NULL" for one in figures)
            yield "table-withheld", "status", _read("shown", table=table, shown=shown), {}

    def _check_twin(
        self, connection: DuckDBPyConnection, resource: Descriptor, twin: Descriptor
    ) -> Iterator[Finding]:
        self.looked += 1
        table, other = sql.name(resource["name"]), sql.name(twin["name"])
        types = ", ".join(
            f"{sql.literal(one['name'])}: {sql.literal(_duckdb_type(one['pub:arrowType']))}"
            for one in resource["schema"]["fields"]
        )
        path = sql.literal(str(self.folder / twin["path"]))
        try:
            connection.execute(_read("open_csv", twin=other, path=path, types=types))
            query = _read("twins", table=table, twin=other)
            found = connection.execute(query).fetchall()[0][0]
        except duckdb.Error as error:
            yield Finding("table-unreadable", twin["path"], type(error).__name__)
            return
        if found:
            yield Finding("twins-differ", twin["path"], str(found))


def _column_questions(
    table: str, column: Descriptor
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    name, constraints = sql.name(column["name"]), column.get("constraints", {})
    if "enum" in constraints:
        query = _read("codes", table=table, column=name)
        yield "table-code", column["name"], query, {"codes": list(constraints["enum"])}
    if "minimum" in constraints:
        query = _read("minimum", table=table, column=name)
        yield "table-minimum", column["name"], query, {"minimum": constraints["minimum"]}


def _reference(table: str, key: Descriptor) -> str:
    reference = key["reference"]
    pairs = zip(key["fields"], reference["fields"], strict=True)
    return _read(
        "reference",
        table=table,
        other=sql.name(reference["resource"]),
        fields=sql.names(key["fields"]),
        same=" AND ".join(f"t.{sql.name(one)} = o.{sql.name(other)}" for one, other in pairs),
    )


def _duckdb_type(arrow: str) -> str:
    if arrow.startswith("decimal128"):
        return arrow.replace("decimal128", "DECIMAL")
    return {"string": "VARCHAR", "date32[day]": "DATE", "bool": "BOOLEAN"}[arrow]


def _read(check: str, **slots: str) -> str:
    return sql.read(f"release/checks/{check}.sql", **slots)
