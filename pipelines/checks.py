"""The checks of a study as Dagster asset checks, each blocking what comes after.

Belongs here: Dagster's view of a check. Not here: what is checked (pipelines.evidence).
"""

import dagster as dg

from pipelines.assets import asset_key
from pipelines.evidence import Check, checks_of, evaluate
from pipelines.steps import delivered_waves
from pipelines.study import Study, load_study
from pipelines.texts import LANGUAGES, say


def study_checks(study: Study) -> list[dg.AssetChecksDefinition]:
    """Return the asset checks of one study."""
    return [_asset_check(study, check) for check in checks_of(study)]


def _asset_check(study: Study, check: Check) -> dg.AssetChecksDefinition:
    root, name = study.root, study.id

    @dg.asset_check(
        asset=asset_key(name, check.step),
        name=check.name,
        blocking=True,
        description="\n\n".join(say(f"check-{check.name}", lang) for lang in LANGUAGES),
    )
    def judge() -> dg.AssetCheckResult:
        declared = load_study(root, name)
        findings = {wave: evaluate(declared, wave, check) for wave in delivered_waves(declared)}
        return dg.AssetCheckResult(
            passed=bool(findings) and all(one.passed for one in findings.values()),
            metadata={
                f"{wave} {key}": value
                for wave, one in findings.items()
                for key, value in one.numbers.items()
            },
        )

    return judge
