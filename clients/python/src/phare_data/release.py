"""One release to read from: found, chosen, and every file of it checked before it is used.

Belongs here: study and version → release, file → bytes that are those of the manifest. Not here:
what is done with the bytes (loading.py), checking what nobody asked for (verifier).
"""

import hashlib
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phare_data.errors import (
    ChoiceError,
    DamagedError,
    PhareDataWarning,
    PurgedError,
    SourceError,
    UnknownNameError,
)
from phare_data.layout import DATAPACKAGE, INDEX, MANIFEST, VERSIONS
from phare_data.log import PURGED, RELEASED, WITHDRAWN, Entry, newest_valid, parse_log, statuses
from phare_data.manifest import parse_manifest
from phare_data.place import FolderPlace, Place, is_web, open_place
from phare_data.texts import LANGUAGES, Lang, say

SOURCE, CACHE = "PHARE_DATA_SOURCE", "PHARE_DATA_CACHE"


@dataclass(frozen=True)
class Release:
    """A release whose manifest is the one that the log names, where there is a log."""

    study: str
    version: str
    status: str | None
    place: Place
    manifest: Mapping[str, str]
    cache: Path | None

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises DamagedError unless they are those of the manifest."""
        digest = self.manifest.get(path)
        file = f"{self.place.address}/{path}"
        if digest is None:
            raise _damaged(file, "unlisted")
        kept = _from_cache(self.cache, digest)
        if kept is not None:
            return kept
        data = _checked(self.place, path, digest, MANIFEST)
        _to_cache(self.cache, digest, data)
        return data

    def descriptor(self) -> Mapping[str, Any]:
        """Return its datapackage.json. Raises DamagedError when it is another release's."""
        file = f"{self.place.address}/{DATAPACKAGE}"
        try:
            found: dict[str, Any] = json.loads(self.read(DATAPACKAGE))
            said = f"{found['name']} {found['version']}"
        except (ValueError, KeyError, TypeError):
            raise _damaged(file, "descriptor") from None
        if said != f"{self.study} {self.version}":
            raise _damaged(file, "version", found=said)
        return found


def open_release(
    study: str, version: str | None, source: str | Path | None, cache: str | Path | None
) -> Release:
    """Return `version` (None: the newest valid one) of `study`, warning of a withdrawn one.

    `source` may be the folder or address of all studies, of this study, or of one release. Raises
    UnknownNameError, DamagedError, PurgedError, SourceError or ChoiceError.
    """
    root = open_place(_source(source))
    kept = _cache(cache) if is_web(root.address) else None
    place, log = _find_log(root, study)
    if log is None:
        return _release_alone(root, study, version, kept)
    entries = read_entries(place, log)
    chosen = _chosen(entries, study, version)
    status = statuses(entries)[chosen["version"]]
    if status in (WITHDRAWN, PURGED):
        _tell_retired(entries, study, chosen["version"], status)
    there = place.below(chosen["version"])
    manifest = _manifest(there, str(chosen.get("manifest_sha256")))
    return Release(study, chosen["version"], status, there, manifest, kept)


def read_entries(place: Place, log: bytes) -> tuple[Entry, ...]:
    """Return the entries of a study's log. Raises DamagedError for a byte that is not its own."""
    entries, fault = parse_log(log)
    if fault:
        raise _damaged(f"{place.address}/{VERSIONS}", "log", fault=fault)
    return entries


def known_studies(root: Place) -> tuple[str, ...] | None:
    """Return the studies at `root`; None where it cannot be known: no list, no folder to list."""
    if isinstance(root, FolderPlace):
        found = (path.parent.name for path in root.folder.glob(f"*/{VERSIONS}"))
        return tuple(sorted(found))
    index = root.read(INDEX)
    try:
        return None if index is None else tuple(one["study"] for one in json.loads(index))
    except (ValueError, KeyError, TypeError):
        raise _damaged(f"{root.address}/{INDEX}", "descriptor") from None


def _source(source: str | Path | None) -> str | Path:
    found = source if source is not None else os.environ.get(SOURCE)
    if not found:
        raise ChoiceError("source-missing")
    return found


def source_place(source: str | Path | None) -> Place:
    """Return the place of `source` (default: PHARE_DATA_SOURCE); raises as `open_place` does."""
    return open_place(_source(source))


def _find_log(root: Place, study: str) -> tuple[Place, bytes | None]:
    """Return the study's folder and its log: below `root`, or `root` itself."""
    below = root.below(study)
    log = below.read(VERSIONS)
    if log is not None:
        return below, log
    log = root.read(VERSIONS)
    if log is None:
        return root, None
    entries = read_entries(root, log)
    if entries[0]["study"] != study:
        raise UnknownNameError(
            "unknown-study", found=study, place=root.address, valid=entries[0]["study"]
        )
    return root, log


def _release_alone(root: Place, study: str, version: str | None, kept: Path | None) -> Release:
    data = root.read(MANIFEST)
    if data is None:
        valid = known_studies(root)
        if not valid:
            raise SourceError("source-empty", found=root.address, files=f"{study}/{VERSIONS}")
        raise UnknownNameError(
            "unknown-study", found=study, place=root.address, valid=", ".join(valid)
        )
    warnings.warn(say("warn-alone", None, place=root.address), PhareDataWarning, stacklevel=4)
    alone = Release(study, version or "", None, root, _manifest(root, None), kept)
    try:
        found = str(json.loads(alone.read(DATAPACKAGE))["version"])
    except (ValueError, KeyError, TypeError):
        raise _damaged(f"{root.address}/{DATAPACKAGE}", "descriptor") from None
    return Release(study, version or found, None, root, alone.manifest, kept)


def _chosen(entries: Sequence[Entry], study: str, version: str | None) -> Entry:
    known = {one["version"]: one for one in entries if one["event"] == RELEASED}
    valid = {lang: _listed(entries, lang) for lang in LANGUAGES}
    if version is None:
        newest = newest_valid(entries)
        if newest is None:
            raise UnknownNameError("no-valid-version", study=study, valid=valid)
        return newest
    if version not in known:
        raise UnknownNameError("unknown-version", study=study, found=version, valid=valid)
    return known[version]


def _listed(entries: Sequence[Entry], lang: Lang) -> str:
    """Return the versions, each with its status in words."""
    told = ((name, say(f"status-{status}", lang)) for name, status in statuses(entries).items())
    return ", ".join(f"{name} ({status})" for name, status in told)


def _tell_retired(entries: Sequence[Entry], study: str, version: str, status: str) -> None:
    told = [one for one in entries if one["version"] == version and one["event"] == status][-1]
    facts = {
        "study": study, "version": version, "reason": told.get("reason") or "—",
        "replaced_by": told.get("replaced_by") or "—",
    }  # fmt: skip
    if status == PURGED:
        raise PurgedError("purged", **facts)
    warnings.warn(say("warn-withdrawn", None, **facts), PhareDataWarning, stacklevel=4)


def _manifest(place: Place, digest: str | None) -> Mapping[str, str]:
    data = _checked(place, MANIFEST, digest, VERSIONS)
    found = parse_manifest(data)
    if found is None:
        raise _damaged(f"{place.address}/{MANIFEST}", "manifest")
    return found


def _checked(place: Place, path: str, digest: str | None, by: str) -> bytes:
    data = place.read(path)
    if data is None:
        raise _damaged(f"{place.address}/{path}", "missing")
    if digest is not None and hashlib.sha256(data).hexdigest() != digest:
        raise _damaged(f"{place.address}/{path}", "digest", by=by)
    return data


def _damaged(file: str, why: str, **values: object) -> DamagedError:
    return DamagedError("damaged", file=file, found=say(f"damaged-{why}", None, **values))


def _cache(cache: str | Path | None) -> Path | None:
    found = cache if cache is not None else os.environ.get(CACHE)
    return Path(found).expanduser() if found else None


def _from_cache(cache: Path | None, digest: str) -> bytes | None:
    """Return the bytes kept under a digest, if they still have it."""
    path = cache / digest if cache else None
    if path is None or not path.is_file():
        return None
    data = path.read_bytes()
    return data if hashlib.sha256(data).hexdigest() == digest else None


def _to_cache(cache: Path | None, digest: str, data: bytes) -> None:
    if cache is None:
        return
    cache.mkdir(parents=True, exist_ok=True)
    aside = cache / f".{digest}.{os.getpid()}"
    aside.write_bytes(data)
    aside.replace(cache / digest)
