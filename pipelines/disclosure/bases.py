"""The bases of a wave: respondents of each item in each cell, as one matrix.

Belongs here: reading and checking the estimates to protect. Not here: the rules (primary.py), the
figures themselves, which stay in Parquet and are only touched by protected.sql.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.disclosure.errors import EstimatesUnfitError
from pipelines.disclosure.population import populations
from pipelines.study import TOTAL, Study
from pipelines.study.tables import FIGURES, KEY_BEFORE_BREAKDOWNS

ITEM = ("question", "domain", "actor", "measure")
UNKNOWN = -1  # of a population; of respondents: the item has no row in the cell

ItemKey = tuple[str, str, str, str]
CellKey = tuple[str, ...]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bases:
    """What decides disclosure, for one wave.

    `items` are (question, domain, actor, measure) and `cells` one code per breakdown, both sorted;
    `respondents` is items × cells (-1: no such row) and `population` one N per cell (-1: unknown).
    """

    breakdowns: tuple[str, ...]
    items: tuple[ItemKey, ...]
    cells: tuple[CellKey, ...]
    respondents: Counts
    population: Counts

    @property
    def national(self) -> Flags:
        """Which cell is the total over every breakdown."""
        return np.array([set(cell) <= {TOTAL} for cell in self.cells], dtype=bool)

    def table_of(self, cell: CellKey) -> str:
        """Return the name of the table a cell stands in: its breakdowns joined by ' x '."""
        by = [name for name, code in zip(self.breakdowns, cell, strict=True) if code != TOTAL]
        return " x ".join(by)


def read_bases(
    connection: DuckDBPyConnection, study: Study, wave_id: str, estimates: Path
) -> Bases:
    """Read the bases of one wave's estimates (Parquet, one row per item, answer and cell).

    Raises EstimatesUnfitError for a missing column, a row of another wave, a null in the key, a
    base that is missing or differs between answers of one item, no row at all, or respondents
    where the frame counts nobody.
    """
    _check_columns(study, estimates)
    _check_rows(connection, study, wave_id, estimates)
    breakdowns = tuple(study.breakdowns)
    query = sql.read("disclosure/bases.sql", breakdowns=sql.names(breakdowns))
    rows = connection.sql(query, params={"estimates": str(estimates)}).to_arrow_table()
    if not rows.num_rows:
        raise EstimatesUnfitError("disclosure-no-rows", file=estimates.name, wave=wave_id)
    items, item_of = _keys(rows, ITEM)
    cells, cell_of = _keys(rows, breakdowns)
    respondents = np.full((len(items), len(cells)), UNKNOWN, dtype=np.int64)
    respondents[item_of, cell_of] = rows["respondents"].to_numpy()
    population = np.full(len(cells), UNKNOWN, dtype=np.int64)
    for position, units in populations(
        connection, study, wave_id, _cell_table(breakdowns, cells)
    ).items():
        population[position] = units
    bases = Bases(breakdowns, items, cells, respondents, population)  # type: ignore[arg-type]
    _check_frame(bases, estimates)
    return bases


def _check_columns(study: Study, estimates: Path) -> None:
    found = pq.read_schema(estimates).names
    figures = [name for name in FIGURES if name != "status"]
    for column in (*KEY_BEFORE_BREAKDOWNS, *study.breakdowns, *figures):
        if column not in found:
            raise EstimatesUnfitError(
                "disclosure-missing-column",
                file=estimates.name, column=column, found=", ".join(found),
            )  # fmt: skip


def _check_rows(
    connection: DuckDBPyConnection, study: Study, wave_id: str, estimates: Path
) -> None:
    key = (*KEY_BEFORE_BREAKDOWNS, *study.breakdowns)
    query = sql.read(
        "disclosure/unfit.sql",
        breakdowns=sql.names(study.breakdowns),
        no_key=" OR ".join(f"{sql.name(name)} IS NULL" for name in key),
    )
    found = connection.execute(query, {"estimates": str(estimates), "wave": wave_id}).fetchall()
    if found:
        raise EstimatesUnfitError(
            "disclosure-unfit-rows",
            file=estimates.name, wave=wave_id, count=sum(rows for _, rows in found),
            problem=", ".join(problem for problem, _ in found),
        )  # fmt: skip


def _keys(rows: pa.Table, names: tuple[str, ...]) -> tuple[tuple[CellKey, ...], Counts]:
    """Return the distinct keys, sorted, and the position of each row's key among them."""
    parts = list(zip(*(rows[name].to_pylist() for name in names), strict=True))
    distinct = tuple(sorted(set(parts)))
    position = {key: at for at, key in enumerate(distinct)}
    return distinct, np.fromiter((position[key] for key in parts), dtype=np.int64)


def _cell_table(breakdowns: tuple[str, ...], cells: tuple[CellKey, ...]) -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
    return pa.table([pa.array(range(len(cells))), *columns], names=["position", *breakdowns])


def _check_frame(bases: Bases, estimates: Path) -> None:
    outside = (bases.population == 0) & (bases.respondents.max(axis=0) > 0)
    if outside.any():
        where = [" x ".join(bases.cells[at]) for at in np.flatnonzero(outside)[:3]]
        raise EstimatesUnfitError(
            "disclosure-outside-frame",
            file=estimates.name, count=int(outside.sum()), where="; ".join(where),
        )  # fmt: skip
