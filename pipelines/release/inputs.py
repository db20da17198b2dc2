"""What a release is made of: the deliveries' facts and the rows of every published table.

Belongs here: reading and checking what other rooms hand over. Not here: writing it (writing.py),
describing it (descriptor.py).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.release.arrow import arrow_schema
from pipelines.release.errors import ReleaseInputError
from pipelines.study import Study
from pipelines.study.model import Licence
from pipelines.study.tables import Table, data_tables, published_tables


@dataclass(frozen=True)
class SourceFile:
    """A delivered file as its sidecar describes it: what readers are told of the raw data."""

    wave: str
    file: str
    sha256: str
    bytes: int
    producer: str
    received: dt.date
    licence: Licence
    synthetic: bool


@dataclass(frozen=True)
class Release:
    """All that goes into one release: tables with their rows, sorted by key, and their origin."""

    study: Study
    tables: tuple[tuple[Table, pa.Table], ...]
    sources: tuple[SourceFile, ...]
    waves: tuple[str, ...]

    @property
    def is_synthetic(self) -> bool:
        """Whether any wave holds rows that describe no real respondent."""
        declared = any(self.study.waves[wave].synthetic for wave in self.waves)
        return declared or any(one.synthetic for one in self.sources)


def gather(
    study: Study, protected: Mapping[str, Sequence[Path]], sources: Sequence[SourceFile]
) -> Release:
    """Read every published table of `study`; `protected` has the files of those that data fill.

    Raises ReleaseInputError for no wave, for a table without its files or whose files have other
    columns or types than it, for a wave that is not declared, has no source or stands in two files
    of the first table, or in a file of another table without being in one of the first.
    """
    for table in data_tables(study):
        for path in protected.get(table.name, ()):
            _check_columns(path, table)
    waves = _waves(study, protected, sources)
    with sql.connect() as connection:
        tables = tuple(
            (table, _rows(connection, table, protected.get(table.name, ())))
            for table in published_tables(study)
        )
    ordered = tuple(sorted(sources, key=lambda one: (one.wave, one.received, one.sha256)))
    return Release(study, tables, ordered, waves)


def _check_columns(path: Path, table: Table) -> None:
    found, expected = pq.read_schema(path), arrow_schema(table)
    if found.names != expected.names:
        raise ReleaseInputError(
            "release-columns",
            file=path.name, found=", ".join(found.names), expected=", ".join(expected.names),
        )  # fmt: skip
    for one in expected:
        if found.field(one.name).type != one.type:
            raise ReleaseInputError(
                "release-column-type",
                file=path.name, column=one.name, found=found.field(one.name).type,
                expected=one.type,
            )  # fmt: skip


def _waves(
    study: Study, protected: Mapping[str, Sequence[Path]], sources: Sequence[SourceFile]
) -> tuple[str, ...]:
    first, *others = data_tables(study)
    found = _waves_in(protected.get(first.name, ()))
    if not found:
        raise ReleaseInputError("release-no-wave", study=study.id)
    for table in others:
        if len(protected.get(table.name, ())) != len(protected[first.name]):
            raise ReleaseInputError("release-table-missing", study=study.id, table=table.name)
        found += set(_waves_in(protected[table.name])) - set(found)
    sourced = {one.wave for one in sources}
    for wave in found:
        if wave not in study.waves or wave not in sourced or found.count(wave) > 1:
            raise ReleaseInputError(
                "release-wave", study=study.id, wave=wave, declared=", ".join(study.waves)
            )
    return tuple(sorted(found))


def _waves_in(paths: Sequence[Path]) -> list[str]:
    return [
        wave
        for path in paths
        for wave in pc.unique(pq.read_table(path, columns=["wave"])["wave"]).to_pylist()
    ]


def _rows(connection: DuckDBPyConnection, table: Table, protected: Sequence[Path]) -> pa.Table:
    """Return the rows of one table in the order and types that are published."""
    schema = arrow_schema(table)
    key = sql.names(table.primary_key)
    if table.rows is None:
        query = sql.read("release/waves_together.sql", columns=sql.names(table.columns), key=key)
        paths = [str(path) for path in protected]
        rows = connection.sql(query, params={"protected": paths}).to_arrow_table()
    else:
        # Codes are few: sorting them as UTF-8 is the order that DuckDB gives the estimates.
        place = [table.columns.index(name) for name in table.primary_key]
        listed = sorted(table.rows, key=lambda row: tuple(row[at] for at in place))
        rows = _columns(listed, schema)
    # One chunk: where a batch ends must not show in the bytes.
    return rows.cast(schema).combine_chunks()


def _columns(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [() for _ in schema]
    pairs = zip(columns, schema, strict=True)
    return pa.table([pa.array(column, field.type) for column, field in pairs], schema=schema)
