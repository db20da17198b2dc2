"""The bases of a wave as they would be with codes grouped, or with a declared grouping undone.

Belongs here: counting respondents and units under another grouping. Not here: what it would cost
or free (advice.py).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.disclosure.bases import UNKNOWN, Bases, CellKey
from pipelines.disclosure.population import coded, counted_breakdowns
from pipelines.study import TOTAL, Study, frame_path
from pipelines.validation.geography import add_geography, frame


def grouped(bases: Bases, breakdown: int, codes: tuple[str, str]) -> Bases:
    """Return the bases as they would be with two codes of a breakdown counted as one."""
    kept, gone = codes
    renamed = [
        (*cell[:breakdown], kept if cell[breakdown] == gone else cell[breakdown],
         *cell[breakdown + 1 :])
        for cell in bases.cells
    ]  # fmt: skip
    cells = tuple(sorted(set(renamed)))
    place = np.array([cells.index(cell) for cell in renamed])
    respondents = np.zeros((len(bases.items), len(cells)), dtype=np.int64)
    population = np.zeros(len(cells), dtype=np.int64)
    exists = np.zeros(respondents.shape, dtype=np.bool_)
    is_unknown = np.zeros(len(cells), dtype=np.bool_)
    for at, to in enumerate(place):
        respondents[:, to] += np.maximum(bases.respondents[:, at], 0)
        exists[:, to] |= bases.respondents[:, at] != UNKNOWN
        population[to] += max(int(bases.population[at]), 0)
        is_unknown[to] |= bases.population[at] == UNKNOWN
    return replace(
        bases,
        cells=cells,
        respondents=np.where(exists, respondents, UNKNOWN),
        population=np.where(is_unknown, UNKNOWN, population),
        extreme=np.zeros(respondents.shape, dtype=np.bool_),
    )


def ungrouped(study: Study, wave_id: str, bases: Bases, weighted: Path, breakdown: str) -> Bases:
    """Return the bases of one item as they would be without the `recode` of a breakdown.

    `weighted` holds the wave's respondents (Parquet), all of whom count: `bases` are those of an
    item that everybody was asked. Cells of a code that groups others give way to one cell for each
    of these.
    """
    about = study.breakdowns[breakdown]
    own = f"frame_{about.derived.to}" if about.derived else str(about.column)
    people = _people(study, wave_id, weighted, own)
    units = _units(study, wave_id, own)
    at = bases.breakdowns.index(breakdown)
    cells: dict[CellKey, tuple[int, int]] = {}
    own_values = set(people["_own"])
    for place, cell in enumerate(bases.cells):
        parts = [value for value, code in about.recode.items() if code == cell[at]]
        if not parts:
            population = int(bases.population[place])
            cells.setdefault(cell, (int(bases.respondents[0, place]), population))
            continue
        for part in [*parts, *({cell[at]} & own_values)]:
            finer = (*cell[:at], part, *cell[at + 1 :])
            cells[finer] = (
                _inside(people, part, study, cell, at),
                UNKNOWN if units is None else _inside(units, part, study, cell, at),
            )
    keys = tuple(sorted(cells))
    respondents, population = np.array([cells[key] for key in keys], dtype=np.int64).T
    return replace(
        bases, cells=keys, respondents=respondents[None, :], population=population,
        extreme=np.zeros((1, len(keys)), dtype=np.bool_),
    )  # fmt: skip


def _people(study: Study, wave_id: str, weighted: Path, own: str) -> pl.DataFrame:
    """Return respondents by own value and code of each breakdown, counted where they lie."""
    commune = study.column_with_role("commune")
    source = commune if own.startswith("frame_") and commune else own
    codes = [f"by_{name}" for name in study.breakdowns]
    counts = pl.scan_parquet(weighted).group_by(source, *codes).len().collect(engine="streaming")
    placed = add_geography(counts, study, study.wave(wave_id)) if source != own else counts
    renamed = dict(zip(codes, study.breakdowns, strict=True))
    return placed.rename({**renamed, own: "_own"}).select("_own", *study.breakdowns, "len")


def _counted(rows: pl.DataFrame, own: str) -> pl.DataFrame:
    return rows.group_by(rows.columns).len().rename({own: "_own"})


def _units(study: Study, wave_id: str, own: str) -> pl.DataFrame | None:
    """Return units by own value and code of each counted breakdown; None: nothing counts them."""
    counted, year = counted_breakdowns(study, wave_id), study.wave(wave_id).frame_year
    if year is None or len(counted) < len(study.breakdowns):
        return None
    units = frame(frame_path(study.root, year))
    codes = [coded(study, name, study.breakdowns[name]) for name in counted]
    return _counted(units.select(pl.col(own), *codes), own)


def _inside(counts: pl.DataFrame, part: str, study: Study, cell: CellKey, at: int) -> int:
    others = [
        pl.col(name) == code
        for position, (name, code) in enumerate(zip(study.breakdowns, cell, strict=True))
        if position != at and code != TOTAL
    ]
    return int(counts.filter(pl.col("_own") == part, *others)["len"].sum())
