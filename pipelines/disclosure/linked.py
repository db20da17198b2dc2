"""Tables of analyses as further items of the estimates: what they tell that no estimate tells.

The share of a profile, or of two answers counted together, adds up over regions like any other
share, and gives crossings back like any other. So it is protected and attacked as an item.

Belongs here: which rows are such items, and reading them in the form of estimates. Not here:
judging the rows of a table (analyses.py), attacking items (audit.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.disclosure.released import ITEM, columns_of, source_of
from pipelines.estimation.cube import nets_of
from pipelines.study import NOT_APPLICABLE, Study
from pipelines.study.analyses import Counted, counted_answers
from pipelines.study.estimation_tables import COMPARISONS, NETS
from pipelines.study.quantity_tables import RATIOS, TOTALS
from pipelines.study.tables import Table, data_tables, judged_tables

RANKINGS = ("priorities", "roles")
# the value that follows from published ones, and half a unit of its last digit
FOLLOWS = {
    TOTALS: ("TRY_CAST(units AS DOUBLE) * one.value", "0.5"),
    RATIOS: ("one.value / nullif(other.value, 0)", "0.00005"),
}
NAMED_BY = ("analysis", "question", "answers")  # what tells one item of a table from another


@dataclass(frozen=True)
class Linked:
    """A table whose rows are items of their own, and the names of those that are."""

    table: Table
    wanted: tuple[str, ...]

    @property
    def named_by(self) -> tuple[str, ...]:
        """Return the columns that name an item."""
        if self.table.name == NETS:
            return ("question", "answer")
        return tuple(name for name in NAMED_BY if name in self.table.columns)

    @property
    def is_parts(self) -> bool:
        """Return whether the rows of an item are the parts of a whole (profiles)."""
        return bool(self.table.judgement and self.table.judgement.part)

    def named(self) -> pl.Expr:
        """Return the name of the item that a row is of."""
        return pl.concat_str(pl.lit(self.table.name), *self.named_by, separator="|")

    def key(self, name: str) -> pl.Expr:
        """Return the domain or actor of a row, `_Z` where the table has none."""
        return pl.col(name) if name in self.table.columns else pl.lit(NOT_APPLICABLE)


def linked_tables(study: Study) -> tuple[Linked, ...]:
    """Return the tables of `study` that tell by cell what no estimate tells."""
    found = []
    for table in judged_tables(study):
        is_by_cell = set(study.breakdowns) <= set(table.columns)
        if is_by_cell and "value" in table.columns:
            linked = Linked(table, tuple(sorted(set(_wanted(study, table)))))
            found += [linked] if linked.wanted else []
    return tuple(found)


def _wanted(study: Study, table: Table) -> Iterator[str]:
    declared = study.analyses
    if table.judgement and table.judgement.part:
        yield from (f"{table.name}|{name}" for name in declared.typologies)
    elif table.name == "alliances":
        for name, sheet in declared.sheets.items():
            for one in sheet.alliances:
                if _is_sum(study, one):
                    yield f"{table.name}|{name}|{one.question}|{one.answers_text}"
    elif table.name == NETS:
        for item in study.items:
            for net, codes in nets_of(study, item).items():
                if len(codes) > 1:
                    yield f"{NETS}|{item.question}|{net}"
    elif table.name in RANKINGS:
        rankings: dict[str, Counted] = dict(getattr(declared, table.name))
        for name, one in rankings.items():
            if _is_sum(study, one):
                yield f"{table.name}|{name}|{one.question}"


def _is_sum(study: Study, counted: Counted) -> bool:
    """Return whether several answers are counted as one: the share of one stands elsewhere."""
    question = study.questions[counted.question]
    return len(counted_answers(question, study.codelists, counted.answers)) > 1


def items_query(study: Study, linked: Linked, source: str, estimates: str, status: str) -> str:
    """Return the query of `linked_items.sql` for one file; `$wanted` is to be bound."""
    columns = linked.table.columns
    item = [name for name in ("question", "domain", "actor") if name in columns]
    answer = linked.table.judgement.part if linked.table.judgement else None
    of_base = ["wave", *item, *study.breakdowns, "respondents"]
    figures = [one.name for one in linked.table.fields if one.is_figure]
    return sql.read(
        "disclosure/linked_items.sql",
        source=source,
        estimates=estimates,
        of_base=sql.names(of_base),
        named=f"concat_ws('|', {sql.literal(linked.table.name)}, {sql.names(linked.named_by)})",
        domain="domain" if "domain" in columns else sql.literal(NOT_APPLICABLE),
        actor="actor" if "actor" in columns else sql.literal(NOT_APPLICABLE),
        answer=sql.name(answer) if answer else sql.literal("counted"),
        breakdowns=sql.names(study.breakdowns),
        figures=sql.names(figures),
        status=status,
    )


def add_linked(
    connection: DuckDBPyConnection, study: Study, releases: Sequence[Sequence[Path]]
) -> None:
    """Add to the table `released` the items of the tables beside the estimates of each release.

    A table of an earlier release that lacks a column of today's is left out.
    """
    for release, paths in enumerate(releases):
        for linked in linked_tables(study):
            for path in (one.with_name(f"{linked.table.name}{one.suffix}") for one in paths):
                if path.exists() and set(linked.table.columns) <= set(columns_of(connection, path)):
                    items = items_query(
                        study, linked, source_of(path, "file"),
                        f"(FROM released WHERE release = {release})", "status",
                    )  # fmt: skip
                    query = sql.read(
                        "disclosure/linked_added.sql", items=items, release=str(release)
                    )
                    values = {"file": str(path), "wanted": list(linked.wanted)}
                    connection.execute(query, values)


def faults_beside(
    connection: DuckDBPyConnection, study: Study, released: Sequence[Path]
) -> Iterator[tuple[str, str, int]]:
    """Give (table, fault, rows) of every table of analyses beside the estimates to judge.

    A figure in a row that is not published; a row published where its cell of estimates (or of the
    net that it compares) is not, or with another base; a total or ratio that does not follow from
    what is published. After `add_linked`.
    """
    for path in released:
        for table in data_tables(study)[1:]:
            beside = path.with_name(f"{table.name}{path.suffix}")
            if beside.exists():
                source = source_of(beside, "file")
                queries = {_faults_query(study, table, source)}
                if table.name == COMPARISONS:
                    nets = sql.read("disclosure/comparisons_of_nets.sql", source=source)
                    queries.add(_faults_query(study, table, f"({nets})", "is_shown IS NOT NULL"))
                if table.name in FOLLOWS:
                    queries.add(_follows_query(study, table, source))
                for query in sorted(queries):
                    found = connection.execute(query, {"file": str(beside)}).fetchall()
                    yield from ((table.name, fault, rows) for fault, rows in found)


def _faults_query(study: Study, table: Table, source: str, has_cell: str = "true") -> str:
    is_of_item = bool(table.judgement and table.judgement.item)
    item = [name for name in ITEM[:3] if name in table.columns] if is_of_item else []
    of_cell = ["wave", *item, *(one for one in study.breakdowns if one in table.columns)]
    is_by_cell = is_of_item and set(study.breakdowns) <= set(table.columns)
    return sql.read(
        "disclosure/linked_faults.sql",
        source=source,
        figures=sql.names(one.name for one in table.fields if one.is_figure),
        of_cell=sql.names(of_cell),
        has_cell=has_cell if is_by_cell else "false",
        respondents="TRY_CAST(given.respondents AS BIGINT)" if is_by_cell else "NULL",
    )


def _follows_query(study: Study, table: Table, source: str) -> str:
    expected, half = FOLLOWS[table.name]
    cell = ["wave", "domain", "actor", *study.breakdowns]
    is_ratio = "of_question" in table.columns
    return sql.read(
        "disclosure/not_as_published.sql",
        source=source,
        breakdowns=sql.names(study.breakdowns),
        same_cell=sql.same("one", "given", cell),
        same_other=sql.same("other", "given", cell),
        question="of_question" if is_ratio else "NULL",
        answer="of_answer" if is_ratio else "NULL",
        expected=expected,
        half=half,
    )
