"""Publishing a study: from protected estimates to the log entry, or to a candidate that waits.

Belongs here: what happens when, and what stops it. Not here: the release itself (prepare.py),
folders and the lock (store.py), approving what waits (candidates.py).
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phare_data.log import Entry, newest_valid
from pipelines.release.candidates import hold, is_held
from pipelines.release.inputs import SourceFile, gather
from pipelines.release.layout import Told
from pipelines.release.log import append, read_log, write_latest
from pipelines.release.prepare import Choices, Gate, Prepared, check_erratum, prepare
from pipelines.release.store import Store, locked, promote, recover, staging
from pipelines.study import Study


@dataclass(frozen=True)
class ReleaseOutcome:
    """What became of a publication; `reason` is 'first', 'changed', 'unchanged' or 'held'.

    `bump` is 'first', 'patch', 'minor', 'major', or None where the release of `version` at `path`
    already says the same. Of a candidate that waits, `version` is the number that it will have
    and `path` its private folder, whose name is what `approve` takes; `is_new` says that it did
    not wait already.
    """

    version: str
    path: Path
    published: bool
    reason: str
    content_id: str
    bump: str | None
    is_new: bool = True


def publish(
    study: Study,
    root: Path,
    protected: Mapping[str, Sequence[Path]],
    *,
    released: dt.date,
    sources: Sequence[SourceFile],
    quality: Mapping[str, Any],
    run: Mapping[str, Any],
    row_maps: Callable[[], Mapping[str, str]] = dict,
    erratum: str | None = None,
    raise_to: str | None = None,
    gate: Gate | None = None,
) -> ReleaseOutcome:
    """Publish the protected tables of `study` below `root`/published.

    `protected` gives the files of each table that data fill, one Parquet per wave.
    `quality` is public evidence, `run` evidence of this run (`run_id` at least): neither enters
    the content id. `row_maps` gives each wave's digest of its rows; it is asked only of what is
    new, once all but the evidence is written. The same content publishes nothing and is recorded as
    reproduced. Readers see the release from the moment that versions.json names it; a run killed
    before leaves nothing that they trust, and the next one clears it. Where the study asks for
    approval, or for a date that `released` has not reached, the verified release waits as a
    candidate instead. `gate` sees what was written, and all earlier releases, before anything is
    public.

    Raises ReleaseInputError, ErratumNeededError (no `erratum`, and values changed or the newest
    release was taken back), VersionError
    (`raise_to` below what the changes ask for), BusyError, LogBrokenError, UnsoundReleaseError,
    StorageError (the disk refused), and what `gate` raises.
    """
    store = Store(root, study.id)
    told, choices = Told(quality, run, row_maps), Choices(released, erratum, raise_to, gate)
    with locked(store, run["run_id"]):
        release = gather(study, protected, sources)
        entries = recover(store)
        with staging(store, run["run_id"]) as staged:
            prepared = prepare(store, release, entries, staged, told, choices)
            if not isinstance(prepared, Prepared):
                return _reproduced(store, prepared.entry, told)
            if is_held(study.about.publication, released):
                path, is_new = hold(store, staged, prepared, entries)
                return _outcome(prepared, path, published=False, reason="held", is_new=is_new)
            check_erratum(prepared.facts, prepared.restated, entries)
            path = commit(store, staged, prepared.facts, entries)
            reason = "changed" if entries else "first"
            return _outcome(prepared, path, published=True, reason=reason)


def commit(store: Store, staged: Path, facts: Mapping[str, Any], entries: Sequence[Entry]) -> Path:
    """Give a verified staged release its place, then name it in the log; only under the lock."""
    place = promote(store, staged, facts["version"])
    dated = {**facts, "published_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
    write_latest(store.public, append(store.public, entries, dated))
    return place


def newest_entry(root: Path, study_id: str) -> dict[str, Any] | None:
    """Return the log entry of a study's newest valid release, with its status; None without one."""
    newest = newest_valid(read_log(Store(root, study_id).public))
    return {**newest, "status": "current"} if newest else None


def released_studies(root: Path) -> list[str]:
    """Return the studies that ever released a version, valid still or not, sorted."""
    return sorted(path.parent.name for path in (root / "published").glob("*/versions.json"))


def newest_releases(root: Path) -> list[Path]:
    """Return the folder of the newest valid release of every study below `root`/published."""
    found = ((name, newest_entry(root, name)) for name in released_studies(root))
    return [Store(root, name).folder(entry["version"]) for name, entry in found if entry]


def _outcome(
    prepared: Prepared, path: Path, *, published: bool, reason: str, is_new: bool = True
) -> ReleaseOutcome:
    facts = prepared.facts
    return ReleaseOutcome(
        prepared.version, path, published, reason, facts["content_id"], facts["bump"], is_new
    )


def _reproduced(store: Store, entry: Entry, told: Told) -> ReleaseOutcome:
    """Note in private state that a run gave again what is published."""
    line = {
        "event": "reproduced",
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "version": entry["version"],
        "content_id": entry["content_id"],
        "run": dict(told.run),
    }
    path = store.private / "audit.ndjson"
    with path.open("a", encoding="utf-8") as stream:
        path.chmod(0o600)
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    place = store.folder(entry["version"])
    return ReleaseOutcome(entry["version"], place, False, "unchanged", entry["content_id"], None)
