"""Item non-response: how many were asked each item, and how many of them answered it.

Belongs here: the counts, unweighted, over the whole wave. Not here: non-response to the survey as
a whole, which only the institute knows (the method notice says it).
"""

from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.study import NOT_APPLICABLE, Item, Study

ITEM = ("question", "domain", "actor")
ANSWERED, NOT_ASKED, LEFT = "answered", "not asked", "left"


def item_response(
    connection: DuckDBPyConnection, study: Study, wave_id: str, weighted: Path
) -> pl.DataFrame:
    """Return one row an item: wave, question, domain, actor, asked, respondents, non_response.

    `asked` leaves out whom a filter kept from the question (code of kind `not_asked`);
    `respondents` gave an answer, "does not know" and refusals left out; `non_response` is the share
    of those asked who gave none (law 77-808 art. 3), null where nobody was asked.
    """
    names = [_name(one) for one in study.items]
    query = sql.read(
        "estimation/item_response.sql",
        cells=", ".join(f"{_cell(study, one)} AS {sql.name(_name(one))}" for one in study.items),
        sets=sql.grouping_sets([[one] for one in names]),
        item=sql.which_grouped(names),
        code=f"coalesce({sql.names(names)})",
    )
    counted = connection.sql(query, params={"weighted": str(weighted)}).pl()
    known = pl.DataFrame(
        [row for one in study.items for row in _states(study, one)],
        schema={"item": pl.String, "code": pl.String, "state": pl.String}, orient="row",
    )  # fmt: skip
    n, state = pl.col("n"), pl.col("state").fill_null(LEFT)
    found = (
        counted.join(known, on=["item", "code"], how="left")
        .group_by("item")
        .agg(
            asked=n.filter(state != NOT_ASKED).sum(),
            respondents=n.filter(state == ANSWERED).sum(),
        )
    )
    at = {name: [getattr(one, name) for one in study.items] for name in ITEM}
    missing = pl.col("asked") - pl.col("respondents")
    return (
        pl.DataFrame({"wave": [wave_id] * len(names), **at, "item": names})
        .join(found, on="item", how="left", maintain_order="left")
        .drop("item")
        .with_columns(pl.col("asked", "respondents").fill_null(0))
        .with_columns(non_response=pl.when(pl.col("asked") > 0).then(missing / pl.col("asked")))
    )


def _name(item: Item) -> str:
    return f"item {item.index}"


def answered_sql(study: Study, item: Item) -> str:
    """Return the condition on a respondent's coded answers of having answered an item."""
    return _is_state(study, item, ANSWERED)


def asked_sql(study: Study, item: Item) -> str:
    """Return the condition on a respondent's coded answers of having been asked an item."""
    return f"NOT {_is_state(study, item, NOT_ASKED)}"


def _is_state(study: Study, item: Item, state: str) -> str:
    codes = tuple(code for _, code, says in _states(study, item) if says == state)
    return f"coalesce({_cell(study, item)} IN ({_codes(codes)}), false)"


def _cell(study: Study, item: Item) -> str:
    """Return what says whether an item was answered: its one coded column, or a state."""
    columns = [sql.name(column) for column in item.columns]
    if len(columns) == 1 and not item.is_numeric:
        return columns[0]
    not_asked = " AND ".join(f"{one} IN ({_codes(_not_asked(study, item))})" for one in columns)
    if item.is_numeric:
        answered = f"TRY_CAST({columns[0]} AS DOUBLE) IS NOT NULL"
    else:
        listed = _codes(_substantive(study, item))
        answered = " OR ".join(f"{one} IN ({listed})" for one in columns)
    first = f"WHEN {answered} THEN {sql.literal(ANSWERED)}"
    then = f"WHEN {not_asked} THEN {sql.literal(NOT_ASKED)}"
    return f"CASE {first} {then} ELSE {sql.literal(LEFT)} END"


def _states(study: Study, item: Item) -> list[tuple[str, str, str]]:
    """Return what each code of an item's cell says, as rows; any other code is none."""
    if len(item.columns) > 1 or item.is_numeric:
        return [(_name(item), one, one) for one in (ANSWERED, NOT_ASKED)]
    return [
        *((_name(item), one, ANSWERED) for one in _substantive(study, item)),
        *((_name(item), one, NOT_ASKED) for one in _not_asked(study, item)),
    ]


def _not_asked(study: Study, item: Item) -> tuple[str, ...]:
    scale = study.questions[item.question].scale
    known = study.codelists[scale].of_kind("not_asked") if scale else ()
    return (NOT_APPLICABLE, *known)


def _substantive(study: Study, item: Item) -> tuple[str, ...]:
    if item.ticks:
        return ("0", "1")
    scale = study.questions[item.question].scale
    return study.codelists[scale].of_kind("answer") if scale else ()


def _codes(codes: tuple[str, ...]) -> str:
    return ", ".join(map(sql.literal, codes))
