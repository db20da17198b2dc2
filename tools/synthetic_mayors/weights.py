"""The weight of each respondent: raked to the real numbers of communes.

Belongs here: raking and rounding as an institute delivers weights. Not here: the sample, the
answers. The pipeline's own calibration is not used: what checks weights must not have made them.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from tools.synthetic_mayors.draws import Floats

DECIMALS = 6
ROUNDS = 200


def rake(sample: pl.DataFrame, cells: pl.DataFrame) -> Floats:
    """Return weights of mean 1 whose sums by region group and by size follow the real counts.

    Starts from communes / respondents of the size class, then fits both margins in turn
    (Deming and Stephan 1940). Rounded to six decimals, so margins hold to about one in 10,000.
    """
    regions, region_totals = _margin(sample, cells, "region_group")
    sizes, size_totals = _margin(sample, cells, "size")
    weights = (size_totals / np.bincount(sizes))[sizes]
    for _ in range(ROUNDS):
        weights = weights * (region_totals / np.bincount(regions, weights))[regions]
        weights = weights * (size_totals / np.bincount(sizes, weights))[sizes]
    return np.asarray(np.round(weights * len(weights) / weights.sum(), DECIMALS))


def _margin(
    sample: pl.DataFrame, cells: pl.DataFrame, by: str
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return each respondent's place in the sorted codes of `by`, and the communes of each."""
    totals = cells.group_by(by).agg(pl.col("communes").sum()).sort(by)
    place = {code: position for position, code in enumerate(totals[by])}
    places = sample[by].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    return places, totals["communes"].to_numpy().astype(np.float64)
