"""The machine-readable side of a report: the rejected cells as CSV, the findings as JSON.

Belongs here: writing them, private and whole. Not here: what was found (findings.py), the page
(report_page.py).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from pipelines import sql
from pipelines.intake import Note
from pipelines.study import Study
from pipelines.texts import LANGUAGES, Lang, say
from pipelines.validation.corrections import Corrected
from pipelines.validation.findings import Findings, Refusal, remedy_key
from pipelines.validation.margins import Margin
from pipelines.validation.plan import plan_columns
from pipelines.workspace import write_private

Json = dict[str, object]
FIRST_LINES = 5
HIDDEN_ROLES = {"direct_identifier", "commune_name", "open_text"}


def refusals_in(rejected: Path, apart: Sequence[int] = ()) -> tuple[Refusal, ...]:
    """Return the breaches by rule and column, most frequent first; none of the lines `apart`."""
    groups = (
        pl.scan_parquet(rejected)
        .filter(~pl.col("_line").is_in(apart))
        .group_by("rule", "column")
        .agg(pl.len().alias("cells"), pl.col("_line").sort().head(FIRST_LINES))
        .sort(["cells", "column", "rule"], descending=[True, False, False])
        .collect()
    )
    return tuple(
        Refusal(rule, column, cells, tuple(lines)) for rule, column, cells, lines in groups.rows()
    )


def write_rejected(study: Study, file: str, rejected: Path, out: Path) -> None:
    """Write every rejected cell with its line, rule and remedy; no cell leaves the header alone.

    Values of identifiers and open text are masked, formulas defused: the file may be opened in a
    spreadsheet, and never leaves the private area.
    """
    header = ["file", "line", "column", "value", "rule", *LANGUAGES]
    rows = pl.DataFrame(schema=dict.fromkeys(header, pl.String))
    if rejected.exists():
        cells = _rejected_cells(study, file, rejected)
        broken = cells.select("rule", "column").unique()
        texts = broken.with_columns(
            pl.Series(lang, [_text(study, *at, lang=lang) for at in broken.rows()], pl.String)
            for lang in LANGUAGES
        )
        rows = cells.join(texts, on=["rule", "column"], how="left", maintain_order="left")
    write_private(out, rows.select(header).write_csv())


def _rejected_cells(study: Study, file: str, rejected: Path) -> pl.DataFrame:
    plans = plan_columns(study).items()
    masked = ["", *(name for name, plan in plans if plan.role in HIDDEN_ROLES)]
    query = sql.read("validation/rejected_cells.sql", masked=", ".join(map(sql.literal, masked)))
    with sql.connect(rejected.parent) as connection:
        relation = connection.sql(query, params={"rejected": str(rejected), "file": file})
        return pl.DataFrame(relation.to_arrow_table())


def _text(study: Study, rule: str, column: str, *, lang: Lang) -> str:
    """Return what is wrong and the remedy."""
    remedy = say(remedy_key(study, rule, column), lang)
    return say("report-remedy", lang, text=say(f"rule-{rule}", lang), remedy=remedy)


def write_json(findings: Findings, questions: dict[Lang, tuple[str, ...]], out: Path) -> None:
    """Write the findings as JSON with a fixed key order, texts in both languages."""
    data = {
        "study": findings.study.id,
        "wave": findings.wave_id,
        "file": findings.file,
        "accepted": findings.is_accepted,
        "error": _error(findings),
        **_extract(findings),
        **_summary(findings),
        "refusals": [
            asdict(one)
            | _said(f"rule-{one.rule}")
            | {"remedy": _said(remedy_key(findings.study, one.rule, one.column))}
            for one in findings.refusals
        ],
        "notices": [_note(one) for one in findings.notices],
        "corrections": [_correction(one) for one in findings.corrections],
        "margins": [_margin(one) for one in findings.margins],
        "comparisons": [asdict(one) for one in findings.comparisons],
        "questions": {lang: list(texts) for lang, texts in questions.items()},
    }
    write_private(out, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def _said(key: str) -> Json:
    return {lang: say(key, lang) for lang in LANGUAGES}


def _error(findings: Findings) -> Json | None:
    error = findings.error
    if error is None:
        return None
    root = f"{findings.study.root}/"
    values = {name: str(value).replace(root, "") for name, value in error.values.items()}
    texts: Json = {lang: findings.error_text(lang) for lang in LANGUAGES}
    return {"rule": error.key, "values": values, **texts}


def _extract(findings: Findings) -> Json:
    extract = findings.extract
    if extract is None:
        return {"detected": None, "passed_over": []}
    known = {"format": extract.format, "rows": extract.rows, "columns": list(extract.columns)}
    return {
        "detected": {**known, **extract.detected},
        "passed_over": [_note(one) for one in extract.notes],
    }


def _summary(findings: Findings) -> Json:
    found = findings.summary
    if found is None:
        return {"rows": None, "repairs": [], "dropped_columns": []}
    return {
        "rows": {"read": found.read, "accepted": found.accepted, "rejected": found.rejected},
        "repairs": [asdict(one) | _said(f"repair-{one.rule}") for one in found.repairs],
        "dropped_columns": list(found.dropped_columns),
    }


def _correction(one: Corrected) -> Json:
    about = one.correction
    return {
        "name": one.name,
        "rows": one.rows,
        "action": about.action,
        "reason": about.reason,
        "asked_by": about.asked_by,
        "asked_on": about.asked_on.isoformat(),
        "status": about.status,
    }


def _margin(one: Margin) -> Json:
    cells = [
        {
            "code": cell.code,
            "respondents": round(cell.respondents, 6),
            "weighted": round(cell.weighted, 6),
            "frame": round(cell.frame, 6),
        }
        for cell in one.cells
    ]
    return {"breakdown": one.breakdown, "cells": cells}


def _note(note: Note) -> Json:
    texts: Json = {lang: note.text(lang) for lang in LANGUAGES}
    return {"rule": note.key, "values": dict(note.values), "is_repair": note.is_repair, **texts}
