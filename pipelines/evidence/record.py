"""Results of checks on disk: written with the digests of the artefacts they were found on.

Belongs here: evaluating a check, keeping its result, reading the required ones back. Not here:
what the checks look at (checks.py).
"""

import json
from dataclasses import asdict
from pathlib import Path

from pipelines import workspace
from pipelines.evidence.checks import Check, Finding, checks_of
from pipelines.evidence.errors import CheckFailedError, ChecksMissingError
from pipelines.profile import measured
from pipelines.steps import output_digests, steps_of, wave_folder
from pipelines.study import Study


def evaluate(study: Study, wave: str, check: Check) -> Finding:
    """Run `check` on a wave's artefacts and keep the result with their digests."""
    folder = wave_folder(study, wave)
    with measured("check", check.name, wave) as measure:
        finding = check.run(study, wave, folder)
        measure.state = "passed" if finding.passed else "refused"
        kept = {"finding": asdict(finding), "artefacts": _artefacts(study, folder, check)}
    results = workspace.private_folder(study.root, study.id, wave, "checks")
    workspace.write_private(results / f"{check.name}.json", kept)
    return finding


def required_findings(study: Study, wave: str) -> tuple[Finding, ...]:
    """Return the result of every check, each found on the artefacts as they are now.

    Raises ChecksMissingError when a check was not run on these exact bytes, CheckFailedError when
    one failed: launching a later step alone cannot get past a check.
    """
    return tuple(_required(study, wave, check) for check in checks_of(study))


def _required(study: Study, wave: str, check: Check) -> Finding:
    folder = wave_folder(study, wave)
    path = folder / "checks" / f"{check.name}.json"
    blanks = {"study": study.id, "wave": wave, "check": check.name, "step": check.step}
    kept = json.loads(path.read_text("utf-8")) if path.exists() else None
    if kept is None or kept["artefacts"] != _artefacts(study, folder, check):
        raise ChecksMissingError("evidence-missing", **blanks)
    finding = Finding(**kept["finding"])
    if not finding.passed:
        raise CheckFailedError("evidence-failed", **blanks)
    return finding


def _artefacts(study: Study, folder: Path, check: Check) -> dict[str, str]:
    step = next(one for one in steps_of(study) if one.name == check.step)
    return output_digests(study, folder, step)
