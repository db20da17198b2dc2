"""The same inputs give the same bytes, whatever the machine's clock, locale, threads or umask."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from phare_data.manifest import files_of
from phare_data.verifier import verify
from pipelines.release.layout import EVIDENCE
from tests.tiny_study import STUDY

BUILD = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[2], 8))
from tests.release.made_up_release import declared, published
print(published(declared(Path(sys.argv[1])), run={"run_id": sys.argv[3]}).content_id)
"""
PROJECT = Path(__file__).parents[2]


def build(root: Path, umask: str, run: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(root), umask, run],
        cwd=PROJECT, capture_output=True, text=True, check=True, env={**os.environ, **environment},
    )  # fmt: skip
    return done.stdout.strip()


def test_two_builds_under_different_settings_give_the_same_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    first = build(
        one, "022", "run-1", TZ="Pacific/Kiritimati", PHARE_THREADS="1", LC_ALL="C.UTF-8",
        PYTHONHASHSEED="1", PHARE_LANG="fr",
    )  # fmt: skip
    second = build(
        other, "077", "run-2", TZ="America/Los_Angeles", PHARE_THREADS="2", LC_ALL="fr_FR.UTF-8",
        PYTHONHASHSEED="2", PHARE_LANG="en",
    )  # fmt: skip
    assert first == second
    releases = [root / "published" / STUDY / "0.1.0" for root in (one, other)]
    names = [list(files_of(place)) for place in releases]
    assert names[0] == names[1] and set(EVIDENCE) < set(names[0])
    for name in set(names[0]) - set(EVIDENCE):
        assert (releases[0] / name).read_bytes() == (releases[1] / name).read_bytes(), name
    for place in releases:
        assert verify(place).is_sound
        modes = {path.stat().st_mode & 0o777 for path in place.rglob("*") if path.is_file()}
        assert modes == {0o444} and place.stat().st_mode & 0o777 == 0o755


PUBLISH = (
    "import os, sys; os.umask(int(sys.argv.pop(1), 8)); from pipelines.cli import main; main()"
)


def publish_clone(place: Path, umask: str, **environment: str) -> dict[str, str]:
    """Clone the repository, publish every shipped study there, return its content ids."""
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(PROJECT), str(place)], check=True)
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    client = place / "clients" / "python" / "src"
    settings = {
        **kept, **environment, "PYTHONPATH": f"{place}:{client}", "PHARE_ROOT": str(place),
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", PUBLISH, umask, "publish", "--all", "--date", "2026-12-01"],
        cwd=place, env=settings, check=True, capture_output=True, timeout=1500,
    )  # fmt: skip
    logs = {path.parent.name: path for path in place.glob("published/*/versions.json")}
    return {
        name: json.loads(path.read_text())["entries"][-1]["content_id"]
        for name, path in logs.items()
    }


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_clean_clones_publish_the_same_content_of_every_shipped_study(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "somewhere-else" / "other"
    first = publish_clone(
        one, "022", TZ="Pacific/Kiritimati", PHARE_THREADS="1", POLARS_MAX_THREADS="1",
        LC_ALL="C.UTF-8", PYTHONHASHSEED="1", PHARE_LANG="fr",
    )  # fmt: skip
    second = publish_clone(
        other, "077", TZ="America/Los_Angeles", PHARE_THREADS="2", POLARS_MAX_THREADS="2",
        LC_ALL="fr_FR.UTF-8", PYTHONHASHSEED="2", PHARE_LANG="en",
    )  # fmt: skip
    declared = {path.parent.name for path in PROJECT.glob("schemas/*/study.yaml")}
    assert first == second and set(first) == declared
    for name in first:
        newest = [
            root / "published" / name / json.loads(
                (root / "published" / name / "latest.json").read_text()
            )["version"]
            for root in (one, other)
        ]  # fmt: skip
        files = set(files_of(newest[0]))
        assert files == set(files_of(newest[1]))
        for path in files - set(EVIDENCE):
            assert (newest[0] / path).read_bytes() == (newest[1] / path).read_bytes(), path
