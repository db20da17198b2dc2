"""What starts runs and what tells of failed ones: a job and a schedule a study, and sensors.

Belongs here: jobs, the daily schedule, the sensor on new deliveries, the report of a failed run.
Not here: assets and checks; how people start a run by hand (pipelines.cli).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipelines import workspace
from pipelines.alerts import alert
from pipelines.assets import CATALOGUE, asset_key, group
from pipelines.executors import executor, kinds
from pipelines.intake import deliveries
from pipelines.steps import steps_of
from pipelines.study import Study
from pipelines.texts import LANGUAGES, say

DAILY_HOUR = 5
TIME_ZONE = "Europe/Paris"
SENSOR_SECONDS = 60


def job_name(study: str) -> str:
    """Return the name of a study's job."""
    return f"publish_{group(study)}"


def wave_tags(study: Study) -> dict[str, str]:
    """Return the tags with which one run covers every wave of a study."""
    waves = list(study.waves)
    return {
        "dagster/asset_partition_range_start": waves[0],
        "dagster/asset_partition_range_end": waves[-1],
    }


def study_job(study: Study) -> UnresolvedAssetJobDefinition:
    """Return the job that takes a study from its deliveries to a release and the site."""
    return dg.define_asset_job(
        job_name(study.id),
        selection=dg.AssetSelection.assets(
            *(asset_key(study.id, step.name) for step in steps_of(study)),
            asset_key(study.id, "release"),
            CATALOGUE,
        ),
        description=say("job-publish", "en", study=study.id),
        tags=wave_tags(study),
        executor_def=executor(),
    )


def study_schedule(study: Study) -> dg.ScheduleDefinition:
    """Return the daily schedule of a study: a run that finds nothing new publishes nothing."""
    return dg.ScheduleDefinition(
        name=f"daily_{group(study.id)}",
        job_name=job_name(study.id),
        cron_schedule=f"0 {DAILY_HOUR} * * *",
        execution_timezone=TIME_ZONE,
        description=say("job-daily", "en", study=study.id),
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def delivery_sensor(study: Study) -> dg.SensorDefinition:
    """Return the sensor that starts a run when a delivery appears in raw/."""

    @dg.sensor(
        name=f"deliveries_{group(study.id)}",
        job_name=job_name(study.id),
        minimum_interval_seconds=SENSOR_SECONDS,
        description=say("job-deliveries", "en", study=study.id),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def watch(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        present = _present(study)
        seen = set(json.loads(context.cursor or "[]"))
        fresh = [one for one in present if one not in seen]
        if not fresh:
            yield dg.SkipReason(say("job-nothing-new", "en", study=study.id))
            return
        context.update_cursor(json.dumps(present))
        yield dg.RunRequest(run_key=" ".join(fresh), tags=wave_tags(study))

    return watch


def _present(study: Study) -> list[str]:
    """Return every delivery of a study as `wave/delivery`, those with a sidecar only."""
    return [
        f"{wave}/{one.folder.name}"
        for wave in study.waves
        for one in deliveries(study.root, study.id, wave)
    ]


def failure_sensor(root: Path) -> dg.SensorDefinition:
    """Return the sensor that writes a readable report of each failed run, and sends it if asked.

    Where alerts go: alerts.py. A refused extract fails its run. The report holds the messages of
    PhareError, which never carry a respondent's value, and the names of other errors without text.
    """

    @dg.run_failure_sensor(
        name="report_failure",
        default_status=dg.DefaultSensorStatus.RUNNING,
        monitor_all_code_locations=False,
    )
    def report(context: dg.RunFailureSensorContext) -> None:
        report_failure(
            root, context.dagster_run.run_id, context.dagster_run.job_name, _causes(context)
        )

    return report


def _causes(context: dg.RunFailureSensorContext) -> list[tuple[str, str]]:
    """Return (step, what went wrong) of each failed step."""
    found = []
    for event in context.get_step_failure_events():
        data = event.step_failure_data
        error = data.error.cause or data.error if data.error else None
        shown = error.message.strip() if error and error.cls_name in kinds() else ""
        found.append((event.step_key or "", shown or (error.cls_name or "" if error else "")))
    return found or [(context.dagster_run.job_name, context.failure_event.message or "")]


def report_failure(root: Path, run_id: str, job: str, causes: list[tuple[str, str]]) -> Path:
    """Write the report of a failed run under .phare/failures/ and send it as an alert."""
    lines = [f"# {job}", ""]
    for lang in LANGUAGES:
        lines += [say("job-failed", lang, run=run_id, job=job), ""]
    lines += [f"- **{step}**: {cause}" for step, cause in causes]
    text = "\n".join(lines) + "\n"
    path = workspace.private_folder(root, "failures") / f"{run_id}.md"
    path.write_text(text, "utf-8")
    alert(say("job-failed-subject", None, job=job), text, job=job, run=run_id)
    return path
