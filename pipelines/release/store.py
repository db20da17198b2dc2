"""Where the releases of a study lie, who may write there, and how a version gets its place.

Belongs here: folders, the lock, staging, promotion, what a crash left. Not here: the log
(log.py), the content of a release (layout.py), the order of the steps (publish.py).
"""

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

from phare_data.layout import KEPT, is_version
from phare_data.log import PURGED, Entry, releases, statuses
from pipelines import workspace
from pipelines.release.durable import FOLDER_MODE, seal_tree, sync_folder
from pipelines.release.errors import BusyError, StorageError
from pipelines.release.log import read_log, write_latest
from pipelines.release.tombstone import write_tombstones

STAGING = ".staging-"


@dataclass(frozen=True)
class Store:
    """The folders of one study: `public` holds its versions, `private` what only we may read."""

    root: Path
    study: str

    @property
    def public(self) -> Path:
        """Return `published/<study>`."""
        return self.root / "published" / self.study

    @property
    def private(self) -> Path:
        """Return the private folder of the study's releases, made if missing."""
        return workspace.private_folder(self.root, self.study, "release")

    def folder(self, version: str) -> Path:
        """Return the folder of one version."""
        return self.public / version


@contextmanager
def locked(store: Store, run_id: str) -> Iterator[None]:
    """Hold the study's lock; raises BusyError naming the holder when another process has it.

    The kernel drops the lock when its process ends, however it ends: a lock cannot be stale. What
    the file says of an earlier holder is only read while someone holds it. Whatever the disk
    refuses inside the block becomes a StorageError: what readers see did not change, or changed
    whole.
    """
    try:
        with (store.private / "lock").open("a+", encoding="utf-8") as stream:
            _lock(store, stream)
            _sign(stream, run_id)
            yield
    except (OSError, duckdb.IOException) as error:
        told = {"file": getattr(error, "filename", None) or store.public}
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise StorageError("release-storage", study=store.study, found=reason, **told) from error


def _lock(store: Store, stream: IO[str]) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        holder = stream.read().strip() or "?"
        raise BusyError("release-busy", study=store.study, holder=holder) from None


def _sign(stream: IO[str], run_id: str) -> None:
    os.fchmod(stream.fileno(), 0o600)
    stream.truncate(0)
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "run": run_id}
    stream.write(json.dumps(holder))
    stream.flush()


def recover(store: Store) -> tuple[Entry, ...]:
    """Clear what a killed run left and return the log; only under the lock.

    Staging folders are removed. A version that the log does not name was never published: it is
    moved out of the public folder, not deleted, in case the log is an older copy than the folder.
    latest.json is written again where it is behind, a withdrawal or purge that was cut short is
    finished. Raises LogBrokenError for a damaged log.
    """
    store.public.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    store.public.chmod(FOLDER_MODE)
    for left in (*store.public.glob(f"{STAGING}*"), *store.public.glob(".*.json.*")):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    entries = read_log(store.public)
    for orphan in orphans(store, entries):
        _set_aside(store, orphan)
    if entries:
        write_latest(store.public, entries)
        finish_retirements(store, entries)
    return entries


def finish_retirements(store: Store, entries: Sequence[Entry]) -> None:
    """Write the tombstones that the log asks for and remove purged data; only under the lock."""
    write_tombstones(store.public, entries)
    for version, status in statuses(entries).items():
        folder = store.folder(version)
        if status != PURGED or not folder.is_dir():
            continue
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in KEPT:
                path.unlink()
        sync_folder(folder)


def orphans(store: Store, entries: Sequence[Entry]) -> tuple[Path, ...]:
    """Return the version folders that the log does not name."""
    known = {one["version"] for one in releases(entries)}
    folders = (path for path in store.public.glob("[0-9]*") if path.is_dir())
    return tuple(
        sorted(path for path in folders if is_version(path.name) and path.name not in known)
    )


def _set_aside(store: Store, orphan: Path) -> None:
    kept = workspace.private_folder(store.root, store.study, "release", "orphans")
    taken = len(list(kept.iterdir()))
    shutil.move(orphan, kept / f"{orphan.name}.{taken + 1}")


@contextmanager
def staging(store: Store, run_id: str) -> Iterator[Path]:
    """Yield an empty folder on the file system of the releases; it is gone when the block ends."""
    safe = "".join(sign if sign.isalnum() or sign == "-" else "-" for sign in run_id)
    aside = store.public / f"{STAGING}{safe}"
    aside.mkdir(mode=FOLDER_MODE)
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def promote(store: Store, staged: Path, version: str) -> Path:
    """Give a verified staged release its place.

    The rename is atomic, and the system refuses it where a version of that name has files.
    """
    seal_tree(staged)
    place = store.folder(version)
    staged.rename(place)
    sync_folder(store.public)
    return place
