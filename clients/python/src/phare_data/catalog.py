"""What is published at a place: its studies and their versions.

Belongs here: `catalog`. Not here: loading a table (loading.py).
"""

from pathlib import Path
from typing import Any

from phare_data.errors import SourceError
from phare_data.layout import INDEX, VERSIONS
from phare_data.log import newest_valid, statuses
from phare_data.place import Place
from phare_data.release import known_studies, open_release, read_entries, source_place
from phare_data.texts import Lang


def catalog(source: str | Path | None = None, *, labels: Lang = "fr") -> list[dict[str, Any]]:
    """Return one entry a study below `source` (default: PHARE_DATA_SOURCE), sorted by name.

    Each has study, version (newest valid; None: all were withdrawn), released, title in `labels`,
    synthetic, licence, tables, and versions (number → status). Raises SourceError for an address
    without a list of its studies, DamagedError for a log or a descriptor that is not its own.
    """
    root = source_place(source)
    names = known_studies(root)
    if names is None:
        raise SourceError("no-index", found=root.address, file=INDEX)
    return [_entry(root, name, labels) for name in names]


def _entry(root: Place, study: str, lang: Lang) -> dict[str, Any]:
    place = root.below(study)
    entries = read_entries(place, place.read(VERSIONS) or b"")
    newest, versions = newest_valid(entries), statuses(entries)
    found: dict[str, Any] = {"study": study, "version": None, "versions": dict(versions)}
    if newest is None:
        return found
    # Below the study's own address the release is the one that its log names.
    about = open_release(study, newest["version"], root.address, None).descriptor()
    return found | {
        "version": newest["version"],
        "released": newest.get("released"),
        "title": about["i18n:title"][lang],
        "synthetic": bool(about.get("pub:synthetic")),
        "licence": about["licenses"][0].get("name"),
        "tables": [one["name"] for one in about["resources"] if one.get("format") == "parquet"],
    }
