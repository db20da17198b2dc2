"""Choosing who says yes so that a weighted share comes out as wanted.

Belongs here: the choice, from weights, cells and scores. Not here: the targets (questionnaire.py)
and what the answers mean (answers.py). Respondents of a cell (region group × size) share one
weight, so a choice is a number of yes a cell; who they are within it follows their score.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.synthetic_mayors.draws import Floats

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Respondents:
    """All that answers may depend on, one entry a respondent: cell, region, size and weight."""

    region: npt.NDArray[np.str_]
    size: npt.NDArray[np.str_]
    weight: Floats
    cell: Ints

    def __len__(self) -> int:
        return len(self.weight)


def choose(
    people: Respondents, scores: Floats, among: Mask, target: float, tolerance: float
) -> Mask:
    """Return a mask inside `among` whose weights sum to `target`, give or take `tolerance`.

    Takes those whose score is highest, as many as come nearest to the target, then adds or removes
    lighter respondents; a few heavy ones may make that fail, so other numbers are tried in turn.
    Raises ValueError where none reaches the target.
    """
    order = np.argsort(np.where(among, -scores, np.inf), kind="stable")[: among.sum()]
    sums = np.concatenate([[0.0], np.cumsum(people.weight[order])])
    for count in np.argsort(np.abs(sums - target), kind="stable"):
        chosen = np.zeros(len(people), dtype=bool)
        chosen[order[:count]] = True
        gap = _fill(people, scores, among, chosen, target)
        if abs(gap) <= tolerance:
            return chosen
    raise ValueError(f"no choice of respondents has a weight of {target:.4f}")


def choose_by_cell(
    people: Respondents, scores: Floats, among: Mask, rates: Floats, rows: Floats, wanted: Floats
) -> Mask:
    """Return a mask inside `among` for which every weighted share of `rows` is near `wanted`.

    `rows` has one line a share and one column a cell: what one more yes of the cell adds to that
    share. The numbers of yes are a local optimum of least squares over whole numbers, reached from
    `rates` (the share of yes to start from, one a respondent) by moving one or two at a time.
    """
    cells = rows.shape[1]
    members = np.bincount(people.cell[among], minlength=cells)
    moves = _moves(cells)
    counts = np.rint(np.bincount(people.cell[among], rates[among], cells)).astype(np.int64)
    cost = np.inf
    while True:
        tried = counts[:, None] + moves
        costs = ((rows @ tried - wanted[:, None]) ** 2).sum(axis=0)
        costs[((tried < 0) | (tried > members[:, None])).any(axis=0)] = np.inf
        best = int(np.argmin(costs))
        if not costs[best] < cost - 1e-12:
            return _top_of_cells(people, scores, among, counts)
        counts, cost = tried[:, best], float(costs[best])


def _moves(cells: int) -> Ints:
    """Return every way to add or take one respondent, and every two of these, as columns."""
    single = np.hstack([np.eye(cells, dtype=np.int64), -np.eye(cells, dtype=np.int64)])
    first, second = np.triu_indices(2 * cells)
    return np.hstack([single, single[:, first] + single[:, second]])


def _top_of_cells(people: Respondents, scores: Floats, among: Mask, counts: Ints) -> Mask:
    chosen = np.zeros(len(people), dtype=bool)
    for cell, count in enumerate(counts.tolist()):
        members = np.flatnonzero(among & (people.cell == cell))
        chosen[members[np.argsort(-scores[members], kind="stable")][:count]] = True
    return chosen


def _fill(people: Respondents, scores: Floats, among: Mask, chosen: Mask, target: float) -> float:
    """Add to `chosen` (or remove) the heaviest that fits the gap, until none does; return the gap.

    Of equal weights, the one whose score says so most plainly goes first.
    """
    gap = target - float(people.weight[chosen].sum())
    sign = 1.0 if gap > 0 else -1.0
    while True:
        movable = among & (~chosen if sign > 0 else chosen) & (people.weight <= abs(gap))
        if not movable.any():
            return gap
        heaviest = movable & (people.weight == people.weight[movable].max())
        changed = int(np.argmax(np.where(heaviest, sign * scores, -np.inf)))
        chosen[changed] = sign > 0
        gap = target - float(people.weight[chosen].sum())
        if gap * sign < 0:
            return gap
