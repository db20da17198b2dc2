"""Primary rules: which cells are unsafe by themselves, before any of their neighbours is looked at.

Belongs here: the thresholds on respondents and on the population. Not here: what else must go so
that these cells cannot be worked out (pattern.py).
"""

import numpy as np

from pipelines.disclosure.bases import UNKNOWN, Bases, Flags
from pipelines.study.model import Disclosure


def is_void(bases: Bases) -> Flags:
    """Return which cells hold nobody to ask: the frame counts 0 units. One flag per cell."""
    return np.equal(bases.population, 0)


def unsafe_cells(bases: Bases, rules: Disclosure) -> Flags:
    """Return which cells are unsafe whatever the item: too few respondents, too small, too full.

    A cell's respondents are those of its largest base: item non-response is judged item by item
    (`unsafe_bases`). An empty cell is unsafe too: its emptiness is known to nobody outside.
    The rules on the population run where it is known.
    """
    respondents = bases.respondents.max(axis=0)
    is_known = bases.population != UNKNOWN
    too_few = respondents < rules.minimum_respondents
    too_small = is_known & (bases.population < rules.minimum_population)
    too_full = is_known & (respondents > rules.maximum_fraction * bases.population)
    unsafe: Flags = np.asarray((too_few | too_small | too_full) & ~is_void(bases), dtype=np.bool_)
    return unsafe


def unsafe_bases(bases: Bases, rules: Disclosure) -> Flags:
    """Return which bases are unsafe by themselves: items × cells, fewer respondents than declared.

    Rows that do not exist (a cell 'not known' without respondents) are not unsafe.
    """
    exists = bases.respondents != UNKNOWN
    unsafe: Flags = exists & (bases.respondents < rules.minimum_respondents) & ~is_void(bases)
    return unsafe
