"""Confidence intervals at 95%, vectorised: Korn-Graubard for shares, Student for means.

Belongs here: formulas from a value, its variance and its base to two bounds. Not here: variances
(variance.py), the thresholds of reliability (reliability.py).
"""

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, stdtrit

Vector = npt.NDArray[np.float64]
TAIL = 0.025


def share_interval(
    value: Vector, variance: Vector, respondents: Vector, effective: Vector, freedom: Vector,
    *, is_capped: bool = True,
) -> tuple[Vector, Vector]:  # fmt: skip
    """Return the Korn-Graubard bounds of shares, capped at the base's respondents.

    Korn and Graubard, Survey Methodology 24 (1998) 193-201: n* = p(1 - p)/V, no more than the
    respondents of the base, times (t(n - 1) / t(df))²; then the Clopper-Pearson bounds
    Beta(n*p, n*(1 - p) + 1) and Beta(n*p + 1, n*(1 - p)). A share of 0 or 1 has no variance: n* is
    then Kish's effective size of the base, and one bound is the share itself. Never 0% ± 0.
    Not `is_capped`: R's svyciprop(method = "beta"), which lets a lucky variance stand for more
    respondents than there are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = value * (1 - value) / variance
        size = np.minimum(size, respondents) if is_capped else size
        size = size * (_quantile(respondents - 1) / _quantile(freedom)) ** 2
        extreme = (value <= 0) | (value >= 1)
        size = np.where(extreme, effective, size)
        hits, misses = size * value, size * (1 - value)
        low = np.where(value <= 0, 0.0, betaincinv(hits, misses + 1, TAIL))
        high = np.where(value >= 1, 1.0, betaincinv(hits + 1, misses, 1 - TAIL))
    empty = ~(respondents > 0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def mean_interval(value: Vector, variance: Vector, freedom: Vector) -> tuple[Vector, Vector]:
    """Return the Student bounds of means: value ± t(0.975, df) · standard error."""
    half = half_width(variance, freedom)
    return value - half, value + half


def half_width(variance: Vector, freedom: Vector) -> Vector:
    """Return t(0.975, df) · standard error."""
    return _quantile(freedom) * np.sqrt(variance)


def _quantile(freedom: Vector) -> Vector:
    return np.asarray(stdtrit(np.maximum(freedom, 1), 1 - TAIL), dtype=np.float64)
