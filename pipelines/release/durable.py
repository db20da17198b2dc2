"""Making files last: what is on disk before the next step begins.

Belongs here: fsync of files and folders, replacing one file whole. Not here: what is written and
in which order (store.py, log.py).
"""

import os
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o644, 0o755  # published: everyone may read, whatever the umask


def replace_file(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, durably: readers see the old bytes or the new ones."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        aside.chmod(FILE_MODE)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def seal_tree(folder: Path) -> None:
    """Make a tree of files durable and read-only; folders stay writable so that it can be moved."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.chmod(FOLDER_MODE)
            sync_folder(path)
            continue
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        path.chmod(0o444)
    folder.chmod(FOLDER_MODE)
    sync_folder(folder)
