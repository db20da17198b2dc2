"""Quantiles of numbers: the one way to find them, and their interval from rows, for a notebook.

Belongs here: weighted distributions and the values that reach a share of them; quantiles from rows.
Not here: shares and means (survey.py), the design (design.py), every cell of a wave at once
(quantities.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.estimation.design import Design, Vector
from pipelines.estimation.intervals import half_width
from pipelines.estimation.survey import Table, base_of, read

SLACK = 1e-9  # of sums of weights, relative: a share that is reached but for rounding is reached


@dataclass(frozen=True)
class Distribution:
    """Weighted values of several cells, sorted by cell and value.

    `below` is the share of the cell's weight at or below each value; those of cell c are at
    positions `start[c]` to `start[c + 1]`.
    """

    values: Vector
    below: Vector
    start: npt.NDArray[np.int64]

    def at(self, cells: npt.NDArray[np.int64], shares: Vector) -> Vector:
        """Return the least value of each cell that a share of its weight is at or below.

        NaN beyond what was observed. One search over all cells: each has a stretch of its own.
        """
        if not self.values.size:
            return np.full(shares.size, np.nan)
        cell_of = np.repeat(np.arange(self.start.size - 1), np.diff(self.start))
        place = np.searchsorted(self.below + 2.0 * cell_of, shares - SLACK + 2.0 * cells)
        place = np.maximum(place, self.start[cells])
        known = (shares > 0) & (shares <= 1 + SLACK) & (place < self.start[cells + 1])
        last = self.values.size - 1
        result: Vector = np.where(known, self.values[np.minimum(place, last)], np.nan)
        return result


def distribution(
    values: Vector, weight: Vector, cell: npt.NDArray[np.int64], cells: int = 1
) -> Distribution:
    """Return the distribution of each of `cells` cells; rows are sorted by cell and value."""
    start = np.searchsorted(cell, np.arange(cells + 1)).astype(np.int64)
    whole = np.bincount(cell, weight, cells)
    running = np.concatenate([[0.0], np.cumsum(weight)])
    with np.errstate(invalid="ignore"):
        below = (running[1:] - running[start[cell]]) / whole[cell]
    return Distribution(values, below, start)


def quantiles(
    table: Table, design: Design, number: str, shares: Sequence[float] = (0.25, 0.5, 0.75),
    *, inside: npt.NDArray[np.bool_] | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Return quantiles of a column: share, value, low, high, respondents; one row a share.

    A quantile is the least value with at least `share` of the weight at or below it. Its interval
    is Woodruff's (1952, JASA 47, 635-646; R: svyquantile(interval.type = "mean", qrule = "math")):
    the share below the value has a standard error, as any share; the quantiles at share ± t times
    it are the bounds. Bounds are null where they would lie beyond what was observed.
    """
    column = read(table)[number].cast(pl.Float64)
    base = base_of(column, inside)
    values = column.to_numpy()[base]
    order = np.argsort(values, kind="stable")
    spread = distribution(values[order], design.weight[base][order], np.zeros(values.size, int))
    wanted, cell = np.array(shares, dtype=np.float64), np.zeros(len(shares), dtype=np.int64)
    found = spread.at(cell, wanted)
    is_below = (column.fill_null(np.inf).to_numpy()[:, None] <= found) & base[:, None]
    size = float(design.weight[base].sum())
    reached = design.weight @ is_below / size
    influence = base[:, None] * (is_below - reached) / size
    half = half_width(
        np.diag(design.covariance(influence)), np.full(wanted.size, design.degrees_of_freedom(base))
    )
    return pl.DataFrame(
        {
            "share": wanted, "value": found,
            "low": spread.at(cell, reached - half), "high": spread.at(cell, reached + half),
            "respondents": np.full(wanted.size, int(base.sum())),
        }
    ).with_columns(pl.col("low", "high").fill_nan(None))  # fmt: skip
