"""Dagster's definitions: every study found in schemas/, and nothing else.

Belongs here: putting assets, checks and automation together for Dagster to load. Not here: any of
them. PHARE_ROOT names the folder that holds schemas/ and raw/; default: the project.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pipelines import PROJECT
from pipelines.assets import catalogue_asset, study_assets
from pipelines.automation import delivery_sensor, failure_sensor, study_job, study_schedule
from pipelines.checks import study_checks
from pipelines.executors import executor
from pipelines.study import DeclarationError, Study, load_study, study_names

LOG = logging.getLogger("phare")

warnings.filterwarnings("ignore", category=dg.BetaWarning)  # BackfillPolicy, used on purpose


def definitions_of(root: Path, names: Sequence[str] | None = None) -> dg.Definitions:
    """Return the definitions of the studies `names`; by default of all that load under `root`.

    A study whose declaration is wrong must not stop the others on their schedule: it is left out
    and told in the log. Named, it raises DeclarationError.
    """
    studies = [load_study(root, name) for name in names] if names else _sound_studies(root)
    return dg.Definitions(
        assets=[
            *(asset for study in studies for asset in study_assets(study)),
            catalogue_asset(root, [study.id for study in studies]),
        ],
        asset_checks=[check for study in studies for check in study_checks(study)],
        jobs=[study_job(study) for study in studies],
        schedules=[study_schedule(study) for study in studies],
        sensors=[*(delivery_sensor(study) for study in studies), failure_sensor(root)],
        executor=executor(),
    )


def _sound_studies(root: Path) -> list[Study]:
    found = []
    for name in study_names(root):
        try:
            found.append(load_study(root, name))
        except DeclarationError as error:
            LOG.error(error.text())
    return found


@dg.definitions
def defs() -> dg.Definitions:
    """Load the studies of PHARE_ROOT when Dagster asks for them."""
    return definitions_of(Path(os.environ.get("PHARE_ROOT") or PROJECT))
