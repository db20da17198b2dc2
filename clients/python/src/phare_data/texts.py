"""What people read, in French and English: this package's own messages, looked up by key.

Belongs here: the reader's language, finding a text, filling its blanks, the form of a word after a
number. Not here: the texts (messages.json).
"""

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal

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
    """Return message `key` in `lang`, its blanks filled with `values`: see `fill`.

    Raises KeyError for an unknown key or a blank without value.
    """
    spoken = lang or default_language()
    return fill(messages()[key][spoken], spoken, values)


def fill(text: str, lang: Lang, values: Mapping[str, object]) -> str:
    """Return `text` with its blanks filled; a value said in both languages is told in `lang`.

    `{count:row|rows}` is the word for so many: `{count} {count:row|rows}` gives 1 row, 2 rows.
    Raises KeyError for a blank without value.
    """
    filled = {
        name: one[lang] if isinstance(one, Mapping) and {*one} == {*LANGUAGES} else one
        for name, one in values.items()
    }
    return _Filler(lang).vformat(text, (), filled)


def is_singular(count: float | Decimal, lang: Lang) -> bool:
    """Return whether a word after `count` is singular: below 2 in French, 1 alone in English."""
    size = abs(float(count))
    return size < 2 if lang == "fr" else size == 1


class _Filler(Formatter):
    """Fills blanks as `str.format` does, and those with two forms of a word by their number."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return a value as its blank asks for it."""
        one, bar, many = format_spec.partition("|")
        if not bar:
            return str(super().format_field(value, format_spec))
        return one if is_singular(value, self.lang) else many


def in_language(said: Said, lang: Lang | None = None) -> str:
    """Return what somebody declared, in the reader's language where it was said in both."""
    return said if isinstance(said, str) else said[lang or default_language()]
