"""Copying a study's releases to a bucket or a folder, so that readers there never see a half one.

Belongs here: the order of the copy and what it checks first. Not here: making releases
(publish.py), reading and writing there (remote.py), the site (pipelines.catalogue.push).
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from phare_data.layout import KEPT, LATEST, MANIFEST, SIGNATURE, VERSIONS, tombstone_path
from phare_data.log import PURGED, Entry, parse_log, statuses
from phare_data.manifest import files_of
from phare_data.verifier import verify
from pipelines.release.errors import LogBrokenError, StorageError, UnsoundReleaseError
from pipelines.release.log import read_log
from pipelines.release.remote import Remote
from pipelines.release.store import Store, locked


@dataclass(frozen=True)
class Pushed:
    """What a push did: files copied, files removed (purged data), versions that were there."""

    target: str
    copied: int
    removed: int
    unchanged: tuple[str, ...]


def push(root: Path, study_id: str, target: str, *, run_id: str) -> Pushed:
    """Copy every release of a study below `target`: a folder, or an `s3://` address.

    An S3 address may carry `?endpoint_override=…&region=…&scheme=…`; credentials come from the
    environment, as the AWS tools read them. Data go first, then each manifest, then versions.json,
    then latest.json: a reader who trusts these two never sees a part. A version whose manifest is
    there already is not sent again; an interrupted push is simply run again.

    Raises UnsoundReleaseError when what is here fails verification, LogBrokenError when what is
    there is not an earlier state of it, StorageError when the target refuses.
    """
    store = Store(root, study_id)
    with locked(store, run_id):
        entries = read_log(store.public)
        try:
            place = Remote.of(target, study_id)
            _check_is_earlier(place, entries)
            there = {one for one in _versions(entries) if _is_there(store, place, one)}
            _check_sound(store, [one for one in _versions(entries) if one not in there])
            return _push(store, entries, place, target, there)
        except OSError as error:
            reason = str(error).splitlines()[0][:300]
            raise StorageError(
                "release-storage", study=study_id, file=target, found=reason
            ) from error


def _check_is_earlier(place: Remote, entries: Sequence[Entry]) -> None:
    """Raise LogBrokenError unless the log there is the beginning of ours, or absent."""
    there = place.read(VERSIONS)
    if there is None:
        return
    found, fault = parse_log(there)
    if fault or list(found) != list(entries[: len(found)]):
        raise LogBrokenError(
            "release-push-diverged", file=f"{place.base}/{VERSIONS}", found=fault or "—"
        )


def _purge(place: Remote, version: str) -> int:
    """Remove the data of a purged version; returns how many files went."""
    gone = [path for path in place.sizes(version) if path not in KEPT]
    for path in gone:
        place.delete(f"{version}/{path}")
    return len(gone)


def _versions(entries: Sequence[Entry]) -> list[str]:
    return list(statuses(entries)) if entries else []


def _is_there(store: Store, place: Remote, version: str) -> bool:
    """Whether the target has a version: its manifest came last, so all before it is there."""
    manifest = store.folder(version) / MANIFEST
    return manifest.is_file() and place.read(f"{version}/{MANIFEST}") == manifest.read_bytes()


def _check_sound(store: Store, versions: Sequence[str]) -> None:
    """Verify what is about to be copied, with its log: each version is verified once, not daily."""
    for version in versions:
        verification = verify(store.folder(version))
        if not verification.is_sound:
            found = "; ".join(f"{one.check} {one.file}" for one in verification.findings)
            raise UnsoundReleaseError("release-unsound", study=store.study, found=found)


def _push(
    store: Store, entries: Sequence[Entry], place: Remote, target: str, there: Container[str]
) -> Pushed:
    copied, removed, unchanged = 0, 0, []
    known = statuses(entries)
    for version, status in known.items():
        folder = store.folder(version)
        if status == PURGED:
            removed += _purge(place, version)
        if version in there:
            unchanged.append(version)
            continue
        for path in _in_order(folder):
            place.write(f"{version}/{path}", (folder / path).read_bytes())
            copied += 1
    tombstones = [tombstone_path(store.public, version) for version in known]
    for file in (*tombstones, store.public / VERSIONS, store.public / LATEST):
        if file.is_file() and place.read(file.name) != file.read_bytes():
            place.write(file.name, file.read_bytes())
            copied += 1
    return Pushed(target, copied, removed, tuple(unchanged))


def _in_order(folder: Path) -> Iterator[str]:
    """Yield the files of a release, its manifest last: where that is, all is."""
    yield from files_of(folder)
    if (folder / SIGNATURE).is_file():
        yield SIGNATURE
    yield MANIFEST
