"""What to withhold of a wave: the pattern that all items share, then what single items add.

Belongs here: turning rules and bases into patterns, item by item. Not here: the rules (primary.py),
the optimum (pattern.py), writing (protect.py).
"""

from dataclasses import dataclass, field

import numpy as np

from pipelines.disclosure.attack import Floats
from pipelines.disclosure.axes import axes_of
from pipelines.disclosure.bases import UNKNOWN, Bases, Flags
from pipelines.disclosure.errors import PatternImpossibleError
from pipelines.disclosure.pattern import Demand, cheapest_pattern
from pipelines.disclosure.primary import is_void, unsafe_bases, unsafe_cells, unsafe_filters
from pipelines.disclosure.structure import Structure, structure_of
from pipelines.study import Study
from pipelines.study.model import Disclosure


@dataclass(frozen=True)
class Selection:
    """What is withheld, items × cells.

    `unsafe` is the part that the rules name themselves, `asked` what the attack on the table as
    written asked for besides; the rest covers them.
    """

    withheld: Flags
    unsafe: Flags
    asked: Flags


@dataclass
class _Chooser:
    """Chooses the patterns of one wave; items with the same bases share one computation."""

    structure: Structure
    bases: Bases
    rules: Disclosure
    void: Flags
    total: Flags
    known: dict[tuple[bytes, ...], Flags] = field(default_factory=dict)

    def pattern(self, item: int, unsafe: Flags, shared: Flags) -> Flags:
        """Return the cheapest safe pattern of one item, given what all items withhold."""
        exists = self.bases.respondents[item] != UNKNOWN
        values = np.where(exists, self.bases.respondents[item], 0).astype(np.float64)
        fixed = self.void | self.total | ~exists
        demand = Demand(
            values, unsafe & ~fixed, fixed, self.ceiling(), self.width(),
            withheld_anyway=shared & ~fixed,
        )  # fmt: skip
        key = (values.tobytes(), demand.unsafe.tobytes(), demand.starts_with.tobytes())
        if key not in self.known:
            limit = self.rules.maximum_cells
            self.known[key] = cheapest_pattern(self.structure, demand, limit)
        return self.known[key]

    def ceiling(self) -> Floats:
        population = self.bases.population.astype(np.float64)
        return np.where(self.bases.population == UNKNOWN, np.inf, population)

    def width(self) -> Floats:
        return np.full(len(self.bases.cells), float(self.rules.minimum_respondents))


class Selector:
    """Chooses what to withhold of one wave, again where an audit asks for more.

    Raises PatternTooLargeError, and PatternImpossibleError when the common pattern does not exist.
    """

    def __init__(self, study: Study, bases: Bases) -> None:
        rules, void = study.about.disclosure, is_void(bases)
        cells = unsafe_cells(bases, rules)
        self.bases = bases
        unsafe = unsafe_bases(bases, rules) | unsafe_filters(study, bases) | cells
        self.unsafe = unsafe & bases.exists
        self.structure = structure_of(axes_of(study), bases.cells)
        self._chooser = _Chooser(self.structure, bases, rules, void, bases.national)
        self._shared = _shared(self._chooser, cells)

    def select(self, more: Flags | None = None) -> Selection:
        """Choose what to withhold: the rules, then the cheapest cover of what they name.

        One pattern, computed on the item with the most respondents, is common to all items; an
        item with unsafe bases of its own, or whose smaller bases need it, withholds more, and so
        does one for which `more` (items × cells) asks it. Where the total itself is unsafe, or an
        item cannot be protected, all of it is withheld; of one that was not asked, nothing is.
        """
        exists = self.bases.exists
        wanted = np.zeros_like(exists) if more is None else more
        rows = [
            _of_item(self._chooser, item, self.unsafe[item], self._shared | wanted[item])
            for item in range(len(self.bases.items))
        ]
        return Selection(np.array(rows) & exists, self.unsafe, wanted)


def select(study: Study, bases: Bases) -> Selection:
    """Choose what to withhold of one wave by the rules alone (`Selector.select`)."""
    return Selector(study, bases).select()


def _shared(chooser: _Chooser, cells: Flags) -> Flags:
    if cells[chooser.total].any():
        return ~chooser.void
    largest = int(np.argmax(chooser.bases.respondents[:, chooser.total].max(axis=1)))
    nothing = np.zeros(cells.size, dtype=np.bool_)
    return chooser.pattern(largest, cells, nothing)


def _of_item(chooser: _Chooser, item: int, unsafe: Flags, shared: Flags) -> Flags:
    everything = ~chooser.void
    if not chooser.bases.asked[item]:
        return np.zeros_like(everything)
    if (unsafe | shared)[chooser.total].any():
        return everything
    try:
        return chooser.pattern(item, unsafe, shared)
    except PatternImpossibleError:
        return everything
