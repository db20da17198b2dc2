"""Writing the site: built aside, then put in the place of the one before, whole.

Belongs here: folders, the swap. Not here: what the files say (pages/, machine/).
"""

import ctypes
import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipelines.catalogue.errors import SiteError
from pipelines.release.durable import FILE_MODE, FOLDER_MODE
from pipelines.workspace import link_or_copy

SITE = "site"
STAGING = ".site-staging"
LOCK = "lock"  # private: the last of two builds sees the releases of both
# POSIX path below published/site/; content, or what says the same in the site before: a file, or a
# folder with all that is in it
SiteFile = tuple[str, bytes | Path]

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of Linux's renameat2(2)


def write_site(published: Path, files: Iterable[SiteFile], spare: Path) -> None:
    """Write `files` as `published`/site in place of the site before.

    Readers see the old site or the new one: the two folders change places in one system call where
    the system has one (Linux); elsewhere there is a moment without a site. What the new site took
    over stands in both: the old one's goes to `spare`, a private folder, for the site after this
    one to take. So each version has its files in two folders that are made once, however many sites
    follow. Raises SiteError for two files of one name.
    """
    staging, site = published / STAGING, published / SITE
    shutil.rmtree(staging, ignore_errors=True)
    taken: list[str] = []
    try:
        _write(staging, files, spare, taken)
        if not site.exists():
            staging.rename(site)
        elif not _exchange(staging, site):
            aside = published / f"{STAGING}-old"
            shutil.rmtree(aside, ignore_errors=True)
            site.rename(aside)
            staging.rename(site)
            aside.rename(staging)
        _keep(staging, taken, spare)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(folder: Path, files: Iterable[SiteFile], spare: Path, taken: list[str]) -> None:
    folder.mkdir()
    folder.chmod(FOLDER_MODE)
    for path, data in files:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            if isinstance(data, Path):
                _take_over(data, spare / path, place)
                taken.append(path)
            else:
                _new(data, place)
        except FileExistsError:
            raise SiteError("catalogue-two-files", file=path) from None


def _keep(old: Path, taken: Iterable[str], spare: Path) -> None:
    """Make `spare` hold what a site that no reader sees any more shares with the one that stands.

    On another disk than the site it holds nothing.
    """
    shutil.rmtree(spare, ignore_errors=True)
    for path in taken:
        (spare / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            (old / path).rename(spare / path)
        except OSError:
            return


def _new(data: bytes, place: Path) -> None:
    with place.open("xb") as stream:
        stream.write(data)
    place.chmod(FILE_MODE)


def _take_over(standing: Path, spare: Path, place: Path) -> None:
    """Give the new site what stands in the old one: what is spare is moved, else it is linked."""
    if place.exists():
        raise FileExistsError(place)
    try:
        spare.rename(place)
    except OSError:  # none is spare, or on another disk
        if standing.is_dir():
            shutil.copytree(standing, place, copy_function=link_or_copy)
        else:
            link_or_copy(standing, place)


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
