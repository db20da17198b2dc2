"""Whether the files of a release are those of its manifest and its descriptor.

Belongs here: digests, sizes, completeness, the descriptor against the standard. Not here: what
the tables hold (verify_values.py), the log (verify_log.py).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from pipelines.release.crate import CRATE
from pipelines.release.findings import Finding
from pipelines.release.layout import DATAPACKAGE
from pipelines.release.manifest import MANIFEST, files_of, read_manifest, sha256_of

PROFILE = Path(__file__).parent / "profiles" / "datapackage.json"
Descriptor = Mapping[str, Any]


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


def load_descriptor(folder: Path) -> Descriptor | None:
    """Return the descriptor; None when it is missing, no JSON object, or not the standard's."""
    try:
        found = json.loads((folder / DATAPACKAGE).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and not list(_profile().iter_errors(found)) else None


def check_descriptor(folder: Path, descriptor: Descriptor | None) -> Iterator[Finding]:
    """Yield what is wrong with the descriptor and with what it says of the data files."""
    if descriptor is None:
        yield from _why_unreadable(folder)
        return
    try:
        datetime.fromisoformat(descriptor["created"])
    except (KeyError, ValueError, TypeError):
        yield Finding("descriptor-created", DATAPACKAGE, str(descriptor.get("created")))
    for one in descriptor["resources"]:
        yield from _check_resource(folder, one)
    described = {one.get("path") for one in descriptor["resources"]}
    for path in files_of(folder):
        if path.startswith("data/") and path not in described:
            yield Finding("data-undescribed", path)


def _why_unreadable(folder: Path) -> Iterator[Finding]:
    try:
        found = json.loads((folder / DATAPACKAGE).read_bytes())
    except (OSError, ValueError) as error:
        yield Finding("descriptor-unreadable", DATAPACKAGE, type(error).__name__)
        return
    for fault in _profile().iter_errors(found):
        where = "/".join(str(part) for part in fault.absolute_path) or "/"
        yield Finding("descriptor-profile", DATAPACKAGE, f"{where}: {fault.message[:200]}")


def _check_resource(folder: Path, resource: Descriptor) -> Iterator[Finding]:
    path = folder / str(resource["path"])
    if not path.is_file() or ".." in path.parts:
        yield Finding("data-missing", str(resource["path"]))
        return
    if resource.get("hash") != f"sha256:{sha256_of(path)}":
        yield Finding("data-hash", str(resource["path"]))
    if "bytes" in resource and resource["bytes"] != path.stat().st_size:
        yield Finding("data-bytes", str(resource["path"]), str(path.stat().st_size))


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


@cache
def _profile() -> Draft7Validator:
    """Return the standard's own schema, version 2.0, as it was published."""
    return Draft7Validator(json.loads(PROFILE.read_bytes()))
