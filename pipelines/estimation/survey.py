"""Estimates of a survey from its rows: totals, means, shares, ratios, differences, for a notebook.

Belongs here: point estimates and their influence values, over an Arrow table or a Parquet file.
Not here: the design and its variance (design.py), quantiles.py, rao_scott.py, and the path of the
pipeline, which works on sums (cube.py, variance.py) and is tested against this one.

    design = design_of("answers.parquet", weight="w", strata=["size"], population="units")
    shares("answers.parquet", design, "opinion")
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from scipy.special import stdtr

from pipelines.estimation.design import Design, Matrix, Residuals, SinglePolicy, Vector
from pipelines.estimation.errors import UnsupportedDesignError
from pipelines.estimation.intervals import mean_interval, share_interval

Table: TypeAlias = "pa.Table | Path | str"


@dataclass(frozen=True)
class Statistics:
    """Estimates of one call: labels, values and their covariance, one base and one df for all.

    `covariance` is that of the values under the design; `low` and `high` are the 95% interval
    (Korn-Graubard for shares, Student otherwise); `respondents` is the base, unweighted.
    """

    names: tuple[str, ...]
    value: Vector
    covariance: Matrix
    respondents: int
    degrees_of_freedom: int
    low: Vector
    high: Vector
    design_effect: Vector
    influence: Matrix

    @property
    def standard_error(self) -> Vector:
        """Square root of the variances."""
        return np.sqrt(np.diag(self.covariance))


def read(table: Table) -> pl.DataFrame:
    """Return a Parquet file or an Arrow table as a frame."""
    found = pl.from_arrow(table) if isinstance(table, pa.Table) else pl.read_parquet(table)
    if not isinstance(found, pl.DataFrame):
        raise TypeError("a table was expected")
    return found


def design_of(
    table: Table, *, weight: str, strata: Sequence[str] = (), psu: str | None = None,
    population: str | None = None, calibrated_to: Sequence[str] = (),
    design_weight: str | None = None, residuals: Residuals = "regression",
    single: SinglePolicy = "fail", replicate_weights: Sequence[str] = (),
) -> Design:  # fmt: skip
    """Return the design that columns of `table` describe, one row a respondent.

    `calibrated_to` names categorical margins that the weights meet; variances then use residuals,
    which need `design_weight`. `replicate_weights` (BRR, jackknife, bootstrap) are refused, rather
    than ignored. Raises UnsupportedDesignError, and what `Design` raises.
    """
    if replicate_weights:
        raise UnsupportedDesignError("estimation-replicates", found=len(replicate_weights))
    frame = read(table)
    return Design(
        weight=frame[weight].cast(pl.Float64).to_numpy(),
        stratum=_labels(frame, strata) if strata else None,
        psu=_labels(frame, [psu]) if psu else None,
        population=frame[population].cast(pl.Float64).to_numpy() if population else None,
        calibration=_indicators(frame, calibrated_to) if calibrated_to else None,
        design_weight=frame[design_weight].cast(pl.Float64).to_numpy() if design_weight else None,
        margins=tuple(_labels(frame, [name]) for name in calibrated_to),
        residuals=residuals,
        single=single,
    )


def _labels(frame: pl.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.object_]:
    joined = frame.select(pl.concat_str(pl.col(list(columns)).cast(pl.String), separator="|"))
    return joined.to_series().to_numpy().astype(object)


def _indicators(frame: pl.DataFrame, columns: Sequence[str]) -> Matrix:
    return frame.select(columns).to_dummies().to_numpy().astype(np.float64)


def shares(
    table: Table, design: Design, answer: str, *, inside: npt.NDArray[np.bool_] | None = None
) -> Statistics:
    """Return the weighted share of each answer of a column; rows without one are out of the base.

    Every answer that somebody gave has its share, 0 where nobody of the base gave it.

    Formulas 1, 2 and 7 of docs/estimation.md. `inside` narrows the base; the design stays whole.
    """
    column = read(table)[answer]
    base = base_of(column, inside)
    codes = column.drop_nulls().unique().sort().to_list()
    indicators = np.column_stack([(column == code).fill_null(value=False) for code in codes])
    return ratios(
        design, indicators.astype(float), base.astype(float), base,
        names=tuple(map(str, codes)), are_shares=True,
    )  # fmt: skip


def means(
    table: Table, design: Design, number: str, *, inside: npt.NDArray[np.bool_] | None = None
) -> Statistics:
    """Return the weighted mean of a column of numbers; rows without one are out of the base."""
    column = read(table)[number].cast(pl.Float64)
    base = base_of(column, inside)
    values = column.fill_null(0.0).to_numpy()[:, None]
    return ratios(design, values, base.astype(float), base, names=(number,))


def totals(
    table: Table, design: Design, number: str, *, inside: npt.NDArray[np.bool_] | None = None
) -> Statistics:
    """Return the estimated total of a column over the population: Σ w y."""
    column = read(table)[number].cast(pl.Float64)
    base = base_of(column, inside)
    influence = (column.fill_null(0.0).to_numpy() * base)[:, None]
    value = design.weight @ influence
    return _statistics(design, (number,), value, influence, base)


def ratio(
    table: Table, design: Design, numerator: str, denominator: str,
    *, inside: npt.NDArray[np.bool_] | None = None,
) -> Statistics:  # fmt: skip
    """Return Σ w y / Σ w x of two columns of numbers, over the rows that have both."""
    frame = read(table)
    y, x = (frame[name].cast(pl.Float64) for name in (numerator, denominator))
    base = base_of(y, inside) & x.is_not_null().to_numpy()
    return ratios(
        design, y.fill_null(0.0).to_numpy()[:, None], x.fill_null(0.0).to_numpy(), base,
        names=(f"{numerator}/{denominator}",),
    )  # fmt: skip


def ratios(
    design: Design, numerators: Matrix, denominator: Vector, base: npt.NDArray[np.bool_],
    *, names: tuple[str, ...], are_shares: bool = False,
) -> Statistics:  # fmt: skip
    """Return Σ w y / Σ w x for each column y: influence z = (y - r x) / Σ w x inside the base."""
    inside = base.astype(float)
    size = float(design.weight @ (denominator * inside))
    value = design.weight @ (numerators * inside[:, None]) / size
    influence = inside[:, None] * (numerators - np.outer(denominator, value)) / size
    return _statistics(design, names, value, influence, base, numerators, are_shares=are_shares)


def difference(design: Design, one: Statistics, other: Statistics) -> dict[str, float]:
    """Return one - other of the first statistic of each, from the same design.

    Bases may overlap, be nested or be disjoint: the covariance is taken from the influence
    values. Keys: est, se, t, df (of the whole design), p (two-sided, Student).
    """
    influence = one.influence[:, :1] - other.influence[:, :1]
    estimate = float(one.value[0] - other.value[0])
    error = float(np.sqrt(design.covariance(influence)[0, 0]))
    df = design.degrees_of_freedom()
    t = estimate / error
    return {"est": estimate, "se": error, "t": t, "df": df, "p": float(2 * stdtr(df, -abs(t)))}


def base_of(column: pl.Series, inside: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_]:
    """Return who has an answer, of those `inside`."""
    given = column.is_not_null().to_numpy()
    return given if inside is None else given & inside


def _statistics(
    design: Design, names: tuple[str, ...], value: Vector, influence: Matrix,
    base: npt.NDArray[np.bool_], numerators: Matrix | None = None, *, are_shares: bool = False,
) -> Statistics:  # fmt: skip
    covariance = design.covariance(influence)
    variance, n = np.diag(covariance), int(base.sum())
    df = design.degrees_of_freedom(base)
    if are_shares:
        weight = design.weight[base]
        effective = np.full(value.size, weight.sum() ** 2 / (weight**2).sum())
        sizes, freedom = np.full(value.size, float(n)), np.full(value.size, float(df))
        low, high = share_interval(value, variance, sizes, effective, freedom)
    else:
        low, high = mean_interval(value, variance, np.full(value.size, float(df)))
    effect = np.full(value.size, np.nan)
    if numerators is not None:
        effect = variance / _simple_variance(design, numerators, value, base)
    return Statistics(names, value, covariance, n, df, low, high, effect, influence)


def _simple_variance(
    design: Design, numerators: Matrix, value: Vector, base: npt.NDArray[np.bool_]
) -> Vector:
    """Return the variance of a simple random sample of the same size, with replacement."""
    weight, n = design.weight[base], int(base.sum())
    squares = weight @ (numerators[base] - value) ** 2 / weight.sum()
    return np.where((n > 1) & (squares > 0), squares / max(n - 1, 1), np.nan)
