"""What makes a declared analysis impossible.

Belongs here: the error class. Not here: the words (messages.yaml), findings that are merely weak,
which are results and not errors.
"""

from pipelines.errors import ExitCode, PhareError


class AnalysisError(PhareError):
    """The respondents of a wave do not carry a declared analysis."""

    exit_code = ExitCode.DATA_REFUSED
