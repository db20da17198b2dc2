"""From protected waves to a release: what a study's release is made of, gathered and handed over.

Belongs here: the waves, deliveries and evidence that go into one release. Not here: writing,
versioning and verifying it (pipelines.release).
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.disclosure import audit
from pipelines.evidence import required_findings
from pipelines.intake import newest_delivery
from pipelines.release import ReleaseOutcome, SourceFile, publish
from pipelines.steps import delivered_waves, wave_folder
from pipelines.study import Study
from pipelines.study.errors import UnknownStudyError
from pipelines.study.tables import ESTIMATES
from pipelines.texts import LANGUAGES, say
from pipelines.validation import ValidationSummary
from pipelines.workspace import private_folder


def publish_study(
    study: Study, *, released: dt.date, run: Mapping[str, str], **choices: Any
) -> ReleaseOutcome:
    """Release every delivered wave of `study`, or say that nothing changed.

    `run` is evidence of this run (id, commit, versions) and never enters hashed content; `choices`
    are the operator's (erratum, raised bump). Raises ChecksMissingError or CheckFailedError unless
    every required check passed on these exact artefacts, and what pipelines.release raises.
    """
    waves = delivered_waves(study)
    if not waves:
        raise UnknownStudyError("run-no-delivery", study=study.id, file=study.root / "raw")
    quality = {wave: _quality(study, wave) for wave in waves}
    return publish(
        study, study.root, [wave_folder(study, wave) / "protected.parquet" for wave in waves],
        released=released, sources=[_source(study, wave) for wave in waves],
        quality=quality, run=run, gate=partial(_audit, study), **choices,
    )  # fmt: skip


def _audit(study: Study, staged: Path, earlier: Sequence[Path]) -> None:
    """Attack what is about to be released as written on disk, earlier releases at hand.

    Withdrawn releases count: whoever downloaded one still has it. Raises DisclosureAuditError.
    """
    tables = [staged / "data" / f"{ESTIMATES}.{kind}" for kind in ("parquet", "csv")]
    before = [folder / "data" / f"{ESTIMATES}.parquet" for folder in earlier]
    audit(
        study, tables, [path for path in before if path.exists()],
        private=private_folder(study.root, study.id) / "audit.json",
    )  # fmt: skip


def _source(study: Study, wave: str) -> SourceFile:
    sidecar = newest_delivery(study.root, study.id, wave).sidecar
    return SourceFile(
        wave=wave, file=sidecar.file, sha256=sidecar.sha256, bytes=sidecar.bytes,
        producer=sidecar.producer, received=sidecar.received, licence=sidecar.licence,
        synthetic=sidecar.synthetic,
    )  # fmt: skip


def _quality(study: Study, wave: str) -> dict[str, Any]:
    """Return what may be told publicly of a wave's checks: no line, no value, no small count."""
    folder = wave_folder(study, wave)
    findings = required_findings(study, wave)
    summary = ValidationSummary.load(folder / "validation.json")
    status = pq.read_table(folder / "protected.parquet", columns=["status"])["status"]
    withheld = pc.sum(pc.equal(status, "withheld")).as_py() or 0
    return {
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
        "withheld_rows": withheld,
        "reconciliation": _reconciliation(folder),
    }  # fmt: skip


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
    found: dict[str, Any] = json.loads((folder / "reconciliation.json").read_text("utf-8"))
    return found
