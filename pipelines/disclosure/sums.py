"""The sums behind written tables: which atoms each cell adds up, worked out from the files in SQL.

Belongs here: the additive structure as an outsider sees it. Not here: the structure that the
pattern is chosen on (structure.py). The two share nothing but what the declaration says of nested
breakdowns: a mistake in one would otherwise vouch for itself.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from scipy.sparse import coo_array, csr_array, hstack
from scipy.sparse.csgraph import connected_components

from pipelines import sql
from pipelines.disclosure.axes import Axis, axes_of
from pipelines.disclosure.released import Key
from pipelines.study import NOT_APPLICABLE, TOTAL, Study


@dataclass(frozen=True)
class Sums:
    """Which atoms each cell adds up (cells × atoms), and the totals that must agree.

    `ties` are rows over the atoms equal to 0: tables that are never crossed have one total.
    """

    members: csr_array
    ties: csr_array


def sums_of(connection: DuckDBPyConnection, study: Study, cells: tuple[Key, ...]) -> Sums:
    """Return the sums behind written `cells` (one code per breakdown of the study)."""
    names = list(study.breakdowns)
    columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
    connection.register(
        "cells", pa.table([pa.array(range(len(cells))), *columns], names=["cell", *names])
    )
    axes = axes_of(study)
    groups = _crossed_axes(axes, cells)
    parts = [_part(connection, names, axes, group, cells) for group in groups]
    is_part = np.array([[float(set(cell) != {TOTAL})] for cell in cells])
    # The total is written once, over the first part; the others are tied to it.
    members = csr_array(hstack([parts[0], *(part.multiply(is_part) for part in parts[1:])]))
    return Sums(members, _ties([part.shape[1] for part in parts]))


def _ties(atoms: list[int]) -> csr_array:
    part_of = np.repeat(np.arange(len(atoms)), atoms)
    rows = [(part_of == 0) * 1.0 - (part_of == at) for at in range(1, len(atoms))]
    return csr_array(np.array(rows).reshape(len(rows), part_of.size))


def _crossed_axes(axes: tuple[Axis, ...], cells: tuple[Key, ...]) -> list[list[int]]:
    """Return the axes that tables cross, directly or through one another."""
    used = np.array(
        [[any(cell[at] != TOTAL for at in axis.breakdowns) for axis in axes] for cell in cells]
    )
    together = used.T.astype(int) @ used.astype(int)
    count, label = connected_components(csr_array(together), directed=False)
    is_used = used.any(axis=0)
    groups = [list(map(int, np.flatnonzero((label == one) & is_used))) for one in range(count)]
    return [group for group in groups if group] or [[0]]


def _part(
    connection: DuckDBPyConnection, names: list[str], axes: tuple[Axis, ...], group: list[int],
    cells: tuple[Key, ...],
) -> csr_array:  # fmt: skip
    mine = [at for axis in group for at in axes[axis].breakdowns]
    others = [at for at in range(len(names)) if at not in mine]
    for axis in group:
        connection.register(f"codes_{axis}", _codes(names, axes[axis], cells))
    is_total = [f"cells.{sql.name(name)} = '{TOTAL}'" for name in names]
    is_within = [f"cells.{name} IN ('{TOTAL}', atoms.{name})" for name in map(sql.name, names)]
    query = sql.read(
        "disclosure/atoms.sql",
        codes=sql.names(names[at] for at in mine),
        atoms=" CROSS JOIN ".join(f"codes_{axis}" for axis in group),
        is_among=" AND ".join(["true", *(is_total[at] for at in others)]),
        is_inside=" AND ".join(is_within[at] for at in mine),
        by_what=" || ".join(f"({is_total[at]})::VARCHAR" for at in mine),
    )
    pairs = connection.sql(query).fetchnumpy()
    kept, atom = np.unique(pairs["atom"], return_inverse=True)
    places = (np.ones(atom.size), (pairs["cell"], atom))
    return csr_array(coo_array(places, shape=(len(cells), kept.size)))


def _codes(names: list[str], axis: Axis, cells: tuple[Key, ...]) -> pa.Table:
    seen = {tuple(cell[at] for at in axis.breakdowns) for cell in cells}
    rows = set(axis.combinations) or {codes for codes in seen if codes != (TOTAL,)}
    if axis.combinations and any(NOT_APPLICABLE in codes for codes in seen):
        rows.add((NOT_APPLICABLE,) * len(axis.breakdowns))
    columns = list(zip(*sorted(rows), strict=True)) or [()] * len(axis.breakdowns)
    return pa.table(
        [pa.array(column, pa.string()) for column in columns],
        names=[names[at] for at in axis.breakdowns],
    )
