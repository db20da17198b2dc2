"""Where a release lies, as people name it: STUDY@VERSION, STUDY for its newest, or a folder.

Belongs here: turning such a name into a folder. Not here: the folders themselves (store.py).
"""

from pathlib import Path

from phare_data.log import PURGED, newest_valid, statuses
from pipelines.release.errors import VersionError
from pipelines.release.log import read_log
from pipelines.release.store import Store


def release_name(root: Path, named: str) -> tuple[str, str]:
    """Return (study, version) of `STUDY@VERSION`, or of the newest valid version of `STUDY`.

    Raises VersionError for a version that was never published or whose data were removed.
    """
    study, _, version = named.partition("@")
    entries = read_log(Store(root, study).public)
    known = statuses(entries) if entries else {}
    valid = [one for one, status in known.items() if status != PURGED]
    newest = newest_valid(entries)
    chosen = version or (newest["version"] if newest else "—")
    if chosen not in valid:
        raise VersionError(
            "release-no-such-version", study=study, found=chosen, valid=", ".join(valid) or "—"
        )
    return study, chosen


def release_folder(root: Path, named: str) -> Path:
    """Return the folder of a release named `STUDY@VERSION` or `STUDY`, or the folder so named."""
    if (Path(named) / "datapackage.json").is_file():
        return Path(named)
    study, version = release_name(root, named)
    return Store(root, study).folder(version)
