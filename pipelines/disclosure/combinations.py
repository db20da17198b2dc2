"""Whole numbers behind a cell: how its respondents may be split over the crossings inside it.

Belongs here: every split that gives the base printed, every set of answers that gives a share.
Not here: where crossings hide, and what the combinations give away (reconstruction.py).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pipelines.disclosure.released import Floats

MAXIMUM_SPLITS = 5_000_000  # tried for one cell: a second and 120 MB
MAXIMUM_ROWS = 500_000  # answers of all crossings but one, for one cell: 20 MB

Whole = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Ways:
    """Every way to split and, of all crossings but the largest, to answer.

    `splits` and `weights` are ways × crossings: respondents, and one respondent's part of the
    weighted base; in each way the largest crossing comes first, and `order` tells whose place it
    took. `given`, rows × the other crossings, are those who gave the answer, `part` what they make
    of the base, `which` the way each row belongs to.
    """

    splits: Whole
    weights: Floats
    order: Positions
    given: Whole
    part: Floats
    which: Positions


@dataclass(frozen=True)
class Points:
    """Combinations that give the shares of some answers, answer by answer.

    `answer` (points) is the answer whose share is given, and `share` what it is; the others are
    points × crossings, in the crossings' own order: `split` respondents, `given` those among them
    who gave the answer, `weight` one respondent's part of the weighted base.
    """

    answer: Positions
    share: Floats
    split: Whole
    given: Whole
    weight: Floats

    def at(self, which: npt.NDArray[np.bool_]) -> "Points":
        """Return some of the points."""
        return Points(
            self.answer[which], self.share[which], self.split[which], self.given[which],
            self.weight[which],
        )  # fmt: skip


@lru_cache(maxsize=64)  # the items of one wave often have the same bases
def ways_to_split(
    units: tuple[float, ...], known: tuple[float, ...] | None, respondents: int, effective: float
) -> Ways | None:
    """Return the ways that give the effective base printed (right to 0.5), or None: too many.

    `known` are the weights of each crossing up to a factor; None: each is weighted to its units.
    """
    if (respondents + 1.0) ** (len(units) - 1) > MAXIMUM_SPLITS:
        return None
    splits = _splits(respondents, np.array(units))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_units = np.where(splits > 0, np.array(units) / splits, 0.0)
    weights = by_units if known is None else np.broadcast_to(np.array(known), splits.shape)
    weights = weights / (weights * splits).sum(axis=1, keepdims=True)
    fits = np.abs(1 / (weights**2 * splits).sum(axis=1) - effective) <= 0.5
    order = np.argsort(-splits[fits], axis=1, kind="stable")
    splits = np.take_along_axis(splits[fits], order, axis=1)
    weights = np.take_along_axis(weights[fits], order, axis=1)
    sizes = np.prod(splits[:, 1:] + 1, axis=1)
    if sizes.sum() > MAXIMUM_ROWS:
        return None
    which, given = _answers(splits[:, 1:] + 1, sizes)
    part = (given * weights[which, 1:]).sum(axis=1)
    return Ways(splits, weights, order, given, part, which)


def _splits(respondents: int, units: Floats) -> Whole:
    """Return every way to split respondents over the crossings, none above its units."""
    first = np.indices([respondents + 1] * (units.size - 1)).reshape(units.size - 1, -1).T
    last = respondents - first.sum(axis=1, keepdims=True)
    splits = np.hstack([first, last])
    possible: Whole = splits[((splits >= 0) & (splits <= units)).all(axis=1)]
    return possible


def _answers(choices: Whole, sizes: Whole) -> tuple[Positions, Whole]:
    """Return every combination of `choices` (ways × crossings), and the way each belongs to."""
    which = np.repeat(np.arange(sizes.size), sizes)
    left = _within(sizes)
    given = np.empty((which.size, choices.shape[1]), dtype=np.int64)
    for crossing in range(choices.shape[1]):
        left, given[:, crossing] = np.divmod(left, choices[which, crossing])
    return which, given


def _within(sizes: Whole) -> Whole:
    """Return 0, 1, … within each of some groups laid end to end."""
    starts = np.cumsum(sizes) - sizes
    places: Whole = np.arange(sizes.sum()) - np.repeat(starts, sizes)
    return places


def answers_near(ways: Ways, values: Floats, half: float) -> Points:
    """Return the combinations whose share is within `half` of one of `values`, one per answer.

    Given the answers of the other crossings, those of the largest are confined to a few numbers,
    which are written down rather than searched.
    """
    size, weight = ways.splits[ways.which, 0], ways.weights[ways.which, 0]
    left = values[:, None] - ways.part  # answers × rows
    least = np.ceil((left - half - 1e-9) / weight).clip(0).astype(np.int64)
    most = np.minimum(np.floor((left + half + 1e-9) / weight).astype(np.int64), size)
    counts = np.maximum(most - least + 1, 0).ravel()
    place = np.repeat(np.arange(counts.size), counts)
    answer, row = np.divmod(place, max(size.size, 1))
    first = least.ravel()[place] + _within(counts)
    way = ways.which[row]
    back = np.argsort(ways.order, axis=1)[way]
    given = np.take_along_axis(np.column_stack([first, ways.given[row]]), back, axis=1)
    split = np.take_along_axis(ways.splits[way], back, axis=1)
    weights = np.take_along_axis(ways.weights[way], back, axis=1)
    return Points(answer, (weights * given).sum(axis=1), split, given, weights)
