"""The outsider: what can be worked out from all that the written tables say, taken together.

Belongs here: the linear systems of respondents and of weighted numerators, and the feasible
interval of a cell in them. Not here: which interval is wide enough (audit.py); the attack used
while choosing a pattern (attack.py), with which this shares no code.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array, hstack, kron, vstack

from pipelines.disclosure.programme import Programme
from pipelines.disclosure.released import Floats
from pipelines.disclosure.sums import Sums
from pipelines.study.sums import codes_of

Positions = npt.NDArray[np.integer[Any]]
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
    """What one item prints, cell by cell: `values` is series × cells, NaN where withheld.

    A series is the share of one answer or of several: `counts` (series × answers) says of which.
    Of a multiple choice, whoever gave any of several answers is counted as of an answer of its own;
    `unions` (unions × answers) has -1 there and 1 at those it unites. `half` is half a unit of the
    last digit of a value, `bases` the weighted bases (right to 0.5), `believed` bases that an
    outsider takes for known where they are withheld (NaN: not). A respondent's value lies in `low`
    to `high`; `adds_up`: each gave exactly one of the answers.
    """

    values: Floats
    half: Floats
    bases: Floats
    believed: Floats
    counts: Floats
    unions: Floats
    low: float = 0.0
    high: float = 1.0
    adds_up: bool = True


def counted_by(answers: Sequence[str], *, is_multiple: bool) -> tuple[Floats, Floats]:
    """Return which answers each series counts, and what unites them, as `Printed` has them."""
    single = {name: at for at, name in enumerate(one for one in answers if codes_of(one) == (one,))}
    counts = np.eye(len(answers)) if is_multiple else np.zeros((len(answers), len(single)))
    place = {name: at for at, name in enumerate(answers)} if is_multiple else single
    unions = []
    for at, name in enumerate(answers):
        parts = [place[code] for code in codes_of(name)]
        if not is_multiple:
            counts[at, parts] = 1.0
        elif len(parts) > 1:
            union = np.zeros(len(answers))
            union[parts], union[at] = 1.0, -1.0
            unions.append(union)
    return counts, np.array(unions).reshape(len(unions), counts.shape[1])


@dataclass(frozen=True)
class _Block:
    """Rows of a matrix: how many, and their entries as (row, column, value) arrays."""

    count: int
    entries: list[tuple[Positions, Positions, Floats]]


class Numerators:
    """The system of one item's weighted numerators: what its printed shares say together.

    With known margins shares are additive: the numerators of regions sum to the national one.
    Unknowns are, atom by atom, the numerator of each answer and the weighted base, all divided by
    the base of the cell under attack (Charnes and Cooper 1962), so that the share is a linear goal
    even where its base is withheld; the last unknown is that divisor's inverse.
    """

    def __init__(self, sums: Sums, printed: Printed) -> None:
        self._sums, self._printed = sums, printed
        self._answers, self._atoms = printed.counts.shape[1], sums.members.shape[1]
        self._row, self._atom = sums.members.nonzero()
        equal = self._stack(self._equalities())
        less = self._stack([*self._known_bases(), *self._known_shares(), *self._united()])
        self._programme = Programme(
            equal, np.append(np.zeros(equal.shape[0] - 1), 1.0), less, np.zeros(less.shape[0]),
            floor=-np.inf if printed.low < 0 else 0.0,
        )  # fmt: skip
        self._divisor = equal.shape[0] - 1
        self._attacked: Positions = self._atom[:0]

    def interval(self, series: int, cell: int) -> tuple[Interval, list[Floats]]:
        """Return what the share (or mean) of `series` in `cell` may be.

        With it, the points met: the share of every series in every cell (series × cells).
        Raises NoPointError when no data could have given these tables.
        """
        atoms = self._atom[self._row == cell]
        self._divide_by(atoms)
        goal = np.zeros((self._answers + 1) * self._atoms + 1)
        for answer in np.flatnonzero(self._printed.counts[series]):
            goal[answer * self._atoms + atoms] = 1.0
        least, most = self._programme.best(goal, -1), self._programme.best(goal, 1)
        points = [self._shares(end.point) for end in (least, most) if end.point is not None]
        return Interval(least.value, most.value), points

    def _divide_by(self, atoms: Positions) -> None:
        """Make the base of some atoms the divisor: it is 1 once divided by itself."""
        if not np.array_equal(atoms, self._attacked):
            for those, coefficient in ((self._attacked, 0.0), (atoms, 1.0)):
                self._programme.change(self._divisor, self._bases(those), coefficient)
            self._attacked = atoms

    def _bases(self, atoms: Positions) -> Positions:
        """Return the unknowns that are the bases of atoms."""
        bases: Positions = self._answers * self._atoms + atoms
        return bases

    def _stack(self, blocks: Iterable["_Block"]) -> csr_array:
        """Return blocks of rows on top of each other, as one sparse matrix."""
        given = list(blocks)
        starts = np.cumsum([0, *(one.count for one in given)])
        entries = [(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))] + [
            (start + row, column, value)
            for start, one in zip(starts, given, strict=False)
            for row, column, value in one.entries
        ]
        row, column, value = map(np.concatenate, zip(*entries, strict=True))
        shape = (int(starts[-1]), (self._answers + 1) * self._atoms + 1)
        return csr_array(coo_array((value, (row, column)), shape=shape))

    def _equalities(self) -> Iterator["_Block"]:
        ties = coo_array(self._sums.ties)
        row, atom = ties.coords
        for unknown in range(self._answers + 1):
            yield _Block(
                ties.shape[0], [(row, unknown * self._atoms + atom, np.asarray(ties.data))]
            )
        if self._printed.adds_up:
            atoms = np.tile(np.arange(self._atoms), self._answers + 1)
            signs = np.repeat([1.0, -1.0], [self._answers * self._atoms, self._atoms])
            yield _Block(self._atoms, [(atoms, np.arange(atoms.size), signs)])
        yield _Block(1, [])  # the divisor: the base of the cell under attack

    def _known_bases(self) -> Iterator["_Block"]:
        last = (self._answers + 1) * self._atoms
        for known in (self._printed.bases, self._printed.believed):
            is_known = np.isfinite(known)
            cells = np.flatnonzero(is_known)
            kept = is_known[self._row]
            row, column = np.searchsorted(cells, self._row[kept]), self._bases(self._atom[kept])
            rows, lasts, ones = np.arange(cells.size), np.full(cells.size, last), np.ones(row.size)
            most, least = known[cells] + 0.5, np.maximum(known[cells] - 0.5, 0)
            yield _Block(cells.size, [(row, column, ones), (rows, lasts, -most)])
            yield _Block(cells.size, [(row, column, -ones), (rows, lasts, least)])

    def _known_shares(self) -> Iterator["_Block"]:
        printed, members = self._printed, self._sums.members
        shown = np.flatnonzero(np.isfinite(printed.values).ravel())
        cell = shown % members.shape[0]
        value, half = printed.values.ravel()[shown], printed.half[cell]
        most, least = np.minimum(value + half, printed.high), np.maximum(value - half, printed.low)
        row, numerator = kron(csr_array(printed.counts), members, format="csr")[shown].nonzero()
        of, atom = members[cell].nonzero()
        base, ones = self._bases(atom), np.ones(row.size)
        yield _Block(shown.size, [(row, numerator, ones), (of, base, -most[of])])
        yield _Block(shown.size, [(row, numerator, -ones), (of, base, least[of])])
        # Atom by atom, where it does not follow from the unknowns being positive or adding up.
        each = np.arange(self._answers * self._atoms)
        base, ones = self._bases(each % self._atoms), np.ones(each.size)
        if not printed.adds_up:
            yield _Block(each.size, [(each, each, ones), (each, base, -printed.high * ones)])
        if printed.low != 0:
            yield _Block(each.size, [(each, each, -ones), (each, base, printed.low * ones)])

    def _united(self) -> Iterator["_Block"]:
        """Give that a union is at least each answer that it unites, and at most all together."""
        each = np.arange(self._atoms)
        for union in self._printed.unions:
            united, own = np.flatnonzero(union > 0), int(np.argmin(union))
            at_own, ones = own * self._atoms + each, np.ones(each.size)
            parts = [answer * self._atoms + each for answer in united]
            for part in parts:
                yield _Block(each.size, [(each, part, ones), (each, at_own, -ones)])
            yield _Block(
                each.size, [(each, at_own, ones), *((each, part, -ones) for part in parts)]
            )

    def _shares(self, point: Floats) -> Floats:
        """Return the share of every series in every cell at a point (NaN: nobody there)."""
        totals = self._sums.members @ point[:-1].reshape(self._answers + 1, -1).T
        with np.errstate(divide="ignore", invalid="ignore"):
            shares: Floats = np.where(
                totals[:, [-1]] > SLACK, totals[:, :-1] / totals[:, [-1]], np.nan
            )
        found: Floats = self._printed.counts @ shares.T
        return found


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
