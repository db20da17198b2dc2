"""Ratios and quantiles of a wave, every cell at once, from sums by group of the sample.

Belongs here: one estimate over another, quantiles of numbers, their errors and intervals. Not here:
which of them a study declares (pipelines.study.analyses), what of them is published
(pipelines.analysis.quantities, pipelines.disclosure), the same from rows (survey.py,
quantiles.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.comparisons import keys_of, of_extremes
from pipelines.estimation.counts import Counts, Positions
from pipelines.estimation.cube import breakdown_columns
from pipelines.estimation.groups import Matrix, Vector, group_expression
from pipelines.estimation.intervals import half_width
from pipelines.estimation.measures import Measure
from pipelines.estimation.quantiles import Distribution, distribution
from pipelines.estimation.variance import Estimates, Sums, linearised, ratio_estimates
from pipelines.study import NOT_APPLICABLE, TOTAL, Study
from pipelines.study.analyses import Quantiled, Quotient, Term

ITEM = ("question", "domain", "actor")
PRODUCTS = ("both", "y", "x", "yx")  # sums of w², w² y, w² x, w² y x


def ratios_of_wave(
    connection: DuckDBPyConnection, study: Study, wave_id: str, counts: Counts, weighted: Path
) -> pl.DataFrame:
    """Return every declared ratio in every cell, full precision, sorted by key.

    r = p / q of two estimates of one sample, each over who answered it; its linearised value is
    (z - r z') / q (Särndal, Swensson and Wretman 1992, 5.6), of which the covariance needs the
    products of both over who answered both (products.sql, one pass). Where the same people answered
    both it is R's svyratio. One row per analysis, pair of items and cell: wave, analysis, question,
    domain, actor, answer, of_question, of_answer, breakdowns, respondents, denominator_respondents,
    value, standard_error, freedom (the lesser of both), effective (of the lesser base), measure and
    of_measure (share, mean).
    """
    pairs = [
        (name, *pair)
        for name, declared in study.analyses.ratios.items()
        for pair in _pairs(study, declared)
    ]
    products = _products(connection, study, weighted, [pair[1:] for pair in pairs])
    keys = keys_of(study, counts).filter(~pl.col("is_net"))
    parts = [
        _ratio(study, counts, keys, products, number, *pair) for number, pair in enumerate(pairs)
    ]
    key = ("analysis", *ITEM, "answer", *study.breakdowns)
    return pl.concat(parts).with_columns(wave=pl.lit(wave_id)).sort(key)


def _pairs(study: Study, declared: Quotient) -> list[tuple[Measure, Measure]]:
    """Return numerator and denominator of each ratio: items of the same domain and actor."""

    def measures(term: Term) -> list[Measure]:
        answers = () if term.answer == NOT_APPLICABLE else (term.answer,)
        items = [one for one in study.items if one.question == term.question]
        return [Measure(one, answers) for one in items]

    return list(zip(measures(declared.numerator), measures(declared.denominator), strict=True))


def _products(
    connection: DuckDBPyConnection, study: Study, weighted: Path,
    pairs: Sequence[tuple[Measure, Measure]],
) -> pl.DataFrame:  # fmt: skip
    columns = breakdown_columns(study)
    crossings = [[f"by_{name}" for name in crossing] for crossing in study.crossings]
    terms = {"both": "1", "y": "y{0}", "x": "x{0}", "yx": "y{0} * x{0}"}
    query = sql.read(
        "estimation/products.sql",
        group=group_expression(study),
        breakdowns=sql.names(columns),
        measures=", ".join(
            f"{one.expression} AS {name}{number}"
            for number, pair in enumerate(pairs)
            for name, one in zip("yx", pair, strict=True)
        ),
        # sums of decimals, so that neither threads nor the order of rows show in them
        products=", ".join(
            f"coalesce(sum(CAST(square * {term.format(number)} AS DECIMAL(38, 14))) "
            f"FILTER (y{number} * x{number} IS NOT NULL), 0)::DOUBLE AS {name}_{number}"
            for number in range(len(pairs))
            for name, term in terms.items()
        ),
        totals=sql.totals(columns, TOTAL),
        crossings=sql.grouping_sets(crossings),
    )
    found = connection.sql(query, params={"weighted": str(weighted)}).to_arrow_table()
    return pl.DataFrame(found).rename({f"by_{name}": name for name in study.breakdowns})


def _ratio(
    study: Study, counts: Counts, keys: pl.DataFrame, products: pl.DataFrame, number: int,
    name: str, numerator: Measure, denominator: Measure,
) -> pl.DataFrame:  # fmt: skip
    cells = list(study.breakdowns)
    own, other = (_places(keys, one) for one in (numerator, denominator))
    both = own.join(
        other.select(*cells, of_place="place"), on=cells, how="inner", maintain_order="left"
    )
    groups = counts.groups
    crossed = _matrices(both, products, number, cells, groups.names)
    sums = [
        counts.sums(both[one].to_numpy().astype(np.int64)) for one in ("place", "of_place")
    ]  # fmt: skip
    kinds = [
        np.full(both.height, one.kind == "share") for one in (numerator, denominator)
    ]  # fmt: skip
    found = [
        ratio_estimates(one, groups, is_share=kind) for one, kind in zip(sums, kinds, strict=True)
    ]
    value, variance = _quotient(counts, sums, found, kinds, crossed)
    freedom = np.minimum(*(one.degrees_of_freedom for one in found))
    figures = {
        "value": value, "standard_error": np.sqrt(variance), "freedom": freedom,
        "effective": np.minimum(*(one.effective for one in found)),
    }  # fmt: skip
    return both.select(*ITEM, "answer", *cells).with_columns(
        pl.Series("respondents", found[0].respondents.astype(np.int64)),
        pl.Series("denominator_respondents", found[1].respondents.astype(np.int64)),
        *_columns(figures),
        analysis=pl.lit(name),
        of_question=pl.lit(denominator.item.question),
        of_answer=pl.lit(_answer(denominator)),
        measure=pl.lit(numerator.kind), of_measure=pl.lit(denominator.kind),
    )  # fmt: skip


def _answer(measure: Measure) -> str:
    return measure.answers[0] if measure.answers else NOT_APPLICABLE


def _places(keys: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    return keys.filter(item=measure.item.index, answer=_answer(measure))


def _matrices(
    both: pl.DataFrame, products: pl.DataFrame, number: int, cells: list[str],
    names: tuple[str, ...],
) -> dict[str, Matrix]:  # fmt: skip
    """Return the sums of products of one pair as matrices: cells × groups."""
    at = both.select(cells).with_row_index("row")
    group = pl.DataFrame({"stratum": names}).with_row_index("group")
    known = products.join(at, on=cells, how="inner").join(group, on="stratum", how="inner")
    place = known["row"].to_numpy(), known["group"].to_numpy()
    found = {}
    for name in PRODUCTS:
        matrix = np.zeros((both.height, len(names)))
        matrix[place] = known[f"{name}_{number}"].to_numpy()
        found[name] = matrix
    return found


def _quotient(
    counts: Counts, sums: Sequence[Sums], found: Sequence[Estimates],
    kinds: Sequence[npt.NDArray[np.bool_]], crossed: dict[str, Matrix],
) -> tuple[Vector, Vector]:  # fmt: skip
    """Return p / q and its variance; NaN where q is nought."""
    p, q = (one.value for one in found)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(q != 0, p / q, np.nan)
        scale = value / (found[0].weighted_base * found[1].weighted_base)
        product = scale[:, None] * (
            crossed["yx"] - q[:, None] * crossed["y"] - p[:, None] * crossed["x"]
            + (p * q)[:, None] * crossed["both"]
        )  # fmt: skip
        z = linearised(sums[0], p).minus(linearised(sums[1], q).times(value), product)
        variance = z.times(1 / q).variance(counts.groups)
        one, other = (
            of_extremes(each.value, each.effective, kind)
            for each, kind in zip(found, kinds, strict=True)
        )
        variance += (one + value**2 * other) / q**2
    return value, np.where(np.isfinite(value), variance, np.nan)


@dataclass(frozen=True)
class _Spread:
    """Numbers of the cells of a block: rows sorted by cell and number, by group of the sample."""

    cell: Positions
    group: Positions
    number: Vector
    n: Vector
    a: Vector
    b: Vector
    shape: tuple[int, int]

    def matrix(self, values: Vector, inside: npt.NDArray[np.bool_]) -> Matrix:
        """Return sums over the rows `inside`: cells × groups."""
        at = self.cell * self.shape[1] + self.group
        flat = np.bincount(at, np.where(inside, values, 0.0), self.shape[0] * self.shape[1])
        return np.asarray(flat.reshape(self.shape), dtype=np.float64)

    def people(self, inside: npt.NDArray[np.bool_]) -> Vector:
        """Return the respondents of the rows `inside`, by cell."""
        found = np.bincount(self.cell, np.where(inside, self.n, 0.0), self.shape[0])
        return np.asarray(found, dtype=np.float64)


def quantiles_of_wave(
    connection: DuckDBPyConnection, study: Study, wave_id: str, counts: Counts
) -> pl.DataFrame:
    """Return every declared quantile in every cell, full precision, sorted by key.

    Value and Woodruff interval as in quantiles.py. One row per analysis, item, probability and
    cell: wave, analysis, question, domain, actor, probability (text), breakdowns, respondents,
    value, ci_low, ci_high (null beyond what was observed), freedom, effective; at_or_below and
    at_or_above (respondents on each side of the value, itself among them), beyond_low and
    beyond_high (respondents at or beyond each bound). `connection` still has what count_wave made.
    """
    keys = keys_of(study, counts).filter(answer=NOT_APPLICABLE)
    numbers = _numbers(connection, study, counts, keys)
    parts = []
    for name, declared in study.analyses.quantiles.items():
        wanted = keys.filter(pl.col("question").is_in(declared.questions))
        for block in counts.blocks(wanted["place"].to_numpy().astype(np.int64)):
            at = wanted.filter(pl.col("place").is_in(block))
            parts.append(_quantiles(study, counts, numbers, at, name, declared))
    key = ("analysis", *ITEM, "probability", *study.breakdowns)
    return pl.concat(parts).with_columns(wave=pl.lit(wave_id)).sort(key)


def _numbers(
    connection: DuckDBPyConnection, study: Study, counts: Counts, keys: pl.DataFrame
) -> pl.DataFrame:
    """Return distribution.sql with the place of each cell and the number of each group."""
    questions = {one for each in study.analyses.quantiles.values() for one in each.questions}
    columns = breakdown_columns(study)
    query = sql.read(
        "estimation/distribution.sql",
        breakdowns=sql.names(columns),
        totals=sql.totals(columns, TOTAL),
        crossings=sql.grouping_sets(
            [[f"by_{name}" for name in crossing] for crossing in study.crossings]
        ),
    )
    items = [one.index for one in study.items if one.question in questions]
    found = pl.DataFrame(connection.sql(query, params={"items": items}).to_arrow_table())
    group = pl.DataFrame({"stratum": counts.groups.names}).with_row_index("group")
    return (
        found.rename({f"by_{name}": name for name in study.breakdowns})
        .with_columns(pl.col("item").cast(keys.schema["item"]))
        .join(keys.select("item", *study.breakdowns, "place"), on=["item", *study.breakdowns])
        .join(group, on="stratum")
        .sort("place", "number", "group")
    )


def _quantiles(
    study: Study, counts: Counts, numbers: pl.DataFrame, at: pl.DataFrame, name: str,
    declared: Quantiled,
) -> pl.DataFrame:  # fmt: skip
    places = at["place"].to_numpy().astype(np.int64)
    known = numbers.join(
        at.select("place").with_row_index("cell"), on="place", how="inner", maintain_order="left"
    )
    rows = {name: known[name].cast(pl.Float64).to_numpy() for name in ("number", "n", "a", "b")}
    cell, group = (known[name].to_numpy().astype(np.int64) for name in ("cell", "group"))
    shape = (places.size, len(counts.groups.names))
    spread = _Spread(cell=cell, group=group, shape=shape, **rows)
    weighted = distribution(spread.number, spread.a, spread.cell, places.size)
    base = counts.sums(places)
    return pl.concat(
        at.select(*ITEM, *study.breakdowns).with_columns(
            *_columns(_quantile(counts, base, spread, weighted, probability)),
            analysis=pl.lit(name), probability=pl.lit(f"{probability:g}"),
        ).with_columns(pl.col("respondents").cast(pl.Int64))
        for probability in declared.probabilities
    )  # fmt: skip


def _quantile(
    counts: Counts, base: Sums, spread: _Spread, weighted: Distribution, probability: float
) -> dict[str, Vector]:
    cells = np.arange(spread.shape[0], dtype=np.int64)
    value = weighted.at(cells, np.full(cells.size, probability))
    is_below = spread.number <= value[spread.cell]
    share, square = spread.matrix(spread.a, is_below), spread.matrix(spread.b, is_below)
    sums = replace(base, answering=share, c=share, d=square, e=square, f=share)
    found = ratio_estimates(sums, counts.groups, is_share=np.ones(cells.size, dtype=np.bool_))
    half = half_width(found.variance, found.degrees_of_freedom)
    low, high = (weighted.at(cells, found.value + sign * half) for sign in (-1.0, 1.0))
    return {
        "respondents": found.respondents, "value": value, "ci_low": low, "ci_high": high,
        "freedom": found.degrees_of_freedom, "effective": found.effective,
        "at_or_below": spread.people(is_below),
        "at_or_above": spread.people(spread.number >= value[spread.cell]),
        "beyond_low": spread.people(spread.number <= low[spread.cell]),
        "beyond_high": spread.people(spread.number >= high[spread.cell]),
    }  # fmt: skip


def _columns(figures: dict[str, Vector]) -> list[pl.Series]:
    """Return figures less their noise: what the order of sums may change is rounded off."""
    return [
        pl.Series(name, np.round(values, 12)).fill_nan(None) for name, values in figures.items()
    ]
