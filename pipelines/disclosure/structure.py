"""The additive structure of the published tables: every cell is a sum of atoms.

Belongs here: which atoms a cell adds up, over all linked tables at once. Not here: choosing what
to withhold (pattern.py); the audit, which builds its own system from the files (audit.py).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, vstack

from pipelines.disclosure.axes import Axis
from pipelines.disclosure.bases import CellKey, Flags
from pipelines.disclosure.errors import PatternTooLargeError
from pipelines.study import NOT_APPLICABLE, TOTAL

MAXIMUM_ATOMS = 20_000  # the product of all codes crossed; beyond, one attack takes seconds


@dataclass(frozen=True)
class Structure:
    """The linear system behind the tables.

    `incidence` is cells × atoms: 1 where the atom is part of the cell. `links` are rows over the
    atoms that are 0 whatever the data: tables that are never crossed add up to the same total.
    `lines` are sets of cells of which one is the sum of the others.
    """

    cells: tuple[CellKey, ...]
    incidence: csr_array
    links: csr_array
    lines: tuple[tuple[int, ...], ...]


def structure_of(axes: Sequence[Axis], cells: tuple[CellKey, ...]) -> Structure:
    """Return the structure of published `cells` (one code per breakdown, '_T' for its total).

    Breakdowns that some table crosses share their atoms, one for each combination of codes; a
    combination whose table is published and has no such row holds nobody. Raises
    PatternTooLargeError when the combinations are too many to be attacked exactly.
    """
    codes = [_combinations(axis, cells) for axis in axes]
    matches = [_match(axis, codes[at], cells) for at, axis in enumerate(axes)]
    uses = _axes_used(axes, cells)
    broken = np.array([[code != TOTAL for code in cell] for cell in cells], dtype=bool)
    blocks = [_block(group, matches, uses, broken) for group in _groups(uses)]
    total = ~uses.any(axis=1)
    for block in blocks[1:]:  # the total is written once, in the first block; links tie the others
        block[total] = 0
    incidence = csr_array(hstack([csr_array(block) for block in blocks]))
    return Structure(cells, incidence, _links(blocks), _lines(axes, cells))


def _combinations(axis: Axis, cells: tuple[CellKey, ...]) -> list[tuple[str, ...]]:
    seen = sorted({tuple(cell[at] for at in axis.breakdowns) for cell in cells})
    if not axis.combinations:
        return [codes for codes in seen if codes != (TOTAL,)]
    unknown = (NOT_APPLICABLE,) * len(axis.breakdowns)
    has_unknown = any(NOT_APPLICABLE in codes for codes in seen)
    return [*axis.combinations, *([unknown] if has_unknown else [])]


def _match(
    axis: Axis, combinations: list[tuple[str, ...]], cells: tuple[CellKey, ...]
) -> npt.NDArray[np.float64]:
    """Return cells × combinations: 1 where the combination is inside the cell."""
    inside = np.ones((len(cells), len(combinations)), dtype=bool)
    for place, at in enumerate(axis.breakdowns):
        of_cell = np.array([cell[at] for cell in cells], dtype=object)[:, None]
        of_atom = np.array([codes[place] for codes in combinations], dtype=object)[None, :]
        inside &= (of_cell == TOTAL) | (of_cell == of_atom)
    return inside.astype(np.float64)


def _axes_used(axes: Sequence[Axis], cells: tuple[CellKey, ...]) -> Flags:
    return np.array(
        [[any(cell[at] != TOTAL for at in axis.breakdowns) for axis in axes] for cell in cells],
        dtype=bool,
    )


def _groups(uses: Flags) -> list[list[int]]:
    """Return the axes that some cell crosses, together; each axis in one group."""
    group_of = list(range(uses.shape[1]))
    for used in np.unique(uses, axis=0):
        together = {group_of[at] for at in np.flatnonzero(used)}
        if together:
            group_of = [min(together) if one in together else one for one in group_of]
    used_axes = [at for at in range(uses.shape[1]) if uses[:, at].any()]
    groups = [[at for at in used_axes if group_of[at] == one] for one in sorted(set(group_of))]
    return [group for group in groups if group] or [[]]


def _block(
    group: list[int], matches: list[npt.NDArray[np.float64]], uses: Flags, broken: Flags
) -> npt.NDArray[np.float64]:
    """Return cells × atoms of the axes in `group`; cells of other axes are empty rows."""
    sizes = [matches[at].shape[1] for at in group]
    if np.prod(sizes, dtype=float) > MAXIMUM_ATOMS:
        raise PatternTooLargeError(
            "disclosure-too-many-atoms", found=int(np.prod(sizes)), limit=MAXIMUM_ATOMS
        )
    block = np.ones((uses.shape[0], 1))
    for at in group:
        block = (block[:, :, None] * matches[at][:, None, :]).reshape(uses.shape[0], -1)
    others = [at for at in range(uses.shape[1]) if at not in group]
    is_elsewhere = uses[:, others].any(axis=1)
    block[is_elsewhere] = 0
    return block[:, ~_holds_nobody(block[~is_elsewhere], broken[~is_elsewhere])]


def _holds_nobody(block: npt.NDArray[np.float64], broken: Flags) -> Flags:
    """Return the atoms that a published table leaves out: it has no row where they would be."""
    empty = np.zeros(block.shape[1], dtype=bool)
    for table in np.unique(broken, axis=0):
        empty |= ~block[(broken == table).all(axis=1)].any(axis=0)
    return empty


def _links(blocks: list[npt.NDArray[np.float64]]) -> csr_array:
    widths = [block.shape[1] for block in blocks]
    starts = np.concatenate([[0], np.cumsum(widths)])
    rows = np.zeros((len(blocks) - 1, starts[-1]))
    for at in range(1, len(blocks)):
        rows[at - 1, : widths[0]] = 1
        rows[at - 1, starts[at] : starts[at + 1]] = -1
    return csr_array(rows)


def _lines(axes: Sequence[Axis], cells: tuple[CellKey, ...]) -> tuple[tuple[int, ...], ...]:
    """Return each sum that the tables print: the cells along one breakdown, and their total."""
    position = {cell: at for at, cell in enumerate(cells)}
    lines: dict[tuple[CellKey, int], list[int]] = {}
    for cell, breakdown in itertools.product(cells, range(len(cells[0]))):
        whole = (*cell[:breakdown], TOTAL, *cell[breakdown + 1 :])
        if cell[breakdown] != TOTAL and whole in position:
            lines.setdefault((whole, breakdown), [position[whole]]).append(position[cell])
    return tuple(tuple(line) for line in lines.values())


def stack(parts: Sequence[csr_array]) -> csr_array:
    """Return sparse rows on top of each other."""
    return csr_array(vstack(list(parts)))
