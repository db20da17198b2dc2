"""Whether the tables of a release are what its descriptor says of them.

Belongs here: types, keys, order, references, codes, ranges, withheld rows, Parquet against CSV; all
in Arrow, column by column. Not here: bytes of files (files.py), questions to one table (rows.py).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from phare_data.layout import CSV_SUFFIX
from phare_data.verifier import rows
from phare_data.verifier.findings import Finding, NotRun

Descriptor = Mapping[str, Any]
FITS = {
    "string": pa.types.is_string,
    "integer": lambda one: pa.types.is_decimal(one) and one.scale == 0,
    "number": pa.types.is_decimal,
    "date": pa.types.is_date32,
    "boolean": pa.types.is_boolean,
}


class Tables:
    """Checks the tables of one release, counting what it looked at."""

    def __init__(self, folder: Path, descriptor: Descriptor) -> None:
        self.folder = folder
        self.resources = {one["name"]: one for one in descriptor["resources"]}
        self.looked = 0
        self.not_run: list[NotRun] = []

    def check(self) -> Iterator[Finding]:
        """Yield every fault of every table; a table that cannot be read is one."""
        readable = []
        for name, resource in self.resources.items():
            if resource.get("format") == "parquet":
                faults = list(self._check_columns(resource))
                yield from faults
                readable += [] if faults else [name]
        for name in readable:
            yield from self._check_table(self.resources[name], readable)

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

    def _check_table(self, resource: Descriptor, readable: list[str]) -> Iterator[Finding]:
        path = resource["path"]
        try:
            table = pq.read_table(self.folder / path)
            yield from self._check_rows(table, resource, readable)
        except (OSError, pa.ArrowException) as error:
            yield Finding("table-unreadable", path, type(error).__name__)
            return
        twin = self.resources.get(resource["name"] + CSV_SUFFIX)
        if twin is None:
            yield Finding("twin-missing", path)
            return
        yield from self._check_twin(table, twin)

    def _check_rows(
        self, table: pa.Table, resource: Descriptor, readable: list[str]
    ) -> Iterator[Finding]:
        for check, what, found in self._answers(table, resource["schema"], readable):
            self.looked += 1
            if found:
                yield Finding(check, resource["path"], f"{what}: {found}")
        for one in resource["schema"]["fields"]:
            for constraint in set(one.get("constraints", {})) - rows.CONSTRAINTS:
                about = f"{resource['path']}, {one['name']}: {constraint}"
                self.not_run.append(NotRun("constraint", about))

    def _answers(
        self, table: pa.Table, schema: Descriptor, readable: list[str]
    ) -> Iterator[tuple[str, str, int]]:
        """Yield (check, what it looks at, how many failures it found)."""
        key = schema["primaryKey"]
        told = ", ".join(key)
        yield "table-key", told, rows.repeated_keys(table, key)
        yield "table-order", told, rows.rows_out_of_order(table, key)
        for one in schema["fields"]:
            yield from rows.column_failures(table[one["name"]], one)
        for one in schema.get("foreignKeys", []):
            name = one["reference"]["resource"]
            if name in readable:
                columns = one["reference"]["fields"]
                other = pq.read_table(self.folder / self.resources[name]["path"], columns=columns)
                found = rows.dangling(table, one["fields"], other, columns)
                yield "table-reference", ", ".join(one["fields"]), found
        figures = [one["name"] for one in schema["fields"] if one.get("pub:figure")]
        if figures and "status" in table.column_names:
            yield "table-withheld", "status", rows.shown_though_withheld(table, figures)

    def _check_twin(self, table: pa.Table, twin: Descriptor) -> Iterator[Finding]:
        self.looked += 1
        path = twin["path"]
        try:
            other = rows.read_canonical_csv(self.folder / path, table.schema)
        except (OSError, pa.ArrowException, ValueError) as error:
            yield Finding("table-unreadable", path, type(error).__name__)
            return
        found = rows.differing_rows(table, other)
        if found:
            yield Finding("twins-differ", path, str(found))
