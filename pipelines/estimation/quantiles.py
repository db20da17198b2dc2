"""Quantiles of a column of numbers with their interval, for a notebook.

Belongs here: medians and other quantiles from rows. Not here: shares and means (survey.py), the
design (design.py).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.estimation.design import Design, Vector
from pipelines.estimation.intervals import half_width
from pipelines.estimation.survey import Table, base_of, read

SLACK = 1e-9  # of sums of weights, relative: a share that is reached but for rounding is reached


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
    ordered, weight = values[order], design.weight[base][order]
    below = np.cumsum(weight) / weight.sum()
    wanted = np.array(shares, dtype=np.float64)
    found = _at(ordered, below, wanted)
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
            "low": _at(ordered, below, reached - half), "high": _at(ordered, below, reached + half),
            "respondents": np.full(wanted.size, int(base.sum())),
        }
    ).with_columns(pl.col("low", "high").fill_nan(None))  # fmt: skip


def _at(ordered: Vector, below: Vector, shares: Vector) -> Vector:
    """Return the least value reached by each share of the weight; NaN beyond the observed."""
    place = np.searchsorted(below, shares - SLACK)
    known = (shares > 0) & (shares <= 1 + SLACK) & (place < ordered.size)
    result: Vector = np.where(known, ordered[np.minimum(place, ordered.size - 1)], np.nan)
    return result
