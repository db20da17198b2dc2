"""Whether the site that stands is the one that would be built: then it is not built again.

Belongs here: the digest of what a site is made from, and what was there when it was done. Not
here: building (site.py), writing (output.py).
"""

import hashlib
import json
from pathlib import Path

from phare_data.layout import LATEST, VERSIONS
from pipelines.catalogue.output import SITE
from pipelines.workspace import code_digest, sha256_of_all

RECORD = "site.json"


def inputs_of(published: Path, base_url: str) -> str:
    """Return the digest of all that a site follows from: the logs bind every release's files."""
    logs = sorted([*published.glob(f"*/{VERSIONS}"), *published.glob(f"*/{LATEST}")])
    room = Path(__file__).parent
    files = (path for path in room.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    parts = [code_digest(), sha256_of_all(files, room), base_url]
    parts += [f"{one.parent.name} {hashlib.sha256(one.read_bytes()).hexdigest()}" for one in logs]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def remembered(private: Path, published: Path, inputs: str) -> int | None:
    """Return how many files the standing site has, None when it must be built (again)."""
    record = private / RECORD
    if not record.exists():
        return None
    known = json.loads(record.read_text("utf-8"))
    is_same = known == {"inputs": inputs, **_listing(published / SITE)}
    return int(known["files"]) if is_same else None


def remember(private: Path, published: Path, inputs: str) -> None:
    """Keep what the site that was just built is made from and consists of."""
    record = private / RECORD
    record.touch(mode=0o600)
    record.write_text(json.dumps({"inputs": inputs, **_listing(published / SITE)}) + "\n", "utf-8")


def _listing(site: Path) -> dict[str, int | str]:
    """Return how many files there are, and a digest of their names, sizes and times."""
    found = sorted(path for path in site.rglob("*") if path.is_file())
    lines = [f"{path} {(at := path.stat()).st_size} {at.st_mtime_ns}" for path in found]
    return {"files": len(found), "listing": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
