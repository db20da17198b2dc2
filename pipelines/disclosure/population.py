"""How many units of the population each cell stands for, where the frame can tell.

Belongs here: counting the frame of the wave at the published cells. Not here: the frame itself
(schemas/codelists), the rules on these counts (primary.py).
"""

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.study import NOT_APPLICABLE, TOTAL, Study, frame_path
from pipelines.study.model import Breakdown
from pipelines.validation.geography import frame


def counted_breakdowns(study: Study, wave_id: str) -> tuple[str, ...]:
    """Return the breakdowns whose population is known: derived from a frame of units.

    Empty where the study declares that its population is unknown (`weights.population`), as in a
    survey of residents: communes are then where people live, not whom the survey asks.
    """
    if study.about.weights.population != "frame" or study.wave(wave_id).frame_year is None:
        return ()
    return tuple(name for name, one in study.breakdowns.items() if one.derived)


def populations_of(
    connection: DuckDBPyConnection, study: Study, wave_id: str, cells: tuple[tuple[str, ...], ...]
) -> npt.NDArray[np.float64]:
    """Return the units of the frame in each of `cells` (one code per breakdown); NaN: unknown."""
    columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
    positions = pa.array(range(len(cells)))
    table = pa.table([positions, *columns], names=["position", *study.breakdowns])
    found = np.full(len(cells), np.nan)
    for position, units in _counts(connection, study, wave_id, table):
        found[position] = units
    return found


def _counts(
    connection: DuckDBPyConnection, study: Study, wave_id: str, cells: pa.Table
) -> list[tuple[int, int]]:
    """Return (position, units) of the cells that can be counted.

    A cell cannot be counted when it is broken down by anything that the frame does not hold, or
    holds a code `_Z`.
    """
    counted = counted_breakdowns(study, wave_id)
    if not counted:
        return []
    connection.register("cells", cells)
    connection.register("units", units_of(study, wave_id).to_arrow())
    others = [name for name in study.breakdowns if name not in counted]
    query = sql.read(
        "disclosure/frame_counts.sql",
        counted=sql.names(counted),
        is_countable=" AND ".join(
            [f"cells.{sql.name(name)} = '{TOTAL}'" for name in others]
            + [f"cells.{sql.name(name)} <> '{NOT_APPLICABLE}'" for name in counted]
        ),
        is_inside=" AND ".join(
            f"(cells.{sql.name(name)} IN ('{TOTAL}', kinds.{sql.name(name)}))" for name in counted
        ),
    )
    return [(int(at), int(units)) for at, units in connection.execute(query).fetchall()]


def units_of(study: Study, wave_id: str) -> pl.DataFrame:
    """Return the units that the study is about, one column per counted breakdown.

    Units outside its regions, if it has regions, are left out; `_Z`: another code is not known.
    """
    counted = counted_breakdowns(study, wave_id)
    year = study.wave(wave_id).frame_year
    units = frame(frame_path(study.root, year or 0)).select(
        coded(study, name, study.breakdowns[name]) for name in counted
    )
    regions = [name for name in counted if _derives_region(study.breakdowns[name])]
    return units.filter(pl.col(name) != NOT_APPLICABLE for name in regions)


def _derives_region(breakdown: Breakdown) -> bool:
    return breakdown.derived is not None and breakdown.derived.to == "region"


def coded(study: Study, name: str, breakdown: Breakdown) -> pl.Expr:
    """Return the code of a counted breakdown, of the rows of the frame; `_Z`: none of the list."""
    target = breakdown.derived.to if breakdown.derived else ""
    coded = pl.col(f"frame_{target}").replace(breakdown.recode)
    codes = study.codelists[breakdown.codelist].of_kind("answer")
    return pl.when(coded.is_in(codes)).then(coded).otherwise(pl.lit(NOT_APPLICABLE)).alias(name)
