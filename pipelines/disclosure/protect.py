"""Protecting one wave: full-precision estimates in, the table that may be published out.

Belongs here: the order of the steps and the writing of the protected table. Not here: the rules
(primary.py), the pattern (pattern.py), the proof on what was written (audit.py).
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.disclosure.audit import examine
from pipelines.disclosure.bases import (
    ITEM,
    UNKNOWN,
    Bases,
    CellKey,
    Flags,
    is_national,
    read_bases,
)
from pipelines.disclosure.population import counted_breakdowns
from pipelines.disclosure.primary import is_void
from pipelines.disclosure.repair import all_below_the_total, asked_for
from pipelines.disclosure.report import ProtectionReport
from pipelines.disclosure.selection import Selection, Selector
from pipelines.study import Study
from pipelines.study.tables import FIGURES, Field, Table, estimates_table

PUBLISHED, WITHHELD, VOID = "published", "withheld", "not_applicable"
NOT_ASKED = "not_asked"  # the wave did not put the question, as it declares: no secret
ROW_GROUP = 100_000
REPAIRS = 5  # rounds of withholding more; the last withholds all of an item but its total

Statuses = npt.NDArray[np.object_]


def protect(
    study: Study, wave_id: str, estimates: Path, protected: Path, sums: Path | None = None
) -> ProtectionReport:
    """Write the table that may be published of one wave's estimates.

    `estimates` is Parquet of full precision, one row per item, answer and cell, and so are the
    `sums` of answers that other tables show: a cell shows both or neither, and they are judged and
    attacked together, but only the answers are written. `protected` gets exactly the columns of
    `estimates_table(study)`, sorted by its primary key: same input, same bytes, whatever the order
    of the rows or the number of threads. A row is `withheld`, `not_applicable` (the frame counts no
    unit) or `not_asked` (the wave declares that it did not put the question) with every figure
    null, else `published` with its figures rounded as declared.

    Raises EstimatesUnfitError when the estimates cannot be protected; nothing is written then.
    """
    sources = [estimates] if sums is None else [estimates, sums]
    with sql.connect(protected.parent) as connection:
        bases = read_bases(connection, study, wave_id, *sources)
        selector = Selector(study, bases)
        aside = protected.with_name(f".{os.getpid()}-{protected.stem}.parquet")
        try:
            selection = _settle(connection, study, selector, sources, aside)
            if sums is not None:
                statuses = _statuses(bases, selection)
                _write(connection, study, bases, statuses, [estimates], aside)
            aside.replace(protected)
        finally:
            aside.unlink(missing_ok=True)
    return _report(study, wave_id, bases, selection)


def _settle(
    connection: DuckDBPyConnection, study: Study, selector: Selector, sources: Sequence[Path],
    aside: Path,
) -> Selection:  # fmt: skip
    """Write the table aside, attack it as written, withhold more where it gives way, and again.

    After a few rounds, an item that still gives something away is withheld below its total.
    """
    more = np.zeros(selector.bases.respondents.shape, dtype=np.bool_)
    only: set[CellKey] | None = None
    for left in reversed(range(REPAIRS)):
        selection = selector.select(more)
        statuses = _statuses(selector.bases, selection)
        _write(connection, study, selector.bases, statuses, sources, aside)
        findings = examine(study, [aside], only=only).findings
        if not findings:
            break
        only = {finding.item for finding in findings}
        extra = asked_for(selector, selection.withheld, findings)
        is_last = left <= 1 or not extra.any()
        more |= all_below_the_total(selector.bases, findings) if is_last else extra
    return selection


def _statuses(bases: Bases, selection: Selection) -> Statuses:
    """Return the status of every item in every cell: items × cells."""
    shown = np.where(selection.withheld, WITHHELD, PUBLISHED)
    of_asked = np.where(is_void(bases), VOID, shown)
    return np.where(bases.asked[:, None], of_asked, NOT_ASKED).astype(object)


def arrow_type(field: Field) -> pa.DataType:
    """Return the Arrow type of a published column: text, or a decimal of its declared size."""
    if field.type in {"integer", "number"}:
        return pa.decimal128(field.digits, field.decimals)
    return {"string": pa.string(), "date": pa.date32(), "boolean": pa.bool_()}[field.type]


def typed_columns(table: Table) -> pa.Schema:
    """Return the Arrow schema of a protected table: its columns and their types."""
    return pa.schema([pa.field(one.name, arrow_type(one)) for one in table.fields])


def _decision_table(bases: Bases, statuses: Statuses) -> pa.Table:
    item, cell = np.nonzero(bases.respondents != UNKNOWN)
    items, cells = np.array(bases.items, dtype=object), np.array(bases.cells, dtype=object)
    columns = {
        **{name: items[item, at] for at, name in enumerate(ITEM)},
        **{name: cells[cell, at] for at, name in enumerate(bases.breakdowns)},
        "status": statuses[item, cell],
    }
    return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})


def _write(
    connection: DuckDBPyConnection, study: Study, bases: Bases, statuses: Statuses,
    sources: Sequence[Path], aside: Path,
) -> None:  # fmt: skip
    connection.register("decisions", _decision_table(bases, statuses))
    precision = study.about.disclosure.precision
    query = sql.read(
        "disclosure/protected.sql",
        breakdowns=sql.names(study.breakdowns),
        is_national=is_national(study.breakdowns),
        typed=", ".join(_typed(one) for one in estimates_table(study).fields),
    )
    values = {"estimates": [*map(str, sources)], **precision.model_dump()}
    schema = typed_columns(estimates_table(study))
    rows = connection.sql(query, params=values).to_arrow_table().cast(schema)
    # One chunk: where a batch ends must not show in the bytes.
    pq.write_table(rows.combine_chunks(), aside, compression="zstd", row_group_size=ROW_GROUP)
    aside.chmod(0o600)


def _typed(field: Field) -> str:
    """Return a column cast to its declared type, empty where its row is not published."""
    column = sql.name(field.name)
    if field.name in FIGURES:
        column = f"CASE WHEN status = '{PUBLISHED}' THEN {column} END"
    kind = "VARCHAR" if field.type == "string" else f"DECIMAL({field.digits}, {field.decimals})"
    return f"CAST({column} AS {kind}) AS {sql.name(field.name)}"


def _report(study: Study, wave_id: str, bases: Bases, selection: Selection) -> ProtectionReport:
    statuses = _statuses(bases, selection)
    tables: dict[str, dict[str, int]] = {}
    for at, cell in enumerate(bases.cells):
        exists = bases.respondents[:, at] != UNKNOWN
        found, counts = np.unique(statuses[exists, at].astype(str), return_counts=True)
        table = tables.setdefault(bases.table_of(cell), {})
        for status, count in zip(found, counts, strict=True):
            table[str(status)] = table.get(str(status), 0) + int(count)
    population = ("minimum_population", "maximum_fraction")
    is_counted = bool(counted_breakdowns(study, wave_id))
    return ProtectionReport(
        study.id, wave_id, study.about.disclosure.minimum_respondents, tables,
        ("minimum_respondents", *(population if is_counted else ())),
        () if is_counted else population,
        _reasons(statuses == WITHHELD, selection),
    )  # fmt: skip


def _reasons(withheld: Flags, selection: Selection) -> dict[str, int]:
    """Return how many cells are withheld for what, each counted once."""
    by_rules = withheld & selection.unsafe
    by_attack = withheld & selection.asked & ~selection.unsafe
    return {
        "rules": int(by_rules.sum()),
        "attack": int(by_attack.sum()),
        "cover": int((withheld & ~by_rules & ~by_attack).sum()),
    }
