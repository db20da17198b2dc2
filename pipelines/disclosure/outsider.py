"""The outsider: what can be worked out from all that the written tables say, taken together.

Belongs here: the linear systems of respondents and of weighted numerators, and the feasible
interval of a cell in them. Not here: which interval is wide enough (audit.py); the attack used
while choosing a pattern (attack.py), with which this shares no code.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, eye_array, hstack, kron, vstack

from pipelines.disclosure.programme import Programme
from pipelines.disclosure.released import Floats
from pipelines.disclosure.sums import Sums

Positions = npt.NDArray[np.intp]
SLACK = 1e-6


@dataclass(frozen=True)
class Interval:
    """The least and the most that a withheld figure may be."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Return how far apart the ends are."""
        return self.high - self.low


def respondents_system(sums: Sums, shown: Floats, ceiling: Floats) -> Programme:
    """Return what the files say of respondents, atom by atom.

    `shown` are the counts that can be read (NaN: withheld), `ceiling` the units of each cell's
    population, of which nobody can be asked twice (inf: unknown).
    """
    is_shown = np.isfinite(shown)
    is_capped = ~is_shown & np.isfinite(ceiling)
    return Programme(
        csr_array(vstack([sums.members[is_shown], sums.ties])),
        np.concatenate([shown[is_shown], np.zeros(sums.ties.shape[0])]),
        csr_array(sums.members[is_capped]),
        ceiling[is_capped],
    )


def count_intervals(
    system: Programme, sums: Sums, cells: Positions, wanted: Floats
) -> dict[int, Interval]:
    """Return what the respondents of each of `cells` may be, in whole people.

    An interval narrower than `wanted` is exact; a wider one is at least so wide. Every point met
    while attacking one cell is a witness for all, so that few cells need an attack of their own.
    """
    low, high = np.full(wanted.size, np.inf), np.full(wanted.size, -np.inf)
    found: dict[int, Interval] = {}
    for cell in map(int, cells):
        if high[cell] - low[cell] < wanted[cell] + 1:
            goal = np.asarray(sums.members[[cell]].todense()).ravel()
            ends = [system.best(goal, sign) for sign in (-1, 1)]
            for end in ends:
                if end.point is not None:
                    met = sums.members @ end.point
                    low, high = np.minimum(low, met), np.maximum(high, met)
            low[cell], high[cell] = ends[0].value, ends[1].value
        least, most = np.ceil(low[cell] - SLACK), np.floor(high[cell] + SLACK)
        found[cell] = Interval(float(least), float(most))
    return found


@dataclass(frozen=True)
class Printed:
    """What one item prints, cell by cell: `values` is answers × cells, NaN where withheld.

    `half` is half a unit of the last digit of a value, `bases` the weighted bases (right to 0.5),
    `believed` bases that an outsider takes for known where they are withheld (NaN: not). A
    respondent's value lies in `low` to `high`; `adds_up`: each gave exactly one of the answers.
    """

    values: Floats
    half: Floats
    bases: Floats
    believed: Floats
    low: float = 0.0
    high: float = 1.0
    adds_up: bool = True


class Numerators:
    """The system of one item's weighted numerators: what its printed shares say together.

    With known margins shares are additive: the numerators of regions sum to the national one.
    Unknowns are, atom by atom, the numerator of each answer and the weighted base, all divided by
    the base of the cell under attack (Charnes and Cooper 1962), so that the share is a linear goal
    even where its base is withheld; the last unknown is that divisor's inverse.
    """

    def __init__(self, sums: Sums, printed: Printed) -> None:
        self._sums, self._printed = sums, printed
        self._answers, self._atoms = printed.values.shape[0], sums.members.shape[1]
        self._equal = csr_array(vstack(list(self._equalities())))
        self._less = csr_array(vstack([*self._known_bases(), *self._known_shares()]))
        self._programmes: dict[int, Programme] = {}

    def interval(self, answer: int, cell: int) -> tuple[Interval, list[Floats]]:
        """Return what the share (or mean) of `answer` in `cell` may be.

        With it, the points met: the share of every answer in every cell (answers × cells).
        Raises NoPointError when no data could have given these tables.
        """
        if cell not in self._programmes:
            self._programmes = {cell: self._attacking(cell)}
        programme = self._programmes[cell]
        goal = np.zeros((self._answers + 1) * self._atoms + 1)
        goal[answer * self._atoms :][: self._atoms] = self._sums.members[[cell]].toarray()
        least, most = programme.best(goal, -1), programme.best(goal, 1)
        points = [self._shares(end.point) for end in (least, most) if end.point is not None]
        return Interval(least.value, most.value), points

    def _attacking(self, cell: int) -> Programme:
        base = self._rows(None, self._sums.members[[cell]])
        return Programme(
            csr_array(vstack([self._equal, base])),
            np.append(np.zeros(self._equal.shape[0]), 1.0),
            self._less, np.zeros(self._less.shape[0]),
            floor=-np.inf if self._printed.low < 0 else 0.0,
        )  # fmt: skip

    def _rows(
        self, numerators: csr_array | None, bases: csr_array | None, constants: Floats | None = None
    ) -> csr_array:
        """Return rows over the unknowns: numerators answer by answer, bases, the inverse."""
        given = numerators if bases is None else bases
        count = 0 if given is None else given.shape[0]
        last = np.zeros(count) if constants is None else constants
        parts = [
            csr_array((count, self._answers * self._atoms)) if numerators is None else numerators,
            csr_array((count, self._atoms)) if bases is None else bases,
            csr_array(last[:, None]),
        ]
        return csr_array(hstack(parts))

    def _equalities(self) -> Iterator[csr_array]:
        ties, each = self._sums.ties, eye_array(self._answers)
        yield self._rows(csr_array(kron(each, ties)), None)
        yield self._rows(None, ties)
        if self._printed.adds_up:
            atoms = eye_array(self._atoms)
            yield self._rows(csr_array(kron(np.ones((1, self._answers)), atoms)), csr_array(-atoms))

    def _known_bases(self) -> Iterator[csr_array]:
        for known in (self._printed.bases, self._printed.believed):
            is_known = np.isfinite(known)
            rows, base = self._sums.members[is_known], known[is_known]
            yield self._rows(None, rows, -(base + 0.5))
            yield self._rows(None, -rows, np.maximum(base - 0.5, 0))

    def _known_shares(self) -> Iterator[csr_array]:
        printed, members, every = self._printed, self._sums.members, np.ones((self._answers, 1))
        is_shown = np.isfinite(printed.values).ravel()
        value = printed.values.ravel()[is_shown]
        half = np.broadcast_to(printed.half, printed.values.shape).ravel()[is_shown]
        most = np.minimum(value + half, printed.high)[:, None]
        least = np.maximum(value - half, printed.low)[:, None]
        rows = csr_array(kron(eye_array(self._answers), members))[is_shown]
        base = csr_array(kron(every, members))[is_shown]
        yield self._rows(rows, csr_array(-base.multiply(most)))
        yield self._rows(csr_array(-rows), csr_array(base.multiply(least)))
        # Atom by atom, where it does not follow from the unknowns being positive or adding up.
        numerators = eye_array(self._answers * self._atoms)
        base = csr_array(kron(every, eye_array(self._atoms)))
        if not printed.adds_up:
            yield self._rows(csr_array(numerators), csr_array(-printed.high * base))
        if printed.low != 0:
            yield self._rows(csr_array(-numerators), csr_array(printed.low * base))

    def _shares(self, point: Floats) -> Floats:
        """Return the share of every answer in every cell at a point (NaN: nobody there)."""
        totals = self._sums.members @ point[:-1].reshape(self._answers + 1, -1).T
        with np.errstate(divide="ignore", invalid="ignore"):
            shares: Floats = np.where(
                totals[:, [-1]] > SLACK, totals[:, :-1] / totals[:, [-1]], np.nan
            )
        return shares.T


def believed_bases(sums: Sums, bases: Floats, population: Floats) -> Floats:
    """Return the weighted bases that an outsider takes withheld cells to have (NaN: no idea).

    Weights bring the sample to the population, so a cell's base is its share of the units, as far
    as the bases that are printed (right to 0.5) allow: the least relative departure from it.
    `population` holds units by cell (NaN: unknown), the first cell being the total.
    """
    total = int(np.argmax(np.nan_to_num(population)))
    guessed = np.flatnonzero(np.isnan(bases) & np.isfinite(population))
    believed = np.full(bases.size, np.nan)
    if not guessed.size or not np.isfinite(bases[total]):
        return believed
    target = population[guessed] * bases[total] / population[total]
    shown = np.isfinite(bases)
    rows, known = sums.members[guessed], sums.members[shown]
    miss, none = csr_array(target[:, None]), csr_array((known.shape[0], 1))
    programme = Programme(
        csr_array(hstack([sums.ties, csr_array((sums.ties.shape[0], 1))])),
        np.zeros(sums.ties.shape[0]),
        csr_array(vstack([
            hstack([rows, -miss]), hstack([-rows, -miss]),
            hstack([known, none]), hstack([-known, none]),
        ])),
        np.concatenate([target, -target, bases[shown] + 0.5, -np.maximum(bases[shown] - 0.5, 0)]),
    )  # fmt: skip
    cost = np.append(np.zeros(sums.members.shape[1]), 1.0)
    point = programme.best(cost, -1).point
    if point is not None:
        believed[guessed] = rows @ point[: sums.members.shape[1]]
    return believed
