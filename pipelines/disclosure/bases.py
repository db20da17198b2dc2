"""The bases of a wave: respondents of each item in each cell, as one matrix.

Belongs here: reading and checking the estimates to protect. Not here: the rules (primary.py), the
figures themselves, which stay in Parquet and are only touched by protected.sql.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.disclosure.errors import EstimatesUnfitError
from pipelines.disclosure.population import populations_of
from pipelines.study import TOTAL, Study
from pipelines.study.tables import FIGURES, KEY_BEFORE_BREAKDOWNS

ITEM = ("question", "domain", "actor", "measure")
UNKNOWN = -1  # of a population; of respondents: the item has no row in the cell

CellKey = tuple[str, ...]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bases:
    """What decides disclosure, for one wave.

    `items` are (question, domain, actor, measure) and `cells` one code per breakdown, both sorted.
    `respondents` is items × cells (-1: no such row), `population` one N per cell (-1: unknown);
    `extreme`, items × cells, says whether some answer would print as 0 % or 100 %. `asked` says of
    each item whether the wave put its question at all, as declared: nobody learns from its zeros.
    """

    breakdowns: tuple[str, ...]
    items: tuple[CellKey, ...]
    cells: tuple[CellKey, ...]
    respondents: Counts
    population: Counts
    extreme: Flags
    asked: Flags

    @property
    def exists(self) -> Flags:
        """Which item has a base to judge in which cell: items × cells."""
        exists: Flags = (self.respondents != UNKNOWN) & self.asked[:, None]
        return exists

    @property
    def national(self) -> Flags:
        """Which cell is the total over every breakdown."""
        return np.array([set(cell) <= {TOTAL} for cell in self.cells], dtype=bool)

    def table_of(self, cell: CellKey) -> str:
        """Return the name of the table a cell stands in: its breakdowns joined by ' x '."""
        by = [name for name, code in zip(self.breakdowns, cell, strict=True) if code != TOTAL]
        return " x ".join(by)


def read_bases(
    connection: DuckDBPyConnection, study: Study, wave_id: str, *estimates: Path
) -> Bases:
    """Read the bases of one wave's estimates (Parquet files, one row per item, answer and cell).

    Raises EstimatesUnfitError for a missing column, a row of another wave, a null in the key, a
    base that is missing or differs between answers of one item, no row at all, or respondents
    where the frame counts nobody.
    """
    for path in estimates:
        _check_columns(study, path)
    _check_rows(connection, study, wave_id, estimates)
    breakdowns = tuple(study.breakdowns)
    query = sql.read("disclosure/bases.sql", breakdowns=sql.names(breakdowns))
    rows = connection.sql(query, params={"estimates": [*map(str, estimates)]}).to_arrow_table()
    if not rows.num_rows:
        raise EstimatesUnfitError("disclosure-no-rows", file=estimates[0].name, wave=wave_id)
    items, cells = _distinct(rows, ITEM), _distinct(rows, breakdowns)
    respondents = np.full((len(items), len(cells)), UNKNOWN, dtype=np.int64)
    respondents[_places(rows, breakdowns, items, cells)] = rows["respondents"].to_numpy()
    extreme = np.zeros(respondents.shape, dtype=np.bool_)
    extreme[_places(_extreme(connection, study, estimates), breakdowns, items, cells)] = True
    units = populations_of(connection, study, wave_id, cells)
    population = np.where(np.isnan(units), UNKNOWN, units).astype(np.int64)
    skipped = study.waves[wave_id].not_asked
    asked = np.array([question not in skipped for question, *_ in items], dtype=np.bool_)
    bases = Bases(breakdowns, items, cells, respondents, population, extreme, asked)
    _check_frame(bases, estimates[0])
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
    connection: DuckDBPyConnection, study: Study, wave_id: str, estimates: Sequence[Path]
) -> None:
    key = (*KEY_BEFORE_BREAKDOWNS, *study.breakdowns)
    query = sql.read(
        "disclosure/unfit.sql",
        breakdowns=sql.names(study.breakdowns),
        no_key=" OR ".join(f"{sql.name(name)} IS NULL" for name in key),
    )
    values = {"estimates": [*map(str, estimates)], "wave": wave_id}
    found = connection.execute(query, values).fetchall()
    if found:
        raise EstimatesUnfitError(
            "disclosure-unfit-rows",
            file=estimates[0].name, wave=wave_id, count=sum(rows for _, rows in found),
            problem=", ".join(problem for problem, _ in found),
        )  # fmt: skip


def _extreme(connection: DuckDBPyConnection, study: Study, estimates: Sequence[Path]) -> pa.Table:
    precision = study.about.disclosure.precision
    query = sql.read(
        "disclosure/extreme_shares.sql",
        breakdowns=sql.names(study.breakdowns),
        is_national=is_national(study.breakdowns),
    )
    decimals = {"national_share": precision.national_share, "share": precision.share}
    values = {"estimates": [*map(str, estimates)], **decimals}
    return connection.sql(query, params=values).to_arrow_table()


def is_national(breakdowns: Iterable[str]) -> str:
    """Return the SQL condition that a row is the total over every breakdown."""
    return " AND ".join(f"{sql.name(name)} = {sql.literal(TOTAL)}" for name in breakdowns)


def _key_tuples(rows: pa.Table, names: tuple[str, ...]) -> list[CellKey]:
    return list(zip(*(rows[name].to_pylist() for name in names), strict=True))


def _distinct(rows: pa.Table, names: tuple[str, ...]) -> tuple[CellKey, ...]:
    return tuple(sorted(set(_key_tuples(rows, names))))


def _places(
    rows: pa.Table, breakdowns: tuple[str, ...],
    items: tuple[CellKey, ...], cells: tuple[CellKey, ...],
) -> tuple[Counts, Counts]:  # fmt: skip
    """Return where each row stands in a matrix of items × cells."""
    item_at = {key: at for at, key in enumerate(items)}
    cell_at = {key: at for at, key in enumerate(cells)}
    item = np.array([item_at[key] for key in _key_tuples(rows, ITEM)], dtype=np.int64)
    cell = np.array([cell_at[key] for key in _key_tuples(rows, breakdowns)], dtype=np.int64)
    return item, cell


def _check_frame(bases: Bases, estimates: Path) -> None:
    outside = (bases.population == 0) & (bases.respondents.max(axis=0) > 0)
    if outside.any():
        where = [" x ".join(bases.cells[at]) for at in np.flatnonzero(outside)[:3]]
        raise EstimatesUnfitError(
            "disclosure-outside-frame",
            file=estimates.name, count=int(outside.sum()), where="; ".join(where),
        )  # fmt: skip
