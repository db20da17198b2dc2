"""The state of a study's releases, as an operator asks for it.

Belongs here: versions with their status, candidates, what a crash has left, disk use. Not here:
deliveries and runs (pipelines.state), changing anything.
"""

import datetime as dt
from pathlib import Path
from typing import Any

from phare_data.log import Entry, newest_valid, releases, statuses
from pipelines.release.candidates import Candidate, find_candidates, is_embargoed, log_head
from pipelines.release.log import read_log
from pipelines.release.prepare import newest_retired
from pipelines.release.store import STAGING, Store, orphans
from pipelines.study import Study


def release_state(study: Study, root: Path, today: dt.date) -> dict[str, Any]:
    """Return the releases of `study` as JSON-able facts; reads, never writes what readers see.

    Keys: versions (oldest first, each with status), latest (or None), candidates (each with name,
    version, path, preview, needs_erratum, stale, embargoed_until), leftovers (staging folders and
    folders that the log does not name), bytes (of published/<study>). Raises LogBrokenError.
    """
    store = Store(root, study.id)
    entries = read_log(store.public)
    newest = newest_valid(entries)
    known = statuses(entries) if entries else {}
    return {
        "study": study.id,
        "latest": newest["version"] if newest else None,
        "versions": [
            {
                "version": one["version"],
                "released": one["released"],
                "status": known[one["version"]],
                "content_id": one["content_id"],
            }
            for one in releases(entries)
        ],
        "candidates": [_candidate(study, one, entries, today) for one in find_candidates(store)],
        "leftovers": [
            *(path.name for path in sorted(store.public.glob(f"{STAGING}*"))),
            *(path.name for path in orphans(store, entries)),
        ],
        "bytes": sum(path.stat().st_size for path in store.public.rglob("*") if path.is_file()),
    }


def _candidate(
    study: Study, one: Candidate, entries: tuple[Entry, ...], today: dt.date
) -> dict[str, Any]:
    policy = study.about.publication
    until = policy.not_before.isoformat() if policy.not_before else None
    return {
        "candidate": one.name,
        "version": one.facts["version"],
        "path": str(one.release),
        "preview": str(one.preview),
        "needs_erratum": bool(
            (one.restated or newest_retired(entries)) and not one.facts["erratum"]
        ),
        "stale": one.log_head != log_head(entries),
        "embargoed_until": until if is_embargoed(policy, today) else None,
    }
