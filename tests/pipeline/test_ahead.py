"""Steps worked ahead: the same release, each step worked at once, and nothing trusted unseen."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pipelines import ahead, beside
from pipelines.ahead import ROW_MAPS, await_ahead, work_ahead
from pipelines.beside import hand_over, second_process
from pipelines.errors import ExitCode
from pipelines.evidence import checks_of, evaluate
from pipelines.profile import SETTING, Measure, measures
from pipelines.run import LOCK, Choices, run_study
from pipelines.steps import STEPS, wave_folder, would_reuse
from pipelines.study import load_study
from pipelines.workspace import held, private_folder
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

RELEASED = Choices(released="2020-07-01")
TWO = {beside.SETTING: "2"}
COMMAND = "from pipelines.cli import main; main()"
PROJECT = str(Path(__file__).parents[2])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(beside.SETTING, "2")
    monkeypatch.setenv("PYTHONPATH", PROJECT)  # where a second process finds jobs of this file
    return write_tiny_study(tmp_path / "root")


def publish(root: Path, **settings: str) -> tuple[subprocess.CompletedProcess[str], list[Measure]]:
    """Publish the study as an operator does; return what it said and what it measured."""
    profile = root.with_name(f"{root.name}.measures")
    profile.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "--root", str(root),
         "--lang", "en", "publish", STUDY, "--date", "2020-07-01", "--json"],
        capture_output=True, text=True, check=False,
        env={**os.environ, SETTING: str(profile), **settings},
    )  # fmt: skip
    return done, list(measures(profile)) if profile.exists() else []


def outcome(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


def states(found: list[Measure]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for one in sorted(found, key=lambda one: one.ended):
        if one.kind == "step":
            told.setdefault(one.name, []).append(one.state)
    return told


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a release but the evidence of its run, and what binds it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "lineage"
        and path.name not in {"MANIFEST.sha256", "ro-crate-metadata.json"}
    }  # fmt: skip


def test_each_step_is_worked_at_once_and_taken_over(root: Path) -> None:
    done, found = publish(root, **TWO)
    assert outcome(done)["published"]
    assert states(found) == {one.name: ["done", "taken-over"] for one in STEPS}
    assert len({one.process for one in found if one.state == "done" and one.kind == "step"}) == 1
    for step in STEPS:
        assert f"{step.name}: done" in done.stderr
    audit, release = ([one for one in found if one.kind == kind] for kind in ("audit", "release"))
    assert [one.state for one in audit] == ["done"] and audit[0].process != release[0].process


def test_the_release_has_the_bytes_that_one_process_gives(root: Path, tmp_path: Path) -> None:
    alone = write_tiny_study(tmp_path / "alone")
    one, two = publish(alone, PHARE_PROCESSES="1"), publish(root, **TWO)
    assert outcome(one[0])["content_id"] == outcome(two[0])["content_id"]
    assert states(one[1]) == {one.name: ["done"] for one in STEPS}
    assert files(Path(outcome(one[0])["path"])) == files(Path(outcome(two[0])["path"]))
    sites = [
        {path.relative_to(place / "published" / "site"): path.is_file() and path.stat().st_size
         for path in (place / "published" / "site").rglob("*.html")}
        for place in (alone, root)
    ]  # fmt: skip
    assert sites[0] == sites[1] and len(sites[0]) > 10


def test_a_run_in_which_nothing_changed_works_at_nothing(root: Path) -> None:
    publish(root, **TWO)
    done, found = publish(root, **TWO)
    assert outcome(done)["reason"] == "unchanged"
    assert states(found) == {one.name: ["reused"] for one in STEPS}


def test_what_a_release_needs_is_loaded_ahead_only_where_there_is_one_to_make(root: Path) -> None:
    for is_new in (True, False):
        with second_process():
            work_ahead(root, STUDY)
            assert hand_over(is_loaded, "pipelines.catalogue.pages").result() is is_new


def is_loaded(module: str) -> bool:
    return module in sys.modules


def test_a_refused_extract_is_told_once_and_stops_what_follows(root: Path) -> None:
    publish(root, **TWO)
    folder = wave_folder(load_study(root, STUDY), "2020")
    before = {one: (folder / one.outputs[0]).read_bytes() for one in STEPS[1:]}
    answers = rows()
    answers[7][4] = "peut-être"
    deliver(root, answers, name="2020-06-02")
    done, found = publish(root, **TWO)
    assert done.returncode == ExitCode.DATA_REFUSED
    assert done.stderr.count("1 of 60 rows break a rule") == 1 and "Traceback" not in done.stderr
    assert states(found)["responses"] == ["failed", "failed"]
    assert "weighted_responses" not in states(found), "worked at the responses of the last delivery"
    assert {one: (folder / one.outputs[0]).read_bytes() for one in STEPS[1:]} == before


def test_what_was_changed_since_is_not_taken_over(root: Path) -> None:
    """A step done ahead whose bytes are not those it wrote is run again by its asset."""
    folder = wave_folder(load_study(root, STUDY), "2020")
    with second_process():
        work_ahead(root, STUDY)
        assert await_ahead(root, STUDY, ROW_MAPS) > 0
        (folder / "estimates.parquet").write_bytes(b"planted")
        told = run_study(root, STUDY, RELEASED)
    assert told["published"]
    assert b"planted" not in (folder / "estimates.parquet").read_bytes()


def test_a_second_process_that_dies_costs_nothing_but_time(root: Path) -> None:
    with second_process():
        work_ahead(root, STUDY)
        beside._CURRENT[-1]._process.kill()
        assert run_study(root, STUDY, RELEASED)["published"]


def test_without_one_nothing_is_waited_for(root: Path) -> None:
    work_ahead(root, STUDY)
    assert await_ahead(root, STUDY, "raw_extract", "2020") == 0
    assert not would_reuse(load_study(root, STUDY), "2020", STEPS[0])


def test_another_executor_has_processes_of_its_own(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ahead.EXECUTOR, "multiprocess")
    with second_process():
        work_ahead(root, STUDY)
        assert await_ahead(root, STUDY, ROW_MAPS) == 0
    assert not (wave_folder(load_study(root, STUDY), "2020") / "raw.parquet").exists()


def test_a_declaration_that_cannot_be_loaded_is_told_by_the_run(root: Path) -> None:
    (root / "schemas" / STUDY / "study.yaml").write_text("id: [")
    done, _ = publish(root, **TWO)
    assert done.returncode == ExitCode.DECLARATION and "study.yaml" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_broken_off_leaves_no_respondent_in_the_temporary_folder(
    root: Path, tmp_path: Path, how: signal.Signals
) -> None:
    """Every process of the run hears it, as from a terminal or a service that is stopped."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    run = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--root", str(root), "--lang", "en", "publish", STUDY],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, **TWO, "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert run.stderr is not None
    # so both work: Dagster at the assets, the other process at the next steps
    while "responses: done" not in run.stderr.readline():
        assert run.poll() is None
    deadline = time.monotonic() + 60
    while not list(temporary.glob("phare-spill-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(run.pid, how)
    _, told = run.communicate()
    assert run.returncode == ExitCode.USAGE and "Interrupted." in told
    assert "Traceback" not in told and "secret" not in told
    assert not list(temporary.glob("phare-spill-*"))
    assert not (root / "published" / STUDY / "versions.json").exists()


def test_two_processes_at_one_check_keep_their_results(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, there = Path.replace, list[bool | None]()

    def rename_late(path: Path, target: Path) -> Path:
        there.append(hand_over(check, root).result_there())
        return rename(path, target)

    with second_process():
        monkeypatch.setattr(Path, "replace", rename_late)
        assert check(root) and there == [True]


def check(root: Path) -> bool:
    study = load_study(root, STUDY)
    first = replace(checks_of(study)[0], judge=all_well, passes=bool)
    return evaluate(study, "2020", first).passed


def all_well(*_: object) -> dict[str, int]:
    return {"seen": 1}


def test_a_history_that_another_process_opens_is_waited_for(root: Path) -> None:
    """Dagster makes its tables without asking: of two first runs at once one failed."""
    with second_process():
        hand_over(import_module, "pipelines.run").result_there()  # loaded before the clock starts
        with held(private_folder(root) / LOCK):
            job = hand_over(run_study, root, STUDY, RELEASED)
            time.sleep(2)
            assert not job.is_over() and not (root / ".dagster").exists()
        told = job.result_there()
        assert told and told["published"]


def test_a_command_whose_streams_are_closed_ends_with_what_became_of_it(root: Path) -> None:
    """As a service starts it that gives a program no streams."""
    phare = shlex.join([sys.executable, "-c", COMMAND, "--root", str(root), "publish", STUDY])
    done = subprocess.run(["sh", "-c", f"{phare} <&- >&- 2>&-"], check=False)
    assert done.returncode == ExitCode.DONE
    assert list((root / "published" / STUDY).glob("*/datapackage.json"))


def test_a_number_of_processes_that_there_cannot_be_is_told(root: Path) -> None:
    done, _ = publish(root, **{beside.SETTING: "three"})
    assert done.returncode == ExitCode.USAGE
    assert "PHARE_PROCESSES=three" in done.stderr and "Traceback" not in done.stderr
    assert not (root / "published").exists()


def test_two_processes_at_one_step_wait_for_one_another(root: Path) -> None:
    study = load_study(root, STUDY)
    with second_process(), held(wave_folder(study, "2020") / ".raw_extract.lock"):
        work_ahead(root, STUDY)
        time.sleep(2)  # long after it has begun
        assert not ahead._HANDED_OVER[root, STUDY, "2020", "raw_extract"].is_over()
        assert not (wave_folder(study, "2020") / "raw.parquet").exists()
