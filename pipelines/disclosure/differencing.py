"""Differencing: bases that differ by a few people, one subtraction away from those people.

Belongs here: comparing bases between releases of a wave and between nested bases of one release.
Not here: what follows from all tables together (outsider.py).
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pipelines.disclosure.released import SHOWN, Floats, Key, Wave, Written
from pipelines.study import TOTAL, Study

Flags = npt.NDArray[np.bool_]


def contains(cells: tuple[Key, ...]) -> Flags:
    """Return cells × cells: whether the second holds the first (the same codes, or totals)."""
    codes = np.array(cells, dtype=object)
    inside: Flags = np.ones((len(cells), len(cells)), dtype=bool)
    for column in codes.T:
        inside &= (column[None, :] == TOTAL) | (column[:, None] == column[None, :])
    return inside


def changed_by_few(wave: Wave, least: int) -> Iterator[tuple[Key, int]]:
    """Give each item and cell whose base changed by 1 to `least` - 1 since an earlier release."""
    for item, (now, *before) in wave.items.items():
        for then in before:
            if now is not None and then is not None:
                few = _is_few(now.respondents - then.respondents, least)
                yield from ((item, int(cell)) for cell in np.flatnonzero(few))


def nested_by_few(study: Study, wave: Wave, least: int) -> Iterator[tuple[Key, int]]:
    """Give each item and cell whose base is 1 to `least` - 1 people short of one that contains it.

    Of the cells that contain it (a region within all regions), and, in the same cell, of the
    question that filters the item.
    """
    inside = contains(wave.cells)
    shares = {item[0]: shown[0] for item, shown in wave.items.items() if item[3] == "share"}
    for item, (now, *_) in wave.items.items():
        if now is None:
            continue
        counts = now.respondents
        few = (inside & _is_few(counts[None, :] - counts[:, None], least)).any(axis=1)
        question = study.questions.get(item[0])  # None: an item of a table of analyses
        asked_of = question.asked_of if question else None
        filtering = shares.get(asked_of.question) if asked_of else None
        if filtering is not None:
            few |= _is_few(filtering.respondents - counts, least)
        yield from ((item, int(cell)) for cell in np.flatnonzero(few))


def _is_few(difference: Floats, least: int) -> Flags:
    """Return where a difference is not 0 and below `least`; NaN (withheld) never is."""
    size = np.abs(difference)
    few: Flags = (size > 0) & (size < least)
    return few


def with_earlier(now: Written, before: tuple[Written | None, ...], inside: Flags) -> Written:
    """Return what is shown once earlier releases are read beside this one.

    An earlier figure counts for a cell withheld now when some cell that holds it stands in both
    releases with the same base: then nobody came or went inside it.
    """
    respondents, bases, values = now.respondents, now.weighted_base, now.values
    for then in before:
        missing = np.isnan(respondents)
        if then is None or not missing.any():
            continue
        is_same = (now.respondents == then.respondents) & (now.state == SHOWN)
        still = (inside & is_same[None, :]).any(axis=1) & missing
        usable = still & (then.state == SHOWN)
        respondents = np.where(usable, then.respondents, respondents)
        bases = np.where(usable, then.weighted_base, bases)
        values = np.where(usable[None, :], then.values, values)
    return replace(now, respondents=respondents, weighted_base=bases, values=values)
