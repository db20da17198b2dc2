"""Taking a version back: withdrawn (its files stay) or purged (its data are removed).

Belongs here: both acts and their log entries. Not here: what readers are shown of it
(tombstone.py, catalogue), publishing the correction (publish.py).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phare_data.layout import tombstone_path
from phare_data.log import PURGED, WITHDRAWN, Entry, releases, statuses
from pipelines.release.errors import VersionError
from pipelines.release.log import append, read_log, write_latest
from pipelines.release.store import Store, finish_retirements, locked, recover
from pipelines.texts import Said


@dataclass(frozen=True)
class Retirement:
    """What became of a version; `compared` are later ones whose diff/ was made against it.

    Their diff may repeat its values: whoever purges must look at them too.
    """

    version: str
    event: str
    tombstone: Path
    compared: tuple[str, ...]


def withdraw(
    root: Path, study_id: str, version: str, *, reason: Said, by: str, run_id: str,
    replaced_by: str | None = None,
) -> Retirement:  # fmt: skip
    """Withdraw a version: it stays at its address, and leaves latest.json and the catalogues.

    `reason` is one text, or one in each language. Raises VersionError for a version that was never
    published or is withdrawn already, or for a replacement that is not a valid one.
    """
    return _retire(Store(root, study_id), WITHDRAWN, version, reason, by, run_id, replaced_by)


def purge(
    root: Path, study_id: str, version: str, *, reason: Said, by: str, run_id: str,
    replaced_by: str | None = None,
) -> Retirement:  # fmt: skip
    """Purge a version after a disclosure accident: its data are removed from this folder for good.

    Descriptor, manifest, licence and citation stay, with a tombstone that says who, when and why:
    what was published remains known. Copies elsewhere (mirrors, archives, git history) are the
    operator's to remove. Raises VersionError as `withdraw` does; a withdrawn version may be purged.
    """
    return _retire(Store(root, study_id), PURGED, version, reason, by, run_id, replaced_by)


def check_was_published(root: Path, study_id: str, version: str) -> None:
    """Raise VersionError for a version that never was: before anybody is asked, or a lock made."""
    store = Store(root, study_id)
    entries = read_log(store.public)
    if version not in {one["version"] for one in entries}:
        _check(store, entries, PURGED, version, None)


def _retire(
    store: Store, event: str, version: str, reason: Said, by: str, run_id: str,
    replaced_by: str | None,
) -> Retirement:  # fmt: skip
    check_was_published(store.root, store.study, version)
    with locked(store, run_id):
        entries = recover(store)
        _check(store, entries, event, version, replaced_by)
        facts = {
            "study": store.study,
            "event": event,
            "version": version,
            "reason": reason,
            "by": by,
            "replaced_by": replaced_by,
            "published_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "run_id": run_id,
        }
        # The log first: a reader must stop trusting the data before they start to disappear.
        grown = append(store.public, entries, facts)
        write_latest(store.public, grown)
        finish_retirements(store, grown)
    compared = tuple(one["version"] for one in releases(entries) if one.get("previous") == version)
    return Retirement(version, event, tombstone_path(store.public, version), compared)


def _check(
    store: Store, entries: Sequence[Entry], event: str, version: str, replaced_by: str | None
) -> None:
    known = statuses(entries) if entries else {}
    gone = (PURGED,) if event == PURGED else (PURGED, WITHDRAWN)
    if version not in known or known[version] in gone:
        raise VersionError(
            "release-no-such-version", study=store.study, found=version,
            valid=", ".join(name for name, status in known.items() if status not in gone) or "—",
        )  # fmt: skip
    valid = [name for name, status in known.items() if status not in (PURGED, WITHDRAWN)]
    if replaced_by is not None and (replaced_by not in valid or replaced_by == version):
        raise VersionError(
            "release-no-such-version",
            study=store.study, found=replaced_by, valid=", ".join(valid),
        )  # fmt: skip
