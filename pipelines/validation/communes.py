"""Commune codes as institutes write them → the code of the frame, each repair listed.

Belongs here: the repairs that reference tables settle. Not here: what the frame says of a commune
(geography.py), refusing what stays unknown (rules.py). Nothing is guessed: a lost zero is put back
only where the region or the name of the row says the same.
"""

from functools import cache
from pathlib import Path

import polars as pl

from pipelines import PROJECT
from pipelines.study import Study, Wave, fold, frame_path
from pipelines.validation.geography import region_of
from pipelines.validation.summary import Repair

PASSAGE = "communes-passage-2026.csv"
OLD_CORSICA = "20"  # before 1976: no wave is that old, a spreadsheet or a typist is at work
CORSICA = r"^2[ab]\d{3}$"
DISTRICTS = {
    **{f"751{number:02}": "75056" for number in range(1, 21)},
    **{f"6938{number}": "69123" for number in range(1, 10)},
    **{f"132{number:02}": "13055" for number in range(1, 17)},
}


def mend_communes(
    batch: pl.DataFrame, study: Study, wave: Wave
) -> tuple[pl.DataFrame, list[Repair]]:
    """Return `batch` with commune codes of the frame where a table or the row settles them.

    Rules, in order: `commune_case` (2a004), `commune_zero` (1001, where the region or the name
    agrees), `commune_district` (75101), `commune_merged` (passage table). Rows out are rows in;
    what no rule settles stays as it is, for rules.py to refuse.
    """
    column = study.column_with_role("commune")
    if column is None or wave.frame_year is None:
        return batch, []
    path = frame_path(study.root, wave.frame_year)
    before, repairs = batch, []
    for rule, mended in (
        ("commune_case", _upper(column)),
        ("commune_zero", _with_zero(batch, study, path, column)),
        ("commune_district", _replaced(column, DISTRICTS)),
        ("commune_merged", _replaced(column, _passage(study, path))),
    ):
        after = before.with_columns(mended.alias(column))
        repairs += _repairs(before, after, column, rule)
        before = after
    return before, repairs


@cache
def frame_names(path: Path) -> dict[str, str]:
    """Return commune → its name, folded."""
    communes = pl.read_csv(path, infer_schema=False, columns=["insee_code", "name"])
    return {code: fold(name) for code, name in communes.iter_rows()}


@cache
def frame_regions(path: Path) -> dict[str, str]:
    """Return commune → region."""
    communes = pl.read_csv(path, infer_schema=False, columns=["insee_code", "region_code"])
    return dict(communes.iter_rows())


def _upper(column: str) -> pl.Expr:
    cell = pl.col(column)
    return pl.when(cell.str.contains(CORSICA)).then(cell.str.to_uppercase()).otherwise(cell)


def _with_zero(batch: pl.DataFrame, study: Study, path: Path, column: str) -> pl.Expr:
    """Put back the zero where the code then exists and the row's region or name agrees."""
    cell, whole = pl.col(column), pl.lit("0") + pl.col(column)
    agrees = pl.lit(value=False)
    if study.column_with_role("region") is not None:
        region = whole.replace_strict(frame_regions(path), default=None)
        agrees = agrees | (region_of(study) == region).fill_null(value=False)
    named = study.column_with_role("commune_name")
    if named is not None:
        folded = {name: fold(name) for name in batch[named].unique().to_list()}
        name = whole.replace_strict(frame_names(path), default=None)
        said = pl.col(named).replace_strict(folded, return_dtype=pl.String)
        agrees = agrees | (said == name).fill_null(value=False)
    return pl.when(agrees).then(whole).otherwise(cell)


def _replaced(column: str, codes: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace(codes)


def _passage(study: Study, frame: Path) -> dict[str, str]:
    own = study.root / "schemas" / "codelists" / PASSAGE
    return passage(own if own.exists() else PROJECT / "schemas" / "codelists" / PASSAGE, frame)


@cache
def passage(table: Path, frame: Path) -> dict[str, str]:
    """Return code that ceased → the commune of the frame's year that it went into.

    The table leads to the communes of 2026. For a frame of another year a target counts only where
    it is a commune of that year and no commune of that year was merged into it since: there the
    table does not tell which of them the old code belonged to.
    """
    rows = pl.read_csv(table, infer_schema=False, columns=["old_code", "code_2026"])
    known = frame_names(frame)
    later = {new for old, new in rows.iter_rows() if old in known and old != new}
    return {
        old: new
        for old, new in rows.iter_rows()
        if old not in known
        and new in known
        and new not in later
        and not old.startswith(OLD_CORSICA)
    }


def _repairs(before: pl.DataFrame, after: pl.DataFrame, column: str, rule: str) -> list[Repair]:
    changed = pl.DataFrame(
        {"line": before["_line"], "found": before[column], "replaced": after[column]}
    ).filter(pl.col("found") != pl.col("replaced"))
    groups = changed.group_by("found", "replaced").agg(
        pl.len().alias("rows"), pl.col("line").min().alias("first")
    )
    return [
        Repair(column, rule, found, replaced, rows, first)
        for found, replaced, rows, first in groups.sort("found").iter_rows()
    ]
