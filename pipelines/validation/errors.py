"""What makes a wave unusable as a whole.

Belongs here: the errors of this room. Not here: breaches of single cells, which are data
(rejected_rows) and not exceptions; the words (messages.yaml).
"""

from pipelines.errors import ExitCode, PhareError


class ColumnsMissingError(PhareError):
    """The extract lacks columns that the study declares."""

    exit_code = ExitCode.DATA_REFUSED


class WaveRefusedError(PhareError):
    """More rows break a rule than the study accepts."""

    exit_code = ExitCode.DATA_REFUSED


class NothingCheckedError(PhareError):
    """A validation that ran no rule, or saw no row: it must never pass for a success."""

    exit_code = ExitCode.DATA_REFUSED
