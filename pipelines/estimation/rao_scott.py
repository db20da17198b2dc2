"""Rao and Scott's second-order test of independence of two answers under a sample design.

Belongs here: the test. Not here: the design (design.py), tests of one difference (survey.py).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from pipelines.estimation.design import Design, Matrix, Vector


@dataclass(frozen=True)
class Independence:
    """The corrected test: `statistic` follows about F(`numerator_df`, `denominator_df`)."""

    statistic: float
    numerator_df: float
    denominator_df: float
    p: float


def rao_scott(
    design: Design, rows: npt.NDArray[np.object_], columns: npt.NDArray[np.object_]
) -> Independence:
    """Test whether two answers are independent; respondents with a None in either are left out.

    Rao and Scott (1984), Annals of Statistics 12, 46-60, second order (Satterthwaite), the F form
    of Thomas and Rao: with cell shares P of covariance V, X² = n Σ (P - P_r P_c)²/(P_r P_c),
    F = X² / tr(Δ), df = tr(Δ)²/tr(Δ²) and that times the whole design's degrees of freedom (R:
    svychisq(statistic = "F")). A level that nobody in the base has is no level.
    """
    given = np.array([one is not None for one in rows]) & np.array(
        [one is not None for one in columns]
    )
    row, column = _numbered(rows, given), _numbered(columns, given)
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    cells = np.zeros((given.size, shape[0] * shape[1]))
    inside = np.flatnonzero(given)
    cells[inside, row[inside] * shape[1] + column[inside]] = 1.0
    size = float(design.weight @ given)
    share = design.weight @ cells / size
    covariance = design.covariance((cells - np.outer(given, share)) / size)
    count = int(given.sum())
    delta = _delta(share, covariance, shape, count)
    trace, second = float(np.trace(delta)), float(np.trace(delta @ delta))
    statistic = _pearson(share.reshape(shape), count) / trace
    first = trace**2 / second
    rest = first * design.degrees_of_freedom()
    return Independence(statistic, first, rest, float(fdtrc(first, rest, statistic)))


def _numbered(
    labels: npt.NDArray[np.object_], given: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    numbered = np.zeros(labels.size, dtype=np.int64)
    numbered[given] = np.unique(labels[given].astype(str), return_inverse=True)[1]
    return numbered


def _pearson(share: Matrix, count: int) -> float:
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    return float(count * ((share - expected) ** 2 / expected).sum())


def _delta(share: Vector, covariance: Matrix, shape: tuple[int, int], count: int) -> Matrix:
    """Return Δ = (C'DC/n)⁻¹ (C'DVDC), C what interaction adds to main effects, D = diag(1/P)."""
    contrast = interaction(shape)
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)
    scaled = contrast * inverse[:, None]
    delta = np.linalg.solve(contrast.T @ scaled / count, scaled.T @ covariance @ scaled)
    return np.asarray(delta, dtype=np.float64)


def interaction(shape: tuple[int, int]) -> Matrix:
    """Return what interaction adds to main effects in a table's model matrix: cells × terms."""
    grid = np.indices(shape).reshape(2, -1)
    by_row, by_column = (np.eye(size)[:, 1:][at] for size, at in zip(shape, grid, strict=True))
    main = np.column_stack([np.ones(grid.shape[1]), by_row, by_column])
    both = np.einsum("ij,ik->ijk", by_row, by_column).reshape(grid.shape[1], -1)
    contrast: Matrix = both - main @ np.linalg.lstsq(main, both, rcond=None)[0]
    return contrast
