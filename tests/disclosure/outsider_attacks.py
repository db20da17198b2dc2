"""What an outsider works out of all published tables together: counts, shares, hidden crossings.

Belongs here: the linear systems and the whole numbers, written from scratch. Not here: reading the
tables (outsider.py). Nothing of pipelines.disclosure is used.

Breakdowns that no table crosses are tied by the total alone; those that one crosses are solved over
the crossing's own cells.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from tests.disclosure.outsider import NOBODY, TOTAL, Cell, Item, Release, Series, read_optional

SLACK = 1e-6


@dataclass(frozen=True)
class Atoms:
    """The cells that nothing published splits further, one system of breakdowns at a time."""

    positions: tuple[int, ...]
    codes: tuple[Cell, ...]

    def members(self, cell: Cell) -> np.ndarray:
        mine = [cell[at] for at in self.positions]
        return np.array(
            [all(want in (TOTAL, has) for want, has in zip(mine, one, strict=True))
             for one in self.codes], float,
        )  # fmt: skip

    def has(self, cell: Cell) -> bool:
        return all(code == TOTAL for at, code in enumerate(cell) if at not in self.positions)


def systems(release: Release, item: Item) -> list[Atoms]:
    """Return one set of atoms per group of breakdowns that some table crosses."""
    cells = [cell for cell, seen in release.status[item].items() if seen != {NOBODY}]
    groups: list[set[int]] = []
    for cell in cells:
        used = {at for at, code in enumerate(cell) if code != TOTAL}
        together = [one for one in groups if one & used]
        merged = set(used).union(*together)
        groups = [one for one in groups if one not in together] + ([merged] if merged else [])
    found = []
    for group in map(sorted, groups):
        codes = [sorted({cell[at] for cell in cells} - {TOTAL}) for at in group]
        found.append(Atoms(tuple(group), tuple(itertools.product(*codes))))
    return found


def count_attack(release: Release, item: Item) -> dict[Cell, tuple[float, float]]:
    """Return withheld cell → least and most respondents, from every table that tells of the item.

    An empty interval (least > most) means that the tables contradict one another.
    """
    known, found = release.bases[item], {}
    for atoms in systems(release, item):
        rows, values = [], []
        for cell, counts in known.items():
            if atoms.has(cell):
                rows += [atoms.members(cell)] * len(counts)
                values += sorted(counts)
        bounds = [(0, release.units.get(place(release, atoms, one), None)) for one in atoms.codes]
        for cell in release.withheld(item):
            if atoms.has(cell) and cell != release.total:
                found[cell] = ends(atoms.members(cell), A_eq=np.array(rows), b_eq=values,
                                   bounds=bounds)  # fmt: skip
    return found


def place(release: Release, atoms: Atoms, codes: Cell) -> Cell:
    cell = [TOTAL] * len(release.breakdowns)
    for at, code in zip(atoms.positions, codes, strict=True):
        cell[at] = code
    return tuple(cell)


def ends(goal, **conditions) -> tuple[float, float]:
    """Return the least and most of a goal; an end that does not exist is infinite."""
    least, most = (linprog(sign * goal, method="highs", **conditions) for sign in (1, -1))
    if 2 in (least.status, most.status):
        return np.inf, -np.inf
    low = least.fun if least.status == 0 else -np.inf
    return low, (-most.fun if most.status == 0 else np.inf)


Found = dict[tuple[frozenset[str], Cell], tuple[float, float]]


def share_attack(release: Release, item: Item) -> Found:
    """Return (answers, withheld cell) → least and most its share may be.

    Where the bases to be believed contradict what is printed, without them.
    """
    found = _share_attack(release, item, believes=True)
    if any(low > high for low, high in found.values()):
        return _share_attack(release, item, believes=False)
    return found


def _share_attack(release: Release, item: Item, *, believes: bool) -> Found:
    """Attack every answer, and every sum of answers, in every withheld cell of an item.

    Unknowns by atom: the numerator of each answer and the base, divided by the base of the cell
    attacked, and that divisor's inverse: the ratio is then linear (Charnes and Cooper 1962).
    """
    series = {counted: shown for (of, counted), shown in release.shares.items() if of == item}
    answers = sorted({next(iter(one)) for one in series if len(one) == 1})
    series = {one: shown for one, shown in series.items() if one <= set(answers)}
    found: Found = {}
    for atoms in systems(release, item):
        size, last = len(atoms.codes), (len(answers) + 1) * len(atoms.codes)
        bases = bases_of(release, item, atoms, believes=believes)
        rows = base_rows(atoms, bases, last)
        for counted, shown in series.items():
            for cell, (low, high) in shown.items():
                if atoms.has(cell):
                    rows += share_rows(atoms, answers, counted, cell, low, high, last)
        equal = whole_rows(release, item, answers, size, last)
        for cell in release.withheld(item):
            if atoms.has(cell) and cell != release.total:
                divisor = np.zeros(last + 1)
                divisor[len(answers) * size : last] = atoms.members(cell)
                system = {
                    "A_ub": csr_array(np.array(rows)), "b_ub": np.zeros(len(rows)),
                    "A_eq": csr_array(np.array([*equal, divisor])),
                    "b_eq": np.append(np.zeros(len(equal)), 1.0),
                }  # fmt: skip
                for counted in series:
                    goal = goal_of(atoms, answers, counted, cell, last)
                    found[counted, cell] = ends(goal, **system)
    return found


def goal_of(atoms, answers, counted, cell, last):
    """Return the numerator of some answers in a cell, as a row over the unknowns."""
    row, size = np.zeros(last + 1), len(atoms.codes)
    for at, answer in enumerate(answers):
        if answer in counted:
            row[at * size : (at + 1) * size] = atoms.members(cell)
    return row


def base_rows(atoms, bases, last):
    """Return that each base is right to half a unit, and no numerator larger than its base."""
    rows, size = [], len(atoms.codes)
    for (cell, base), sign in itertools.product(bases.items(), (1, -1)):
        row = np.zeros(last + 1)
        row[last - size : last], row[last] = sign * atoms.members(cell), -sign * base - 0.5
        rows.append(row)
    for at in range(last - size):
        row = np.zeros(last + 1)
        row[at], row[last - size + at % size] = 1, -1
        rows.append(row)
    return rows


def whole_rows(release, item, answers, size, last):
    """Return that the answers add up to the base, atom by atom, where each gave exactly one."""
    rows = []
    for unit in range(size) if adds_up(release, item, answers) else ():
        row = np.zeros(last + 1)
        row[unit:last:size], row[last - size + unit] = 1, -1
        rows.append(row)
    return rows


def share_rows(atoms, answers, counted, cell, low, high, last):
    """Return that the share of some answers in a cell lies between `low` and `high`."""
    goal, size, rows = goal_of(atoms, answers, counted, cell, last), len(atoms.codes), []
    for sign, bound in ((1, high), (-1, low)):
        row = sign * goal
        row[last - size : last] = -sign * bound * atoms.members(cell)
        rows.append(row)
    return rows


def adds_up(release: Release, item: Item, answers: list[str]) -> bool:
    """Say whether each respondent gave exactly one of the answers, by the list of questions."""
    kinds = {row["question"]: row["kind"] for row in read_optional(release.folder, "questions")}
    return len(answers) > 1 and kinds.get(item[0]) != "multiple"


def bases_of(release: Release, item: Item, atoms: Atoms, *, believes: bool) -> dict[Cell, float]:
    """Return the weighted bases printed and, where the frame counts, those to be believed."""
    shown = {cell: base for cell, base in release.weighted[item].items() if atoms.has(cell)}
    whole = release.weighted[item].get(release.total)
    for cell in release.withheld(item) if believes and whole and release.units else ():
        if atoms.has(cell) and cell not in shown and cell in release.units:
            shown[cell] = whole * release.units[cell] / release.units[release.total]
    return shown


def quantile_attack(release: Release, item: Item) -> Found:
    """Return (threshold, withheld cell) → least and most the share at or below it may be.

    A quantile printed as v on a grain g says that at least p of the cell are at or below v + g / 2,
    and at most p below v - g / 2. These shares add up over regions like any other; they rise with
    the threshold.
    """
    told = release.distributions(item)
    levels, found = sorted({level for level, _ in told}), {}
    names = [str(level) for level in levels]
    for atoms in systems(release, item) if levels else ():
        size, last = len(atoms.codes), (len(levels) + 1) * len(atoms.codes)
        rows = base_rows(atoms, bases_of(release, item, atoms, believes=True), last)
        for (level, cell), (low, high) in told.items():
            if atoms.has(cell):
                counted = frozenset({str(level)})
                rows += share_rows(atoms, names, counted, cell, low, high, last)
        for at in range(last - 2 * size):  # the next threshold is above
            row = np.zeros(last + 1)
            row[at], row[at + size] = 1, -1
            rows.append(row)
        for cell in release.withheld(item):
            if atoms.has(cell) and cell != release.total:
                divisor = np.zeros(last + 1)
                divisor[len(levels) * size : last] = atoms.members(cell)
                for name in names:
                    found[frozenset({name}), cell] = ends(
                        goal_of(atoms, names, {name}, cell, last),
                        A_ub=csr_array(np.array(rows)), b_ub=np.zeros(len(rows)),
                        A_eq=csr_array(divisor[None, :]), b_eq=[1.0],
                    )  # fmt: skip
    return found


def left_by_total(
    release: Release, item: Item, national: tuple[float, float] | None, cell: Cell
) -> float:
    """Return how wide the share of a cell is when the national figure alone is known."""
    whole = release.weighted[item].get(release.total)
    if national is None or whole is None or cell not in release.units:
        return 1.0
    base = whole * release.units[cell] / release.units[release.total]
    low = max(0.0, (national[0] * whole - (whole - base)) / base)
    high = min(1.0, national[1] * whole / base)
    return high - low


@lru_cache(maxsize=4096)
def ways(
    units: tuple[float, ...], weights: tuple[float, ...] | None, asked: int, effective: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return every split of a base over hidden crossings and every answer: (split, given, share).

    Those that print the effective base. Without `weights` each crossing is brought to its units.
    """
    splits = [
        (*first, asked - sum(first))
        for first in itertools.product(range(asked + 1), repeat=len(units) - 1)
        if asked - sum(first) >= 0
    ]
    kept, shares, gave = [], [], []
    for split in splits:
        counts = np.array(split)
        each = np.array(units) / np.maximum(counts, 1) if weights is None else np.array(weights)
        if (counts > np.array(units)).any() or not (counts @ each):
            continue
        if abs((counts @ each) ** 2 / (counts @ each**2) - effective) > 0.5:
            continue
        given = np.indices([one + 1 for one in split]).reshape(len(split), -1).T
        shares.append(given @ each / (counts @ each))
        gave.append(given)
        kept.append(np.tile(counts, (len(given), 1)))
    if not kept:
        none = np.empty((0, len(units)), dtype=int)
        return none, none, np.empty(0)
    return np.vstack(kept), np.vstack(gave), np.concatenate(shares)


def alike(split: np.ndarray, given: np.ndarray, threshold: int) -> np.ndarray:
    """Return which crossings are small and all of one mind in every way that is left."""
    if not len(split):
        return np.zeros(split.shape[1], bool)
    small = (split.max(0) < threshold) & (split.max(0) > 0)
    none, everyone = given.max(0) == 0, ((split - given).max(0) == 0) & (split.min(0) > 0)
    return small & (none | everyone)


def weight_attack(release: Release, item: Item, hidden: str) -> Iterator[tuple[Series, Cell, int]]:
    """Give each series, cell and crossing with `hidden` that the weights give away.

    Whole numbers must print the base, the effective base and the narrowest share. A crossing that
    a share ten times coarser confines as well counts where it can be told who is in it.
    """
    rules, at = release.rules, release.breakdowns.index(hidden)
    printed = {
        tuple(row[name] for name in release.breakdowns): row
        for row in release.table("estimates")
        if release.item("estimates", row) == item and row["effective_respondents"]
    }
    classes = sorted({cell[at] for cell in release.units} - {TOTAL})
    for (of, counted), shown in release.shares.items():
        for cell, (low, high) in shown.items() if of == item else ():
            inside = [(*cell[:at], one, *cell[at + 1 :]) for one in classes]
            if cell[at] != TOTAL or cell == release.total or cell not in printed:
                continue
            half = 0.5 * 10.0 ** -release.decimals(cell, "share")
            if low < half or high > 1 - half:
                continue  # prints as 0 % or 100 %: the rule on groups
            units = tuple(release.units.get(one, 0.0) for one in inside)
            strata = [(*([TOTAL] * at), one, *([TOTAL] * (len(cell) - at - 1))) for one in classes]
            raked = [
                release.weighted[item][one] / next(iter(release.bases[item][one]))
                for one in strata
                if one in release.weighted[item]
            ]
            ideas = [None, *([tuple(raked)] if len(raked) == len(classes) else [])]
            base = (
                int(printed[cell]["respondents"]),
                float(printed[cell]["effective_respondents"]),
            )
            for idea in ideas:
                split, given, share = ways(units, idea, *base)
                fits = (share >= low - SLACK) & (share <= high + SLACK)
                near = np.abs(share - (low + high) / 2) <= 10 * half
                found = alike(split[fits], given[fits], rules["minimum_respondents"])
                rough = alike(split[near], given[near], rules["minimum_respondents"])
                for crossing in np.flatnonzero(found):
                    most = split[fits][:, crossing].max()
                    size = units[crossing]
                    known = size < rules["minimum_population"]
                    known |= most >= rules["group_fraction"] * size
                    if known or not rough[crossing]:
                        yield (item, counted), cell, int(crossing)
