"""Fetching a release, or a study's releases, from the web into a folder, to be verified there.

Belongs here: which files make up what an address shows. Not here: whether they are right: what is
missing or wrong is left as it is, for the verifier to find.
"""

from pathlib import Path

from phare_data.errors import SourceError
from phare_data.layout import (
    KEPT,
    LATEST,
    MANIFEST,
    SIGNATURE,
    VERSIONS,
    is_version,
    tombstone_path,
)
from phare_data.log import PURGED, Entry, parse_log, releases, statuses
from phare_data.manifest import parse_manifest
from phare_data.place import Place, WebPlace


def download(address: str, aside: Path) -> Path:
    """Fetch what stands at `address` below `aside` and return its folder there.

    A study's address (with versions.json) brings every version that its log names; a release's
    brings that release, and its study's log where there is one. Raises SourceError when there is
    neither, or the server cannot be reached.
    """
    address = address.rstrip("/")
    study = WebPlace(address)
    log = study.read(VERSIONS)
    if log is not None:
        folder = aside / "study"
        for entry in _begin(study, folder, log):
            if is_version(str(entry["version"])):
                _fetch_release(study.below(entry["version"]), folder / entry["version"],
                               is_purged=_status(log, entry["version"]) == PURGED)  # fmt: skip
        return folder
    parent, _, name = address.rpartition("/")
    folder = aside / "study" / name
    if not is_version(name) or not _fetch_release(study, folder, is_purged=False):
        raise SourceError("source-empty", found=address, files=f"{VERSIONS}, {MANIFEST}")
    log = WebPlace(parent).read(VERSIONS)
    if log is not None:
        _begin(WebPlace(parent), aside / "study", log)
    return folder


def _begin(study: Place, folder: Path, log: bytes) -> tuple[Entry, ...]:
    """Write what stands in a study's folder itself; return its releases."""
    entries, _ = parse_log(log)
    _write(folder / VERSIONS, log)
    tombstones = [
        tombstone_path(folder, str(one["version"])).name
        for one in entries
        if is_version(str(one["version"]))
    ]
    for name in dict.fromkeys((LATEST, *tombstones)):
        data = study.read(name)
        if data is not None:
            _write(folder / name, data)
    return releases(entries)


def _fetch_release(place: Place, folder: Path, *, is_purged: bool) -> bool:
    """Fetch the manifest and what it lists (of purged ones, what is kept); tell whether it is."""
    manifest = place.read(MANIFEST)
    if manifest is None:
        return False
    _write(folder / MANIFEST, manifest)
    listed = parse_manifest(manifest) or {}
    wanted = [path for path in listed if not is_purged or path in KEPT]
    for path in (*wanted, SIGNATURE):
        data = place.read(path)
        if data is not None:
            _write(folder / path, data)
    return True


def _status(log: bytes, version: str) -> str | None:
    return statuses(parse_log(log)[0]).get(version)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
