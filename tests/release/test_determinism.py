"""The same inputs give the same bytes, whatever the machine's clock, locale, threads or umask."""

import os
import subprocess
import sys
from pathlib import Path

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
