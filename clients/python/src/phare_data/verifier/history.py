"""Whether a study's releases are those that its log names, and its log the one that was written.

Belongs here: versions.json, latest.json, folders against entries. Not here: the inside of a
release (files.py, tables.py).
"""

from collections.abc import Iterator
from pathlib import Path

from phare_data.content_id import content_id
from phare_data.layout import (
    KEPT,
    LATEST,
    MANIFEST,
    SIGNATURE,
    VERSIONS,
    is_version,
    tombstone_path,
)
from phare_data.log import PURGED, Entry, latest_text, parse_log, releases, statuses
from phare_data.manifest import files_of, read_manifest, sha256_of
from phare_data.tombstone import tombstone_texts
from phare_data.verifier.descriptor import load_descriptor
from phare_data.verifier.findings import Finding


def check_log(public: Path) -> tuple[tuple[Entry, ...], list[Finding]]:
    """Return a study's log and what is wrong with it or with latest.json."""
    entries, fault = parse_log((public / VERSIONS).read_bytes())
    if fault:
        return entries, [Finding("log-broken", VERSIONS, fault)]
    latest = public / LATEST
    if not latest.is_file() or latest.read_bytes() != latest_text(entries).encode():
        return entries, [Finding("latest-differs", LATEST)]
    return entries, []


def check_folders(public: Path, entries: tuple[Entry, ...]) -> Iterator[Finding]:
    """Yield each version that has no folder and each folder that the log does not name."""
    named = {one["version"] for one in releases(entries)}
    for version in sorted(named):
        if not (public / version).is_dir():
            yield Finding("version-missing", version)
    for version, text in sorted(tombstone_texts(entries).items()):
        tombstone = tombstone_path(public, version)
        if not tombstone.is_file():
            yield Finding("tombstone-missing", tombstone.name)
        elif tombstone.read_bytes() != text.encode():
            yield Finding("tombstone-differs", tombstone.name)
    for path in sorted(public.glob("[0-9]*")):
        if path.is_dir() and is_version(path.name) and path.name not in named:
            yield Finding("version-unlisted", path.name)


def check_purged(folder: Path) -> list[Finding]:
    """Return what is wrong with a purged version: data that are left, kept files that changed."""
    listed = read_manifest(folder)
    if listed is None:
        return [Finding("manifest-unreadable", MANIFEST)]
    present = list(files_of(folder))
    found = [Finding("purged-data", path) for path in present if path not in KEPT]
    for path in (path for path in KEPT if path in listed):
        if path not in present:
            found.append(Finding("file-missing", path))
        elif listed[path] != sha256_of(folder / path):
            found.append(Finding("file-digest", path))
    return found


def check_entry(folder: Path, entries: tuple[Entry, ...]) -> Iterator[Finding]:
    """Yield where a release is not the one that its log entry states."""
    entry = next((one for one in releases(entries) if one["version"] == folder.name), None)
    if entry is None:
        yield Finding("version-unlisted", folder.name)
        return
    manifest = folder / MANIFEST
    if not manifest.is_file() or sha256_of(manifest) != entry.get("manifest_sha256"):
        yield Finding("manifest-digest", f"{folder.name}/{MANIFEST}")
    signature, signed = folder / SIGNATURE, entry.get("signature_sha256")
    if signed != (sha256_of(signature) if signature.is_file() else None):
        yield Finding("signature-digest", f"{folder.name}/{SIGNATURE}")
    descriptor = load_descriptor(folder)
    if descriptor is None or statuses(entries)[folder.name] == PURGED:
        return
    if descriptor.get("version") != folder.name or descriptor.get("name") != entry["study"]:
        yield Finding("version-differs", folder.name, str(descriptor.get("version")))
    if content_id(descriptor) != entry.get("content_id"):
        yield Finding("content-differs", folder.name)
