"""The state of a study as an operator asks for it: what was received, run, published, left over.

Belongs here: gathering facts that other rooms, and Dagster, already keep. Not here: computing any.
"""

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.automation import DAILY_HOUR, TIME_ZONE
from pipelines.intake import deliveries
from pipelines.release import release_state
from pipelines.run import last_run
from pipelines.study import load_study

NONE = "—"


def study_state(root: Path, name: str) -> dict[str, Any]:
    """Return deliveries, last run, next tick, releases, candidates and leftovers of a study.

    JSON-able facts. Raises UnknownStudyError, DeclarationError, LogBrokenError.
    """
    study = load_study(root, name)
    releases = release_state(study, root, dt.date.today())
    latest = [one for one in releases["versions"] if one["version"] == releases["latest"]]
    return {
        "study": name,
        "version": releases["latest"] or NONE,
        "released": latest[0]["released"] if latest else NONE,
        "versions": releases["versions"],
        "megabytes": round(releases["bytes"] / 1e6, 1),
        "last_run": last_run(root, name) or NONE,
        "next_tick": _next_tick(dt.datetime.now(ZoneInfo(TIME_ZONE))).isoformat(),
        "waves": [_wave(root, name, wave) for wave in study.waves],
        "candidates": releases["candidates"],
        "leftovers": [{"name": one} for one in releases["leftovers"]],
        "failures": [
            {"path": str(path)} for path in sorted((root / ".phare" / "failures").glob("*.md"))
        ],
    }


def _wave(root: Path, name: str, wave: str) -> dict[str, Any]:
    received = deliveries(root, name, wave)
    return {
        "wave": wave,
        "deliveries": len(received),
        "newest": received[-1].name if received else NONE,
    }


def _next_tick(now: dt.datetime) -> dt.datetime:
    today = now.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    return today if today > now else today + dt.timedelta(days=1)
