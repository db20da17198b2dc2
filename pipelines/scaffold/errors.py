"""What a scaffold refuses.

Belongs here: the error class. Not here: the words (messages.yaml).
"""

from pipelines.errors import ExitCode, PhareError


class ScaffoldError(PhareError):
    """A declaration of that name is there already, or the name is not one."""

    exit_code = ExitCode.USAGE
