"""Withholding more where the audit of a wave finds what the rules could not see.

Belongs here: what to add for each finding, and when to give up on an item's breakdowns. Not here:
the findings (audit.py), the patterns (selection.py).
"""

from collections.abc import Sequence

import numpy as np

from pipelines.disclosure.audit import Finding
from pipelines.disclosure.bases import UNKNOWN, Bases, Flags
from pipelines.disclosure.selection import Selector

BY_COMPANY = {"share", "respondents"}
BY_ITSELF = {"weights", "nested"}


def asked_for(selector: Selector, withheld: Flags, findings: Sequence[Finding]) -> Flags:
    """Return what to withhold besides, items × cells.

    A share that can be worked out gets company: the cheapest published cell of its lines. A cell
    that its weights or a nested base give away goes itself. Nothing is asked for where all that
    could go has gone.
    """
    bases = selector.bases
    more = np.zeros_like(withheld)
    item_at = {item: at for at, item in enumerate(bases.items)}
    cell_at = {cell: at for at, cell in enumerate(bases.cells)}
    for finding in findings:
        if finding.cell not in cell_at or finding.item not in item_at:
            continue
        item, cell = item_at[finding.item], cell_at[finding.cell]
        if finding.kind in BY_ITSELF:
            more[item, cell] = not bases.national[cell]
        elif finding.kind in BY_COMPANY:
            company = _company(selector, withheld[item], item, cell)
            more[item, company] = True
    return more


def all_below_the_total(bases: Bases, findings: Sequence[Finding]) -> Flags:
    """Return every cell but the total, for each item that something is still found about."""
    found = {finding.item for finding in findings}
    is_found = np.array([item in found for item in bases.items])
    below: Flags = is_found[:, None] & ~bases.national[None, :]
    return below


def _company(selector: Selector, withheld: Flags, item: int, cell: int) -> list[int]:
    """Return the cheapest cell that could be withheld in a line of `cell` (none: all are)."""
    bases = selector.bases
    neighbours = {one for line in selector.structure.lines if cell in line for one in line}
    counts = bases.respondents[item]
    free = [
        one
        for one in sorted(neighbours)
        if not withheld[one] and not bases.national[one] and counts[one] != UNKNOWN
        and bases.population[one] != 0
    ]  # fmt: skip
    return [min(free, key=lambda one: (counts[one], one))] if free else []
