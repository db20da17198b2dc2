"""Closed forms on the cube's sums: shares and means, their variance, design effects.

Belongs here: formulas, vectorised over every estimate at once. Not here: the variance of a linear
statistic (groups.py), intervals (intervals.py), sums (cube.py). Notation: respondent i, group g of
the sample, weight w, base d (0/1), answer y; a base's sums per group are A = Σw, B = Σw², an
answer's C = Σwy, D = Σw²y, E = Σw²y², F = Σwy².
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from pipelines.estimation.groups import Groups, Matrix, Vector

Picked = npt.NDArray[np.int64] | slice


@dataclass(frozen=True)
class Sums:
    """The sums of estimates: matrices of one shape, estimates × groups of the sample."""

    n: Matrix
    answering: Matrix
    a: Matrix
    b: Matrix
    c: Matrix
    d: Matrix
    e: Matrix
    f: Matrix

    def pick(self, at: Picked) -> Self:
        """Return the sums of some estimates, in the order of `at`."""
        return type(self)(**{one.name: getattr(self, one.name)[at] for one in fields(self)})

    def less(self, other: Self) -> Self:
        """Return the sums over the respondents of a base who are not in `other`, a part of it."""
        names = [one.name for one in fields(self)]
        found = {name: getattr(self, name) - getattr(other, name) for name in names}
        nobody = found["n"] <= 0  # there, what doubles leave is no sum
        return type(self)(**{name: np.where(nobody, 0.0, one) for name, one in found.items()})


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


@dataclass(frozen=True)
class Linear:
    """A statistic's linearised values z, summed by group: what Groups.variance takes."""

    total: Matrix
    square: Matrix
    once: Matrix
    terms: Matrix

    def variance(self, groups: Groups) -> Vector:
        """Return the variance under the design."""
        return groups.variance(self.total, self.square, self.once, self.terms)

    def times(self, factor: Vector) -> Self:
        """Return the sums of each statistic times a number of its own."""
        by = factor[:, None]
        return type(self)(self.total * by, self.square * by**2, self.once * by, self.terms * by**2)

    def minus(self, other: Self, product: Matrix) -> Self:
        """Return the sums of the difference of two statistics; `product` is Σ w² z z'."""
        return type(self)(
            self.total - other.total, self.square + other.square - 2 * product,
            self.once - other.once, self.terms + other.terms,
        )  # fmt: skip


def linearised(sums: Sums, value: Vector) -> Linear:
    """Return z = d (y - p)/W of ratios p by group (Särndal, Swensson and Wretman 1992, 5.5).

    Σ w z = (C - pA)/W, Σ w² z = (D - pB)/W, Σ w² z² = (E - 2pD + p²B)/W².
    """
    p, base = value[:, None], sums.a.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Linear(
            (sums.c - p * sums.a) / base,
            (sums.e - 2 * p * sums.d + p**2 * sums.b) / base**2,
            (sums.d - p * sums.b) / base,
            (sums.e + 2 * np.abs(p * sums.d) + p**2 * sums.b) / base**2,
        )


def ratio_estimates(sums: Sums, groups: Groups, *, is_share: npt.NDArray[np.bool_]) -> Estimates:
    """Return shares or means p = Σwy / Σw of each base, with their variance under the design.

    All respondents of a stratum count in its n, in the base or not: a base is a domain of the whole
    design (groups.py). Where a base is empty everything is NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        base = sums.a.sum(axis=1)
        value = sums.c.sum(axis=1) / base
        variance = linearised(sums, value).variance(groups)
        respondents = sums.n.sum(axis=1)
        return Estimates(
            value, np.where(respondents > 0, variance, np.nan), respondents,
            _strata_present(sums, groups), base, base**2 / sums.b.sum(axis=1),
            variance / _simple_variance(sums, value, base, respondents, is_share=is_share),
        )  # fmt: skip


def _strata_present(sums: Sums, groups: Groups) -> Vector:
    found: Vector = (groups.by_stratum(sums.n) > 0).sum(axis=1).astype(np.float64)
    return found


def _simple_variance(
    sums: Sums, value: Vector, base: Vector, respondents: Vector, *, is_share: npt.NDArray[np.bool_]
) -> Vector:
    """Return the variance of a simple random sample of the same size, with replacement.

    s²/n with s² = Σw(y - p)²/Σw · n/(n - 1); p(1 - p) in place of the first factor for a share
    (R: deff = "replace").
    """
    second = np.where(is_share, value * (1 - value), sums.f.sum(axis=1) / base - value**2)
    return np.where(respondents > 1, second / np.maximum(respondents - 1, 1), np.nan)
