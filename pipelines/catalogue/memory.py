"""Whether the site that stands is the one that would be built: then it is not built again.

Belongs here: the digest of what a site is made from, what was there when it was done, and which
versions it tells. Not here: building (site.py), writing (output.py).
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phare_data.layout import LATEST, VERSIONS
from pipelines.catalogue.output import SITE
from pipelines.workspace import code_digest, sha256_of_all

RECORD = "site.json"


def inputs_of(published: Path, base_url: str) -> str:
    """Return the digest of all that a site follows from: the logs bind every release's files."""
    logs = sorted([*published.glob(f"*/{VERSIONS}"), *published.glob(f"*/{LATEST}")])
    parts = [_made_by(base_url)]
    parts += [f"{one.parent.name} {hashlib.sha256(one.read_bytes()).hexdigest()}" for one in logs]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _made_by(base_url: str) -> str:
    """Return the digest of the code that makes a site, and the address that it is made for."""
    room = Path(__file__).parent
    files = (path for path in room.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    parts = [code_digest(), sha256_of_all(files, room), base_url]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def remembered(private: Path, published: Path, inputs: str) -> int | None:
    """Return how many files the standing site has, None when it must be built (again)."""
    known = _known(private, published)
    return int(known["files"]) if known.get("inputs") == inputs else None


def versions_told(private: Path, published: Path, base_url: str) -> Mapping[str, str]:
    """Return the versions that the standing site tells as it would be built: folder → manifest.

    Their own files say the same in any site of that code and address, so that the next one takes
    them over: the hundredth release costs what the second did.
    """
    known = _known(private, published)
    told: Mapping[str, str] = (
        known["versions"] if known.get("made_by") == _made_by(base_url) else {}
    )
    return told


def remember(
    private: Path, published: Path, base_url: str, inputs: str, versions: Mapping[str, str]
) -> None:
    """Keep what the site that was just built is made from, consists of and tells."""
    kept = {"inputs": inputs, "made_by": _made_by(base_url), "versions": dict(versions)}
    record = private / RECORD
    record.touch(mode=0o600)
    record.write_text(json.dumps({**kept, **_listing(published / SITE)}) + "\n", "utf-8")


def _known(private: Path, published: Path) -> Mapping[str, Any]:
    """Return what is remembered of the site that stands; nothing where it was touched since."""
    record = private / RECORD
    known: dict[str, Any] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    return known if known.items() >= _listing(published / SITE).items() else {}


def _listing(site: Path) -> dict[str, int | str]:
    """Return how many files there are, and a digest of their names, sizes and times."""
    found = sorted(path for path in site.rglob("*") if path.is_file())
    lines = [f"{path} {(at := path.stat()).st_size} {at.st_mtime_ns}" for path in found]
    return {"files": len(found), "listing": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
