"""Approving a candidate: exactly the bytes that were looked at become the release.

Belongs here: the checks of an approval and the promotion. Not here: preparing and listing
candidates (candidates.py).
"""

import datetime as dt
import shutil
from pathlib import Path

from phare_data.layout import MANIFEST
from phare_data.manifest import sha256_of
from phare_data.verifier import verify_release
from pipelines.release.candidates import (
    Candidate,
    drop_candidates,
    find_candidate,
    is_embargoed,
    log_head,
)
from pipelines.release.errors import CandidateError, UnsoundReleaseError
from pipelines.release.prepare import check_erratum
from pipelines.release.publish import ReleaseOutcome, commit
from pipelines.release.store import Store, locked, recover, staging
from pipelines.study import Study


def approve(
    study: Study, root: Path, candidate: str, *, by: str, today: dt.date, run_id: str,
    erratum: str | None = None,
) -> ReleaseOutcome:  # fmt: skip
    """Promote a candidate of `study`; `by` and the erratum, if one is given, go into the log.

    An erratum given here stands in versions.json only: the bytes are those that were approved.
    Raises CandidateError for an unknown one, one prepared before the log grew, and one still
    under embargo (exit code HELD); ErratumNeededError when values change, or the newest release was
    taken back, and nobody says why;
    UnsoundReleaseError when its bytes are no longer those that were prepared.
    """
    store = Store(root, study.id)
    with locked(store, run_id):
        entries = recover(store)
        chosen = find_candidate(store, candidate)
        if chosen.log_head != log_head(entries):
            raise CandidateError("release-candidate-stale", study=study.id, found=candidate)
        policy = study.about.publication
        if is_embargoed(policy, today):
            raise CandidateError.held(study.id, candidate, policy.not_before)
        facts = {**chosen.facts, "erratum": erratum or chosen.facts["erratum"], "approved_by": by}
        check_erratum(facts, chosen.restated, entries)
        with staging(store, run_id) as staged:
            _copy(chosen, staged)
            path = commit(store, staged, facts, entries)
        drop_candidates(store)
    reason = "changed" if entries else "first"
    return ReleaseOutcome(facts["version"], path, True, reason, facts["content_id"], facts["bump"])


def _copy(candidate: Candidate, staged: Path) -> None:
    """Copy a candidate's bytes and verify them whole: private state may have been touched."""
    shutil.copytree(candidate.release, staged, dirs_exist_ok=True)
    is_same = sha256_of(staged / MANIFEST) == candidate.facts["manifest_sha256"]
    if not is_same or not verify_release(staged).is_sound:
        raise UnsoundReleaseError(
            "release-candidate-changed", study=candidate.facts["study"], found=candidate.name
        )
