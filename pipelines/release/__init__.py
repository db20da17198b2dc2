"""Releases: immutable versions of a study's tables, described, verified and logged.

Belongs here: writing, describing, comparing, numbering, publishing and verifying releases. Not
here: what may be published (disclosure), pages and catalogues over releases (catalogue).
"""

from pipelines.release.approve import approve
from pipelines.release.candidates import Candidate
from pipelines.release.errors import (
    BusyError,
    CandidateError,
    ErratumNeededError,
    HeldError,
    LogBrokenError,
    ReleaseInputError,
    StorageError,
    UnsoundReleaseError,
    VersionError,
)
from pipelines.release.findings import Finding, Verification
from pipelines.release.inputs import SourceFile
from pipelines.release.publish import ReleaseOutcome, newest_entry, newest_releases, publish
from pipelines.release.retire import Retirement, purge, withdraw
from pipelines.release.state import release_state
from pipelines.release.verify import verify

__all__ = [
    "BusyError",
    "Candidate",
    "CandidateError",
    "ErratumNeededError",
    "Finding",
    "HeldError",
    "LogBrokenError",
    "ReleaseInputError",
    "ReleaseOutcome",
    "Retirement",
    "SourceFile",
    "StorageError",
    "UnsoundReleaseError",
    "Verification",
    "VersionError",
    "approve",
    "newest_entry",
    "newest_releases",
    "publish",
    "purge",
    "release_state",
    "verify",
    "withdraw",
]
