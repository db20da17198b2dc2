"""Rebuilding a release: recorded commit and extract give the same content, or say what differs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import ExitCode
from pipelines.release import ReproductionError, reproduce
from pipelines.release.reproduce import RUN_PHARE, differing_parts
from tests.release.made_up_release import declared, edit, published
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository of its own that holds the present code, committed."""
    place = tmp_path_factory.mktemp("code") / "code"
    place.mkdir()
    for name in ("pipelines", "schemas/codelists"):
        shutil.copytree(PROJECT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dagster.yaml", "requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, place)
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "code"]):
        subprocess.run(["git", "-C", place, *command], check=True)
    return place


def run_phare(code: Path, root: Path, *arguments: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    subprocess.run(
        [sys.executable, "-c", RUN_PHARE, "--root", str(root), *arguments],
        cwd=code, env={**kept, "PYTHONPATH": str(code)}, check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.slow
def test_a_release_is_rebuilt_from_its_commit_and_its_extract(code: Path, tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path / "root")
    run_phare(code, root, "publish", STUDY, "--date", "2020-07-01")
    recorded = json.loads(next(root.glob(f"published/{STUDY}/0.1.0/lineage/run.json")).read_text())
    assert len(recorded["commit"]) == 40
    # A correction that came later must not be what the rebuild uses.
    answers = rows()
    answers[0][5] = "9"
    deliver(root, answers, name="2020-09-01")
    (code / "pipelines" / "release" / "broken.py").write_text("not committed, so not used")
    found = reproduce(root, STUDY, "0.1.0", work=tmp_path / "work", code=code)
    assert found.is_same and found.differing == () and found.libraries == ()
    assert found.is_declared_today


@pytest.mark.slow
def test_a_rebuild_that_differs_says_in_what(code: Path, tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path / "root")
    run_phare(code, root, "publish", STUDY, "--date", "2020-07-01")
    edit(root, "study", lambda file: file.update(citation="Une autre"))
    found = reproduce(root, STUDY, "0.1.0", work=tmp_path / "work", code=code)
    assert not found.is_same and found.differing == ("pub:citation",)
    with pytest.raises(subprocess.CalledProcessError) as ended:
        run_phare(code, root, "--lang", "en", "reproduce", f"{STUDY}@0.1.0")
    assert ended.value.returncode == ExitCode.VERIFICATION
    told = ended.value.stdout.decode()
    assert "today's" in told and str(root / "schemas") in told and "--root" in told


def test_a_release_of_uncommitted_code_or_without_its_extract_is_refused(
    code: Path, tmp_path: Path
) -> None:
    study = declared(tmp_path / "root")
    published(study, run={"run_id": "r", "commit": "0" * 40 + "-dirty"})
    with pytest.raises(ReproductionError, match="dirty"):
        reproduce(study.root, STUDY, "0.1.0", work=tmp_path / "work", code=code)
    with pytest.raises(ReproductionError, match=r"9\.9\.9"):
        reproduce(study.root, STUDY, "9.9.9", work=tmp_path / "work", code=code)


def test_an_extract_that_is_not_there_is_named(code: Path, tmp_path: Path) -> None:
    head = subprocess.run(
        ["git", "-C", code, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    study = declared(tmp_path / "root")
    published(study, run={"run_id": "r", "commit": head})
    with pytest.raises(ReproductionError, match="abababab"):
        reproduce(study.root, STUDY, "0.1.0", work=tmp_path / "work", code=code)


def test_differing_parts_name_tables_and_keys() -> None:
    one = {
        "version": "1.0.0", "title": "a",
        "resources": [{"name": "t-csv", "schema": {}, "hash": "sha256:1"}],
    }  # fmt: skip
    other = {
        "version": "2.0.0", "title": "b",
        "resources": [{"name": "t-csv", "schema": {}, "hash": "sha256:2"}],
    }  # fmt: skip
    assert differing_parts(one, one) == () and differing_parts(one, other) == ("title", "t")
