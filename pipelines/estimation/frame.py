"""The units of the frame, coded as the study's breakdowns: what weights and variances lean on.

Belongs here: which units a study is about and how many stand in each category. Not here: the
frame's file (schemas/codelists) and reading it (validation.geography).
"""

import polars as pl

from pipelines.study import NOT_APPLICABLE, Study, frame_path
from pipelines.study.model import Breakdown
from pipelines.validation.geography import frame


def units(study: Study, wave_id: str) -> pl.DataFrame:
    """Return the frame of a wave: one row per unit, one column per breakdown derived from it.

    Units outside the study's regions are left out; `_Z` where another code is not known. Empty
    (no column) where the wave has no frame.
    """
    year = study.wave(wave_id).frame_year
    derived = {name: one for name, one in study.breakdowns.items() if one.derived}
    if year is None or not derived:
        return pl.DataFrame()
    coded = frame(frame_path(study.root, year)).select(
        _coded(study, name, one) for name, one in derived.items()
    )
    regions = [name for name, one in derived.items() if one.derived and one.derived.to == "region"]
    return coded.filter(pl.col(name) != NOT_APPLICABLE for name in regions)


def _coded(study: Study, name: str, breakdown: Breakdown) -> pl.Expr:
    target = breakdown.derived.to if breakdown.derived else ""
    coded = pl.col(f"frame_{target}").replace(breakdown.recode)
    codes = study.codelists[breakdown.codelist].of_kind("answer")
    return pl.when(coded.is_in(codes)).then(coded).otherwise(pl.lit(NOT_APPLICABLE)).alias(name)


def unit_counts(
    study: Study, wave_id: str, breakdowns: tuple[str, ...]
) -> dict[tuple[str, ...], int]:
    """Return the number of units in each combination of codes of `breakdowns`."""
    counted = units(study, wave_id).group_by(breakdowns).len()
    return {tuple(row[:-1]): int(row[-1]) for row in counted.iter_rows()}
