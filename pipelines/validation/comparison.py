"""What changed since the previous extract of a wave, or since the previous wave.

Belongs here: two extracts side by side: columns, rows, cells, missing answers, codes, drifts. Not
here: releases side by side (pipelines.release), where to find the other extract (report.py).
Counts and codes of declared lists only, never a respondent's text.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow.parquet as pq

from pipelines.study import Item, Study
from pipelines.validation.plan import MISSING, NOT_ASKED, TICKED, ColumnPlan, plan_columns

ComparisonKind = Literal["extract", "wave"]
MISSING_GAP = 0.05  # of respondents: below, non-response moves by itself
CRITICAL = 3.29  # two-sided 0.1 %: a wave has hundreds of answers, 5 % would cry wolf
SMALLEST_DRIFT = 0.01


@dataclass(frozen=True)
class Change:
    """A share that moved between two extracts: of cells without an answer, or of an answer."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class CodeChange:
    """Codes of one column that appeared or vanished."""

    column: str
    new: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class RowChange:
    """Respondents that came, went or changed between two extracts of one wave."""

    new: int
    gone: int
    changed_cells: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Comparison:
    """One extract against another: `other` is the name of a delivery or of a wave."""

    kind: ComparisonKind
    other: str
    rows_before: int
    rows_after: int
    new_columns: tuple[str, ...]
    gone_columns: tuple[str, ...]
    codes: tuple[CodeChange, ...]
    missing: tuple[Change, ...]
    drifts: tuple[Change, ...]
    rows: RowChange | None = None


@dataclass(frozen=True)
class Side:
    """One of the two: its raw extract and its accepted responses."""

    raw: Path
    responses: Path


def compare(
    study: Study, kind: ComparisonKind, other: str, before: Side, after: Side
) -> Comparison:
    """Compare two extracts of `study`; rows are compared where both are of one wave.

    A drift is a share that differs by more than sampling error explains: |z| above CRITICAL, with
    effective sample sizes after Kish, the two samples taken as independent.
    """
    old_columns, new_columns = _columns(before.raw), _columns(after.raw)
    both = [name for name in old_columns if name in new_columns]
    return Comparison(
        kind, other, _rows(before.raw), _rows(after.raw),
        tuple(name for name in new_columns if name not in old_columns),
        tuple(name for name in old_columns if name not in new_columns),
        tuple(_codes(study, before, after)),
        tuple(_missing(study, before, after)),
        tuple(_drifts(study, before, after)),
        _row_change(study, both, before, after) if kind == "extract" else None,
    )  # fmt: skip


def _columns(raw: Path) -> list[str]:
    return [name for name in pq.read_schema(raw).names if name != "_line"]


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def _codes(study: Study, before: Side, after: Side) -> Iterator[CodeChange]:
    for name, plan in plan_columns(study).items():
        if plan.kind != "code":
            continue
        old, new = (
            set(pl.scan_parquet(side.responses).select(name).unique().collect()[name])
            for side in (before, after)
        )
        if old != new:
            yield CodeChange(name, tuple(sorted(new - old)), tuple(sorted(old - new)))


def _missing(study: Study, before: Side, after: Side) -> Iterator[Change]:
    """Yield the columns whose share without an answer (empty, NSP, refusal) moved."""
    plans = {name: one for name, one in plan_columns(study).items() if one.kind != "unread"}
    names = list(plans)
    empty = [
        pl.col(name).cast(pl.String).is_in(["", MISSING, *_non_answers(plan)]).mean()
        for name, plan in plans.items()
    ]
    old, new = (
        pl.scan_parquet(side.responses).select(empty).collect().row(0) for side in (before, after)
    )
    for name, was, now in zip(names, old, new, strict=True):
        if was is not None and now is not None and abs(now - was) > MISSING_GAP:
            yield Change(name, was, now)


def _non_answers(plan: ColumnPlan) -> tuple[str, ...]:
    return plan.codelist.of_kind("dont_know", "refusal", "missing") if plan.codelist else ()


def _drifts(study: Study, before: Side, after: Side) -> Iterator[Change]:
    for item in study.items:
        hits = dict(_hits(item))
        if not hits:
            continue
        old, new = (_shares(study, side, item, hits) for side in (before, after))
        for answer, (was, size_before) in old.items():
            now, size_after = new[answer]
            if size_before and size_after and _is_drift(was, size_before, now, size_after):
                parts = (item.question, item.domain, item.actor, answer)
                yield Change(" · ".join(one for one in parts if one != "_Z"), was, now)


def _hits(item: Item) -> Iterator[tuple[str, pl.Expr]]:
    """Yield answer → whether a row gives it."""
    if item.is_numeric:
        return
    if item.ticks:
        for answer, column in zip(item.ticks, item.columns, strict=True):
            yield answer, pl.col(column) == TICKED
        return
    for answer in item.answers:
        yield answer, pl.any_horizontal(pl.col(column) == answer for column in item.columns)


def _shares(
    study: Study, side: Side, item: Item, hits: dict[str, pl.Expr]
) -> dict[str, tuple[float, float]]:
    """Return answer → weighted share and effective size of its base."""
    column = study.about.weights.column
    weight = pl.col(column).cast(pl.Float64) if column else pl.lit(1.0)
    blank = pl.all_horizontal(pl.col(one).is_in([MISSING, NOT_ASKED]) for one in item.columns)
    if not item.is_multiple:
        blank = ~pl.col(item.columns[0]).is_in(item.answers)
    sums = pl.scan_parquet(side.responses).filter(~blank).select(
        weight.sum().alias("_total"),
        (weight * weight).sum().alias("_squares"),
        *((weight * hit).sum().alias(answer) for answer, hit in hits.items()),
    )  # fmt: skip
    row = sums.collect().row(0, named=True)
    total, squares = row["_total"] or 0.0, row["_squares"] or 0.0
    size = total**2 / squares if squares else 0.0
    return {answer: (row[answer] / total if total else 0.0, size) for answer in hits}


def _is_drift(was: float, size_before: float, now: float, size_after: float) -> bool:
    pooled = (was * size_before + now * size_after) / (size_before + size_after)
    error = math.sqrt(pooled * (1 - pooled) * (1 / size_before + 1 / size_after))
    return abs(now - was) > max(CRITICAL * error, SMALLEST_DRIFT)


def _row_change(study: Study, both: list[str], before: Side, after: Side) -> RowChange | None:
    """Compare respondent by respondent, one column at a time so that memory stays bounded."""
    respondent = study.identity
    if respondent not in both:
        return None
    old, new = pl.scan_parquet(before.raw), pl.scan_parquet(after.raw)
    ids_before, ids_after = (
        frame.select(respondent).unique().collect()[respondent] for frame in (old, new)
    )
    changed = []
    for name in both:
        if name == respondent:
            continue
        pairs = old.select(respondent, name).join(new.select(respondent, name), on=respondent)
        cells = pairs.select((pl.col(name) != pl.col(f"{name}_right")).sum()).collect().item()
        if cells:
            changed.append((name, int(cells)))
    return RowChange(
        int((~ids_after.is_in(ids_before.implode())).sum()),
        int((~ids_before.is_in(ids_after.implode())).sum()),
        tuple(changed),
    )
