"""Closed forms on the cube's sums: shares and means, their variance, design effects.

Belongs here: formulas, vectorised over every estimate at once. Not here: intervals (intervals.py),
sums (cube.py). Notation: respondent i, stratum h, weight w, base d (0/1), answer y; a base's sums
per stratum are A = Σw, B = Σw², an answer's C = Σwy, D = Σw²y, E = Σw²y², F = Σwy².
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
NOISE = 1e-13  # of sums of doubles that cancel, relative to their terms


@dataclass(frozen=True)
class Sums:
    """The cube, stratum by stratum: arrays of one length; `start` begins each estimate.

    `sample` and `population` are the respondents of the whole stratum (not of the base) and its
    units in the frame (infinite where unknown). A stratum of one respondent contributes nothing,
    or, `centered`, its distance from the mean of all respondents, which is 0 for a ratio.
    """

    start: npt.NDArray[np.int64]
    n: Vector
    answering: Vector
    a: Vector
    b: Vector
    c: Vector
    d: Vector
    e: Vector
    f: Vector
    sample: Vector
    population: Vector
    centered: bool = False

    def total(self, values: Vector) -> Vector:
        """Sum over the strata of each estimate."""
        return np.add.reduceat(values, self.start) if values.size else values

    def spread(self, values: Vector) -> Vector:
        """Repeat a value of each estimate over its strata."""
        sizes = np.diff(np.append(self.start, self.n.size))
        return np.repeat(values, sizes)


@dataclass(frozen=True)
class Estimates:
    """Ratio estimates, one entry each: the value, its variance, and what it rests on."""

    value: Vector
    variance: Vector
    respondents: Vector
    strata: Vector
    weighted_base: Vector
    effective: Vector
    design_effect: Vector

    @property
    def degrees_of_freedom(self) -> Vector:
        """Respondents less strata present in the base, at least 1 (R: degf(subset(design)))."""
        return np.maximum(self.respondents - self.strata, 1)


def ratio_estimates(sums: Sums, *, is_share: npt.NDArray[np.bool_]) -> Estimates:
    """Return shares or means p = Σwy / Σw of each base, with their variance under the design.

    Linearised value z = d (y - p) / W, u = w z (Särndal, Swensson and Wretman 1992, 5.5 and 5.8):

        V(p) = Σ_h (1 - n_h/N_h) n_h/(n_h - 1) [Σ u² - (Σ u)² / n_h]

    with n_h all respondents of the stratum, in the base or not: a base is a domain of the whole
    design. Σu = (C - pA)/W, Σu² = (E - 2pD + p²B)/W². Where a base is empty everything is NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        base = sums.total(sums.a)
        value = sums.total(sums.c) / base
        variance = _variance(sums, sums.spread(value), sums.spread(base))
        respondents = sums.total(sums.n)
        squares = sums.total(sums.b)
        return Estimates(
            value, variance, respondents, sums.total((sums.n > 0).astype(float)), base,
            base**2 / squares,
            variance / _simple_variance(sums, value, base, respondents, is_share=is_share),
        )  # fmt: skip


def _variance(sums: Sums, value: Vector, base: Vector) -> Vector:
    once = (sums.c - value * sums.a) / base
    square = (sums.e - 2 * value * sums.d + value**2 * sums.b) / base**2
    correction = np.where(np.isfinite(sums.population), 1 - sums.sample / sums.population, 1.0)
    spread = np.where(sums.sample > 1, sums.sample / np.maximum(sums.sample - 1, 1), 0.0)
    part = spread * (square - once**2 / sums.sample)
    if sums.centered:
        part = np.where(sums.sample == 1, square, part)
    total = sums.total(correction * part)
    # a constant answer leaves only what its sums cancel to: that is no variance
    largest = sums.total((sums.e + 2 * np.abs(value * sums.d) + value**2 * sums.b) / base**2)
    return np.where(total > NOISE * largest, total, 0.0)


def _simple_variance(
    sums: Sums, value: Vector, base: Vector, respondents: Vector, *, is_share: npt.NDArray[np.bool_]
) -> Vector:
    """Return the variance of a simple random sample of the same size, with replacement.

    s²/n with s² = Σw(y - p)²/Σw · n/(n - 1); p(1 - p) in place of the first factor for a share
    (R: deff = "replace").
    """
    second = np.where(is_share, value * (1 - value), _weighted_square(sums, value, base))
    return np.where(respondents > 1, second / np.maximum(respondents - 1, 1), np.nan)


def _weighted_square(sums: Sums, value: Vector, base: Vector) -> Vector:
    return sums.total(sums.f) / base - value**2
