"""What can be wrong with a declaration, said with file, line, key and the nearest valid name.

Belongs here: the error classes and their named constructors. Not here: the words (messages.yaml).
"""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pipelines.errors import ExitCode, PhareError
from pipelines.texts import Message, say


class DeclarationError(PhareError):
    """A study's declaration cannot be used as it stands."""

    exit_code = ExitCode.DECLARATION

    @classmethod
    def unknown(
        cls, file: Path, line: int, what: str | Message, found: str, valid: Iterable[str]
    ) -> Self:
        """Name an unknown word with its place and the nearest valid one.

        `what` it should name: the message `name-of-<what>`, its spaces hyphens there, or another.
        """
        if isinstance(what, str):
            what = Message(f"name-of-{what.replace(' ', '-')}")
        known = list(valid)
        folded = {one.casefold(): one for one in known}  # names that differ by case alone are near
        near = difflib.get_close_matches(found.casefold(), folded, n=1, cutoff=0.5)
        return cls(
            "study-unknown-name",
            file=file, line=line, what=what, found=found,
            nearest=folded[near[0]] if near else "—", valid=", ".join(known[:30]) or "—",
        )  # fmt: skip


class ExpectedError(ValueError):
    """What a validator expects of an entry, as a message `expected-…`: told with its place."""

    def __init__(self, what: str, **values: object) -> None:
        self.message = Message(f"expected-{what}", values)
        super().__init__(say(self.message.key, "en", **values))


class UnknownStudyError(DeclarationError):
    """No study or wave of that name."""

    exit_code = ExitCode.USAGE
