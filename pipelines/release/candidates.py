"""Candidates: verified releases that wait for someone, or for a date.

Belongs here: holding, listing and finding them. Not here: preparing them (prepare.py), promoting
one (approve.py).
"""

import datetime as dt
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phare_data.log import Entry
from pipelines import workspace
from pipelines.release.descriptor import as_json
from pipelines.release.durable import replace_file, sync_folder
from pipelines.release.errors import CandidateError
from pipelines.release.log import read_log
from pipelines.release.prepare import Prepared, newest_retired
from pipelines.release.preview import PREVIEW, preview
from pipelines.release.store import Store, locked
from pipelines.study.model import Publication

FACTS = "candidate.json"


@dataclass(frozen=True)
class Candidate:
    """A release that waits: its name, its folder, what its log entry will say.

    `log_head` is the digest of the last entry when it was prepared: once the log has grown, its
    difference and number are no longer right and it cannot be promoted.
    """

    name: str
    folder: Path
    facts: Mapping[str, Any]
    restated: int
    log_head: str | None

    @property
    def release(self) -> Path:
        """Return the folder of the release itself, to look at before approving."""
        return self.folder / str(self.facts["version"])

    @property
    def preview(self) -> Path:
        """Return the page to read before approving."""
        return self.folder / PREVIEW


def is_held(policy: Publication, today: dt.date) -> bool:
    """Whether a release must wait: for an approval, or for the day that it is embargoed until."""
    return policy.publish == "approved" or is_embargoed(policy, today)


def is_embargoed(policy: Publication, today: dt.date) -> bool:
    """Whether the day before which nothing may be published is still to come."""
    return policy.not_before is not None and today < policy.not_before


def hold(
    store: Store, staged: Path, prepared: Prepared, entries: Sequence[Entry]
) -> tuple[Path, bool]:
    """Keep a verified release as a private candidate; return its folder, and whether it is new.

    Its name says version and content: the same content held twice is one candidate, the first.
    """
    held = _folder(store)
    name = f"{prepared.version}-{prepared.facts['content_id'].removeprefix('sha256:')[:12]}"
    place = held / name
    facts = {
        "facts": dict(prepared.facts),
        "restated": prepared.restated,
        "log_head": log_head(entries),
    }
    known = find_candidates(store)
    if any(one.name == name and one.log_head == facts["log_head"] for one in known):
        return place, False
    shutil.rmtree(place, ignore_errors=True)
    workspace.private_folder(store.root, store.study, "release", "candidates", name)
    shutil.copytree(staged, place / prepared.version)
    page = preview(staged, name, prepared.facts, prepared.restated, newest_retired(entries))
    (place / PREVIEW).write_text(page, "utf-8")
    (place / PREVIEW).chmod(0o600)
    # Last: a folder without it was never finished, and is not a candidate.
    replace_file(place / FACTS, as_json(facts).encode())
    sync_folder(held)
    return place, True


def find_candidates(store: Store) -> tuple[Candidate, ...]:
    """Return the candidates of a study, by name."""
    return tuple(_read(path.parent) for path in sorted(_folder(store).glob(f"*/{FACTS}")))


def find_candidate(store: Store, name: str) -> Candidate:
    """Return one candidate; raises CandidateError naming those that there are."""
    found = find_candidates(store)
    for one in found:
        if one.name == name:
            return one
    listed = ", ".join(one.name for one in found) or "—"
    raise CandidateError("release-no-candidate", study=store.study, found=name, valid=listed)


def drop_candidates(store: Store) -> None:
    """Remove every candidate: the log has grown, so that none of them can be promoted."""
    for path in _folder(store).glob("*"):
        shutil.rmtree(path)


def drop_stale_candidates(
    root: Path, study_id: str, *, run_id: str, dry_run: bool = False
) -> list[Path]:
    """Remove the candidates that were prepared before the log grew; return their folders.

    With `dry_run` nothing is removed, nor locked: the file of the lock would be a trace.
    """
    store = Store(root, study_id)
    if dry_run:
        return _stale(store)
    with locked(store, run_id):
        stale = _stale(store)
        for folder in stale:
            shutil.rmtree(folder)
    return stale


def _stale(store: Store) -> list[Path]:
    head = log_head(read_log(store.public))
    return [one.folder for one in find_candidates(store) if one.log_head != head]


def log_head(entries: Sequence[Entry]) -> str | None:
    """Return the digest of the last entry of a log."""
    return str(entries[-1]["entry_sha256"]) if entries else None


def _folder(store: Store) -> Path:
    return workspace.private_path(store.root, store.study, "release", "candidates")


def _read(folder: Path) -> Candidate:
    content = json.loads((folder / FACTS).read_bytes())
    return Candidate(
        folder.name, folder, content["facts"], content["restated"], content["log_head"]
    )
