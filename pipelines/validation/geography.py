"""What the frame says of a respondent's commune: its region and its size class.

Belongs here: reading the frame of a COG year and joining it to coded rows; the region and size
that the extract itself states. Not here: mending commune codes (communes.py), comparing with the
extract (rules.py).
"""

from functools import cache
from pathlib import Path

import polars as pl

from pipelines.study import DeclarationError, Study, Wave, frame_path
from pipelines.study.model import NOT_APPLICABLE
from pipelines.study.yaml_source import parse

SIZE_CODES = {"<2000": "LT2000", "2000-19999": "2000-19999", "20000+": "GE20000"}


@cache
def frame(path: Path) -> pl.DataFrame:
    """Return the frame: `commune`, `frame_region`, `frame_commune_size` (null without people)."""
    communes = pl.read_csv(path, infer_schema=False)
    return communes.select(
        pl.col("insee_code").alias("commune"),
        pl.col("region_code").alias("frame_region"),
        pl.when(pl.col("population").cast(pl.Int64) > 0)
        .then(pl.col("size3").replace(SIZE_CODES))
        .alias("frame_commune_size"),
    )


def add_geography(batch: pl.DataFrame, study: Study, wave: Wave) -> pl.DataFrame:
    """Add `frame_region` and `frame_commune_size` where the study has communes; rows unchanged."""
    column = study.column_with_role("commune")
    if column is None or wave.frame_year is None:
        return batch
    known = frame(frame_path(study.root, wave.frame_year))
    return batch.join(known, left_on=column, right_on="commune", how="left", maintain_order="left")


def add_breakdowns(batch: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Add one column `by_<breakdown>` each: a code of its list, `_Z` when not known."""
    return batch.with_columns(breakdown_code(study, name) for name in study.breakdowns)


def region_of(study: Study) -> pl.Expr:
    """Return the region that a coded row states, as a region of today.

    A list of former regions names today's region of each as its `parent`.
    """
    column = str(study.column_with_role("region"))
    codelist = study.about.columns[column].codelist
    codes = study.codelists[codelist].codes if codelist else ()
    parents = {one.code: one.parent for one in codes if one.parent}
    return pl.col(column).replace(parents) if parents else pl.col(column)


def breakdown_code(study: Study, name: str) -> pl.Expr:
    """Return the code of one breakdown, as column `by_<breakdown>`."""
    breakdown = study.breakdowns[name]
    if breakdown.derived:
        source = _derived(study, breakdown.derived.to)
    else:
        source = pl.col(str(breakdown.column))
    codes = study.codelists[breakdown.codelist].of_kind("answer")
    coded = source.replace(breakdown.recode) if breakdown.recode else source
    listed = pl.Enum([*codes, NOT_APPLICABLE])  # codes by number: quicker to find, and to write
    return coded.cast(listed, strict=False).fill_null(pl.lit(NOT_APPLICABLE)).alias(f"by_{name}")


def check_derived_lists(study: Study, wave: Wave) -> None:
    """Raise DeclarationError for a derived breakdown whose list has no code of the frame.

    Else every respondent would be `_Z` in it without a word.
    """
    for name, breakdown in study.breakdowns.items():
        if breakdown.derived is None or wave.frame_year is None:
            continue
        known = frame(frame_path(study.root, wave.frame_year))[f"frame_{breakdown.derived.to}"]
        codes = known.drop_nulls().unique().sort()
        listed = study.codelists[breakdown.codelist].of_kind("answer")
        if not codes.replace(breakdown.recode).is_in(listed).any():
            source = parse(study.folder / "study.yaml")
            raise DeclarationError(
                "validation-derived-list",
                file=source.path, line=source.line(("breakdowns", name, "codelist")),
                breakdown=name, codelist=breakdown.codelist, year=wave.frame_year,
                valid=", ".join(codes),
            )  # fmt: skip


def _derived(study: Study, target: str) -> pl.Expr:
    """Return what the frame says; of a commune without inhabitants, the extract's own class."""
    derived = pl.col(f"frame_{target}")
    if target == "commune_size" and (stated := study.column_with_role("commune_size")):
        return pl.coalesce(derived, pl.col(stated))
    return derived
