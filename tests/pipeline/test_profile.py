"""The profile of a run names every step and every check, and what it costs to have none."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pipelines.evidence import CHECKS
from pipelines.profile import SETTING, measured, measures, profiling
from pipelines.run import Choices, run_study
from pipelines.steps import STEPS
from pipelines.study import load_study
from pipelines.workspace import UNSETTLED, sha256_of
from tests.tiny_study import STUDY, write_tiny_study


def test_a_profile_lists_every_step_and_every_check_of_a_run(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    with profiling() as path:
        run_study(root, STUDY, Choices(released="2020-07-01"))
        found = measures(path)
    assert {one.name for one in found if one.kind == "step"} == {one.name for one in STEPS}
    checks = {one.name: one.state for one in found if one.kind == "check"}
    assert checks == dict.fromkeys((one.name for one in CHECKS), "passed")
    kinds = {one.kind for one in found}
    assert {"audit", "verification", "release", "site", "run"} <= kinds
    assert [one.ended for one in found] == sorted(one.ended for one in found)
    whole = next(one for one in found if one.kind == "run")
    assert whole.seconds >= max(one.seconds for one in found if one.kind == "step")
    assert whole.megabytes >= max(one.megabytes for one in found)


def test_a_part_that_raises_is_told_as_failed(tmp_path: Path) -> None:
    with profiling() as path:
        try:
            with measured("step", "planted"):
                raise ValueError
        except ValueError:
            pass
        assert [one.state for one in measures(path)] == ["failed"]
    assert SETTING not in os.environ


def test_the_peak_of_a_part_is_its_own() -> None:
    with profiling() as path:
        with measured("step", "large"):
            bytearray(200_000_000)[::4096] = bytes(48829)
        with measured("step", "small"):
            pass
        large, small = measures(path)
    assert large.megabytes > small.megabytes + 100


def test_publish_prints_the_profile(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", "--root", str(root),
         "--lang", "en", "publish", STUDY, "--profile", "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)[0]["published"]
    for one in (*STEPS, *CHECKS):
        assert one.name in done.stderr
    assert "peak" not in done.stdout and "memory MB" in done.stderr


def test_a_digest_is_of_the_bytes_that_are_there_now(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    first = sha256_of(path)
    path.write_bytes(b"two")  # same size, perhaps the same grain of time
    second = sha256_of(path)
    assert first != second
    old = path.stat().st_mtime_ns - 2 * UNSETTLED
    os.utime(path, ns=(old, old))
    assert sha256_of(path) == second
    path.write_bytes(b"six")
    assert sha256_of(path) not in {first, second}


def test_a_declaration_that_changes_within_one_process_is_read_again(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    path = root / "schemas" / STUDY / "study.yaml"
    for file in (root / "schemas").rglob("*.*"):
        os.utime(file, (1, 1))
    assert load_study(root, STUDY) is load_study(root, STUDY)
    path.write_text(path.read_text("utf-8").replace("citation: Essai", "citation: Other"), "utf-8")
    assert load_study(root, STUDY).about.citation == "Other"
