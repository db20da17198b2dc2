"""Weights calibrated to the frame: post-stratification and raking, on kinds of respondents.

Belongs here: from counts of respondents and of units to one weight per kind (combination of the
calibrated breakdowns). Not here: where counts come from (frame.py), giving the weight to each
respondent (weighting.py), variances that use the calibration (variance.py).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.errors import CalibrationError, StratumError
from pipelines.estimation.frame import unit_counts, units
from pipelines.study import Study
from pipelines.study.model import Calibration

GAP = 1e-12  # relative; R's `rake` stops at 1 unit, which is far looser
SWEEPS = 2000

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Category:
    """One category of a margin: its units, its respondents, what they weighed before and after."""

    margin: str
    category: str
    units: float
    respondents: int
    before: float
    after: float


@dataclass(frozen=True)
class Adjusted:
    """Calibrated weights: one row of `table` per kind, columns by_<breakdown>, adjusted_weight."""

    method: str
    breakdowns: tuple[str, ...]
    table: pa.Table
    iterations: int
    largest_gap: float
    categories: tuple[Category, ...]


@dataclass(frozen=True)
class Margin:
    """One margin: the category of each kind, and the units of each category."""

    name: str
    member: npt.NDArray[np.int64]
    units: Vector
    categories: tuple[str, ...] = ()

    def sums(self, values: Vector) -> Vector:
        """Return the sum of a value of each kind, by category."""
        return np.bincount(self.member, values, minlength=self.units.size).astype(np.float64)


def calibrate(
    connection: DuckDBPyConnection, study: Study, wave_id: str, responses: Path
) -> Adjusted:
    """Return the weights that meet the declared margins of the frame.

    Starts from units / respondents of the strata (the design weight) where the frame counts these,
    else from 1, and adjusts (Deming and Stephan 1940) until the largest relative gap is below
    1e-12. `collapse` recodes categories first; `trim_ratio` bounds weights around their median and
    rakes again. Raises CalibrationError for a category with units and no respondent, respondents in
    a category without units, and no convergence; StratumError for a stratum the frame lacks.
    """
    declared = study.about.weights.calibration
    if declared is None:
        raise ValueError("the study declares no calibration")
    names = calibrated_breakdowns(study)
    kinds = _kinds(connection, names, responses)
    frame = units(study, wave_id)
    margins = [_margin(study, wave_id, declared, one, kinds, frame) for one in declared.margins]
    people = kinds["respondents"].cast(pl.Float64).to_numpy()
    start = people * _design_weights(study, wave_id, kinds)
    start *= frame.height / start.sum()
    weights, sweeps, gap = rake(people, margins, start)
    if declared.trim_ratio is not None:
        weights, sweeps, gap = _trimmed(people, margins, weights, declared.trim_ratio)
    if not gap < GAP:
        raise CalibrationError(
            "estimation-no-convergence",
            study=study.id, wave=wave_id, iterations=sweeps, gap=f"{gap:.2e}",
        )  # fmt: skip
    table = kinds.drop("respondents").with_columns(adjusted_weight=pl.Series(weights / people))
    told = tuple(
        Category(margin.name, name, units, int(respondents), before, after)
        for margin in margins
        for name, units, respondents, before, after in zip(
            margin.categories, margin.units.tolist(),
            *(margin.sums(one).tolist() for one in (people, start, weights)), strict=True,
        )
    )  # fmt: skip
    return Adjusted(declared.method, names, table.to_arrow(), sweeps, gap, told)


def calibrated_breakdowns(study: Study) -> tuple[str, ...]:
    """Return the breakdowns that decide a calibrated weight: margins, then strata; else none."""
    declared = study.about.weights
    if declared.calibration is None:
        return ()
    margins = (one for margin in declared.calibration.margins for one in margin)
    strata = declared.strata if declared.population == "frame" else ()
    return tuple(dict.fromkeys((*margins, *strata)))


def _design_weights(study: Study, wave_id: str, kinds: pl.DataFrame) -> Vector:
    """Return units / respondents of each kind's stratum, 1 where strata are not counted."""
    declared = study.about.weights
    if declared.population == "unknown" or not declared.strata:
        return np.ones(kinds.height)
    columns = [f"by_{name}" for name in declared.strata]
    counts = unit_counts(study, wave_id, declared.strata)
    units = [counts.get(codes, 0) for codes in kinds.select(columns).iter_rows()]
    if 0 in units:
        codes = kinds.select(columns).row(units.index(0))
        raise StratumError(
            "estimation-unknown-stratum", study=study.id, wave=wave_id, stratum="|".join(codes)
        )
    sampled = kinds.select(pl.col("respondents").sum().over(columns))["respondents"]
    weights: Vector = np.array(units, dtype=np.float64) / sampled.cast(pl.Float64).to_numpy()
    return weights


def rake(people: Vector, margins: list[Margin], start: Vector) -> tuple[Vector, int, float]:
    """Return weighted counts per kind that meet every margin, sweeps made and the largest gap.

    `people` and `start` have one entry per kind; a kind keeps its zero. Formula 5 of the
    estimation page: iterate the margins until the largest relative gap is below `GAP`.
    """
    weighted = start.copy()
    gap = np.inf
    for sweep in range(1, SWEEPS + 1):
        for margin in margins:
            weighted = weighted * (margin.units / margin.sums(weighted))[margin.member]
        gap = max(_gap(margin, weighted) for margin in margins)
        if gap < GAP:
            return weighted, sweep, gap
    return weighted, SWEEPS, gap


def _gap(margin: Margin, weighted: Vector) -> float:
    return float(np.max(np.abs(margin.sums(weighted) / margin.units - 1)))


def _trimmed(
    people: Vector, margins: list[Margin], weighted: Vector, ratio: float
) -> tuple[Vector, int, float]:
    """Bound weights to median × [1/ratio, ratio] and rake, until bounds and margins both hold."""
    total, gap = 0, np.inf
    for _ in range(100):
        each = weighted / people
        order = np.argsort(each)
        middle = each[order][np.searchsorted(np.cumsum(people[order]), people.sum() / 2)]
        bounded = np.clip(each, middle / ratio, middle * ratio)
        if np.allclose(bounded, each, rtol=1e-9, atol=0):
            return weighted, total, _largest(margins, weighted)
        weighted, sweeps, gap = rake(people, margins, bounded * people)
        total += sweeps
    return weighted, total, max(gap, 1.0)  # bounds never held: not converged, whatever the gap


def _largest(margins: list[Margin], weighted: Vector) -> float:
    return max(_gap(margin, weighted) for margin in margins)


def _kinds(connection: DuckDBPyConnection, names: tuple[str, ...], responses: Path) -> pl.DataFrame:
    query = sql.read("estimation/kinds.sql", breakdowns=sql.names(f"by_{one}" for one in names))
    found = pl.from_arrow(
        connection.sql(query, params={"responses": str(responses)}).to_arrow_table()
    )
    if not isinstance(found, pl.DataFrame):
        raise TypeError("a table was expected")
    return found


def _margin(
    study: Study, wave_id: str, declared: Calibration, margin: tuple[str, ...],
    kinds: pl.DataFrame, frame: pl.DataFrame,
) -> Margin:  # fmt: skip
    label = " × ".join(margin)
    at = {"study": study.id, "wave": wave_id, "margin": label}
    met = kinds.select(category(declared, margin, "by_"))["category"]
    counted = frame.select(category(declared, margin, "")).group_by("category").len()
    known = dict(counted.sort("category").iter_rows())
    for code in met.unique().sort().to_list():
        if code not in known:
            raise CalibrationError("estimation-unknown-category", **at, category=code)
    empty = [name for name in known if name not in set(met.to_list())]
    if empty:
        raise CalibrationError(
            "estimation-empty-category", **at, category=empty[0], units=known[empty[0]]
        )
    position = {name: place for place, name in enumerate(known)}
    member = np.array([position[one] for one in met.to_list()], dtype=np.int64)
    return Margin(label, member, np.array(list(known.values()), dtype=np.float64), tuple(known))


def category(declared: Calibration, margin: tuple[str, ...], prefix: str) -> pl.Expr:
    """Return the category of a margin, named from the columns `prefix` + breakdown, collapsed."""
    parts = [pl.col(f"{prefix}{name}").replace(declared.collapse.get(name, {})) for name in margin]
    return pl.concat_str(parts, separator=" × ").alias("category")
