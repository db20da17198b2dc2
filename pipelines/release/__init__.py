"""Releases: immutable versions of a study's tables, described, verified and logged.

Belongs here: writing, describing, comparing, numbering and publishing releases. Not
here: what may be published (disclosure), pages and catalogues over releases (catalogue).
"""

from pipelines.release.approve import approve
from pipelines.release.candidates import Candidate, drop_stale_candidates
from pipelines.release.changes import difference_facts
from pipelines.release.errors import (
    BusyError,
    CandidateError,
    CellError,
    ErratumNeededError,
    HeldError,
    LogBrokenError,
    ReleaseInputError,
    ReproductionError,
    SigningError,
    StorageError,
    UnsoundReleaseError,
    VersionError,
)
from pipelines.release.inputs import SourceFile
from pipelines.release.place import release_folder, release_name
from pipelines.release.publish import (
    ReleaseOutcome,
    newest_entry,
    newest_releases,
    publish,
    released_studies,
)
from pipelines.release.push import Pushed, push
from pipelines.release.reproduce import Reproduction, reproduce
from pipelines.release.retire import Retirement, check_was_published, purge, withdraw
from pipelines.release.state import release_state
from pipelines.release.trace import trace

__all__ = [
    "BusyError",
    "Candidate",
    "CandidateError",
    "CellError",
    "ErratumNeededError",
    "HeldError",
    "LogBrokenError",
    "Pushed",
    "ReleaseInputError",
    "ReleaseOutcome",
    "Reproduction",
    "ReproductionError",
    "Retirement",
    "SigningError",
    "SourceFile",
    "StorageError",
    "UnsoundReleaseError",
    "VersionError",
    "approve",
    "check_was_published",
    "difference_facts",
    "drop_stale_candidates",
    "newest_entry",
    "newest_releases",
    "publish",
    "purge",
    "push",
    "release_folder",
    "release_name",
    "release_state",
    "released_studies",
    "reproduce",
    "trace",
    "withdraw",
]
