"""Tests of differences: p-values, and their adjustment for how many are shown together.

Belongs here: formulas from differences and errors to p-values. Not here: differences themselves
(comparisons.py), which of them are shown (pipelines.disclosure).
"""

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

Vector = npt.NDArray[np.float64]
LEVEL = 0.05
SAME = 1e-12
LEAST = 1e-6  # no test of a survey is worth a smaller p-value


def p_values(difference: Vector, error: Vector, freedom: Vector) -> Vector:
    """Return two-sided p-values of Student's t = difference / error; NaN where one is not known.

    1 where nothing differs; never below one in a million, which no sample can claim.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 2 * stdtr(np.maximum(freedom, 1), -np.abs(difference) / error)
    found = np.where(np.abs(difference) < SAME, 1.0, np.maximum(found, LEAST))
    result: Vector = np.where(np.isfinite(difference) & np.isfinite(error), found, np.nan)
    return result


def adjusted(p: Vector) -> Vector:
    """Return p-values adjusted over their family: of those below q, a share q is false.

    Benjamini and Hochberg (1995), JRSS B 57, 289-300 (R: p.adjust(method = "BH")): with p sorted,
    the least of p_j m/j over j from the rank on. NaN stay NaN and are not of the family.
    """
    result = np.full(p.size, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(-p[known], kind="stable")]
    ranks = np.arange(known.size, 0, -1)
    result[order] = np.minimum(1.0, np.minimum.accumulate(p[order] * known.size / ranks))
    return result


def contrasts(difference: Vector, adjusted_p: Vector) -> list[str | None]:
    """Return `above`, `below` or, beyond no sampling error, `none`; None where nothing is known."""
    words = np.where(adjusted_p < LEVEL, np.where(difference > 0, "above", "below"), "none")
    return [
        str(word) if known else None
        for word, known in zip(words, np.isfinite(adjusted_p), strict=True)
    ]
