"""Whether datapackage.json is what the standard and the other checks ask of it.

Belongs here: reading the descriptor, the standard's own schema, the shape that the verifier relies
on. Not here: comparing it with files (files.py) or rows (tables.py).
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from phare_data.layout import DATAPACKAGE, is_inside
from phare_data.verifier.findings import Finding

PROFILE = Path(__file__).parent / "profiles" / "datapackage.json"
TYPES = ("string", "integer", "number", "date", "boolean")
Descriptor = Mapping[str, Any]


def has_profile_validator() -> bool:
    """Whether the standard's schema can be checked here: jsonschema_rs is installed."""
    return find_spec("jsonschema_rs") is not None


def load_descriptor(folder: Path) -> Descriptor | None:
    """Return the descriptor; None when it is missing or has a fault that makes it unusable."""
    try:
        found = _read(folder)
    except (OSError, ValueError, RecursionError):
        return None
    return None if list(_faults(found)) else found


def why_unusable(folder: Path) -> Iterator[Finding]:
    """Yield what makes a descriptor unusable."""
    try:
        found = _read(folder)
    except (OSError, ValueError, RecursionError) as error:
        yield Finding("descriptor-unreadable", DATAPACKAGE, type(error).__name__)
        return
    yield from _faults(found)


def _read(folder: Path) -> Any:
    found = json.loads((folder / DATAPACKAGE).read_bytes())
    # JSON may escape half a character, which is neither the name of a file nor a text to be written
    json.dumps(found, ensure_ascii=False).encode()
    return found


def _faults(found: Any) -> Iterator[Finding]:
    if has_profile_validator():
        for told in _profile_faults(found):
            yield Finding("descriptor-profile", DATAPACKAGE, told)
    for where in _shape_faults(found):
        yield Finding("descriptor-shape", DATAPACKAGE, where)


def _profile_faults(found: Any) -> Iterator[str]:
    try:
        for fault in _profile().iter_errors(found):
            where = "/".join(str(part) for part in fault.instance_path) or "/"
            yield f"{where}: {fault.message[:200]}"
    except ValueError as error:  # the library goes 255 levels deep, and refuses what is deeper
        yield f"/: {error}"


@cache
def _profile() -> Any:
    """Return the standard's own schema, version 2.0, as it was published."""
    schema = json.loads(PROFILE.read_bytes())
    # a format is an annotation (Draft 7, 7.2): dates are looked at with the files
    return import_module("jsonschema_rs").Draft7Validator(schema, validate_formats=False)


def _shape_faults(found: Any) -> Iterator[str]:
    """Yield where something is missing that a release states beyond what the standard asks."""
    resources = found.get("resources") if isinstance(found, dict) else None
    if not isinstance(resources, list) or not resources:
        yield "resources"
        return
    for at, one in enumerate(resources):
        where = f"resources/{at}"
        if not isinstance(one, dict):
            yield where
            continue
        texts = [name for name in ("name", "path", "hash") if not isinstance(one.get(name), str)]
        yield from (f"{where}/{name}" for name in texts)
        if not texts and not is_inside(one["path"]):
            yield f"{where}/path"
        yield from (f"{where}/schema/{fault}" for fault in _schema_faults(one.get("schema")))
    names = [one.get("name") for one in resources if isinstance(one, dict)]
    yield from _reference_faults([one for one in resources if isinstance(one, dict)], names)


def _schema_faults(schema: Any) -> Iterator[str]:
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not all(isinstance(one, dict) for one in fields):
        yield "fields"
        return
    for at, one in enumerate(fields):
        if one.get("type") not in TYPES:
            yield f"fields/{at}/type"
        if not all(isinstance(one.get(name), str) for name in ("name", "pub:arrowType")):
            yield f"fields/{at}"
        if not isinstance(one.get("constraints", {}), dict):
            yield f"fields/{at}/constraints"
    key, names = schema.get("primaryKey"), [one.get("name") for one in fields]
    if not isinstance(key, list) or not key or not all(one in names for one in key):
        yield "primaryKey"


def _reference_faults(resources: list[dict[str, Any]], names: list[Any]) -> Iterator[str]:
    for at, one in enumerate(resources):
        schema = one.get("schema")
        keys = schema.get("foreignKeys", []) if isinstance(schema, dict) else []
        for number, key in enumerate(keys if isinstance(keys, list) else [None]):
            try:
                is_whole = key["reference"]["resource"] in names and (
                    len(key["fields"]) == len(key["reference"]["fields"])
                )
            except (TypeError, KeyError):
                is_whole = False
            if not is_whole:
                yield f"resources/{at}/schema/foreignKeys/{number}"
