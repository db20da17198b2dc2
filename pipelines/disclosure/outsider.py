"""The outsider: what can be worked out from all that the written tables say, taken together.

Belongs here: the linear systems of respondents and of weighted numerators, and the feasible
interval of a cell in them. Not here: which interval is wide enough (audit.py); the attack used
while choosing a pattern (attack.py), with which this shares no code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, eye_array, hstack, kron, vstack

from pipelines.disclosure.released import Floats
from pipelines.disclosure.sums import Sums

Positions = npt.NDArray[np.intp]
SLACK = 1e-6
UNBOUNDED = 3


class ContradictionError(RuntimeError):
    """No data could have given these tables."""


@dataclass(frozen=True)
class Interval:
    """The least and the most that a withheld figure may be."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Return how far apart the ends are."""
        return self.high - self.low


@dataclass(frozen=True)
class System:
    """Linear conditions on unknowns: `equal` · u = `sums`, `less` · u <= `limits`, u >= `floor`."""

    equal: csr_array
    sums: Floats
    less: csr_array
    limits: Floats
    floor: float | None = 0.0

    def best(self, goal: Floats, sign: int) -> tuple[float, Floats | None]:
        """Return the most (`sign` 1) or least (-1) of `goal` · u, and a point that attains it.

        Raises ContradictionError when no point satisfies the conditions.
        """
        conditions: dict[str, Any] = {
            "A_eq": self.equal, "b_eq": self.sums, "A_ub": self.less, "b_ub": self.limits,
        }  # fmt: skip
        found = linprog(-sign * goal, **conditions, bounds=(self.floor, None), method="highs")
        if found.status == UNBOUNDED:
            return sign * np.inf, None
        if found.status != 0 or found.x is None or found.fun is None:
            raise ContradictionError(found.message)
        return -sign * found.fun, found.x


def respondents_system(sums: Sums, shown: Floats, ceiling: Floats) -> System:
    """Return what the files say of respondents, atom by atom.

    `shown` are the counts that can be read (NaN: withheld), `ceiling` the units of each cell's
    population, of which nobody can be asked twice (inf: unknown).
    """
    is_shown = np.isfinite(shown)
    is_capped = ~is_shown & np.isfinite(ceiling)
    return System(
        csr_array(vstack([sums.members[is_shown], sums.ties])),
        np.concatenate([shown[is_shown], np.zeros(sums.ties.shape[0])]),
        csr_array(sums.members[is_capped]),
        ceiling[is_capped],
    )


def count_intervals(
    system: System, sums: Sums, cells: Positions, wanted: Floats
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
            for _, point in ends:
                if point is not None:
                    met = sums.members @ point
                    low, high = np.minimum(low, met), np.maximum(high, met)
            low[cell], high[cell] = ends[0][0], ends[1][0]
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
        self._answers = printed.values.shape[0]
        self._less = csr_array(vstack([*self._known_bases(), *self._known_shares()]))
        self._tied = csr_array(vstack(list(self._ties())))

    def interval(self, answer: int, cell: int) -> tuple[Interval, list[Floats]]:
        """Return what the share (or mean) of `answer` in `cell` may be.

        With it, the points met: the share of every answer in every cell (answers × cells).
        """
        member = self._sums.members[[cell]]
        system = System(
            csr_array(vstack([self._tied, self._at(member, self._answers)])),
            np.append(np.zeros(self._tied.shape[0]), 1.0),
            self._less, np.zeros(self._less.shape[0]),
            floor=None if self._printed.low < 0 else 0.0,
        )  # fmt: skip
        goal = np.asarray(self._at(member, answer).todense()).ravel()
        (low, first), (high, second) = system.best(goal, -1), system.best(goal, 1)
        points = [self._shares(point) for point in (first, second) if point is not None]
        return Interval(low, high), points

    def _at(self, rows: Any, unknown: int) -> csr_array:
        """Place rows over the atoms at one unknown: an answer, or the base (the last)."""
        which = csr_array(np.eye(1, self._answers + 1, unknown))
        return csr_array(hstack([kron(which, rows), csr_array((rows.shape[0], 1))]))

    def _limit(self, rows: csr_array, constants: Floats) -> csr_array:
        """Return the rows of `rows` · unknowns <= `constants`, both sides divided by the base."""
        at = np.arange(constants.size)
        last = np.full(constants.size, rows.shape[1] - 1)
        return csr_array(rows - csr_array(coo_array((constants, (at, last)), shape=rows.shape)))

    def _known_bases(self) -> Iterator[csr_array]:
        for known in (self._printed.bases, self._printed.believed):
            is_known = np.isfinite(known)
            rows = self._at(self._sums.members[is_known], self._answers)
            yield self._limit(rows, known[is_known] + 0.5)
            yield self._limit(csr_array(-rows), -np.maximum(known[is_known] - 0.5, 0))

    def _known_shares(self) -> Iterator[csr_array]:
        printed, members = self._printed, self._sums.members
        atoms = eye_array(members.shape[1])
        base_of_atom = self._at(atoms, self._answers)
        for answer in range(self._answers):
            is_shown = np.isfinite(printed.values[answer])
            value, half = printed.values[answer][is_shown], printed.half[is_shown]
            rows = self._at(members[is_shown], answer)
            base = self._at(members[is_shown], self._answers)
            most = np.minimum(value + half, printed.high)
            least = np.maximum(value - half, printed.low)
            yield csr_array(rows - base.multiply(most[:, None]))
            yield csr_array(base.multiply(least[:, None]) - rows)
            yield csr_array(self._at(atoms, answer) - printed.high * base_of_atom)
            yield csr_array(printed.low * base_of_atom - self._at(atoms, answer))

    def _ties(self) -> Iterator[csr_array]:
        for unknown in range(self._answers + 1):
            yield self._at(self._sums.ties, unknown)
        if self._printed.adds_up:
            atoms = eye_array(self._sums.members.shape[1])
            signs = csr_array([[*[1.0] * self._answers, -1.0]])
            yield csr_array(hstack([kron(signs, atoms), csr_array((atoms.shape[0], 1))]))

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
    system = System(
        csr_array(hstack([sums.ties, csr_array((sums.ties.shape[0], 1))])),
        np.zeros(sums.ties.shape[0]),
        csr_array(vstack([
            hstack([rows, -miss]), hstack([-rows, -miss]),
            hstack([known, none]), hstack([-known, none]),
        ])),
        np.concatenate([target, -target, bases[shown] + 0.5, -np.maximum(bases[shown] - 0.5, 0)]),
    )  # fmt: skip
    cost = np.append(np.zeros(sums.members.shape[1]), 1.0)
    _, point = system.best(cost, -1)
    if point is not None:
        believed[guessed] = rows @ point[: sums.members.shape[1]]
    return believed
