"""What the client refuses, one class per cause, and the exit codes of `phare-data`.

Belongs here: the classes and codes. Not here: the words (messages.json), the faults that verifying
finds, which are results and not errors (verifier/findings.py).
"""

from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar

from phare_data.texts import Lang, say


class ExitCode(IntEnum):
    """What `phare-data` ends with: the codes of `phare`, as far as they can occur."""

    DONE = 0
    USAGE = 2
    VERIFICATION = 4
    FAILED = 70


class WordedError(Exception):
    """An error whose words are a message: its key, and the values of its blanks."""

    look_up: ClassVar[Callable[..., str]] = staticmethod(say)  # in the messages of one package

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def text(self, lang: Lang | None = None) -> str:
        """Return the message in `lang` (default: the reader's language)."""
        return self.look_up(self.key, lang, **self.values)


class PhareDataError(WordedError):
    """An error of this package, shown without a traceback."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __str__(self) -> str:
        """Return the message in the reader's language: a notebook shows it as it is."""
        return self.text()


class UnknownNameError(PhareDataError):
    """No study, version or table has this name; the valid ones are listed."""


class ChoiceError(PhareDataError):
    """An argument is none of its possible values, or is missing."""


class MissingLibraryError(PhareDataError):
    """What was asked for needs a library that is not installed."""


class PublicKeyError(PhareDataError):
    """The file given as a public key holds none."""


class SourceError(PhareDataError):
    """The folder or address cannot be read."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED


class DamagedError(PhareDataError):
    """A file is not the one that was published."""

    exit_code: ClassVar[ExitCode] = ExitCode.VERIFICATION


class PurgedError(PhareDataError):
    """The data of this version were removed for good."""


class PhareDataWarning(UserWarning):
    """What a reader of the data should know: a withdrawn version, synthetic data."""
