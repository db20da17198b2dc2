"""The cheapest set of cells to withhold so that no withheld cell can be worked out.

Complementary suppression with sliding protection (Fischetti and Salazar 2000, Management Science
47(7); cuts from the attacker's shadow prices): a master problem picks cells, attacks on its pick
either prove it safe or add the inequality that it broke. The optimum is exact.

Belongs here: the master problem and its cuts. Not here: which cells are unsafe (primary.py), the
attack (attack.py), the audit of what is written (audit.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pipelines.disclosure.attack import Attack, Bound, Floats
from pipelines.disclosure.bases import Flags
from pipelines.disclosure.errors import PatternImpossibleError, PatternTooLargeError
from pipelines.disclosure.structure import Structure

Positions = npt.NDArray[np.intp]
SLACK = 1e-6  # what an attack may miss through rounding of the solver
MAXIMUM_ROUNDS = 400
INSIDER_WIDTH = 1.0  # a lone respondent must not find another cell exactly


@dataclass(frozen=True)
class Demand:
    """What a pattern must achieve; every array has one entry per cell of the structure.

    `values` are respondents; `unsafe` cells are withheld whatever the cost, and so are those that
    are `withheld_anyway` (by the pattern that all items share); `fixed` cells are
    published whatever happens (the total, cells that hold nobody to ask); `ceiling` is the most a
    cell may be believed to hold. `width` is how far apart the least and the most that a withheld
    cell may be must lie; `above` and `below` (literature only) how far each lies from the value.
    """

    values: Floats
    unsafe: Flags
    fixed: Flags
    ceiling: Floats
    width: Floats
    above: Floats | None = None
    below: Floats | None = None
    withheld_anyway: Flags | None = None
    protects_complements: bool = True

    @property
    def starts_with(self) -> Flags:
        """Return the cells that every pattern withholds."""
        return self.unsafe | (False if self.withheld_anyway is None else self.withheld_anyway)


@dataclass
class _Cuts:
    """The inequalities found so far: rows · x >= least."""

    rows: list[Floats] = field(default_factory=list)
    least: list[float] = field(default_factory=list)

    def add(self, row: Floats, least: float) -> None:
        self.rows.append(row)
        self.least.append(least)

    def hold_for(self, withheld: Flags) -> bool:
        """Return whether a pattern meets all of them."""
        return not self.rows or bool((np.array(self.rows) @ withheld >= self.least).all())


def cheapest_pattern(structure: Structure, demand: Demand, maximum_cells: int) -> Flags:
    """Return which cells to withhold: the safe pattern of least cost, ties broken by cell order.

    Each withheld cell keeps an interval of at least its `width`, or as wide as it would be if
    every cell but the fixed ones were withheld, where that is less; a cell known to its only
    respondent keeps the unsafe cells of its lines open all the same. Raises PatternTooLargeError
    beyond `maximum_cells` cells or 400 rounds of cuts, PatternImpossibleError when even
    withholding every cell leaves an unsafe one exposed.
    """
    if len(structure.cells) > maximum_cells:
        raise PatternTooLargeError(
            "disclosure-too-many-cells", found=len(structure.cells), limit=maximum_cells
        )
    if not demand.starts_with.any():
        return demand.starts_with
    width = _reachable_width(structure, demand)
    cuts = _line_cuts(structure, demand)
    for _ in range(MAXIMUM_ROUNDS):
        withheld = _cheapest(structure, demand, cuts)
        if not _add_broken(structure, demand, width, withheld, cuts):
            return withheld
    raise PatternTooLargeError(
        "disclosure-too-many-cells", found=len(structure.cells), limit=maximum_cells
    )


def is_safe(structure: Structure, demand: Demand, withheld: Flags) -> bool:
    """Return whether a pattern already achieves what is demanded."""
    if (demand.starts_with & ~withheld).any():
        return False
    width = _reachable_width(structure, demand)
    return not _add_broken(structure, demand, width, withheld, _Cuts())


def _cheapest(structure: Structure, demand: Demand, cuts: _Cuts) -> Flags:
    """Solve the master problem; ties are broken by less than one unit of cost in all."""
    if cuts.hold_for(demand.starts_with):  # nothing costs less than what goes in any case
        return demand.starts_with
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - a tenth of a second

    count = len(structure.cells)
    ranks = np.arange(1, count + 1) / (count * (count + 1))
    found = milp(
        np.maximum(1.0, demand.values) + ranks,
        constraints=LinearConstraint(csr_array(np.array(cuts.rows)), np.array(cuts.least), np.inf),
        integrality=np.ones(count, dtype=np.int64),
        bounds=Bounds(demand.starts_with.astype(float), (~demand.fixed).astype(float)),
        options={"mip_rel_gap": 0},
    )
    if found.status != 0:
        raise PatternImpossibleError("disclosure-impossible", cells=count)
    return np.asarray(np.round(found.x) == 1, dtype=np.bool_)


def _line_cuts(structure: Structure, demand: Demand) -> _Cuts:
    """Return one cut per cell of a sum: withheld alone, it would be the sum less the others."""
    cuts = _Cuts()
    for line in structure.lines:
        open_cells = [cell for cell in line if not demand.fixed[cell]]
        for cell in open_cells:
            if demand.protects_complements or demand.unsafe[cell]:
                row = np.zeros(len(structure.cells))
                row[open_cells] = 1
                row[cell] = -1
                cuts.add(row, 0)
    return cuts


def _reachable_width(structure: Structure, demand: Demand) -> Floats:
    """Return the width to demand of each cell: as declared, or all that withholding can give."""
    wanted = np.minimum(demand.width, demand.ceiling)
    peopled = np.flatnonzero(demand.fixed & (demand.values > 0))
    if peopled.size == 1:  # only the total is known, as in every wave: no attack is needed
        reached = np.minimum(wanted, _width_under(demand, int(peopled[0])))
    else:
        attack = Attack(structure, demand.values, demand.ceiling, ~demand.fixed)
        reached = wanted.copy()
        for cell, least, most in _exposed(attack, np.flatnonzero(~demand.fixed), wanted):
            reached[cell] = most.value - least.value
    if (demand.unsafe & (reached < wanted - SLACK)).any():
        raise PatternImpossibleError("disclosure-impossible", cells=len(structure.cells))
    return reached


def _width_under(demand: Demand, total: int) -> Floats:
    """Return how wide each cell is when only the total is known, and how many a cell can hold."""
    whole, most = demand.values[total], demand.ceiling[total]
    with np.errstate(invalid="ignore"):
        elsewhere = np.where(np.isfinite(demand.ceiling), most - demand.ceiling, np.inf)
    width: Floats = np.minimum(whole, demand.ceiling) - np.maximum(whole - elsewhere, 0.0)
    return width


def _exposed(
    attack: Attack, cells: Positions, wanted: Floats
) -> Iterator[tuple[int, Bound, Bound]]:
    """Give the cells whose interval is narrower than wanted, with its two ends.

    Every solution seen is a witness for all cells at once, so that most need
    no attack of their own.
    """
    low, high = np.full(wanted.size, np.inf), np.full(wanted.size, -np.inf)
    for cell in cells:
        if high[cell] - low[cell] >= wanted[cell] - SLACK:
            continue
        least, most = attack.bound(int(cell), -1), attack.bound(int(cell), 1)
        for found in (least, most):
            low, high = np.minimum(low, found.cells), np.maximum(high, found.cells)
        if most.value - least.value < wanted[cell] - SLACK:
            yield int(cell), least, most


def _add_broken(
    structure: Structure, demand: Demand, width: Floats, withheld: Flags, cuts: _Cuts
) -> int:
    """Attack a pattern; add one inequality for each demand that it breaks. Return how many."""
    before = len(cuts.rows)
    attack = Attack(structure, demand.values, demand.ceiling, withheld)
    judged = withheld if demand.protects_complements else demand.unsafe
    for cell, least, most in _exposed(attack, np.flatnonzero(judged), width):
        lacking = width[cell] - (most.value - least.value)
        _cut(cuts, demand, withheld, cell, lacking, most.prices, -least.prices)
    for sign, wanted in ((1, demand.above), (-1, demand.below)):
        if wanted is not None:
            _add_one_sided(demand, attack, withheld, cuts, sign, wanted)
    if len(cuts.rows) == before:
        _add_insiders(structure, demand, withheld, cuts)
    return len(cuts.rows) - before


def _cut(
    cuts: _Cuts, demand: Demand, withheld: Flags, cell: int, lacking: float, *prices: Floats
) -> None:
    """Ask for more company: withholding c widens the interval by at most its price × its slack.

    A coefficient above what is lacking says no more than one equal to it (x is 0 or 1).
    """
    up = np.minimum(demand.ceiling, demand.values.max()) - demand.values
    gain = sum(
        np.maximum(p, 0) * np.maximum(up, 0) + np.maximum(-p, 0) * demand.values for p in prices
    )
    row = np.where(withheld | demand.fixed, 0.0, np.minimum(gain, lacking))
    row[row < SLACK] = 0
    if not demand.starts_with[cell]:
        row[cell] = -lacking  # or publish the cell itself
        cuts.add(row, 0)
    else:
        cuts.add(row, lacking)


def _add_one_sided(
    demand: Demand, attack: Attack, withheld: Flags, cuts: _Cuts, sign: int, wanted: Floats
) -> None:
    for cell in np.flatnonzero(demand.unsafe & (wanted > 0)):
        end = attack.bound(int(cell), sign)
        lacking = wanted[cell] - sign * (end.value - demand.values[cell])
        if lacking > SLACK:
            _cut(cuts, demand, withheld, int(cell), lacking, sign * end.prices)


def _add_insiders(structure: Structure, demand: Demand, withheld: Flags, cuts: _Cuts) -> None:
    """Attack as the only respondent of a cell, who knows it: no unsafe neighbour may be exact."""
    alone = np.flatnonzero(withheld & (demand.values == 1))
    for insider in alone:
        others = withheld.copy()
        others[insider] = False
        attack = Attack(structure, demand.values, demand.ceiling, others)
        neighbours = {cell for line in structure.lines if insider in line for cell in line}
        judged = [cell for cell in sorted(neighbours) if demand.unsafe[cell] and others[cell]]
        wanted = np.minimum(np.full(withheld.size, INSIDER_WIDTH), demand.ceiling)
        for cell, least, most in _exposed(attack, np.array(judged, dtype=np.intp), wanted):
            lacking = wanted[cell] - (most.value - least.value)
            _cut(cuts, demand, withheld, cell, lacking, most.prices, -least.prices)
