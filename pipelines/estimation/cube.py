"""The cube: the sums behind every estimate of a wave, some columns of its respondents at a time.

Belongs here: which column answers which item, which cells are published, the sums. Not here:
formulas on these sums (variance.py, intervals.py), the order of an estimates table (estimate.py).
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.groups import group_expression
from pipelines.estimation.measures import Measure
from pipelines.estimation.response import base_state
from pipelines.estimation.spark import MOST_COUNTED, count_answers
from pipelines.study import NOT_APPLICABLE, TOTAL, Item, Study
from pipelines.study.sums import Together

ASKED = pa.schema(
    [
        ("column", pa.string()), ("item", pa.int32()), ("answer", pa.string()),
        ("is_numeric", pa.bool_()), ("is_multiple", pa.bool_()),
    ]
)  # fmt: skip
COUNTED_AS = pa.schema(
    [("item", pa.int32()), ("code", pa.string()), ("answer", pa.string()), ("is_net", pa.bool_())]
)

NONE: Together = {}
COUNTED = "some_counted"  # the table that counted.sql makes
# Columns counted by one query: its cost grows faster than their number.
MOST_AT_ONCE = 20


def breakdown_columns(study: Study) -> tuple[str, ...]:
    """Return the columns of the responses that hold the breakdowns, in declared order."""
    return tuple(f"by_{name}" for name in study.breakdowns)


def count_cells(
    connection: DuckDBPyConnection, study: Study, weighted: Path, together: Together = NONE
) -> pa.Table:
    """Return the sums of one wave: the columns that cube.sql gives, sorted by key.

    `together` names sums of answers that are counted beside those they are made of.
    Sums of weights are exact decimals until the last cast, so that neither threads nor the order
    of rows show in them. Memory holds the counted table (codes × breakdowns × strata), never the
    answers.
    """
    connection.register("asked", asked_columns(study.items, together))
    connection.register("counted_as", counted_as(study, together))
    if study.about.engine == "spark":
        queries = counted_queries(study, together, MOST_COUNTED)
        connection.register("counted", count_answers(queries, weighted))
    else:
        _count(connection, counted_queries(study, together, MOST_AT_ONCE), weighted)
    connection.register("cells", published_cells(connection, study))
    columns = breakdown_columns(study)
    crossings = [[f"by_{name}" for name in crossing] for crossing in study.crossings]
    query = sql.read(
        "estimation/cube.sql",
        breakdowns=sql.names(columns),
        totals=sql.totals(columns, TOTAL),
        crossings=sql.grouping_sets(crossings),
        cell_breakdowns=sql.names(columns, "cells."),
        same_cell=sql.same("bases", "cells", columns),
        same_given=sql.same("given", "cells", columns),
    )
    return connection.sql(query).to_arrow_table()


def _count(connection: DuckDBPyConnection, queries: Sequence[str], weighted: Path) -> None:
    """Count some columns after others, then show what was counted of all as `counted`."""
    parts = []
    for query in queries:
        connection.execute(query, {"weighted": str(weighted)})
        parts.append(connection.table(COUNTED).to_arrow_table())
    connection.register("counted", pa.concat_tables(parts))


def counted_queries(
    study: Study, together: Together = NONE, at_most: int | None = None
) -> list[str]:
    """Return counted.sql for a study: the pass over its respondents, on any engine.

    One query that counts every column, or several that count `at_most` columns each.
    """
    columns = dict.fromkeys(column for item in study.items for column in item.columns)
    counted = [(sql.name(column), column) for column in columns]
    counted += [
        (f"{base_state(study, item)} AS {sql.name(f'_base {item.index}')}", f"_base {item.index}")
        for item in study.items
        if item.is_multiple
    ]
    counted += [
        (f"{_any_of(item, name, codes)} AS {sql.name(_column(item, name))}", _column(item, name))
        for item, name, codes in _unions(study.items, together)
    ]
    step = at_most or len(counted)
    return [
        _counted_query(study, counted[first : first + step])
        for first in range(0, len(counted), step)
    ]


def _counted_query(study: Study, counted: Sequence[tuple[str, str]]) -> str:
    names, cells = [name for _, name in counted], breakdown_columns(study)
    return sql.read(
        "estimation/counted.sql",
        counted=", ".join(expression for expression, _ in counted),
        sets=sql.grouping_sets([[one] for one in names], ["_kind"]),
        which=sql.which_grouped(names),
        code=f"coalesce({sql.names(names)})",
        group=group_expression(study),
        breakdowns=sql.names(cells),
        same_kind=sql.same("wide", "kinds", ["stratum", *cells]),
    )


def _unions(
    items: Sequence[Item], together: Together
) -> Iterator[tuple[Item, str, tuple[str, ...]]]:
    """Give the sums of multiple choices: whoever gave two of the answers counts once."""
    for item in items:
        for name, codes in together.get(item.question, {}).items() if item.is_multiple else ():
            yield item, name, codes


def _column(item: Item, name: str) -> str:
    return f"_sum {item.index} {name}"


def _any_of(item: Item, name: str, codes: tuple[str, ...]) -> str:
    return f"CASE WHEN {Measure(item, codes).chosen} THEN {sql.literal(name)} END"


def asked_columns(items: tuple[Item, ...], together: Together = NONE) -> pa.Table:
    """Return which item each column answers: column, item, answer of a tick, kinds."""
    rows = [
        {
            "column": column, "item": item.index, "answer": tick,
            "is_numeric": item.is_numeric, "is_multiple": item.is_multiple,
        }
        for item in items
        for column, tick in itertools.zip_longest(item.columns, item.ticks)
    ]  # fmt: skip
    rows += [
        {
            "column": _column(item, name), "item": item.index, "answer": None,
            "is_numeric": False, "is_multiple": True,
        }
        for item, name, _ in _unions(items, together)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=ASKED)


def counted_as(study: Study, together: Together = NONE) -> pa.Table:
    """Return which code counts for which answer of which item; `_Z` for a number.

    Answers count for themselves and for each sum of `together` that they are in.
    """
    rows = [
        {"item": item.index, "code": code, "answer": answer, "is_net": is_net}
        for item in study.items
        for code, answer, is_net in (
            *((one, one, False) for one in item.answers or (NOT_APPLICABLE,)),
            *(
                (code, name, True)
                for name, codes in together.get(item.question, {}).items()
                for code in ((name,) if item.is_multiple else codes)
            ),
        )
    ]
    return pa.Table.from_pylist(rows, schema=COUNTED_AS)


def published_cells(connection: DuckDBPyConnection, study: Study) -> pa.Table:
    """Return every published cell: all codes of each crossing, and `_Z` where somebody is there."""
    known = {name: _codes(study, name) for name in study.breakdowns}
    rows = [
        _cell(study, crossing, codes)
        for crossing in study.crossings
        for codes in itertools.product(*(known[name] for name in crossing))
    ]
    rows += _unknown_cells(connection, study)
    schema = pa.schema([(name, pa.string()) for name in breakdown_columns(study)])
    return pa.Table.from_pylist(rows, schema=schema)


def _codes(study: Study, breakdown: str) -> tuple[str, ...]:
    return study.codelists[study.breakdowns[breakdown].codelist].of_kind("answer")


def _cell(study: Study, crossing: tuple[str, ...], codes: tuple[str, ...]) -> dict[str, str]:
    at = dict(zip(crossing, codes, strict=True))
    return {f"by_{name}": at.get(name, TOTAL) for name in study.breakdowns}


def _unknown_cells(connection: DuckDBPyConnection, study: Study) -> list[dict[str, str]]:
    """Return the cells that hold `_Z` and somebody: where a breakdown is not known of someone."""
    columns = breakdown_columns(study)
    query = sql.read("estimation/combinations.sql", breakdowns=sql.names(columns))
    kinds = [
        dict(zip(study.breakdowns, row, strict=True)) for row in connection.sql(query).fetchall()
    ]
    found = {
        tuple(_cell(study, crossing, codes).values())
        for crossing in study.crossings
        for codes in {tuple(kind[name] for name in crossing) for kind in kinds}
        if NOT_APPLICABLE in codes
    }
    return [dict(zip(columns, cell, strict=True)) for cell in sorted(found)]
