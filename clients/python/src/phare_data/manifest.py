"""The manifest of a release: the digest of every file, in the format of `sha256sum`.

Belongs here: digests, which files a manifest lists, reading one. Not here: writing one (the
pipeline does), what files mean (verifier).
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from phare_data.layout import MANIFEST, SIGNATURE, is_inside

UNLISTED = (MANIFEST, SIGNATURE)
_LINE = re.compile(r"([0-9a-f]{64})  ([^\s/][^\n]*)")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_of(folder: Path) -> Iterator[str]:
    """Yield the path of every file below `folder` that a manifest lists, in its order."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if _is_file(path))
    yield from sorted(path for path in found if path not in UNLISTED)


def read_manifest(folder: Path) -> dict[str, str] | None:
    """Return path → digest as the manifest states it; None when it is not a manifest at all."""
    try:
        return parse_manifest((folder / MANIFEST).read_bytes())
    except OSError:
        return None


def parse_manifest(data: bytes) -> dict[str, str] | None:
    """Return path → digest; None when it is no manifest, or names a file outside its folder."""
    try:
        *lines, rest = data.decode().split("\n")
    except UnicodeDecodeError:
        return None
    matches = [_LINE.fullmatch(line) for line in lines]
    listed = [match[2] for match in matches if match and is_inside(match[2])]
    if rest or not lines or len(listed) != len(lines) or listed != sorted(set(listed)):
        return None
    return {match[2]: match[1] for match in matches if match}


def _is_file(path: Path) -> bool:
    """Whether a path is a file or stands for one: a dangling link is an unlisted file too."""
    return path.is_symlink() or path.is_file()
