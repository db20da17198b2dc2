"""Preparing a release: everything up to a verified folder that only waits for its place.

Belongs here: comparing with the previous version, numbering, writing, verifying. Not here: giving
it its place (publish.py), holding it back (candidates.py).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phare_data.content_id import content_id
from phare_data.layout import MANIFEST, SIGNATURE
from phare_data.log import PURGED, RELEASED, Entry, newest_valid, releases, statuses
from phare_data.manifest import read_manifest, sha256_of
from phare_data.verifier import verify_release
from pipelines.beside import meanwhile
from pipelines.profile import measured
from pipelines.release.bump import computed_bump, needs_erratum
from pipelines.release.changes import Sentence, first_sentence, sentences
from pipelines.release.diff import Difference, compare
from pipelines.release.diff_files import write_diff
from pipelines.release.errors import ErratumNeededError, LogBrokenError, UnsoundReleaseError
from pipelines.release.inputs import Release
from pipelines.release.layout import Told, write_data, write_descriptor, write_rest
from pipelines.release.pages import Page
from pipelines.release.sign import sign_manifest
from pipelines.release.store import Store
from pipelines.release.titles import Titles
from pipelines.release.version import FIRST, Version, chosen_bump, next_version
from pipelines.release.workbook import write_workbook

# Called with the staged folder, in which the data lie, and those of all earlier releases that have
# theirs; raises to stop the release.
Gate = Callable[[Path, Sequence[Path]], None]
NO_VERSION_YET = "0.0.0"  # of the descriptor while its content is compared


@dataclass(frozen=True)
class Choices:
    """What the operator says of one release."""

    released: dt.date
    erratum: str | None
    raise_to: str | None
    gate: Gate | None = None


@dataclass(frozen=True)
class Prepared:
    """A release written and verified in a staging folder.

    `facts` is its log entry but for the clock and the approver; `restated` counts the rows whose
    values change under the same keys and method, for which someone must give an erratum.
    """

    facts: Mapping[str, Any]
    restated: int

    @property
    def version(self) -> str:
        """Return the number it will have."""
        return str(self.facts["version"])


@dataclass(frozen=True)
class Reproduced:
    """The newest release says the same already."""

    entry: Entry


def prepare(
    store: Store, release: Release, entries: Sequence[Entry], staged: Path, told: Told,
    choices: Choices,
) -> Prepared | Reproduced:  # fmt: skip
    """Write the next release of a study into `staged` and verify it whole.

    Raises LogBrokenError when the version to compare with is damaged, VersionError for a number
    that the rules do not allow, UnsoundReleaseError when what was written fails verification,
    SigningError when the configured key cannot be used, and
    whatever the operator's gate raises.
    """
    files = write_data(release, staged)
    identity = content_id(write_descriptor(release, staged, NO_VERSION_YET, files))
    previous = newest_valid(entries)
    if previous:
        check_intact(store, previous)
        if previous["content_id"] == identity:
            return Reproduced(previous)
    difference = compare(store.folder(previous["version"]), staged) if previous else None
    bump, version = _number(release, entries, difference, choices)
    write_descriptor(release, staged, str(version), files)
    changes = [first_sentence(of_all=not entries)]
    if difference and previous:
        before = store.folder(previous["version"])
        changes = sentences(difference, Titles(before, staged))
        write_diff(staged, before, difference, changes)
    page = Page(
        release, str(version), choices.released, bump, changes, choices.erratum,
        entries, previous["version"] if previous else None,
        {wave: told.quality[wave]["warnings"] for wave in release.waves
         if told.quality.get(wave, {}).get("warnings")},
    )  # fmt: skip
    gate, earlier = choices.gate, _earlier(store, entries)
    with meanwhile(gate, staged, earlier) if gate else nullcontext():
        write_workbook(staged, page)
    manifest = write_rest(staged, page, told, files)
    signature = sign_manifest(staged, f"phare {release.study.id} {version}")
    _check_sound(release.study.id, staged)
    restated = difference.restated if difference and needs_erratum(difference) else 0
    facts = _facts(page, manifest, identity, previous, told)
    if signature:
        facts["signature_sha256"] = sha256_of(staged / SIGNATURE)
    return Prepared(facts, restated)


def check_erratum(facts: Mapping[str, Any], restated: int, entries: Sequence[Entry]) -> None:
    """Raise ErratumNeededError where someone must say what is corrected, and `facts` do not.

    Values change under the same keys; or the newest release was taken back: the same data would
    give its content again, under another number, and no program knows whether the cause is mended.
    """
    if facts["erratum"]:
        return
    if restated:
        raise ErratumNeededError(
            "release-erratum-needed",
            study=facts["study"], count=restated, previous=facts["previous"],
        )  # fmt: skip
    retired = newest_retired(entries)
    if retired:
        raise ErratumNeededError(
            "release-after-retired",
            study=facts["study"], found=retired["version"], reason=retired["reason"],
        )  # fmt: skip


def newest_retired(entries: Sequence[Entry]) -> Entry | None:
    """Return the entry that withdrew or purged the newest release, or None where it stands."""
    known = releases(entries)
    gone = {one["version"]: one for one in entries if one["event"] != RELEASED}
    return gone.get(known[-1]["version"]) if known else None


def check_intact(store: Store, entry: Entry) -> None:
    """Raise LogBrokenError unless a release is byte for byte the one that was published."""
    folder = store.folder(entry["version"])
    listed = read_manifest(folder)
    if listed is None or sha256_of(folder / MANIFEST) != entry["manifest_sha256"]:
        raise LogBrokenError("release-previous-damaged", file=folder, found=MANIFEST)
    for path, digest in listed.items():
        if not (folder / path).is_file() or sha256_of(folder / path) != digest:
            raise LogBrokenError("release-previous-damaged", file=folder, found=path)


def _earlier(store: Store, entries: Sequence[Entry]) -> list[Path]:
    """Return the folder of every release that has its data, withdrawn ones too: all can be read."""
    known = statuses(entries) if entries else {}
    return [store.folder(version) for version, status in known.items() if status != PURGED]


def _number(
    release: Release, entries: Sequence[Entry], difference: Difference | None, choices: Choices
) -> tuple[str, Version]:
    """Return the bump and the number: above every number ever given, withdrawn ones too."""
    given = [Version.parse(one["version"]) for one in releases(entries)]
    computed = computed_bump(difference) if difference else "major"
    bump = chosen_bump(computed, choices.raise_to)
    version = next_version(max(given, default=None), bump, synthetic=release.is_synthetic)
    return (bump if given else FIRST), version


def _check_sound(study: str, staged: Path) -> None:
    with measured("verification", study):
        verification = verify_release(staged)
    if not verification.is_sound:
        found = "; ".join(f"{one.check} {one.file} {one.found}" for one in verification.findings)
        raise UnsoundReleaseError("release-unsound", study=study, found=found)


def _facts(
    page: Page, manifest: str, identity: str, previous: Entry | None, told: Told
) -> dict[str, Any]:
    return {
        "study": page.release.study.id,
        "event": RELEASED,
        "version": page.version,
        "released": page.released.isoformat(),
        "content_id": identity,
        "manifest_sha256": manifest,
        "bump": page.bump,
        "changes": list[Sentence](page.changes),
        "erratum": page.erratum,
        "previous": previous["version"] if previous else None,
        "run_id": told.run["run_id"],
        "commit": told.run.get("commit"),
    }
