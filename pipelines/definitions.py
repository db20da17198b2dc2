"""Dagster's definitions: every study found in schemas/, and nothing else.

Belongs here: putting assets, checks and automation together for Dagster to load. Not here: any of
them. PHARE_ROOT names the folder that holds schemas/ and raw/; default: the project.
"""

import os
import warnings
from pathlib import Path

import dagster as dg

from pipelines import PROJECT
from pipelines.assets import study_assets
from pipelines.automation import delivery_sensor, failure_sensor, study_job, study_schedule
from pipelines.checks import study_checks
from pipelines.study import load_study, study_names

warnings.filterwarnings("ignore", category=dg.BetaWarning)  # BackfillPolicy, used on purpose


def definitions_of(root: Path) -> dg.Definitions:
    """Return the definitions of every study under `root`; raises DeclarationError."""
    studies = [load_study(root, name) for name in study_names(root)]
    return dg.Definitions(
        assets=[asset for study in studies for asset in study_assets(study)],
        asset_checks=[check for study in studies for check in study_checks(study)],
        jobs=[study_job(study) for study in studies],
        schedules=[study_schedule(study) for study in studies],
        sensors=[*(delivery_sensor(study) for study in studies), failure_sensor(root)],
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Load the studies of PHARE_ROOT when Dagster asks for them."""
    return definitions_of(Path(os.environ.get("PHARE_ROOT") or PROJECT))
