"""What an outsider can work out of a withheld cell, while the pattern is being chosen.

Belongs here: the attack on a candidate pattern and its shadow prices, which tell the pattern what
to withhold next. Not here: the attack on what was written (audit.py), which shares none of this.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pipelines.disclosure.bases import Flags
from pipelines.disclosure.programme import NoPointError, Programme
from pipelines.disclosure.structure import Structure, stack

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bound:
    """One end of what a cell may be, and by how much it moves per unit each known cell moves."""

    value: float
    prices: Floats
    cells: Floats


class Attack:
    """An outsider who knows every cell but those withheld, and how large a cell can be.

    `values` are the respondents of each cell, `ceiling` what nobody believes a cell to exceed (the
    units of its population; inf: unknown). Raises NoPointError when the tables contradict one
    another, or bound nothing.
    """

    def __init__(
        self, structure: Structure, values: Floats, ceiling: Floats, withheld: Flags
    ) -> None:
        self._incidence = structure.incidence
        self._known = np.flatnonzero(~withheld)
        capped = np.flatnonzero(withheld & np.isfinite(ceiling))
        self._programme = Programme(
            stack([structure.incidence[self._known], structure.links]),
            np.concatenate([values[self._known], np.zeros(structure.links.shape[0])]),
            csr_array(structure.incidence[capped]),
            ceiling[capped],
        )

    def bound(self, cell: int, sign: int) -> Bound:
        """Return the most (`sign` 1) or the least (-1) that `cell` may be."""
        found = self._programme.best(self._incidence[[cell]].toarray().ravel(), sign)
        if found.point is None:
            raise NoPointError("no total bounds the cell")
        prices = np.zeros(self._incidence.shape[0])
        prices[self._known] = found.prices[: self._known.size]
        return Bound(found.value, prices, self._incidence @ found.point)
