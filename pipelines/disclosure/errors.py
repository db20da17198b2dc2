"""What disclosure control refuses, one class per cause.

Belongs here: the error classes and their exit codes. Not here: the words (messages.yaml).
"""

from collections.abc import Sequence

from pipelines.errors import ExitCode, PhareError
from pipelines.texts import Lang, say


class EstimatesUnfitError(PhareError):
    """The estimates to protect lack a column, a key or a base, or contradict the frame."""

    exit_code = ExitCode.FAILED


class PatternTooLargeError(PhareError):
    """The linked tables are too many to be protected exactly, and nothing less is done."""

    exit_code = ExitCode.DECLARATION


class PatternImpossibleError(PhareError):
    """Withholding every cell of a table would still leave an unsafe one exposed."""

    exit_code = ExitCode.DATA_REFUSED


class DisclosureAuditError(PhareError):
    """What is written would let an outsider work out what is withheld: nothing is released.

    `found` says what, a message and its blanks each.
    """

    exit_code = ExitCode.DATA_REFUSED

    def __init__(
        self, key: str, found: Sequence[tuple[str, dict[str, object]]] = (), /, **values: object
    ) -> None:
        super().__init__(key, **values)
        self.found = found

    def text(self, lang: Lang | None = None) -> str:
        """Return the message in `lang`, with all that was found."""
        findings = "; ".join(say(key, lang, **values) for key, values in self.found)
        return say(self.key, lang, findings=findings, **self.values)


class NotPublishableError(PhareError):
    """A table to publish holds open text or what identifies a respondent."""

    exit_code = ExitCode.DATA_REFUSED


class NoAccountError(PhareError):
    """There is no private account to tell: nothing was protected yet."""

    exit_code = ExitCode.USAGE
