"""The margins of a wave against the frame: who answered, who counts, who there is.

Belongs here: shares by derived breakdown. Not here: their picture (report_picture.py), what is
said of a gap (notices.py), weights that close it (pipelines.estimation).
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.study import Study, Text, Wave, frame_path
from pipelines.validation.geography import frame


@dataclass(frozen=True)
class MarginCell:
    """One code: its share of respondents, of weights, and of the communes of the frame (0 to 1)."""

    code: str
    label: Text
    respondents: float
    weighted: float
    frame: float


@dataclass(frozen=True)
class Margin:
    """One breakdown that the frame knows, its codes in declared order."""

    breakdown: str
    title: Text
    cells: tuple[MarginCell, ...]


def margins_of(study: Study, wave: Wave, responses: Path) -> tuple[Margin, ...]:
    """Return the margins of each breakdown derived from the commune.

    Shares are over the codes of the breakdown's list: respondents and communes outside it (not
    known, overseas) are left out of both.
    """
    if wave.frame_year is None:
        return ()
    communes = frame(frame_path(study.root, wave.frame_year))
    derived = [name for name, one in study.breakdowns.items() if one.derived]
    return tuple(_margin(study, name, responses, communes) for name in derived)


def _margin(study: Study, name: str, responses: Path, communes: pl.DataFrame) -> Margin:
    breakdown = study.breakdowns[name]
    codelist = study.codelists[breakdown.codelist]
    source = f"frame_{breakdown.derived.to}" if breakdown.derived else ""
    column = study.about.weights.column
    weight = pl.col(column).cast(pl.Float64) if column else pl.lit(1.0)
    rows = pl.scan_parquet(responses).select(pl.col(f"by_{name}").alias("code"), weight.alias("w"))
    counted = rows.group_by("code").agg(pl.len(), pl.col("w").sum()).collect()
    units = communes[source].drop_nulls().replace(breakdown.recode).value_counts(name="count")
    codes = codelist.of_kind("answer")
    respondents = _shares(dict(zip(counted["code"], counted["len"], strict=True)), codes)
    weighted = _shares(dict(zip(counted["code"], counted["w"], strict=True)), codes)
    known = _shares(dict(zip(units[source], units["count"], strict=True)), codes)
    cells = tuple(
        MarginCell(
            one.code, one.label, *(share[one.code] for share in (respondents, weighted, known))
        )
        for one in codelist.codes
        if one.code in codes
    )
    return Margin(name, breakdown.title, cells)


def _shares(counts: dict[str, float], codes: tuple[str, ...]) -> dict[str, float]:
    total = sum(counts.get(code, 0) for code in codes) or 1
    return {code: counts.get(code, 0) / total for code in codes}
