"""Labels that a statistical file carries: checked against those declared, and read through.

Belongs here: value labels of SPSS and Stata files, the file's own code book. Not here: taking them
out of the file (pipelines.intake.statistical), texts in cells (coding.py).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipelines.intake import Note, load_extract
from pipelines.intake.raw import METADATA
from pipelines.study import Study, Wave, fold
from pipelines.study.codelist import accepted_texts
from pipelines.validation.errors import LabelsError
from pipelines.validation.plan import ColumnPlan, plan_columns
from pipelines.validation.summary import Repair

Labels = Mapping[str, Mapping[str, str]]


def labels_in(raw: Path, wave: Wave) -> Labels:
    """Return declared column → code in the file → its label; empty for a format without labels."""
    if METADATA not in (pq.read_metadata(raw).metadata or {}):
        return {}
    labels = load_extract(raw).labels
    return {wave.renamed.get(name, name): coded for name, coded in labels.items()}


def read_labels(
    batch: pl.DataFrame, plans: Mapping[str, ColumnPlan], labels: Labels
) -> tuple[pl.DataFrame, list[Repair]]:
    """Replace codes that the declaration does not know by the labels that the file gives them.

    Only where the label is a declared text; each is listed as a repair, rule `label`.
    """
    repairs: list[Repair] = []
    for name, coded in labels.items():
        plan = plans.get(name)
        if plan is None or plan.kind not in {"code", "tick"}:
            continue
        meant = {
            code: label
            for code, label in coded.items()
            if plan.code_of(code) is None and plan.code_of(label) is not None
        }
        for code, label in meant.items():
            lines = batch.filter(pl.col(name) == code)["_line"]
            if lines.len():
                repairs.append(Repair(name, "label", code, label, lines.len(), int(lines[0])))
        batch = batch.with_columns(pl.col(name).replace(meant))
    return batch, repairs


def check_labels(study: Study, wave: Wave, raw: Path) -> tuple[Note, ...]:
    """Compare the value labels of a raw extract with the codelists of its columns.

    A label that the declaration gives to another code raises LabelsError: the codes were turned
    round. One that it gives to none is noted.
    """
    plans = plan_columns(study, wave)
    notes: list[Note] = []
    for name, coded in labels_in(raw, wave).items():
        plan = plans.get(name)
        if plan is not None and plan.codelist is not None and plan.kind in {"code", "number"}:
            notes += _compare(name, plan, coded)
    return tuple(notes)


def _compare(column: str, plan: ColumnPlan, coded: Mapping[str, str]) -> Iterator[Note]:
    codelist = plan.codelist
    if codelist is None:
        return
    own = {one.code: {fold(text) for text in accepted_texts(one)} for one in codelist.codes}
    for code, label in coded.items():
        declared = plan.code_of(code)
        if declared is None or fold(label) in own[declared]:
            continue
        other = codelist.by_text.get(fold(label))
        if other is not None:
            raise LabelsError(
                "validation-labels", column=column, code=code, found=label, other=other
            )
        yield Note("notice-label", {"column": column, "code": code, "found": label})
