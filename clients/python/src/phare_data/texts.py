"""What people read, in French and English: this package's own messages, looked up by key.

Belongs here: the reader's language, finding a text and filling its blanks. Not here: the texts
(messages.json).
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

Lang = Literal["fr", "en"]
LANGUAGES: tuple[Lang, ...] = ("fr", "en")
Said = str | Mapping[str, str]  # one string for every reader, or one a language


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
    """Return every message: key → language → text with `{blanks}`."""
    path = Path(__file__).with_name("messages.json")
    read: dict[str, dict[str, str]] = json.loads(path.read_bytes())
    return read


def say(key: str, lang: Lang | None = None, /, **values: object) -> str:
    """Return message `key` in `lang`, its blanks filled with `values`.

    Raises KeyError for an unknown key or a blank without value.
    """
    return messages()[key][lang or default_language()].format_map(values)


def in_language(said: Said, lang: Lang | None = None) -> str:
    """Return what somebody declared, in the reader's language where it was said in both."""
    return said if isinstance(said, str) else said[lang or default_language()]
