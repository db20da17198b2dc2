"""Errors of the catalogue: what a user may cause while the site is built.

Belongs here: the classes. Not here: their words (messages.yaml).
"""

from pipelines.errors import ExitCode, PhareError


class SiteError(PhareError):
    """The site cannot be built from what is published."""

    exit_code = ExitCode.USAGE
