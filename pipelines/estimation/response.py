"""Item non-response: how many were asked each item, and how many of them answered it.

Belongs here: the counts, unweighted, over the whole wave. Not here: non-response to the survey as
a whole, which only the institute knows (the method notice says it).
"""

from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.study import NOT_APPLICABLE, Item, Study


def item_response(
    connection: DuckDBPyConnection, study: Study, wave_id: str, weighted: Path
) -> pl.DataFrame:
    """Return one row an item: wave, question, domain, actor, asked, respondents, non_response.

    `asked` leaves out whom a filter kept from the question (code of kind `not_asked`);
    `respondents` gave an answer, "does not know" and refusals left out; `non_response` is the share
    of those asked who gave none (law 77-808 art. 3), null where nobody was asked.
    """
    query = sql.read(
        "estimation/item_response.sql", counts=", ".join(_counts(study, one) for one in study.items)
    )
    found = connection.execute(query, {"weighted": str(weighted)}).fetchnumpy()
    at = {
        name: [getattr(one, name) for one in study.items]
        for name in ("question", "domain", "actor")
    }
    missing = pl.col("asked") - pl.col("respondents")
    return (
        pl.DataFrame({"wave": [wave_id] * len(study.items), **at})
        .with_columns(
            asked=pl.Series(found["asked"].astype("int64")),
            respondents=pl.Series(found["respondents"].astype("int64")),
        )
        .with_columns(non_response=pl.when(pl.col("asked") > 0).then(missing / pl.col("asked")))
    )


def _counts(study: Study, item: Item) -> str:
    """Return the struct of one item's counts; whoever has any column answered has answered."""
    columns = [sql.name(column) for column in item.columns]
    not_asked = " AND ".join(f"{one} IN ({_codes(_not_asked(study, item))})" for one in columns)
    if item.is_numeric:
        answered = f"TRY_CAST({columns[0]} AS DOUBLE) IS NOT NULL"
    else:
        codes = ("0", "1") if item.ticks else _substantive(study, item)
        answered = " OR ".join(f"{one} IN ({_codes(codes)})" for one in columns)
    return (
        f"{{'item': {item.index}, 'asked': count(*) FILTER (({not_asked}) IS NOT TRUE), "
        f"'respondents': count(*) FILTER ({answered})}}"
    )


def _not_asked(study: Study, item: Item) -> tuple[str, ...]:
    scale = study.questions[item.question].scale
    known = study.codelists[scale].of_kind("not_asked") if scale else ()
    return (NOT_APPLICABLE, *known)


def _substantive(study: Study, item: Item) -> tuple[str, ...]:
    scale = study.questions[item.question].scale
    return study.codelists[scale].of_kind("answer") if scale else ()


def _codes(codes: tuple[str, ...]) -> str:
    return ", ".join(map(sql.literal, codes))
