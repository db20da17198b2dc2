"""Tombstones: what stands beside a retired version and says who took it back, when and why.

Belongs here: their place and words. Not here: retiring (retire.py).
"""

from collections.abc import Sequence
from pathlib import Path

from phare_data.layout import tombstone_path
from phare_data.log import RELEASED, Entry
from pipelines.release.durable import replace_file
from pipelines.texts import LANGUAGES, say


def write_tombstones(public: Path, entries: Sequence[Entry]) -> None:
    """Write the tombstone of every retired version where it is not what the log says."""
    wanted = {one["version"]: _text(one).encode() for one in entries if one["event"] != RELEASED}
    for version, data in wanted.items():
        path = tombstone_path(public, version)
        if not path.exists() or path.read_bytes() != data:
            replace_file(path, data)


def _text(entry: Entry) -> str:
    told = {**entry, "replaced_by": entry["replaced_by"] or "—"}
    key = f"release-tombstone-{entry['event']}"
    return "\n\n".join(say(key, lang, **told) for lang in LANGUAGES) + "\n"
