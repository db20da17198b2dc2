"""Copying a study's releases to a bucket or a folder, so that readers there never see a half one.

Belongs here: the order of the copy and what it checks first. Not here: making releases
(publish.py), the site (catalogue).
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyarrow import fs

from phare_data.layout import KEPT, LATEST, MANIFEST, SIGNATURE, VERSIONS, tombstone_path
from phare_data.log import PURGED, Entry, parse_log, statuses
from phare_data.manifest import files_of
from phare_data.verifier import verify
from pipelines.release.crate import MEDIA_TYPES
from pipelines.release.errors import LogBrokenError, StorageError, UnsoundReleaseError
from pipelines.release.log import read_log
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
            place = _Place.of(target, study_id)
            place.check_is_earlier(entries)
            there = {one for one in _versions(entries) if _is_there(store, place, one)}
            _check_sound(store, [one for one in _versions(entries) if one not in there])
            return _push(store, entries, place, target, there)
        except OSError as error:
            reason = str(error).splitlines()[0][:300]
            raise StorageError(
                "release-storage", study=study_id, file=target, found=reason
            ) from error


def _versions(entries: Sequence[Entry]) -> list[str]:
    return list(statuses(entries)) if entries else []


def _is_there(store: Store, place: "_Place", version: str) -> bool:
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
    store: Store, entries: Sequence[Entry], place: "_Place", target: str, there: Container[str]
) -> Pushed:
    copied, removed, unchanged = 0, 0, []
    known = statuses(entries)
    for version, status in known.items():
        folder = store.folder(version)
        if status == PURGED:
            removed += place.purge(version)
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


@dataclass(frozen=True)
class _Place:
    """A study's folder on a file system that may be remote."""

    system: fs.FileSystem
    base: str

    @classmethod
    def of(cls, target: str, study_id: str) -> "_Place":
        address = target if "://" in target else Path(target).resolve().as_uri()
        system, base = fs.FileSystem.from_uri(address)
        return cls(system, f"{base.rstrip('/')}/{study_id}")

    def check_is_earlier(self, entries: Sequence[Entry]) -> None:
        """Raise LogBrokenError unless the log there is the beginning of ours, or absent."""
        there = self.read(VERSIONS)
        if there is None:
            return
        found, fault = parse_log(there)
        if fault or list(found) != list(entries[: len(found)]):
            raise LogBrokenError(
                "release-push-diverged", file=f"{self.base}/{VERSIONS}", found=fault or "—"
            )

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; None where there is none."""
        address = f"{self.base}/{path}"
        if self.system.get_file_info(address).type != fs.FileType.File:
            return None
        with self.system.open_input_stream(address) as stream:
            data: bytes = stream.read()
        return data

    def write(self, path: str, data: bytes) -> None:
        """Write a file whole: an object appears when complete, a local file is renamed."""
        address = f"{self.base}/{path}"
        if not isinstance(self.system, fs.LocalFileSystem):
            kind = MEDIA_TYPES.get(Path(path).suffix, "application/octet-stream")
            with self.system.open_output_stream(address, metadata={"Content-Type": kind}) as one:
                one.write(data)
            return
        self.system.create_dir(address.rsplit("/", 1)[0], recursive=True)
        aside = f"{address}.part"
        with self.system.open_output_stream(aside) as one:
            one.write(data)
        self.system.move(aside, address)

    def purge(self, version: str) -> int:
        """Remove the data of a purged version; returns how many files went."""
        selector = fs.FileSelector(f"{self.base}/{version}", recursive=True, allow_not_found=True)
        prefix = f"{self.base}/{version}/"
        gone = [
            one.path
            for one in self.system.get_file_info(selector)
            if one.type == fs.FileType.File and one.path.removeprefix(prefix) not in KEPT
        ]
        for path in gone:
            self.system.delete_file(path)
        return len(gone)
