"""The forms that single texts of a declaration must have: names, expressions, columns.

Belongs here: what one text can be refused for by itself. Not here: the entries that hold them
(model.py), names that must exist (references.py).
"""

import re
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator

from pipelines.study.errors import ExpectedError


def slots_of(pattern: str) -> set[str]:
    """Return the names between braces of a column pattern; raises ValueError for a lone brace."""
    try:
        return {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}
    except ValueError:
        raise ExpectedError("brace") from None


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", text):
        raise ExpectedError("slug")
    return text


def _wave_name(text: str) -> str:
    """Refuse what names no folder: deliveries lie below it."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise ExpectedError("wave-name")
    return text


def _expression(text: str) -> str:
    """Refuse what the engine cannot match: it has neither look-around nor back-references."""
    try:
        re.compile(text)
    except re.error as error:
        raise ExpectedError("expression", found=error) from None
    if re.search(r"\(\?<?[=!]|\\[1-9]", text):
        raise ExpectedError("plain-expression")
    return text


def _delimiter(text: str) -> str:
    if len(text) != 1 or not text.isascii() or text in '"\r\n':
        raise ExpectedError("delimiter")
    return text


def _columns(columns: str | tuple[str, ...]) -> str | tuple[str, ...]:
    names = (columns,) if isinstance(columns, str) else columns
    if not names or len(set(names)) < len(names):
        raise ExpectedError("columns-once")
    if not all(name.strip() for name in names):
        raise ExpectedError("column-name")
    return columns


Slug = Annotated[str, AfterValidator(_slug)]
WaveName = Annotated[str, AfterValidator(_wave_name)]
Expression = Annotated[str, AfterValidator(_expression)]
Delimiter = Annotated[str, AfterValidator(_delimiter)]
Columns = Annotated[str | tuple[str, ...], AfterValidator(_columns)]
