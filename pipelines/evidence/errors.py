"""What stands between a wave and its release.

Belongs here: the error classes. Not here: the words (messages.yaml).
"""

from pipelines.errors import ExitCode, PhareError


class ChecksMissingError(PhareError):
    """A required check was never run on these exact artefacts."""

    exit_code = ExitCode.DATA_REFUSED


class CheckFailedError(PhareError):
    """A required check failed on these artefacts."""

    exit_code = ExitCode.DATA_REFUSED
