"""The sample in groups, strata or finer, and the variance of linear statistics from sums by group.

Belongs here: who stands in which stratum and kind, finite populations, residuals of a calibration,
the one formula of variance on sums. Not here: statistics (variance.py, comparisons.py); the same
variance respondent by respondent (design.py), which judges this one in the tests.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.calibration import calibrated_breakdowns, category
from pipelines.estimation.errors import StratumError
from pipelines.estimation.frame import unit_counts
from pipelines.study import Study

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
NOISE = 1e-13  # of sums of doubles that cancel, relative to their terms


@dataclass(frozen=True)
class Groups:
    """The whole sample by group: vectors of one entry a group, or a stratum.

    `stratum` numbers the stratum of each group; `respondents`, `weight` and `squares` are its
    respondents, Σw and Σw². `sampled` and `population` are the respondents and the units of each
    stratum (infinite where unknown). Where weights are calibrated, every respondent of a group has
    one weight, `design_weight` is the one before, and `indicators` (groups × categories) says
    which categories of the margins the group is in. `centered`: a stratum of one respondent
    contributes its distance from the mean of all, else nothing.
    """

    names: tuple[str, ...]
    stratum: npt.NDArray[np.int64]
    respondents: Vector
    weight: Vector
    squares: Vector
    sampled: Vector
    population: Vector
    indicators: Matrix | None = None
    design_weight: Vector | None = None
    centered: bool = False

    def variance(self, total: Matrix, square: Matrix, once: Matrix, terms: Matrix) -> Vector:
        """Return the variance of statistics from the sums of their linearised values z by group.

        Statistics × groups: `total` = Σ w z, `square` = Σ w² z², `once` = Σ w² z, over the
        respondents of the statistic's base; `terms` is the size of what was subtracted to get
        `square`. With u = w z over all respondents of the stratum, in the base or not (Särndal,
        Swensson and Wretman 1992, 3.7 and 5.5):

            V = Σ_h (1 - n_h/N_h) n_h/(n_h - 1) [Σ u² - (Σ u)² / n_h]

        Where weights are calibrated u = w (z - x'B), B the regression of z on the categories x with
        design weights (Deville and Särndal 1992, 3.4; R: calibrate).
        """
        if self.indicators is not None:
            total, square = self._residuals(total, square, once)
        return self._over_strata(total, square, terms)

    def covariance(self, total: Matrix, moment: Matrix) -> Matrix:
        """Return the covariance matrix of statistics, of which `variance` is the diagonal.

        `total` as above; `moment` (statistics × statistics) = Σ f w² z z' over respondents, f the
        factor of their stratum. With t the sums of u by stratum and c their means:
        V = Σ_h f_h [Σ u u' - c t' - t c' + n_h c c']. By einsum, not by BLAS, whose order of
        summation depends on its threads.
        """
        if self.indicators is not None:
            fitted, factor = self._fitted(total), self.factors[self.stratum]
            once = total * (self.weight / self.respondents)  # Σ w² z: one weight a group
            cross = np.einsum("ag,bg->ab", once * factor, fitted)
            own = np.einsum("ag,bg->ab", fitted * (factor * self.squares), fitted)
            total, moment = total - fitted * self.weight, moment - cross - cross.T + own
        sums = self.by_stratum(total)
        centre, factor = sums / self.sampled, self.factors
        if self.centered:
            mean = sums.sum(axis=1, keepdims=True) / self.sampled.sum()
            centre = np.where(self.sampled == 1, mean, centre)
        cross = np.einsum("ah,bh->ab", centre * factor, sums)
        own = np.einsum("ah,bh->ab", centre * (factor * self.sampled), centre)
        return np.asarray(moment - cross - cross.T + own)

    @property
    def factors(self) -> Vector:
        """(1 - n_h/N_h) n_h/(n_h - 1) of each stratum; of one respondent, 0 or the first factor."""
        alone = self.sampled == 1
        lone = 1.0 if self.centered else 0.0
        scale = np.where(alone, lone, self.sampled / np.maximum(self.sampled - 1, 1))
        correction = np.where(np.isfinite(self.population), 1 - self.sampled / self.population, 1.0)
        return np.asarray(correction * scale)

    def _residuals(self, total: Matrix, square: Matrix, once: Matrix) -> tuple[Matrix, Matrix]:
        fitted = self._fitted(total)
        rest = total - fitted * self.weight
        return rest, square - 2 * fitted * once + fitted**2 * self.squares

    def _fitted(self, total: Matrix) -> Matrix:
        """Return x'B of each statistic in each group, from its Σ w z by group."""
        design = np.ones_like(self.weight) if self.design_weight is None else self.design_weight
        x = np.zeros((self.weight.size, 0)) if self.indicators is None else self.indicators
        plain = total * self.respondents / self.weight  # Σ z: one weight a group
        # by einsum, not by BLAS, whose order of summation depends on its threads
        moment = np.einsum("gi,g,gj->ij", x, design * self.respondents, x)
        slopes = np.einsum(
            "eg,gj,jk->ek", plain * design, x, np.linalg.pinv(moment, hermitian=True)
        )
        return np.asarray(np.einsum("ek,gk->eg", slopes, x))

    def _over_strata(self, total: Matrix, square: Matrix, terms: Matrix) -> Vector:
        sums, squares = self.by_stratum(total), self.by_stratum(square)
        part = squares - sums**2 / self.sampled
        if self.centered:
            mean = sums.sum(axis=1, keepdims=True) / self.sampled.sum()
            part = np.where(self.sampled == 1, squares - 2 * mean * sums + mean**2, part)
        found: Vector = (self.factors * part).sum(axis=1)
        # a constant answer leaves only what its sums cancel to: that is no variance
        return np.where(found > NOISE * terms.sum(axis=1), found, 0.0)

    def by_stratum(self, values: Matrix) -> Matrix:
        """Return sums by stratum of columns by group: statistics × strata."""
        order = np.argsort(self.stratum, kind="stable")
        start = np.searchsorted(self.stratum[order], np.arange(self.sampled.size))
        found: Matrix = np.add.reduceat(values[:, order], start, axis=1)
        return found


def group_expression(study: Study) -> str:
    """Return the SQL that names the group of a respondent of the weighted responses."""
    kinds = [f"by_{name}" for name in calibrated_breakdowns(study)]
    return f"concat_ws('|', {sql.names(['stratum', *kinds])})"


def read_groups(
    connection: DuckDBPyConnection, study: Study, wave_id: str, weighted: Path
) -> Groups:
    """Return the groups of one wave's weighted responses, in order of their names.

    Raises StratumError for a stratum of one respondent, unless declared otherwise, and for one
    with more respondents than units.
    """
    kinds = [f"by_{name}" for name in calibrated_breakdowns(study)]
    query = sql.read(
        "estimation/groups.sql",
        group=group_expression(study), kinds="".join(f", {sql.name(one)}" for one in kinds),
    )  # fmt: skip
    found = pl.from_arrow(
        connection.sql(query, params={"weighted": str(weighted)}).to_arrow_table()
    )
    if not isinstance(found, pl.DataFrame):
        raise TypeError("a table was expected")
    strata = found.group_by("stratum").agg(pl.col("respondents").sum()).sort("stratum")
    sampled = dict(strata.iter_rows())
    known = populations(study, wave_id, sampled)
    numbered = {name: place for place, name in enumerate(sampled)}
    units = np.array([known[name] for name in sampled])
    respondents = np.array(list(sampled.values()), dtype=np.float64)
    stratum = np.array([numbered[name] for name in found["stratum"]], dtype=np.int64)
    design = np.where(np.isfinite(units), units / respondents, 1.0)
    return Groups(
        names=tuple(found["group"]),
        stratum=stratum,
        respondents=found["respondents"].cast(pl.Float64).to_numpy(),
        weight=found["weight"].to_numpy(),
        squares=found["squares"].to_numpy(),
        sampled=respondents,
        population=units,
        indicators=_indicators(study, found),
        design_weight=design[stratum],
        centered=study.about.weights.single_respondent_stratum == "centered",
    )


def _indicators(study: Study, groups: pl.DataFrame) -> Matrix | None:
    declared = study.about.weights.calibration
    if declared is None:
        return None
    parts = [
        groups.select(category(declared, margin, "by_")).to_dummies().to_numpy().astype(np.float64)
        for margin in declared.margins
    ]
    return np.concatenate(parts, axis=1)


def populations(study: Study, wave_id: str, sampled: dict[str, int]) -> dict[str, float]:
    """Return the units of each stratum, infinite where the study does not know them.

    Raises StratumError for a stratum of one respondent, unless declared otherwise, and for one
    with more respondents than units.
    """
    declared = study.about.weights
    at = {"study": study.id, "wave": wave_id}
    for stratum, respondents in sampled.items():
        if respondents == 1 and declared.single_respondent_stratum == "fail":
            raise StratumError("estimation-single-stratum", **at, stratum=stratum)
    if declared.population == "unknown" or not declared.strata:
        return dict.fromkeys(sampled, np.inf)
    counts = {"|".join(k): n for k, n in unit_counts(study, wave_id, declared.strata).items()}
    for stratum, respondents in sampled.items():
        if counts.get(stratum, 0) < respondents:
            raise StratumError("estimation-unknown-stratum", **at, stratum=stratum)
    return {stratum: float(counts[stratum]) for stratum in sampled}
