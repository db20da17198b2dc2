"""What disclosure control refuses, one class per cause.

Belongs here: the error classes and their exit codes. Not here: the words (messages.yaml).
"""

from pipelines.errors import ExitCode, PhareError


class EstimatesUnfitError(PhareError):
    """The estimates to protect lack a column, a key or a base, or contradict the frame."""

    exit_code = ExitCode.FAILED
