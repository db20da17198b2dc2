"""Tombstones: what stands beside a retired version and says who took it back, when and why.

Belongs here: their words, which follow from the log alone. Not here: their place (layout.py),
writing them (the pipeline does), comparing them (verifier).
"""

from collections.abc import Sequence

from phare_data.log import RELEASED, Entry
from phare_data.texts import LANGUAGES, say


def tombstone_texts(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the tombstone of each retired version: of one that was purged too, the purge."""
    return {one["version"]: _text(one) for one in entries if one["event"] != RELEASED}


def _text(entry: Entry) -> str:
    told = {**entry, "replaced_by": entry["replaced_by"] or "—"}
    key = f"tombstone-{entry['event']}"
    return "\n\n".join(say(key, lang, **told) for lang in LANGUAGES) + "\n"
