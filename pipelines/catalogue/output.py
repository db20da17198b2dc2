"""Writing the site: built aside, then put in the place of the one before, whole.

Belongs here: folders, the lock, the swap. Not here: what the files say (pages/, machine/).
"""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.catalogue.errors import SiteError
from pipelines.release.durable import FILE_MODE, FOLDER_MODE

SITE = "site"
STAGING = ".site-staging"
# POSIX path below published/site/; content, or what says the same in the site before: a file, or a
# folder with all that is in it
SiteFile = tuple[str, bytes | Path]

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of Linux's renameat2(2)


def write_site(published: Path, files: Iterable[SiteFile]) -> int:
    """Write `files` as `published`/site in place of the site before; returns how many there are.

    Readers see the old site or the new one: the two folders change places in one system call where
    the system has one (Linux); elsewhere there is a moment without a site. Raises SiteError for two
    files of one name.
    """
    staging, site = published / STAGING, published / SITE
    shutil.rmtree(staging, ignore_errors=True)
    try:
        count = _write(staging, files)
        if not site.exists():
            staging.rename(site)
        elif not _exchange(staging, site):
            aside = published / f"{STAGING}-old"
            shutil.rmtree(aside, ignore_errors=True)
            site.rename(aside)
            staging.rename(site)
            shutil.rmtree(aside)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return count


@contextmanager
def site_lock(private: Path) -> Iterator[None]:
    """Wait for, then hold, the lock of the site: the last of two builds sees both releases."""
    with (private / "lock").open("a") as stream:
        Path(stream.name).chmod(0o600)
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _write(folder: Path, files: Iterable[SiteFile]) -> int:
    count = 0
    folder.mkdir()
    folder.chmod(FOLDER_MODE)
    for path, data in files:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            count += _take_over(data, place) if isinstance(data, Path) else _new(data, place)
        except FileExistsError:
            raise SiteError("catalogue-two-files", file=path) from None
    return count


def _new(data: bytes, place: Path) -> int:
    with place.open("xb") as stream:
        stream.write(data)
    place.chmod(FILE_MODE)
    return 1


def _take_over(standing: Path, place: Path) -> int:
    """Give the files of the site before second names; returns how many there are.

    By names alone, without an object a file: those of a hundred versions are thousands.
    """
    if not standing.is_dir():
        return _link(str(standing), str(place))
    return _link_folder(str(standing), str(place))


def _link_folder(standing: str, place: str) -> int:
    os.mkdir(place)
    with os.scandir(standing) as found:
        return sum(
            (_link_folder if one.is_dir() else _link)(one.path, f"{place}/{one.name}")
            for one in found
        )


def _link(standing: str, place: str) -> int:
    """Give a file a second name, or copy it where the disk has no links."""
    try:
        os.link(standing, place)
    except FileExistsError:
        raise
    except OSError:
        _new(Path(standing).read_bytes(), Path(place))
    return 1


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    names = [os.fsencode(path) for path in (one, other)]
    if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL):  # an old kernel, or a file system without it
        return False
    raise OSError(code, os.strerror(code), str(other))
