"""Verbs that read, and rehearsals, leave nothing behind where nothing was worked at yet."""

import shutil
from pathlib import Path

import pytest

from pipelines.errors import ExitCode
from tests.cli.test_cli import phare
from tests.tiny_study import STUDY, write_tiny_study

READING = (
    ("studies",), ("status",), ("status", "--json"), ("tidy", "--dry-run"), ("disclosure", STUDY),
    ("verify",), ("diff", f"{STUDY}@0.1.0", STUDY), ("trace", STUDY, "question=avis", "answer=1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a clone holds of a root with a release: nothing private."""
    root = write_tiny_study(tmp_path_factory.mktemp("clone"))
    assert phare("publish", STUDY, root=root).returncode == ExitCode.DONE
    shutil.rmtree(root / ".phare")
    shutil.rmtree(root / ".dagster")
    return root


def content(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


@pytest.mark.parametrize("verb", READING, ids=" ".join)
def test_a_fresh_root_stays_as_it_was(tmp_path: Path, verb: tuple[str, ...]) -> None:
    root = write_tiny_study(tmp_path)
    before = content(root)
    assert "Traceback" not in phare(*verb, root=root).stderr
    assert content(root) == before


@pytest.mark.parametrize("verb", READING, ids=" ".join)
def test_a_clone_of_releases_stays_as_it_was(clone: Path, verb: tuple[str, ...]) -> None:
    before = content(clone)
    done = phare(*verb, root=clone)
    expected = ExitCode.USAGE if verb[0] == "disclosure" else ExitCode.DONE  # nothing was protected
    assert done.returncode == expected, done.stderr
    assert content(clone) == before


def test_a_check_leaves_its_report_and_nothing_else(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    before = content(root)
    assert phare("check", STUDY, root=root).returncode == ExitCode.DONE
    files = {one for one in content(root) - before if (root / one).is_file()}
    assert {Path(one).parent.name for one in files} == {"report"}
