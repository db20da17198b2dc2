"""Totals, ratios and quantiles as they may be published: from published figures, or on a grain.

Belongs here: what of each leaves, and how coarse (docs/disclosure.md says why). Not here: computing
them (pipelines.estimation), withholding rows (pipelines.disclosure).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.estimation.frame import unit_counts, units
from pipelines.estimation.intervals import half_width
from pipelines.estimation.reliability import flags
from pipelines.study import TOTAL, Study
from pipelines.study.estimation_tables import NETS
from pipelines.study.tables import ESTIMATES, Table

ITEM = ("question", "domain", "actor")
EXACT = 9  # decimals: a bound such as 0.30000000000000004 is 0.3


def totals_as_published(
    study: Study, table: Table, published: Mapping[str, Path]
) -> pl.DataFrame:  # fmt: skip
    """Return the rows of `table`, the declared totals of one wave, sorted by key.

    `published` are the protected files of estimates and nets. A total is the published share (or
    mean) times the units that the frame counts in the cell, error and bounds likewise: it says
    nothing that a reader could not work out. A cell that the frame does not count has none.
    """
    estimates = pl.read_parquet(published[ESTIMATES])
    sources = [estimates] + ([pl.read_parquet(published[NETS])] if NETS in published else [])
    wave_id = str(estimates["wave"][0])
    figures = ["respondents", "value", "standard_error", "ci_low", "ci_high", "reliability"]
    key = ["wave", *ITEM, "answer", *study.breakdowns]
    rows = pl.concat(one.select(*key, *figures, "status") for one in sources)
    found = (
        _wanted(study)
        .join(rows, on=["question", "answer"], how="inner")
        .join(_units(study, wave_id), on=list(study.breakdowns), how="inner")
        .with_columns(pl.when(status="published").then("units").alias("units"))
    )
    told = {"value": "round", "standard_error": "round", "ci_low": "floor", "ci_high": "ceil"}
    whole = [
        getattr((pl.col(name).cast(pl.Float64) * pl.col("units")).round(6), outward)().alias(name)
        for name, outward in told.items()
    ]
    return (
        found.with_columns(whole)
        .with_columns(pl.col("units", *told).cast(pl.Decimal(12, 0)))
        .select(table.columns)
        .sort(table.primary_key)
    )


def _wanted(study: Study) -> pl.DataFrame:
    """Return analysis, question and answer of each total: those named, or all of the question."""
    known = {one.question: one.answers or ("_Z",) for one in study.items}
    return pl.DataFrame(
        [
            (name, one.question, answer)
            for name, one in study.analyses.totals.items()
            for answer in one.answers or known[one.question]
        ],
        schema=["analysis", "question", "answer"],
        orient="row",
    )


def _units(study: Study, wave_id: str) -> pl.DataFrame:
    """Return the cells that the frame counts, and its units in each."""
    derived = {name for name, one in study.breakdowns.items() if one.derived}
    rows = [
        {**dict.fromkeys(study.breakdowns, TOTAL), **dict(zip(crossing, codes, strict=True)),
         "units": count}
        for crossing in study.crossings
        if set(crossing) <= derived
        for codes, count in _counts(study, wave_id, crossing).items()
    ]  # fmt: skip
    schema = {**dict.fromkeys(study.breakdowns, pl.String), "units": pl.Int64}
    return pl.DataFrame(rows, schema=schema)


def _counts(study: Study, wave_id: str, crossing: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    if crossing:
        return unit_counts(study, wave_id, crossing)
    return {(): units(study, wave_id).height}


def ratios_as_published(
    study: Study, ratios: pl.DataFrame, published: pl.DataFrame
) -> pl.DataFrame:
    """Return ratios as quotients of published figures, with an error rounded up coarsely.

    A quotient rounded by itself would be a second look at both figures. The step of the error is
    what one step of both published errors would move it by: (s + r s') / q. `published` are the
    protected estimates: a ratio to what these withhold has no respondents, which withholds it. The
    lower bound is not below nought where neither side can be.
    """
    step, of_step = (_step(study, kind) for kind in ("measure", "of_measure"))
    cell = ["domain", "actor", *study.breakdowns]
    told = published.filter(status="published").with_columns(pl.col("value").cast(pl.Float64))
    found = (
        ratios.drop("value")
        .join(
            told.select(*cell, "question", "answer", _p="value"),
            on=[*cell, "question", "answer"], how="left", maintain_order="left",
        )
        .join(
            told.select(*cell, of_question="question", of_answer="answer", _q="value"),
            on=[*cell, "of_question", "of_answer"], how="left", maintain_order="left",
        )
        .with_columns(
            value=pl.when(pl.col("_q") != 0).then((pl.col("_p") / pl.col("_q")).round(EXACT)),
            denominator_respondents=pl.when(pl.col("_q").is_not_null())
            .then("denominator_respondents").otherwise(0),
        )
    )  # fmt: skip
    wide = (step + pl.col("value").abs() * of_step) / pl.col("_q").abs()
    coarse = found.with_columns(
        standard_error=((pl.col("standard_error") / wide).round(6).ceil() * wide).round(EXACT)
    )
    variance, freedom = _numbers(coarse, "standard_error") ** 2, _numbers(coarse, "freedom")
    half = pl.Series(half_width(variance, freedom))
    below = {name: (one.minimum or 0) < 0 for name, one in study.questions.items()}
    signed = pl.any_horizontal(
        pl.col(one).replace_strict(below, return_dtype=pl.Boolean)
        for one in ("question", "of_question")
    )
    low = (pl.col("value") - half).fill_nan(None)
    bounded = coarse.with_columns(
        ci_low=pl.when(signed | (low > 0)).then(low).when(low.is_not_null()).then(0.0),
        ci_high=(pl.col("value") + half).fill_nan(None),
    )
    width = (pl.col("ci_high") - pl.col("ci_low")) / pl.col("value").abs()
    least = pl.min_horizontal("respondents", "denominator_respondents")
    return _flagged(study, bounded, width, least)


def _step(study: Study, kind: str) -> pl.Expr:
    """Return the step of published figures of the measure named in column `kind`, by level."""
    precision = study.about.disclosure.precision
    national = pl.all_horizontal(pl.col(name) == TOTAL for name in study.breakdowns)
    is_share = pl.col(kind) == "share"
    return (
        pl.when(national & is_share).then(10.0**-precision.national_share)
        .when(national).then(10.0**-precision.national_mean)
        .when(is_share).then(10.0**-precision.share)
        .otherwise(10.0**-precision.mean)
    )  # fmt: skip


def quantiles_as_published(study: Study, quantiles: pl.DataFrame) -> pl.DataFrame:
    """Return quantiles on their declared grain, bounds outwards.

    A bound that fewer respondents than the threshold are at or beyond, or that lies beyond what was
    observed, is the least or greatest value that the question admits.
    """
    least = study.about.disclosure.minimum_respondents
    asked = pl.DataFrame(
        [(name, float(one.minimum or 0), float(one.maximum or 0))
         for name, one in study.questions.items() if one.is_numeric],
        schema=["question", "_minimum", "_maximum"], orient="row",
    )  # fmt: skip
    declared = study.analyses.quantiles
    grain = pl.col("analysis").replace_strict(
        {name: one.grain or 1.0 for name, one in declared.items()}, return_dtype=pl.Float64
    )

    def on_grain(name: str) -> pl.Expr:
        return (pl.col(name) / grain).round(EXACT)

    found = quantiles.join(asked, on="question", how="left", maintain_order="left").with_columns(
        value=on_grain("value").round() * grain,
        ci_low=pl.when(pl.col("ci_low").is_not_null(), pl.col("beyond_low") >= least)
        .then(pl.max_horizontal(on_grain("ci_low").floor() * grain, "_minimum"))
        .otherwise("_minimum"),
        ci_high=pl.when(pl.col("ci_high").is_not_null(), pl.col("beyond_high") >= least)
        .then(pl.min_horizontal(on_grain("ci_high").ceil() * grain, "_maximum"))
        .otherwise("_maximum"),
    )  # fmt: skip
    known = pl.col("value").is_not_null()
    bounded = found.with_columns(
        pl.when(known).then(one).alias(one) for one in ("ci_low", "ci_high")
    )
    span = pl.col("_maximum") - pl.col("_minimum")
    width = (pl.col("ci_high") - pl.col("ci_low")) / span
    return _flagged(study, bounded, width, pl.col("respondents"))


def _flagged(
    study: Study, rows: pl.DataFrame, width: pl.Expr, respondents: pl.Expr
) -> pl.DataFrame:
    """Return rows with the flag of their width, as a part of what it is measured against."""
    judged = rows.with_columns(_width=width, _respondents=respondents)
    graded = flags(
        study.about.reliability,
        *(_numbers(judged, name) for name in ("_respondents", "effective", "_width")),
    )
    return rows.with_columns(reliability=pl.Series(graded.tolist(), dtype=pl.String))


def _numbers(rows: pl.DataFrame, name: str) -> np.ndarray:
    return rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
