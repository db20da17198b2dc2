"""What makes a wave impossible to estimate.

Belongs here: the error classes. Not here: the words (messages.yaml).
"""

from pipelines.errors import ExitCode, PhareError


class EngineError(PhareError):
    """The engine that a study declares is not installed here."""

    exit_code = ExitCode.USAGE


class WeightError(PhareError):
    """The weights cannot be used as they stand."""

    exit_code = ExitCode.DATA_REFUSED


class CalibrationError(PhareError):
    """The margins cannot be met: they contradict, or a category has units and no respondent."""

    exit_code = ExitCode.DATA_REFUSED


class StratumError(PhareError):
    """A stratum gives no variance, or the frame does not know it."""

    exit_code = ExitCode.DATA_REFUSED


class UnsupportedDesignError(PhareError):
    """A design that the estimators do not cover: refused, never approximated."""

    exit_code = ExitCode.USAGE
