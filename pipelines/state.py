"""The state of a study as an operator asks for it: what was received, run, published, left over.

Belongs here: gathering facts that other rooms, and Dagster, already keep. Not here: computing any.
"""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.automation import DAILY_HOUR, TIME_ZONE
from pipelines.intake import deliveries
from pipelines.refusals import read_refusal
from pipelines.release import release_state
from pipelines.run import last_run
from pipelines.study import Study, load_study
from pipelines.texts import default_language
from pipelines.workspace import private_path

NONE = "—"


def study_state(root: Path, name: str) -> dict[str, Any]:
    """Return all that an operator asks of a study, as JSON-able facts.

    Last run, next tick, deliveries, releases, refused extracts, candidates, leftovers, disk.
    Raises UnknownStudyError, DeclarationError, LogBrokenError.
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
        "free_gigabytes": round(shutil.disk_usage(root).free / 1e9, 1),
        "private_megabytes": round(_private_bytes(root, name) / 1e6, 1),
        "waves": [_wave(root, name, wave) for wave in study.waves],
        "refused": [
            found for wave in study.waves if (found := _refused(root, study, wave)) is not None
        ],
        "candidates": releases["candidates"],
        "leftovers": [{"name": one} for one in releases["leftovers"]],
        "failures": [
            {"path": str(path)} for path in sorted(private_path(root, "failures").glob("*.md"))
        ],
    }


def _wave(root: Path, name: str, wave: str) -> dict[str, Any]:
    received = deliveries(root, name, wave)
    return {
        "wave": wave,
        "deliveries": len(received),
        "newest": received[-1].name if received else NONE,
    }


def _refused(root: Path, study: Study, wave: str) -> dict[str, Any] | None:
    received = deliveries(root, study.id, wave)
    if not received:
        return None
    note = read_refusal(private_path(root, study.id, wave), received[-1].name)
    return {"wave": wave, **note, "told": note["message"][default_language()]} if note else None


def _private_bytes(root: Path, name: str) -> int:
    found = private_path(root, name).rglob("*")
    return sum(path.stat().st_size for path in found if path.is_file())


def _next_tick(now: dt.datetime) -> dt.datetime:
    today = now.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    return today if today > now else today + dt.timedelta(days=1)
