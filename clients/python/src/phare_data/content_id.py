"""The content id: one digest of what a release says, whatever version or machine says it.

Belongs here: what counts as content and how it is digested. Not here: digests of files as they lie
(manifest.py).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from phare_data.layout import CSV_SUFFIX

Descriptor = Mapping[str, Any]
OF_THE_VERSION = ("version", "id", "created")
OF_THE_FILE = ("hash", "bytes")


def content_id(descriptor: Descriptor) -> str:
    """Return `sha256:<hex>` over schemas, canonical CSVs and what the descriptor says.

    Per table in name order: name, digest of its Table Schema (sorted keys), digest of its CSV as
    the descriptor states it; then the descriptor without version, id, created, hash, bytes and
    `pub:run*`. Parquet bytes are left out: they name the version of the library that wrote them.
    """
    lines = [
        f"{one['name']} {_digest(_plain(one['schema']))} {one['hash']}"
        for one in sorted(descriptor["resources"], key=lambda one: str(one["name"]))
        if one["name"].endswith(CSV_SUFFIX)
    ]
    lines.append(_digest(_plain(said(descriptor))))
    return "sha256:" + _digest("\n".join(lines))


def said(descriptor: Descriptor) -> dict[str, Any]:
    """Return the descriptor without what varies between versions and files of the same content."""
    kept = {
        key: value
        for key, value in descriptor.items()
        if key not in OF_THE_VERSION and not key.startswith("pub:run")
    }
    kept["resources"] = [
        {key: value for key, value in one.items() if key not in OF_THE_FILE}
        for one in descriptor["resources"]
    ]
    return kept


def _plain(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
