"""Sheets: one page a territory, gathered from the rows that are published of it.

Belongs here: which rows a declared sheet shows, in which order, beside those of the whole country.
Not here: computing rows (rankings.py), judging them (pipelines.disclosure): a sheet holds nothing
that another published table does not.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipelines.study import NOT_APPLICABLE, TOTAL, Study
from pipelines.study.tables import Table

SECTIONS = ("priorities", "roles", "alliances")


def gather_sheets(study: Study, table: Table, published: Mapping[str, Path]) -> pl.DataFrame:
    """Return every declared sheet of a wave, a row a figure: the columns of `table`.

    `published` are the protected files of the rankings, by table. A territory is a code of the
    sheet's breakdown; its rows come by section: priorities and, domain by domain, roles, each by
    falling value (withheld ones last), then the sheet's own figures. `national` is the same value
    of the whole country, as published.
    """
    parts = [
        _one_part(study, name, section, source, published[section])
        for name, sheet in study.analyses.sheets.items()
        for section in SECTIONS
        for source in _sources(study, name, section)
    ]
    rows = pl.concat(parts, how="diagonal_relaxed")
    place = pl.int_range(1, pl.len() + 1).over("wave", "analysis", "territory")
    place = place.cast(pl.Decimal(9, 0))
    # a study without roles, say, has no column that only they fill
    absent = [
        pl.lit(None, pl.String if one.type == "string" else pl.Decimal(one.digits, one.decimals))
        .alias(one.name)
        for one in table.fields
        if one.name not in {*rows.columns, "position"}
    ]  # fmt: skip
    return rows.with_columns(*absent, position=place).select(table.columns)


def _sources(study: Study, name: str, section: str) -> tuple[str, ...]:
    """Return the rankings that a sheet shows of a section; its own figures bear its own name."""
    sheet = study.analyses.sheets[name]
    if section == "alliances":
        return (name,) if sheet.alliances else ()
    return sheet.priorities if section == "priorities" else sheet.roles


def _one_part(study: Study, name: str, section: str, source: str, path: Path) -> pl.DataFrame:
    breakdown = study.analyses.sheets[name].breakdown
    others = [pl.col(one) == TOTAL for one in study.breakdowns if one != breakdown]
    rows = pl.read_parquet(path).filter(pl.col("analysis") == source, *others)
    rows = rows.with_columns(
        **{one: pl.lit(NOT_APPLICABLE) for one in ("domain", "actor") if one not in rows.columns}
    )
    if section != "alliances":
        ranking = getattr(study.analyses, section)[source]
        rows = rows.with_columns(answers=pl.lit(ranking.answers_text))
    item = ["question", "domain", "actor", "answers"]
    whole = rows.filter(pl.col(breakdown) == TOTAL).select(*item, national=pl.col("value"))
    block = ["territory", *(["domain"] if section == "roles" else [])]
    return (
        rows.filter(pl.col(breakdown) != TOTAL)
        .join(whole, on=item, how="left", maintain_order="left")
        .with_columns(
            analysis=pl.lit(name),
            section=pl.lit(section),
            source=pl.lit(NOT_APPLICABLE if section == "alliances" else source),
            territory=pl.col(breakdown),
            national=pl.when(pl.col("status") == "published").then(pl.col("national")),
        )
        .sort(
            *block, "value", *item, nulls_last=True,
            descending=[*(False for _ in block), True, *(False for _ in item)],
        )
    )  # fmt: skip
