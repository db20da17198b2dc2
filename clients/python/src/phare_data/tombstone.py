"""Tombstones: what stands beside a retired version and says who took it back, when and why.

Belongs here: their words, which follow from the log alone: part of the format, since a verifier
takes other words for a tombstone written over. Not here: their place (layout.py), writing them (the
pipeline does), comparing them (verifier).
"""

from collections.abc import Sequence

from phare_data.log import PURGED, RELEASED, WITHDRAWN, Entry
from phare_data.texts import LANGUAGES, say

WORDS = {WITHDRAWN: "tombstone-withdrawn", PURGED: "tombstone-purged"}


def tombstone_texts(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the tombstone of each retired version: of one that was purged too, the purge."""
    return {one["version"]: _text(one) for one in entries if one["event"] != RELEASED}


def _text(entry: Entry) -> str:
    told = {**entry, "replaced_by": entry["replaced_by"] or "—"}
    each = (say(WORDS[entry["event"]], lang, **told) for lang in LANGUAGES)
    return "\n\n".join(each) + "\n"
