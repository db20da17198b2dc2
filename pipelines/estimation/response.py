"""Item non-response: how many were asked each item, and how many of them answered it.

Belongs here: the counts, unweighted, over the whole wave, and where a respondent stands to an item
(answered, not asked, left), as SQL. Not here: non-response to the survey as
a whole, which only the institute knows (the method notice says it).
"""

import polars as pl
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.measures import base_of
from pipelines.study import NOT_APPLICABLE, Item, Study

ITEM = ("question", "domain", "actor")
# Where a respondent stands to an item; cube.sql knows those that make up a base.
ANSWERED, IN_BASE, NOT_ASKED, LEFT = "answered", "in base", "not asked", "left"


def item_response(
    connection: DuckDBPyConnection, study: Study, wave_id: str, respondents: int
) -> pl.DataFrame:
    """Return one row an item: wave, question, domain, actor, asked, respondents, non_response.

    `connection` has what `cube.count_cells` counted of the wave's `respondents`. `asked` leaves out
    whom a filter kept from the question (code of kind `not_asked`); `respondents` gave an answer,
    "does not know" and refusals left out; `non_response` is the share of those asked who gave none
    (law 77-808 art. 3), null where nobody was asked.
    """
    counted = connection.sql(sql.read("estimation/item_response.sql")).pl()
    known = pl.DataFrame(
        [row for one in study.items for row in _states(study, one)],
        schema={"item": pl.Int32, "code": pl.String, "state": pl.String}, orient="row",
    )  # fmt: skip
    n, state = pl.col("n"), pl.col("state")
    found = (
        counted.join(known, on=["item", "code"], how="left")
        .with_columns(state=pl.when("is_number").then(pl.lit(ANSWERED)).otherwise("state"))
        .group_by("item")
        .agg(
            not_asked=n.filter(state == NOT_ASKED).sum(),
            respondents=n.filter(state == ANSWERED).sum(),
        )
    )
    places = pl.Series("item", [one.index for one in study.items], pl.Int32)
    at = {name: [getattr(one, name) for one in study.items] for name in ITEM}
    asked, missing = pl.col("asked"), pl.col("asked") - pl.col("respondents")
    return (
        pl.DataFrame({"wave": [wave_id] * len(places), **at, "item": places})
        .join(found, on="item", how="left", maintain_order="left")
        .with_columns(pl.col("not_asked", "respondents").fill_null(0))
        .with_columns(asked=respondents - pl.col("not_asked"))
        .select("wave", *ITEM, "asked", "respondents")
        .with_columns(non_response=pl.when(asked > 0).then(missing / asked))
    )


def base_state(study: Study, item: Item) -> str:
    """Return the SQL of where a respondent stands to a multiple choice, whatever was ticked.

    One of `answered`, `in base` (no answer, of one who is counted all the same: `base: asked`),
    `not asked`, `left`.
    """
    is_in, kept = base_of(item), _kept(study, item)
    cases = {ANSWERED: _answered(study, item), IN_BASE: is_in, NOT_ASKED: kept}
    told = " ".join(f"WHEN {case} THEN {sql.literal(name)}" for name, case in cases.items())
    return f"CASE {told} ELSE {sql.literal(LEFT)} END"


def answered_sql(study: Study, item: Item) -> str:
    """Return the condition on a respondent's coded answers of having answered an item."""
    return f"coalesce({_answered(study, item)}, false)"


def asked_sql(study: Study, item: Item) -> str:
    """Return the condition on a respondent's coded answers of having been asked an item."""
    kept = f"NOT coalesce({_answered(study, item)}, false) AND {_kept(study, item)}"
    return f"NOT coalesce({kept}, false)"


def _answered(study: Study, item: Item) -> str:
    columns = [sql.name(column) for column in item.columns]
    if item.is_numeric:
        return f"TRY_CAST({columns[0]} AS DOUBLE) IS NOT NULL"
    listed = _codes(_substantive(study, item))
    return " OR ".join(f"{one} IN ({listed})" for one in columns)


def _kept(study: Study, item: Item) -> str:
    """Return the condition of a filter having kept a respondent from an item."""
    listed = _codes(_not_asked(study, item))
    return " AND ".join(f"{sql.name(column)} IN ({listed})" for column in item.columns)


def _states(study: Study, item: Item) -> list[tuple[int, str, str]]:
    """Return what each code counted of an item says, as rows; any other code is none."""
    if item.is_multiple:
        return [(item.index, one, one) for one in (ANSWERED, NOT_ASKED)]
    said = dict.fromkeys(_not_asked(study, item), NOT_ASKED)
    said |= {} if item.is_numeric else dict.fromkeys(_substantive(study, item), ANSWERED)
    return [(item.index, code, state) for code, state in said.items()]


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
