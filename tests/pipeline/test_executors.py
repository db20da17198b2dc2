"""One setting runs the same job on another executor: same release, same errors."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from pipelines.ahead import EXECUTOR
from pipelines.errors import ExitCode
from pipelines.executors import ExecutorError, StepFailedError, executor
from pipelines.profile import measures, profiling
from pipelines.run import Choices, run_study
from pipelines.steps import STEPS
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

RELEASED = Choices(released="2020-07-01")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda name: monkeypatch.setenv(EXECUTOR, name)


def test_steps_run_in_this_process_unless_told(chosen: Callable[[str], None]) -> None:
    assert executor() is dg.in_process_executor
    chosen("multiprocess")
    assert executor() is dg.multiprocess_executor


def test_an_unknown_executor_is_refused_with_the_valid_ones(
    tmp_path: Path, chosen: Callable[[str], None]
) -> None:
    chosen("dask")
    with pytest.raises(ExecutorError, match="in_process, multiprocess") as caught:
        run_study(write_tiny_study(tmp_path), STUDY, RELEASED)
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_process_a_step_gives_the_same_release(
    tmp_path: Path, chosen: Callable[[str], None]
) -> None:
    here = run_study(write_tiny_study(tmp_path / "here"), STUDY, RELEASED)
    chosen("multiprocess")
    with profiling() as path:
        there = run_study(write_tiny_study(tmp_path / "there"), STUDY, RELEASED)
        found = measures(path)
    assert there["published"] and there["content_id"] == here["content_id"]
    assert {one.name for one in found if one.kind == "step"} == {one.name for one in STEPS}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_step_refused_in_another_process_is_told_here_and_publishes_nothing(
    tmp_path: Path, chosen: Callable[[str], None]
) -> None:
    root, answers = write_tiny_study(tmp_path), rows()
    answers[7][4] = "peut-être"
    deliver(root, answers, name="2020-06-02")
    chosen("multiprocess")
    with pytest.raises(StepFailedError) as caught:
        run_study(root, STUDY, RELEASED)
    assert caught.value.exit_code == ExitCode.DATA_REFUSED
    assert "peut-être" not in str(caught.value) and "responses" in str(caught.value)
    assert not (root / "published" / STUDY).exists()
