"""Launching a part of the graph by hand gets past no check: the release reads the results again."""

from contextlib import chdir
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets import asset_key
from pipelines.automation import wave_tags
from pipelines.definitions import definitions_of
from pipelines.evidence import CHECKS, required_findings
from pipelines.run import Choices, run_study
from pipelines.steps import STEPS, wave_folder
from pipelines.study import load_study
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tiny_study(tmp_path)


def launch(root: Path, selection: dg.AssetSelection) -> dg.ExecuteInProcessResult:
    """Run a selection of assets as the web interface does: a run of its own."""
    definitions = definitions_of(root)
    job = dg.define_asset_job("by_hand", selection, executor_def=dg.in_process_executor)
    assets = definitions.resolve_asset_graph().assets_defs
    study = load_study(root, STUDY)
    with chdir(root), dg.DagsterInstance.ephemeral() as instance:
        return (
            dg.Definitions(assets=assets, jobs=[job])
            .resolve_job_def("by_hand")
            .execute_in_process(instance=instance, tags=wave_tags(study), raise_on_error=False)
        )


def failure(result: dg.ExecuteInProcessResult) -> str:
    event = next(one for one in result.all_events if one.is_step_failure)
    error = event.step_failure_data.error
    assert error
    return (error.cause or error).cls_name or ""


RELEASE_ALONE = dg.AssetSelection.assets(asset_key(STUDY, "release")).without_checks()
ALL_STEPS = dg.AssetSelection.assets(
    *(asset_key(STUDY, step.name) for step in STEPS)
).without_checks()


def test_steps_without_their_checks_are_not_released(root: Path) -> None:
    assert launch(root, ALL_STEPS).success
    alone = launch(root, RELEASE_ALONE)
    assert not alone.success and failure(alone) == "ChecksMissingError"
    assert not (root / "published" / STUDY / "versions.json").exists()


def test_the_release_alone_is_refused_while_any_one_result_is_missing(root: Path) -> None:
    run_study(root, STUDY, Choices(released="2020-07-01"))
    before = (root / "published" / STUDY / "versions.json").read_bytes()
    study = load_study(root, STUDY)
    assert len(required_findings(study, "2020")) == len(CHECKS)
    for check in CHECKS:
        result = wave_folder(study, "2020") / "checks" / f"{check.name}.json"
        kept = result.read_bytes()
        result.unlink()
        alone = launch(root, RELEASE_ALONE)
        assert not alone.success and failure(alone) == "ChecksMissingError", check.name
        result.write_bytes(kept)
    assert (root / "published" / STUDY / "versions.json").read_bytes() == before


def test_results_of_an_earlier_delivery_do_not_cover_a_new_one(root: Path) -> None:
    run_study(root, STUDY, Choices(released="2020-07-01"))
    answers = rows()
    answers[0][5] = "9"
    deliver(root, answers, name="2020-06-09")
    assert launch(root, ALL_STEPS).success
    alone = launch(root, RELEASE_ALONE)
    assert not alone.success and failure(alone) == "ChecksMissingError"
    whole = run_study(root, STUDY, Choices(released="2020-08-01", erratum="Note corrigée"))
    assert whole["published"]
