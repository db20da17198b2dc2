"""Whether the site that stands is the one that would be built: then it is not built again.

Belongs here: the digest of what a site is made from, what was there when it was done, and which
versions it tells. Not here: building (site.py), writing (output.py).
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from phare_data.layout import LATEST, VERSIONS
from pipelines.catalogue.output import SITE
from pipelines.workspace import code_digest, sha256_of_all, write_private

RECORD = "site.json"
Known = Mapping[str, Any]  # of the site that stands; nothing where it was touched since


def inputs_of(published: Path, made_by: str) -> str:
    """Return the digest of all that a site follows from: the logs bind every release's files."""
    logs = sorted([*published.glob(f"*/{VERSIONS}"), *published.glob(f"*/{LATEST}")])
    parts = [made_by]
    parts += [f"{one.parent.name} {hashlib.sha256(one.read_bytes()).hexdigest()}" for one in logs]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def made_by(base_url: str) -> str:
    """Return the digest of the code that makes a site, and the address that it is made for."""
    room = Path(__file__).parent
    files = (path for path in room.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    parts = [code_digest(), sha256_of_all(files, room), base_url]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def recall(private: Path, published: Path) -> Known:
    """Return what is remembered of the site that stands; nothing where it was touched since."""
    record = private / RECORD
    known: dict[str, Any] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    return known if known.items() >= _listing(published / SITE).items() else {}


def files_as(known: Known, inputs: str) -> int | None:
    """Return how many files the standing site has, None when it must be built (again)."""
    return int(known["files"]) if known.get("inputs") == inputs else None


def versions_told(known: Known, code: str) -> Mapping[str, str]:
    """Return the versions that the standing site tells as it would be built: folder → manifest.

    Their own files say the same in any site `made_by` that code and for that address, so that the
    next one takes them over: the hundredth release costs what the second did.
    """
    told: Mapping[str, str] = known["versions"] if known.get("made_by") == code else {}
    return told


def remember(
    private: Path, published: Path, code: str, inputs: str, versions: Mapping[str, str]
) -> int:
    """Keep what the site just built is made from, consists of and tells; returns its files."""
    kept = {"inputs": inputs, "made_by": code, "versions": dict(versions)}
    found = _listing(published / SITE)
    write_private(private / RECORD, {**kept, **found})
    return int(found["files"])


def _listing(site: Path) -> dict[str, int | str]:
    """Return how many files there are, and a digest of their names, sizes and times."""
    lines = sorted(_lines(str(site), "")) if site.is_dir() else []
    return {"files": len(lines), "listing": hashlib.sha256("\n".join(lines).encode()).hexdigest()}


def _lines(folder: str, name: str) -> Iterator[str]:
    """Yield a line a file below a folder, without an object a file: there may be thousands."""
    with os.scandir(folder) as found:
        for one in found:
            if one.is_dir():
                yield from _lines(one.path, f"{name}{one.name}/")
            else:
                at = one.stat()
                yield f"{name}{one.name} {at.st_size} {at.st_mtime_ns}"
