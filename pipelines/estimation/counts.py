"""The cube's rows as matrices of sums: what every closed form of a wave starts from.

Belongs here: rows of estimate and group → estimates × groups, a block at a time. Not here: making
the rows (cube.py), formulas on them (variance.py, comparisons.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.estimation.groups import Groups
from pipelines.estimation.variance import Sums

ENTRIES = 1_000_000  # of one matrix of a block: 8 MB
NAMES = ("n", "answering", *"abcdef")
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """The cube of one wave: `keys` has a row an estimate (item, answer, breakdowns as by_<name>).

    `start` and `size` say which rows of `cube` are of which estimate, `group` which group of the
    sample each row is of.
    """

    keys: pa.Table
    cube: dict[str, npt.NDArray[np.float64]]
    group: Positions
    start: Positions
    size: Positions
    groups: Groups

    def sums(self, at: Positions) -> Sums:
        """Return the sums of some estimates, in the order of `at`: estimates × groups."""
        sizes = self.size[at]
        place = np.repeat(np.arange(at.size), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows = np.repeat(self.start[at], sizes) + within
        known = self.group[rows] >= 0
        place, rows = place[known], rows[known]
        shape = (at.size, len(self.groups.names))
        found = {name: np.zeros(shape) for name in NAMES}
        for name, matrix in found.items():
            matrix[place, self.group[rows]] = self.cube[name][rows]
        return Sums(**found)

    def blocks(self, at: Positions) -> Iterator[Positions]:
        """Cut positions of estimates into blocks whose matrices stay small."""
        step = max(ENTRIES // max(len(self.groups.names), 1), 1)
        for first in range(0, max(at.size, 1), step):  # of nothing, one that is empty
            yield at[first : first + step]

    @property
    def everything(self) -> Positions:
        """The positions of all estimates."""
        return np.arange(self.keys.num_rows, dtype=np.int64)


def counts_of(cube: pa.Table, groups: Groups) -> Counts:
    """Return what count_cells gave, as counts; an estimate starts where item, answer or cell do."""
    keys = [name for name in cube.column_names if name in {"item", "answer"} or _is_by(name)]
    encoded = np.column_stack([codes_of(cube[name]) for name in keys])
    changes = np.any(encoded[1:] != encoded[:-1], axis=1)
    start = np.flatnonzero(np.concatenate([[True], changes])).astype(np.int64)
    numbered = {name: place for place, name in enumerate(groups.names)}
    named = cube["stratum"].dictionary_encode().combine_chunks()
    of_name = np.array([numbered[one] for one in named.dictionary.to_pylist()], dtype=np.int64)
    codes = named.indices.fill_null(-1).to_numpy().astype(np.int64)
    return Counts(
        keys=cube.select(keys).take(pa.array(start)),
        cube={name: cube[name].to_numpy().astype(np.float64) for name in NAMES},
        group=np.where(codes >= 0, np.append(of_name, -1)[codes], -1),
        start=start,
        size=np.diff(np.append(start, cube.num_rows)).astype(np.int64),
        groups=groups,
    )


def _is_by(name: str) -> bool:
    return name.startswith("by_")


def codes_of(column: pa.ChunkedArray) -> Positions:
    """Return the number of each value of a column among its distinct ones."""
    codes: Positions = (
        column.dictionary_encode().combine_chunks().indices.to_numpy().astype(np.int64)
    )
    return codes
