"""The state of a study as an operator asks for it: what was received, what is published.

Belongs here: gathering facts that other rooms already keep. Not here: computing any.
"""

from pathlib import Path
from typing import Any

from pipelines.intake import deliveries
from pipelines.release import newest_entry
from pipelines.study import load_study


def study_state(root: Path, name: str) -> dict[str, Any]:
    """Return the deliveries and the newest release of a study as JSON-able facts."""
    study = load_study(root, name)
    newest = newest_entry(root, name)
    return {
        "study": name,
        "version": newest["version"] if newest else "—",
        "released": newest["released"] if newest else "—",
        "status": newest["status"] if newest else "—",
        "waves": [_wave(root, name, wave) for wave in study.waves],
    }


def _wave(root: Path, name: str, wave: str) -> dict[str, Any]:
    received = deliveries(root, name, wave)
    return {
        "wave": wave,
        "deliveries": len(received),
        "newest": received[-1].folder.name if received else "—",
    }
