"""What publishing refuses, one class per cause.

Belongs here: the error classes and their exit codes. Not here: the words (messages.yaml), the
findings of `verify`, which are results and not errors (verify.py).
"""

from pipelines.errors import ExitCode, PhareError


class ReleaseInputError(PhareError):
    """What is to be published is not what the study declares."""

    exit_code = ExitCode.DATA_REFUSED


class ErratumNeededError(PhareError):
    """Published values change under the same keys and nobody said why."""

    exit_code = ExitCode.DATA_REFUSED


class VersionError(PhareError):
    """The operator asked for a version that the rules do not allow."""

    exit_code = ExitCode.USAGE


class BusyError(PhareError):
    """Another process publishes this study."""

    exit_code = ExitCode.BUSY


class StorageError(PhareError):
    """The disk is full, read-only or otherwise refuses; what readers see is unchanged."""

    exit_code = ExitCode.FAILED


class LogBrokenError(PhareError):
    """versions.json, or a release that it lists, is not what was published."""

    exit_code = ExitCode.VERIFICATION


class UnsoundReleaseError(PhareError):
    """The staged release did not pass its own verification; nothing was published."""

    exit_code = ExitCode.VERIFICATION


class CandidateError(PhareError):
    """The candidate does not exist, or may not be promoted now."""

    exit_code = ExitCode.USAGE

    @classmethod
    def held(cls, study: str, name: str, until: object) -> "HeldError":
        """Return the error of a candidate under embargo."""
        return HeldError("release-candidate-held", study=study, found=name, until=until)


class HeldError(CandidateError):
    """The day before which nothing may be published is still to come."""

    exit_code = ExitCode.HELD


class SigningError(PhareError):
    """A key is configured and cannot be used; nothing was published."""

    exit_code = ExitCode.USAGE


class CellError(PhareError):
    """The key of a cell names no row, or several."""

    exit_code = ExitCode.USAGE


class ReproductionError(PhareError):
    """A release cannot be rebuilt: its commit or its extract is not at hand, or the run failed."""

    exit_code = ExitCode.FAILED
