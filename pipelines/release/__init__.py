"""Releases: immutable versions of a study's tables, described, verified and logged.

Belongs here: writing, describing, comparing, numbering, publishing and verifying releases. Not
here: what may be published (disclosure), pages and catalogues over releases (catalogue).
"""

from pipelines.release.errors import (
    BusyError,
    ErratumNeededError,
    LogBrokenError,
    ReleaseInputError,
    UnsoundReleaseError,
    VersionError,
)
from pipelines.release.findings import Finding, Verification
from pipelines.release.inputs import SourceFile
from pipelines.release.publish import ReleaseOutcome, newest_entry, newest_releases, publish
from pipelines.release.verify import verify

__all__ = [
    "BusyError",
    "ErratumNeededError",
    "Finding",
    "LogBrokenError",
    "ReleaseInputError",
    "ReleaseOutcome",
    "SourceFile",
    "UnsoundReleaseError",
    "Verification",
    "VersionError",
    "newest_entry",
    "newest_releases",
    "publish",
    "verify",
]
