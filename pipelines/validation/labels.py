"""Labels that a statistical file carries, against the labels declared for the same codes.

Belongs here: value labels of SPSS and Stata files. Not here: reading them
(pipelines.intake.statistical), texts in cells (coding.py).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.intake import Note, load_extract
from pipelines.intake.raw import METADATA
from pipelines.study import Study, Wave, fold
from pipelines.study.codelist import accepted_texts
from pipelines.validation.errors import LabelsError
from pipelines.validation.plan import ColumnPlan, plan_columns


def check_labels(study: Study, wave: Wave, raw: Path) -> tuple[Note, ...]:
    """Compare the value labels of a raw extract with the codelists of its columns.

    A label that the declaration gives to another code raises LabelsError: the codes were turned
    round. One that it gives to none is noted.
    """
    if METADATA not in (pq.read_metadata(raw).metadata or {}):
        return ()
    labels = load_extract(raw).labels
    plans = plan_columns(study)
    notes: list[Note] = []
    for received, coded in labels.items():
        plan = plans.get(wave.renamed.get(received, received))
        if plan is not None and plan.codelist is not None and plan.kind in {"code", "number"}:
            notes += _compare(received, plan, coded)
    return tuple(notes)


def _compare(column: str, plan: ColumnPlan, coded: Mapping[str, str]) -> Iterator[Note]:
    codelist = plan.codelist
    if codelist is None:
        return
    own = {one.code: {fold(text) for text in accepted_texts(one)} for one in codelist.codes}
    for code, label in coded.items():
        declared = codelist.by_text.get(fold(code))
        if declared is None or fold(label) in own[declared]:
            continue
        other = codelist.by_text.get(fold(label))
        if other is not None:
            raise LabelsError(
                "validation-labels", column=column, code=code, found=label, other=other
            )
        yield Note("notice-label", {"column": column, "code": code, "found": label})
