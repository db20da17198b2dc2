"""Whatever ends a publication, readers see the old state or the new one; the next run goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from phare_data.log import newest_valid, releases
from phare_data.verifier import verify
from pipelines.errors import ExitCode
from pipelines.release import BusyError, ReleaseOutcome, StorageError
from pipelines.release.log import read_log
from pipelines.release.store import Store, locked
from pipelines.study import Study, load_study
from tests.release.made_up_release import changed_value, published
from tests.tiny_study import STUDY

PROJECT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("crash_driver.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT), "PHARE_THREADS": "1"}
PUBLISH = """
import sys
from pathlib import Path
from pipelines.errors import PhareError
from pipelines.study import load_study
from tests.release.made_up_release import changed_value, published
from tests.tiny_study import STUDY
study = load_study(Path(sys.argv[1]), STUDY)
try:
    change = (lambda rows: rows[:-int(sys.argv[2])]) if len(sys.argv) > 2 else changed_value
    published(study, change, erratum="corrected")
except PhareError as error:
    print(error.text("en"))
    sys.exit(error.exit_code)
"""


def public(root: Path) -> Path:
    return root / "published" / STUDY


def versions_that_readers_see(root: Path) -> list[str]:
    """Check what both pointers lead to, as a reader would, and return the versions of the log."""
    entries = read_log(public(root))
    newest = newest_valid(entries)
    assert newest is not None
    latest = json.loads((public(root) / "latest.json").read_text())
    named = [one["version"] for one in releases(entries)]
    # latest.json may be late for an instant: it then leads to the release before, still whole.
    assert latest["version"] in named[-2:]
    for version in named:
        faults = {one.check for one in verify(public(root) / version).findings}
        assert faults <= {"latest-differs"}, faults
    return named


def killed_at(first: ReleaseOutcome, cases: Path, points: Iterable[int | str]) -> list[str]:
    """Publish in copies of a root, each killed at its point; return a whole run's operations."""
    root = first.path.parents[2]
    for point in ("all", *points):
        shutil.copytree(root, cases / str(point))
    done = subprocess.run(
        [sys.executable, DRIVER, cases], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def recovers(root: Path) -> None:
    before = versions_that_readers_see(root)
    assert before in (["0.1.0"], ["0.1.0", "0.1.1"])
    study = load_study(root, STUDY)
    outcome = published(study, changed_value, erratum="corrected")
    assert outcome.published == (before == ["0.1.0"]) and outcome.version == "0.1.1"
    assert verify(public(root)).is_sound, verify(public(root)).text("en")
    left = [path.name for path in public(root).iterdir() if path.name.startswith(".")]
    assert not left


def operations(first: ReleaseOutcome, folder: Path) -> list[str]:
    found = killed_at(first, folder, [])
    shutil.rmtree(folder)
    folder.mkdir()
    return found


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    return tmp_path / "cases"


@pytest.mark.slow
def test_a_kill_around_each_commit_step_leaves_the_old_or_the_new_state(
    first: ReleaseOutcome, cases: Path
) -> None:
    steps = operations(first, cases)
    renames = [at for at, step in enumerate(steps) if step.startswith("os.rename")]
    assert len(renames) == 3, steps  # the release's folder, the log, the pointer
    points = sorted({at + off for at in renames for off in (0, 1)} | {5, renames[0] // 2})
    killed_at(first, cases, points)
    seen = []
    for point in points:
        seen.append(len(versions_that_readers_see(cases / str(point))))
        recovers(cases / str(point))
    assert seen == sorted(seen) and set(seen) == {1, 2}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_kill_before_any_file_operation_leaves_the_old_or_the_new_state(
    first: ReleaseOutcome, cases: Path
) -> None:
    steps = operations(first, cases)
    assert len(steps) > 50
    killed_at(first, cases, range(len(steps)))
    for point in range(len(steps)):
        recovers(cases / str(point))


def test_a_kill_from_outside_at_any_moment_leaves_the_old_or_the_new_state(
    first: ReleaseOutcome,
) -> None:
    root = first.path.parents[2]
    for wait in (0.9, 1.4, 1.9):
        child = subprocess.Popen([sys.executable, "-c", PUBLISH, str(root)], env=ENVIRONMENT)
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.wait()
        versions_that_readers_see(root)
    recovers(root)


def test_a_second_publisher_is_told_who_holds_the_lock(study: Study, first: ReleaseOutcome) -> None:
    with locked(Store(study.root, STUDY), "run-long"):
        done = subprocess.run(
            [sys.executable, "-c", PUBLISH, str(study.root)], env=ENVIRONMENT, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == ExitCode.BUSY, done.stderr
    assert "run-long" in done.stdout and str(os.getpid()) in done.stdout
    assert versions_that_readers_see(study.root) == ["0.1.0"]


def test_the_lock_of_a_dead_process_holds_nobody(study: Study, first: ReleaseOutcome) -> None:
    lock = study.root / ".phare" / STUDY / "release" / "lock"
    assert "run-1" in lock.read_text()
    assert published(study, changed_value, erratum="x").published
    with locked(Store(study.root, STUDY), "a"), pytest.raises(BusyError):
        published(study)


def test_publishers_that_race_publish_one_after_another_or_are_turned_away(
    study: Study, first: ReleaseOutcome
) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISH, str(study.root), str(lost)],
            env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for lost in (1, 2, 3)
    ]  # fmt: skip
    said = [racer.communicate() for racer in racers]
    codes = [racer.returncode for racer in racers]
    assert set(codes) <= {ExitCode.DONE, ExitCode.BUSY} and ExitCode.DONE in codes, said
    named = versions_that_readers_see(study.root)
    assert len(named) == 1 + codes.count(ExitCode.DONE) and len(set(named)) == len(named)
    assert verify(public(study.root)).is_sound


@pytest.mark.parametrize("size", [0, 2_000, 20_000])
def test_a_limit_on_file_size_refuses_cleanly(first: ReleaseOutcome, size: int) -> None:
    root = first.path.parents[2]
    prepare = PUBLISH.replace("try:", "import resource\ntry:", 1).replace(
        "    published(", f"    import tests.release.made_up_release as m\n"
        f"    files = m.files_of(study, change)\n"
        f"    m.files_of = lambda *_: files\n"
        f"    resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n    published(", 1
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", prepare, str(root)], env=ENVIRONMENT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.FAILED and "the disk refused" in done.stdout, done
    assert versions_that_readers_see(root) == ["0.1.0"]
    recovers(root)


@pytest.fixture(scope="module")
def mountable(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where no file system can be mounted, and for no other reason."""
    place = tmp_path_factory.mktemp("mount")
    command = ["bash", "-c", f"unshare -m mount -t tmpfs tmpfs {place}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr[-200:]}")


def in_a_mount(root: Path, options: str) -> subprocess.CompletedProcess[str]:
    """Publish onto a small or read-only file system."""
    place = root / "published"
    script = (
        f"cp -a {place} {root}/copy && mount -t tmpfs -o size=64m tmpfs {place} && "
        f"cp -a {root}/copy/. {place}/ && used=$(df -k --output=used {place} | tail -1) && "
        f"mount -o remount,{options} {place} || exit 99\n"
        f'{sys.executable} -c "$PUBLISH" {root}; code=$?\n'
        f"rm -rf {root}/copy && cp -a {place} {root}/copy; exit $code"
    )
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script], env={**ENVIRONMENT, "PUBLISH": PUBLISH},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 99, f"the file system was not made: {done.stderr[-200:]}"
    shutil.rmtree(place)
    shutil.move(root / "copy", place)
    return done


@pytest.mark.usefixtures("mountable")
@pytest.mark.parametrize(
    ("options", "told"),
    [("size=$((used + 40))k", "the disk refused"), ("ro", "Read-only")],
    ids=["full", "read-only"],
)
def test_a_disk_that_cannot_be_written_to_refuses_cleanly(
    first: ReleaseOutcome, options: str, told: str
) -> None:
    root = first.path.parents[2]
    done = in_a_mount(root, options)
    assert done.returncode == ExitCode.FAILED and told in done.stdout, done
    assert versions_that_readers_see(root) == ["0.1.0"]
    recovers(root)


def test_a_storage_error_in_this_process_is_one_of_ours(
    study: Study, first: ReleaseOutcome
) -> None:
    (study.root / "published" / STUDY).rename(study.root / "elsewhere")
    (study.root / "published" / STUDY).write_text("a file where a folder should be")
    with pytest.raises(StorageError) as caught:
        published(study)
    assert caught.value.exit_code == ExitCode.FAILED
