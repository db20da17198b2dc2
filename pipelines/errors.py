"""The base of every error a user may cause, and the exit codes of the command line.

Belongs here: `PhareError` and the codes. Not here: the errors themselves, which live in the room
that raises them and whose words live in that room's `messages.yaml`.
"""

from enum import IntEnum

from phare_data.errors import WordedError
from pipelines.texts import say


class ExitCode(IntEnum):
    """What a `phare` command ends with; documented in docs/command-line.md."""

    DONE = 0
    DATA_REFUSED = 1
    USAGE = 2
    DECLARATION = 3
    VERIFICATION = 4
    HELD = 5
    BUSY = 6
    FAILED = 70


class PhareError(WordedError):
    """An error shown without a traceback: a message key and the values of its blanks.

    `key` names a text of a `messages.yaml`; the text says where, what was found, what was
    expected and the remedy. No value of a respondent is ever put in `values`.
    """

    exit_code: ExitCode = ExitCode.FAILED

    look_up = staticmethod(say)

    def __str__(self) -> str:
        """Return the English text: what logs and tracebacks carry."""
        return self.text("en")
