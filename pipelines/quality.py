"""What is told publicly of a wave's checks: the quality report of its release.

Belongs here: choosing, from private results, what may be shown. Not here: the checks
(pipelines.evidence), rules (validation), writing the report (release).
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.evidence import required_findings
from pipelines.steps import PROTECTION, protected_path, wave_folder
from pipelines.study import Study
from pipelines.study.tables import data_tables
from pipelines.texts import LANGUAGES, say
from pipelines.validation import ValidationSummary


def public_quality(study: Study, wave: str) -> dict[str, Any]:
    """Return what may be told publicly of a wave's checks: no line, no value, no small count.

    Raises ChecksMissingError or CheckFailedError unless every required check passed on these
    exact artefacts.
    """
    folder = wave_folder(study, wave)
    findings = required_findings(study, wave)
    summary = ValidationSummary.load(folder / "validation.json")
    tables = [one.name for one in data_tables(study)]
    told: dict[str, Any] = {
        "rows": {
            "read": summary.read, "accepted": summary.accepted, "rejected": summary.rejected,
        },
        "rules": _rules(summary),
        "checks": [
            {
                "name": one.check,
                "passed": one.passed,
                "about": {lang: say(f"check-{one.check}", lang) for lang in LANGUAGES},
            }
            for one in findings
        ],
        "corrections": _corrections(folder),
    }  # fmt: skip
    if study.collected:
        return told
    return {
        **told,
        "withheld_rows": sum(_withheld(study, wave, one) for one in tables),
        "disclosure_rules_not_run": _rules_not_run(folder),
        "warnings": _warnings(study, folder),
        "reconciliation": _reconciliation(folder),
    }


def _withheld(study: Study, wave: str, table: str) -> int:
    status = pq.read_table(protected_path(study, wave, table), columns=["status"])["status"]
    return int(pc.sum(pc.equal(status, "withheld")).as_py() or 0)


def _warnings(study: Study, folder: Path) -> list[dict[str, str]]:
    """Return what a reader must know: rules that did not run, profiles without support."""
    warned: list[dict[str, str]] = []
    if not_run := ", ".join(_rules_not_run(folder)):
        warned.append(
            {lang: say("quality-rules-not-run", lang, rules=not_run) for lang in LANGUAGES}
        )
    unsupported = json.loads((folder / "analyses.json").read_text("utf-8"))["unsupported"]
    typologies = study.analyses.typologies
    return warned + [
        {
            lang: say(
                "quality-profiles-unsupported", lang, analysis=name,
                count=typologies[name].profiles, title=getattr(typologies[name].title, lang),
            )
            for lang in LANGUAGES
        }
        for name in unsupported
    ]  # fmt: skip


def _rules_not_run(folder: Path) -> list[str]:
    """Return the disclosure rules that need a population that nobody counts."""
    found: list[str] = json.loads((folder / PROTECTION).read_text("utf-8"))["rules_not_run"]
    return found


def _corrections(folder: Path) -> list[dict[str, str]]:
    """Return the corrections made on purpose: what and why, never whose rows or which values."""
    declared = json.loads((folder / "corrections.json").read_text("utf-8"))
    shown = ("action", "column", "reason", "status")
    return [
        {"name": one["name"], **{key: one["correction"][key] or "" for key in shown}}
        for one in declared
    ]


def _rules(summary: ValidationSummary) -> list[dict[str, Any]]:
    """Return the rules by name: on how many columns they ran, and how many cells broke them."""
    columns: dict[str, int] = defaultdict(int)
    failures: dict[str, int] = defaultdict(int)
    for one in summary.rules:
        columns[one.rule] += 1
        failures[one.rule] += one.failures
    return [
        {
            "rule": rule,
            "columns": columns[rule],
            "failures": failures[rule],
            "about": {lang: say(f"rule-{rule}", lang) for lang in LANGUAGES},
        }
        for rule in sorted(columns)
    ]


def _reconciliation(folder: Path) -> dict[str, Any]:
    """Return the reconciliation without what it says of withheld cells.

    That ours agrees with a published figure, or that a reason for differing applies, tells ours.
    """
    found: dict[str, Any] = json.loads((folder / "reconciliation.json").read_text("utf-8"))
    for one in found["figures"]:
        if one.pop("withheld"):
            one.update(
                ours=None, difference=None, outcome="withheld", agrees=None, known_reason=None,
                stale_reason=False,
            )  # fmt: skip
    return found
