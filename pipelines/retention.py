"""Retention: which private artefacts may go, and removing them.

Belongs here: everything under .phare/ that is no longer needed and can be made again. Not here:
deliveries (raw/ is the operator's to keep or destroy: docs/operate.md), releases, which stay.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from pipelines import workspace
from pipelines.release import drop_stale_candidates, newest_entry
from pipelines.study import Study, load_study, study_names

SECONDS_A_DAY = 86_400


def tidy(root: Path, days: int, *, run_id: str, dry_run: bool = False) -> list[Path]:
    """Remove what has lain under `root`/.phare for more than `days` days; return what went.

    The artefacts of waves whose study has a release (they hold respondents, and the next run makes
    them again from raw/), failure reports, and folders that the log never named. Candidates that
    can no longer be approved go whatever their age. With `dry_run` nothing is removed, or
    made. Raises BusyError when a publication is under way.
    """
    before = time.time() - days * SECONDS_A_DAY
    old = [path for path in _removable(root) if _newest(path) < before]
    if not dry_run:
        for path in old:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    stale = [
        path
        for name in study_names(root)
        for path in drop_stale_candidates(root, name, run_id=run_id, dry_run=dry_run)
    ]
    return [*old, *stale]


def _removable(root: Path) -> Iterator[Path]:
    private = workspace.private_path(root)
    yield from sorted((private / "failures").glob("*.md"))
    for name in study_names(root):
        yield from sorted((private / name / "release" / "orphans").glob("*"))
        if newest_entry(root, name):
            yield from _waves(load_study(root, name))


def _waves(study: Study) -> Iterator[Path]:
    private = workspace.private_path(study.root, study.id)
    yield from (private / wave for wave in study.waves if (private / wave).is_dir())


def _newest(path: Path) -> float:
    """Return when a file, or the last file of a folder, was written."""
    inside = [one.stat().st_mtime for one in path.rglob("*") if one.is_file()]
    return max(inside, default=path.stat().st_mtime)
