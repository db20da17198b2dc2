"""What people read, in French and English: messages are looked up here by key.

Belongs here: finding a text and filling its blanks. Not here: the texts themselves (the
`messages.yaml` of each room) nor the decision to say something (the room's own code).
"""

import os
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

Lang = Literal["fr", "en"]
LANGUAGES: tuple[Lang, ...] = ("fr", "en")


def default_language() -> Lang:
    """Return the reader's language: PHARE_LANG, else the locale, else French."""
    for name in ("PHARE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        prefix = os.environ.get(name, "")[:2].lower()
        for lang in LANGUAGES:
            if prefix == lang:
                return lang
    return "fr"


@cache
def messages() -> dict[str, dict[str, str]]:
    """Return every message of every room: key → language → text with `{blanks}`."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("**/messages.yaml")):
        read = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        for key, texts in read.items():
            if key in found:
                raise ValueError(f"message {key!r} stands in two files, one of them {path}")
            found[key] = texts
    return found


def say(key: str, lang: Lang | None = None, /, **values: object) -> str:
    """Return message `key` in `lang`, its blanks filled with `values`.

    Raises KeyError for an unknown key or a blank without value: a test walks all of them.
    """
    return messages()[key][lang or default_language()].format_map(values)
