"""Differences as a reader finds them: from the figures that are published, rounded as they are.

Belongs here: the differences of comparisons, rankings and profiles. Not here: their significance,
which is that of full precision (pipelines.estimation, rankings.py), ratios and quantiles
(quantities.py), rounding what is published (pipelines.disclosure).

A difference rounded by itself is a second look at the share of a cell, and narrows it: measured on
the comparisons of a survey, to 68% of its width in the median and to 3% at worst.
"""

import polars as pl

from pipelines.study import TOTAL, Study

ITEM = ("question", "domain", "actor", "measure")


def from_published_figures(
    study: Study, compared: pl.DataFrame, estimates: pl.DataFrame
) -> pl.DataFrame:
    """Return comparisons whose differences are those of the figures as they are published.

    A difference rounded by itself would be a second look at the share of a cell, and narrow it: so
    it is what a reader finds from the published shares and bases, with the true width of its
    interval around it. p-values stay those of full precision.
    """
    precision = study.about.disclosure.precision
    is_share = pl.col("measure") == "share"
    key = ["question", "domain", "actor", "answer", "measure"]
    bases = estimates.select(*key, *study.breakdowns, "weighted_base")
    totals = estimates.filter(pl.col(name) == TOTAL for name in study.breakdowns).select(
        *key, _total="value", _whole="weighted_base"
    )

    def rounded(name: str, share: int, mean: int) -> pl.Expr:
        return pl.when(is_share).then(pl.col(name).round(share)).otherwise(pl.col(name).round(mean))

    national = pl.all_horizontal(pl.col(name) == TOTAL for name in study.breakdowns)
    value, before = (
        pl.when(national)
        .then(rounded(name, precision.national_share, precision.national_mean))
        .otherwise(rounded(name, precision.share, precision.mean))
        for name in ("value", "_before")
    )
    total = rounded("_total", precision.national_share, precision.national_mean)
    base, whole = pl.col("weighted_base").round(), pl.col("_whole").round()
    rest = (whole * total - base * value) / (whole - base)
    other = pl.when(against="rest").then(rest).when(against="total").then(total).otherwise(before)
    half = pl.col("difference_high") - pl.col("difference")
    found = (
        compared.with_columns(_before=pl.col("value") - pl.col("difference"))
        .join(bases, on=[*key, *study.breakdowns], how="left", maintain_order="left")
        .join(totals, on=key, how="left", maintain_order="left")
    )
    shown = (value - other).round(12)
    known = pl.col("difference").is_not_null() & shown.is_finite()
    return found.with_columns(
        pl.when(known).then(shown).alias("difference"),
        pl.when(known).then(shown - half).alias("difference_low"),
        pl.when(known).then(shown + half).alias("difference_high"),
    ).select(compared.columns)


def rankings_as_published(
    study: Study, ranked: pl.DataFrame, estimates: pl.DataFrame
) -> pl.DataFrame:
    """Return rankings whose differences from the rest follow from what is published.

    `ranked` has the values of every cell and of the whole, `estimates` the weighted bases.
    """
    cell = [*ITEM, *study.breakdowns]
    bases = estimates.group_by(cell).agg(pl.col("weighted_base").max())
    told = ranked.with_columns(answer="answers", against=pl.lit("rest"))
    known = told.select(*cell, "answer", "value").unique().join(bases, on=cell)
    return from_published_figures(study, told, known).select(ranked.columns)


def profiles_as_published(study: Study, described: pl.DataFrame) -> pl.DataFrame:
    """Return what describes profiles with differences of its published shares."""
    precision = study.about.disclosure.precision
    value = pl.col("value").round(precision.share)
    shown = (value - pl.col("overall").round(precision.national_share)).round(12)
    known = pl.col("difference").is_not_null()
    return described.with_columns(pl.when(known).then(shown).alias("difference"))
