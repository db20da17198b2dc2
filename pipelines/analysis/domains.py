"""Shares and means of a domain of respondents, with the covariance that comparing them needs.

Belongs here: linearised values, variances, covariances, Holm and Benjamini-Hochberg. Not here:
reading respondents (measures.py), what the comparisons say (rankings.py). A domain is a set of
respondents, such as a region; in this project's words, a cell.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from pipelines.analysis.measures import Respondents
from pipelines.estimation.intervals import mean_interval, share_interval

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
LEVEL = 0.05
BLOCK = 65_536  # rows whose linearised values are held at once


@dataclass(frozen=True)
class Cell:
    """Several measures in one cell: vectors of one entry a measure, `covariance` a matrix.

    Everything is NaN where the base of a measure is empty.
    """

    value: Vector
    covariance: Vector
    respondents: Vector
    base: Vector
    effective: Vector
    freedom: Vector

    @property
    def error(self) -> Vector:
        """Standard errors."""
        return np.asarray(np.sqrt(np.diag(self.covariance)), dtype=np.float64)

    def bounds(self, *, is_share: bool) -> tuple[Vector, Vector]:
        """Return the 95% bounds of each value: as pipelines.estimation.intervals computes them."""
        variance: Vector = np.diag(self.covariance)
        if is_share:
            return share_interval(
                self.value, variance, self.respondents, self.effective, self.freedom
            )
        return mean_interval(self.value, variance, self.freedom)


def estimate_cell(people: Respondents, inside: Flags) -> Cell:
    """Return every measure of `people` in the cell `inside` (one flag a respondent).

    The covariance of two ratios of one sample is that of their linearised values z = (y - p) / W
    in the base, else 0 (Särndal, Swensson and Wretman 1992, 5.5), under the design of the whole
    sample: strata, finite populations and, where weights are calibrated, its residuals
    (Groups.covariance).
    """
    values, group = people.values[inside], people.group[inside]
    is_base = ~np.isnan(values)
    bases = people.weight[inside, None] * is_base
    base = bases.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(is_base, bases * values, 0.0).sum(axis=0) / base
        effective = base**2 / (bases**2).sum(axis=0)
        linearised = np.where(is_base, bases * (values - value) / base, 0.0)
    linearised[:, base <= 0] = np.nan
    respondents = is_base.sum(axis=0).astype(float)
    present = people.groups.by_stratum(_sums_by(people, group, is_base)) > 0
    return Cell(
        value, _covariance(people, group, linearised), respondents, base, effective,
        np.maximum(respondents - present.sum(axis=1), 1.0),
    )  # fmt: skip


def contrast(people: Respondents, inside: Flags) -> tuple[Vector, Vector, Cell]:
    """Return the values inside a cell less those of everybody else, and the error of each.

    Inside and outside are disjoint but of the same strata: their covariance is not zero, so the
    variance is that of the difference of their linearised values. Also returns the rest's cell.
    """
    first, rest = estimate_cell(people, inside), estimate_cell(people, ~inside)
    is_base = ~np.isnan(people.values)
    bases = people.weight[:, None] * is_base
    with np.errstate(divide="ignore", invalid="ignore"):
        signed = np.where(inside[:, None], bases / first.base, -bases / rest.base)
        own = np.where(inside[:, None], first.value, rest.value)
        linearised = np.where(is_base, signed * (people.values - own), 0.0)
    total, square = (_sums_by(people, people.group, one) for one in (linearised, linearised**2))
    once = total * (people.groups.weight / people.groups.respondents)
    variance = people.groups.variance(total, square, once, square)
    return first.value - rest.value, np.sqrt(np.maximum(variance, 0.0)), rest


def _sums_by(people: Respondents, group: npt.NDArray[np.int64], values: Vector | Flags) -> Vector:
    """Return the sums of each column of `values` in each group: columns × groups."""
    groups = len(people.groups.names)
    return np.stack([np.bincount(group, column, groups) for column in values.T]).astype(np.float64)


def _covariance(people: Respondents, group: npt.NDArray[np.int64], linearised: Vector) -> Vector:
    """Return the covariance of measures from linearised values w z, respondents × measures."""
    groups = people.groups
    factor = groups.factors[groups.stratum]
    moment = np.zeros((linearised.shape[1],) * 2)
    for start in range(0, linearised.shape[0], BLOCK):
        block = linearised[start : start + BLOCK]
        scaled = block * factor[group[start : start + BLOCK]][:, None]
        moment += np.einsum("ij,ik->jk", scaled, block)
    return groups.covariance(_sums_by(people, group, linearised), moment)


def pairwise(cell: Cell, *, is_share: bool) -> tuple[Vector, Vector]:
    """Return p-values (two-sided, Student) and differences of every pair of measures of a cell.

    A share of 0 or 1 has no variance by the formula, which would make anything differ from it: it
    gets that of Agresti and Coull (1998), on Kish's effective base.
    """
    variance = np.diag(cell.covariance).copy()
    if is_share:
        extreme = (cell.value <= 0) | (cell.value >= 1)
        drawn = (cell.value * cell.effective + 2) / (cell.effective + 4)
        variance = np.where(extreme, drawn * (1 - drawn) / (cell.effective + 4), variance)
    squared = variance[:, None] + variance[None, :] - 2 * cell.covariance
    difference = cell.value[:, None] - cell.value[None, :]
    freedom = np.minimum(cell.freedom[:, None], cell.freedom[None, :])
    return p_values(difference, np.sqrt(np.maximum(squared, 0.0)), freedom), difference


def p_values(difference: Vector, error: Vector, freedom: Vector) -> Vector:
    """Return two-sided p-values of differences; 1 where nothing was estimated or nothing differs.

    Values that differ without any error (two constant means) differ for certain: 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(difference) / error
        found = 2 * stdtr(freedom, -ratio)
    is_same = ~np.isfinite(difference) | (np.abs(difference) < 1e-12)
    result: Vector = np.where(is_same | np.isnan(found), 1.0, found)
    return result


def half_width(error: Vector, freedom: Vector) -> Vector:
    """Return the half width of a 95% Student interval."""
    half: Vector = np.asarray(stdtrit(np.maximum(freedom, 1), 1 - LEVEL / 2)) * error
    return half


def holm(p: Vector) -> Flags:
    """Return which of several p-values are significant together at 5% (Holm 1979).

    The chance of even one false finding among them is at most 5%, whatever their dependence.
    """
    order = np.argsort(p, kind="stable")
    allowed = LEVEL / np.arange(p.size, 0, -1)
    passed = np.logical_and.accumulate(p[order] <= allowed)
    found = np.zeros(p.size, dtype=np.bool_)
    found[order] = passed
    return found


def benjamini_hochberg(p: Vector) -> Flags:
    """Return which p-values are findings with a false discovery rate of 5% (1995)."""
    order = np.argsort(p, kind="stable")
    passed = p[order] <= LEVEL * np.arange(1, p.size + 1) / max(p.size, 1)
    last = np.flatnonzero(passed)
    found = np.zeros(p.size, dtype=np.bool_)
    found[order[: last[-1] + 1 if last.size else 0]] = True
    return found
