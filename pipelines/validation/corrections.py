"""Corrections on purpose: a known error of an extract, mended by declaration and never in silence.

Belongs here: `raw/<study>/<wave>/corrections.yaml`, applying it, refusing one that no longer fits.
Not here: repairs by rule (coding.py, communes.py).
"""

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, model_validator

from pipelines.intake import corrections_path
from pipelines.study import Study
from pipelines.study.errors import ExpectedError
from pipelines.study.forms import Slug
from pipelines.study.model import Declared
from pipelines.study.yaml_source import load_model
from pipelines.validation.errors import CorrectionError

BATCH_ROWS = 100_000


class Correction(Declared):
    """One known error: which respondents, what is done, why, who asked.

    `guard` is what the cells of these rows must hold for the correction to apply (as received:
    column of the extract → text): a corrected extract then fails instead of being changed twice.
    """

    respondents: tuple[str, ...] = Field(min_length=1)
    action: Literal["replace", "blank", "leave_out"]
    column: str | None = None
    value: str | None = None
    guard: dict[str, str] = Field(min_length=1)
    reason: str = Field(min_length=1)
    asked_by: str = Field(min_length=1)
    asked_on: dt.date
    status: Literal["applied", "waiting", "withdrawn"]

    @model_validator(mode="after")
    def _action_has_what_it_needs(self) -> Self:
        if (self.action == "leave_out") != (self.column is None):
            raise ExpectedError("correction-column")
        if (self.action == "replace") != (self.value is not None):
            raise ExpectedError("correction-value")
        if self.column is not None and self.column not in self.guard:
            raise ExpectedError("correction-guard")
        return self


class CorrectionsFile(Declared):
    """The content of `corrections.yaml`."""

    corrections: dict[Slug, Correction]


@dataclass(frozen=True)
class Corrected:
    """A correction and the number of rows it changed; 0 where its status is not `applied`."""

    name: str
    correction: Correction
    rows: int


def apply_corrections(study: Study, wave_id: str, raw: Path, out: Path) -> tuple[Corrected, ...]:
    """Write the raw extract with its wave's corrections to `out`; without any, write nothing.

    `raw` and `out` have the same columns and order of rows; rows left out are missing from `out`.
    Returns every declared correction. Raises DeclarationError for a mistake in the file,
    CorrectionError for a correction whose rows or guard no longer match.
    """
    path = corrections_path(study.root, study.id, wave_id)
    if not path.exists():
        return ()
    declared = load_model(path, CorrectionsFile).corrections
    active = {name: one for name, one in declared.items() if one.status == "applied"}
    lines = {name: _lines(study, wave_id, raw, path, name, one) for name, one in active.items()}
    if active:
        _rewrite(raw, out, active, lines)
    return tuple(Corrected(name, one, len(lines.get(name, ()))) for name, one in declared.items())


def _lines(
    study: Study, wave_id: str, raw: Path, path: Path, name: str, correction: Correction
) -> list[int]:
    """Return the lines that a correction is about, each respondent once and as the guard says."""
    received = {new: old for old, new in study.wave(wave_id).renamed.items()}
    declared = study.identity
    respondent = received.get(declared, declared)
    columns = pq.read_schema(raw).names
    for column in (respondent, *correction.guard):
        if column not in columns:
            raise CorrectionError.unknown_column(path, name, column, columns)
    rows = pl.scan_parquet(raw).filter(pl.col(respondent).is_in(list(correction.respondents)))
    guarded = pl.all_horizontal(pl.col(one) == text for one, text in correction.guard.items())
    found = rows.select("_line", respondent, guarded.alias("guarded")).collect()
    wanted, fitting = len(correction.respondents), found.filter(pl.col("guarded"))
    if not found.height == found[respondent].n_unique() == fitting.height == wanted:
        raise CorrectionError(
            "validation-correction-stale",
            file=path, name=name, wanted=wanted, found=found.height, fitting=fitting.height,
        )  # fmt: skip
    return [int(line) for line in found["_line"]]


def _rewrite(
    raw: Path, out: Path, active: dict[str, Correction], lines: dict[str, list[int]]
) -> None:
    """Copy `raw` batch by batch with every correction made; private, whole or not at all."""
    aside = out.with_name(f".{out.name}.new")
    os.close(os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    try:
        with pq.ParquetFile(raw) as source:
            schema = source.schema_arrow
            with pq.ParquetWriter(aside, schema, compression="zstd") as writer:
                for batch in source.iter_batches(BATCH_ROWS):
                    frame = pl.DataFrame(pa.Table.from_batches([batch]))
                    for name, one in active.items():
                        frame = _corrected(frame, one, lines[name])
                    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
                    writer.write_table(table.cast(schema.remove_metadata()).cast(schema))
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)


def _corrected(frame: pl.DataFrame, correction: Correction, lines: list[int]) -> pl.DataFrame:
    meant = pl.col("_line").is_in(lines)
    if correction.column is None:
        return frame.filter(~meant)
    value = pl.lit(correction.value or "")
    return frame.with_columns(
        pl.when(meant).then(value).otherwise(pl.col(correction.column)).alias(correction.column)
    )
