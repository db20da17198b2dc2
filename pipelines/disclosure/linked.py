"""Tables of analyses read as estimates: what they tell that no estimate tells.

Belongs here: which rows are shares of several answers counted as one (further answers of their
item: one system, one decision) or of profiles (an item of its own), and reading them in the form of
estimates. Not here: judging the rows of a table (analyses.py), attacking items (audit.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.disclosure.released import ITEM, columns_of, source_of
from pipelines.study import NOT_APPLICABLE, Study
from pipelines.study.analyses import Counted
from pipelines.study.estimation_tables import NETS
from pipelines.study.quantity_tables import RATIOS, TOTALS
from pipelines.study.sums import all_nets, counted_together, sum_name, tells_more
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
    """A table that tells more than the estimates do.

    `items` says what its rows are named (table and what tells them apart, joined by '|'), and
    whose item and which answer each such row is: of profiles, the item is the name itself and the
    answer, empty here, the profile.
    """

    table: Table
    items: dict[str, tuple[str, str]]

    @property
    def named_by(self) -> tuple[str, ...]:
        """Return the columns that name an item."""
        if self.table.name == NETS:
            return ("question", "answer")
        return tuple(name for name in NAMED_BY if name in self.table.columns)

    @property
    def part(self) -> str | None:
        """Return the column whose codes are the parts of a whole (profiles), if it has one."""
        return self.table.judgement.part if self.table.judgement else None


def linked_tables(study: Study) -> tuple[Linked, ...]:
    """Return the tables of `study` that tell by cell what no estimate tells."""
    found = []
    for table in judged_tables(study):
        is_by_cell = set(study.breakdowns) <= set(table.columns)
        if is_by_cell and "value" in table.columns:
            linked = Linked(table, dict(_items(study, table)))
            found += [linked] if linked.items else []
    return tuple(found)


def _items(study: Study, table: Table) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give the name of each row that is told nowhere else, its question and answer."""
    declared = study.analyses
    if table.judgement and table.judgement.part:
        for analysis in declared.typologies:
            name = f"{table.name}|{analysis}"
            yield name, (name, "")
    elif table.name == NETS:
        for question, nets in all_nets(study).items():
            for net, codes in nets.items():
                if tells_more(study, question, codes):
                    yield f"{NETS}|{question}|{net}", (question, sum_name(codes))
    else:
        for name, counted in _counted(study, table):
            codes = counted_together(study, counted)
            if tells_more(study, counted.question, codes):
                yield f"{table.name}|{name}", (counted.question, sum_name(codes))


def _counted(study: Study, table: Table) -> Iterator[tuple[str, Counted]]:
    declared = study.analyses
    if table.name == "alliances":
        for name, sheet in declared.sheets.items():
            for one in sheet.alliances:
                yield f"{name}|{one.question}|{one.answers_text}", one
    elif table.name in RANKINGS:
        rankings: dict[str, Counted] = dict(getattr(declared, table.name))
        for name, ranking in rankings.items():
            yield f"{name}|{ranking.question}", ranking


def items_query(study: Study, linked: Linked, source: str, estimates: str, status: str) -> str:
    """Return the query of `linked_items.sql` for one file; `names_bound` are to be bound."""
    columns = linked.table.columns
    item = [name for name in ("question", "domain", "actor") if name in columns]
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
        answer=sql.name(linked.part) if linked.part else "$answers[list_position($named, named)]",
        breakdowns=sql.names(study.breakdowns),
        figures=sql.names(figures),
        status=status,
    )


def names_bound(linked: Linked) -> dict[str, list[str]]:
    """Return what `items_query` is to be bound to besides its files."""
    questions, answers = map(list, zip(*linked.items.values(), strict=True))
    bound = {"named": list(linked.items), "questions": questions}
    return bound if linked.part else {**bound, "answers": answers}


def add_linked(
    connection: DuckDBPyConnection, study: Study, releases: Sequence[Sequence[Path]]
) -> None:
    """Add to the table `released` what the tables beside the estimates of each release tell.

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
                    connection.execute(query, {"file": str(path), **names_bound(linked)})


def faults_beside(
    connection: DuckDBPyConnection, study: Study, released: Sequence[Path]
) -> Iterator[tuple[str, str, int]]:
    """Give (table, fault, rows) of every table of analyses beside the estimates to judge.

    A figure in a row that is not published; a row published where its cell of estimates is not, or
    with another base; a total or ratio that does not follow from what is published.
    """
    for path in released:
        for table in data_tables(study)[1:]:
            beside = path.with_name(f"{table.name}{path.suffix}")
            if beside.exists():
                source = source_of(beside, "file")
                query, values = _faults_query(study, table, source), {"file": str(beside)}
                for fault, rows in connection.execute(query, values).fetchall():
                    yield table.name, fault, rows
                if table.name in FOLLOWS:
                    nets = path.with_name(f"{NETS}{path.suffix}")
                    yield from _not_following(connection, study, table, beside, nets)


def _faults_query(study: Study, table: Table, source: str) -> str:
    is_of_item = bool(table.judgement and table.judgement.item)
    item = [name for name in ITEM[:3] if name in table.columns] if is_of_item else []
    of_cell = ["wave", *item, *(one for one in study.breakdowns if one in table.columns)]
    is_by_cell = is_of_item and set(study.breakdowns) <= set(table.columns)
    return sql.read(
        "disclosure/linked_faults.sql",
        source=source,
        figures=sql.names(one.name for one in table.fields if one.is_figure),
        of_cell=sql.names(of_cell),
        has_cell=str(is_by_cell).lower(),
        respondents="TRY_CAST(given.respondents AS BIGINT)" if is_by_cell else "NULL",
    )


def _not_following(
    connection: DuckDBPyConnection, study: Study, table: Table, path: Path, nets: Path
) -> Iterator[tuple[str, str, int]]:
    """Give the rows of a table that do not follow from published estimates and nets."""
    expected, half = FOLLOWS[table.name]
    cell = ["wave", "domain", "actor", *study.breakdowns]
    is_ratio, has_nets = "of_question" in table.columns, nets.exists()
    query = sql.read(
        "disclosure/not_as_published.sql",
        source=source_of(path, "file"),
        nets=source_of(nets, "nets") if has_nets else "(FROM released WHERE false)",
        breakdowns=sql.names(study.breakdowns),
        same_cell=sql.same("one", "given", cell),
        same_other=sql.same("other", "given", cell),
        question="of_question" if is_ratio else "NULL",
        answer="of_answer" if is_ratio else "NULL",
        expected=expected,
        half=half,
    )
    values = {"file": str(path), **({"nets": str(nets)} if has_nets else {})}
    for fault, rows in connection.execute(query, values).fetchall():
        yield table.name, fault, rows
