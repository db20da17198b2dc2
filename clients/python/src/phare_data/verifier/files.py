"""Whether the files of a release are those of its manifest and its descriptor.

Belongs here: digests, sizes, completeness, RO-Crate's digests. Not here: the descriptor by itself
(descriptor.py), what the tables hold (tables.py), the log (history.py).
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from phare_data.layout import CRATE, DATAPACKAGE, MANIFEST
from phare_data.manifest import files_of, read_manifest, sha256_of
from phare_data.verifier.descriptor import Descriptor, why_unusable
from phare_data.verifier.findings import Finding


def check_manifest(folder: Path) -> Iterator[Finding]:
    """Yield each file that is missing, not listed or not the one listed."""
    listed = read_manifest(folder)
    if listed is None:
        yield Finding("manifest-unreadable", MANIFEST)
        return
    present = set(files_of(folder))
    for path, digest in listed.items():
        if path not in present:
            yield Finding("file-missing", path)
        elif (folder / path).is_symlink() or sha256_of(folder / path) != digest:
            yield Finding("file-digest", path)
    for path in sorted(present - set(listed)):
        yield Finding("file-unlisted", path)


def check_descriptor(folder: Path, descriptor: Descriptor | None) -> Iterator[Finding]:
    """Yield what is wrong with the descriptor and with what it says of the data files."""
    if descriptor is None:
        yield from why_unusable(folder)
        return
    try:
        datetime.fromisoformat(descriptor["created"])
    except (KeyError, ValueError, TypeError):
        yield Finding("descriptor-created", DATAPACKAGE, str(descriptor.get("created")))
    for one in descriptor["resources"]:
        yield from _check_resource(folder, one)
    described = {one["path"] for one in descriptor["resources"]}
    for path in files_of(folder):
        if path.startswith("data/") and path not in described:
            yield Finding("data-undescribed", path)


def _check_resource(folder: Path, resource: Descriptor) -> Iterator[Finding]:
    path = folder / resource["path"]
    if not path.is_file():
        yield Finding("data-missing", resource["path"])
        return
    if resource["hash"] != f"sha256:{sha256_of(path)}":
        yield Finding("data-hash", resource["path"])
    if "bytes" in resource and resource["bytes"] != path.stat().st_size:
        yield Finding("data-bytes", resource["path"], str(path.stat().st_size))


def check_crate(folder: Path) -> Iterator[Finding]:
    """Yield each file of which RO-Crate says another digest than the file has."""
    path = folder / CRATE
    if not path.is_file():
        return
    try:
        graph = json.loads(path.read_bytes())["@graph"]
        told = {one["@id"]: one["sha256"] for one in graph if one["@type"] == "File"}
    except (ValueError, KeyError, TypeError) as error:
        yield Finding("crate-unreadable", CRATE, type(error).__name__)
        return
    for name, digest in told.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != digest:
            yield Finding("crate-digest", CRATE, name)
