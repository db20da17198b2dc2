"""The columns of the sampling design that every accepted row carries: its weight and its stratum.

Belongs here: reading them off a coded row. Not here: weights calibrated to the frame
(pipelines.estimation.weighting), what the design is used for (pipelines.estimation).
"""

import polars as pl

from pipelines.study import TOTAL, Study

WEIGHT = pl.Decimal(18, 9)


def exact_weight(column: str) -> pl.Expr:
    """Return a column of numbers as exact decimals: their sums are the same in any order."""
    return pl.col(column).cast(pl.Float64).round(9).cast(WEIGHT)


def design_columns(study: Study) -> dict[str, pl.Expr]:
    """Return `weight`, where the extract gives it, and `stratum`, read off rows with breakdowns.

    A stratum is the codes of its breakdowns joined by '|', TOTAL without strata. Nothing is
    sampled in a collection.
    """
    if study.collected:
        return {}
    weights = study.about.weights
    given = {"weight": exact_weight(weights.column)} if weights.column else {}
    return {**given, "stratum": _stratum([pl.col(f"by_{one}") for one in weights.strata])}


def _stratum(by: list[pl.Expr]) -> pl.Expr:
    if not by:
        return pl.lit(TOTAL)
    return by[0] if len(by) == 1 else pl.concat_str(by, separator="|")
