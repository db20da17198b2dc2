"""Primary rules: which cells are unsafe by themselves, before any of their neighbours is looked at.

Belongs here: the thresholds on respondents and on the population. Not here: what else must go so
that these cells cannot be worked out (pattern.py).
"""

import numpy as np

from pipelines.disclosure.bases import UNKNOWN, Bases, Flags
from pipelines.study import Study
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
    """Return which bases are unsafe by themselves, whatever the cell is for others: items × cells.

    Too few answered the item; or all or none gave one of its answers, in a cell where most units
    were asked: whoever is known to live there is known to have answered. Rows that do not exist
    (a cell 'not known' without respondents) are not unsafe.
    """
    exists = bases.respondents != UNKNOWN
    too_few = bases.respondents < rules.minimum_respondents
    is_group = (bases.population > 0) & (
        bases.respondents >= rules.group_fraction * bases.population
    )
    unsafe: Flags = exists & (too_few | (bases.extreme & is_group)) & ~is_void(bases)
    return unsafe


def unsafe_filters(study: Study, bases: Bases) -> Flags:
    """Return the bases that differ by a few people from that of the question filtering them.

    Items × cells. Whoever subtracts one from the other learns about those few, who gave none of
    the answers asked for; item non-response only makes the difference larger.
    """
    least = study.about.disclosure.minimum_difference
    unsafe = np.zeros(bases.respondents.shape, dtype=np.bool_)
    row_of = {item[0]: at for at, item in enumerate(bases.items) if item[3] == "share"}
    for at, (question, *_) in enumerate(bases.items):
        declared = study.questions.get(question)  # None: an item of a table of analyses
        asked_of = declared.asked_of if declared else None
        if asked_of is not None and asked_of.question in row_of:
            difference = bases.respondents[row_of[asked_of.question]] - bases.respondents[at]
            unsafe[at] = (difference > 0) & (difference < least)
    exists: Flags = unsafe & (bases.respondents != UNKNOWN) & ~is_void(bases)
    return exists
