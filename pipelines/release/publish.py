"""Publishing a study: the order of the steps, from protected estimates to the log entry.

Belongs here: what happens when, and what stops it. Not here: each step itself (inputs, layout,
diff, bump, verify, store, log).
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.release.bump import computed_bump, needs_erratum
from pipelines.release.changes import Sentence, first_sentence, sentences
from pipelines.release.content_id import content_id
from pipelines.release.diff import Difference, compare
from pipelines.release.diff_files import write_diff
from pipelines.release.errors import ErratumNeededError, LogBrokenError, UnsoundReleaseError
from pipelines.release.inputs import Release, SourceFile, gather
from pipelines.release.layout import Told, write_data, write_descriptor, write_rest
from pipelines.release.log import (
    RELEASED,
    Entry,
    append,
    newest_valid,
    read_log,
    releases,
    write_latest,
)
from pipelines.release.manifest import MANIFEST, read_manifest, sha256_of
from pipelines.release.pages import Page
from pipelines.release.store import Store, locked, promote, recover, staging
from pipelines.release.verify import verify_release
from pipelines.release.version import FIRST, Version, chosen_bump, next_version
from pipelines.study import Study

NO_VERSION_YET = "0.0.0"  # of the descriptor while its content is compared


@dataclass(frozen=True)
class ReleaseOutcome:
    """What became of a publication; `reason` is 'first', 'changed' or 'unchanged'.

    `bump` is 'first', 'patch', 'minor', 'major', or None where nothing was published; `version`
    and `path` are then those of the release that already says the same.
    """

    version: str
    path: Path
    published: bool
    reason: str
    content_id: str
    bump: str | None


@dataclass(frozen=True)
class Choices:
    """What the operator says of one release."""

    released: dt.date
    erratum: str | None
    raise_to: str | None


def publish(
    study: Study,
    root: Path,
    protected: Sequence[Path],
    *,
    released: dt.date,
    sources: Sequence[SourceFile],
    quality: Mapping[str, Any],
    run: Mapping[str, str],
    erratum: str | None = None,
    raise_to: str | None = None,
) -> ReleaseOutcome:
    """Publish the protected estimates (one Parquet per wave) of `study` below `root`/published.

    `quality` is public evidence, `run` evidence of this run (`run_id` at least): neither enters
    the content id. The same content publishes nothing and is recorded as reproduced. Readers see
    the release from the moment that versions.json names it; a run killed before leaves nothing
    that they trust, and the next one clears it.

    Raises ReleaseInputError, ErratumNeededError (values changed, no `erratum`), VersionError
    (`raise_to` below what the changes ask for), BusyError, LogBrokenError, UnsoundReleaseError.
    """
    release = gather(study, protected, sources)
    store = Store(root, study.id)
    told, choices = Told(quality, run), Choices(released, erratum, raise_to)
    with locked(store, run["run_id"]):
        entries = recover(store)
        with staging(store, run["run_id"]) as staged:
            return _publish(store, release, entries, staged, told, choices)


def newest_entry(root: Path, study_id: str) -> dict[str, Any] | None:
    """Return the log entry of a study's newest valid release, with its status; None without one."""
    newest = newest_valid(read_log(Store(root, study_id).public))
    return {**newest, "status": "current"} if newest else None


def newest_releases(root: Path) -> list[Path]:
    """Return the folder of the newest valid release of every study below `root`/published."""
    studies = sorted(path.parent.name for path in (root / "published").glob("*/versions.json"))
    found = ((name, newest_entry(root, name)) for name in studies)
    return [Store(root, name).folder(entry["version"]) for name, entry in found if entry]


def _publish(
    store: Store, release: Release, entries: Sequence[Entry], staged: Path, told: Told,
    choices: Choices,
) -> ReleaseOutcome:  # fmt: skip
    files = write_data(release, staged)
    draft = write_descriptor(release, staged, NO_VERSION_YET, files)
    identity = content_id(draft)
    previous = newest_valid(entries)
    if previous:
        _check_previous(store, previous)
    if previous and previous["content_id"] == identity:
        _record_reproduced(store, previous, told)
        place = store.folder(previous["version"])
        return ReleaseOutcome(previous["version"], place, False, "unchanged", identity, None)
    difference = compare(store.folder(previous["version"]), staged) if previous else None
    bump, version = _number(release, entries, difference, choices)
    if difference and previous:
        _check_erratum(release, difference, previous, choices)
    changes = sentences(difference) if difference else [first_sentence()]
    content = write_descriptor(release, staged, str(version), files)
    page = Page(
        release,
        str(version),
        choices.released,
        bump,
        changes,
        choices.erratum,
        releases(entries),
        told.quality.get("not_protected", ()),
    )
    if difference and previous:
        write_diff(staged, store.folder(previous["version"]), difference, changes)
    manifest = write_rest(staged, page, told)
    _check_sound(release, staged)
    place = promote(store, staged, str(version))
    facts = _entry(release, page, manifest, content_id(content), previous, told)
    write_latest(store.public, append(store.public, entries, facts))
    reason = "changed" if previous else "first"
    return ReleaseOutcome(str(version), place, True, reason, identity, bump)


def _number(
    release: Release, entries: Sequence[Entry], difference: Difference | None, choices: Choices
) -> tuple[str, Version]:
    """Return the bump and the number: above every number ever given, withdrawn ones too."""
    given = [Version.parse(one["version"]) for one in releases(entries)]
    bump = chosen_bump(computed_bump(difference) if difference else "minor", choices.raise_to)
    version = next_version(max(given, default=None), bump, synthetic=release.is_synthetic)
    return (bump if given else FIRST), version


def _check_previous(store: Store, entry: Entry) -> None:
    """Raise LogBrokenError unless the release to compare with is the one that was published."""
    folder = store.folder(entry["version"])
    listed = read_manifest(folder)
    if listed is None or sha256_of(folder / MANIFEST) != entry["manifest_sha256"]:
        raise LogBrokenError("release-previous-damaged", file=folder, found=MANIFEST)
    for path, digest in listed.items():
        if not (folder / path).is_file() or sha256_of(folder / path) != digest:
            raise LogBrokenError("release-previous-damaged", file=folder, found=path)


def _check_erratum(
    release: Release, difference: Difference, previous: Entry, choices: Choices
) -> None:
    if needs_erratum(difference) and not choices.erratum:
        raise ErratumNeededError(
            "release-erratum-needed",
            study=release.study.id, count=difference.restated, previous=previous["version"],
        )  # fmt: skip


def _check_sound(release: Release, staged: Path) -> None:
    verification = verify_release(staged)
    if not verification.is_sound:
        found = "; ".join(f"{one.check} {one.file} {one.found}" for one in verification.findings)
        raise UnsoundReleaseError("release-unsound", study=release.study.id, found=found)


def _entry(
    release: Release, page: Page, manifest: str, identity: str, previous: Entry | None, told: Told
) -> dict[str, Any]:
    """Return what the log says of a release; the clock is read here and nowhere else."""
    return {
        "study": release.study.id,
        "event": RELEASED,
        "version": page.version,
        "released": page.released.isoformat(),
        "published_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "content_id": identity,
        "manifest_sha256": manifest,
        "bump": page.bump,
        "changes": list[Sentence](page.changes),
        "erratum": page.erratum,
        "previous": previous["version"] if previous else None,
        "run_id": told.run["run_id"],
        "commit": told.run.get("commit"),
    }


def _record_reproduced(store: Store, entry: Entry, told: Told) -> None:
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
