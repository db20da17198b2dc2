"""What people read, in French and English: messages are looked up here by key.

Belongs here: finding a text and filling its blanks. Not here: the texts themselves (the
`messages.yaml` of each room) nor the decision to say something (the room's own code).
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from phare_data.texts import LANGUAGES, Lang, Said, default_language, fill, in_language

__all__ = [
    "LANGUAGES", "Lang", "Message", "Said", "default_language", "in_language", "messages",
    "read_texts", "say",
]  # fmt: skip


@dataclass(frozen=True)
class Message:
    """A message that fills a blank of another one, in the language of that one."""

    key: str
    values: dict[str, object] = field(default_factory=dict)


@cache
def messages() -> dict[str, dict[str, str]]:
    """Return every message of every room: key → language → text with `{blanks}`."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("**/messages.yaml")):
        for key, texts in read_texts(path).items():
            if key in found:
                raise ValueError(f"message {key!r} stands in two files, one of them {path}")
            found[key] = texts
    return found


def read_texts(path: Path) -> dict[str, Any]:
    """Return what a file of texts that ships with the code says; the parser is the one in C."""
    found: dict[str, Any] = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    return found


def say(key: str, lang: Lang | None = None, /, **values: object) -> str:
    """Return message `key` in `lang`, its blanks filled with `values`: see `phare_data.texts.fill`.

    Raises KeyError for an unknown key or a blank without value: a test walks all of them.
    """
    spoken = lang or default_language()
    filled = {
        name: say(one.key, spoken, **one.values) if isinstance(one, Message) else one
        for name, one in values.items()
    }
    return fill(messages()[key][spoken], spoken, filled)
