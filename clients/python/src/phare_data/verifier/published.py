"""Verifying what is published: a release, or a study's folder with all of them.

Belongs here: which checks run on what, in which order, and which could not run. Not here: the
checks (files.py, tables.py, history.py, signature.py), the verdict's words (findings.py).
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from phare_data.download import download
from phare_data.errors import SourceError
from phare_data.layout import KEPT, MANIFEST, SIGNATURE, VERSIONS, is_version
from phare_data.log import PURGED, statuses
from phare_data.manifest import read_manifest
from phare_data.place import FolderPlace, WebPlace, is_web
from phare_data.release import known_studies
from phare_data.verifier.descriptor import has_profile_validator, load_descriptor
from phare_data.verifier.files import check_crate, check_descriptor, check_manifest
from phare_data.verifier.findings import Finding, NotRun, Verification
from phare_data.verifier.history import check_entry, check_folders, check_log, check_purged
from phare_data.verifier.signature import can_check_signatures, check_public_key, is_signed_by
from phare_data.verifier.tables import Tables


def verify(
    path: Path | str, *, public_key: Path | None = None, require_signature: bool = False
) -> Verification:
    """Verify a release, or a study's folder (the one with versions.json) and all in it.

    `path` is a folder, read without network, or an `http(s)://` address, whose files are first
    fetched into a temporary folder. No declaration and no private file is read. A release that
    lies beside its versions.json is checked against the log too. Faults are findings, never
    errors; checks that cannot run here are named in `not_run`.

    With `public_key` (a file with a minisign public key) signatures are checked: all signed and
    right makes the result authenticated. `require_signature` makes an unsigned release a fault,
    and one that cannot be checked here too; without a key it can only ask that a signature is
    there. Raises PublicKeyError for an unusable key, SourceError when the address, or the folder,
    cannot be read.
    """
    if public_key is not None:
        check_public_key(public_key)
    if not is_web(path):
        return _verify_folder(Path(path).resolve(), public_key, require_signature)
    with tempfile.TemporaryDirectory(prefix="phare-") as aside:
        folder = download(str(path), Path(aside))
        found = _verify_folder(folder, public_key, require_signature)
    return replace(found, place=str(path), not_run=(*found.not_run, NotRun("unlisted", str(path))))


def verify_all(
    path: Path | str, *, public_key: Path | None = None, require_signature: bool = False
) -> tuple[Verification, ...]:
    """Verify what `path` holds: a release, a study, or every study of a `published/` folder.

    Raises as `verify` does.
    """
    return tuple(
        verify(one, public_key=public_key, require_signature=require_signature)
        for one in _all_at(path)
    )


def _all_at(path: Path | str) -> list[Path | str]:
    """Return what a place holds: itself, or its studies where it is neither study nor release."""
    place = WebPlace(str(path).rstrip("/")) if is_web(path) else FolderPlace(Path(path))
    if isinstance(place, FolderPlace) and not place.folder.is_dir():
        raise SourceError("source-no-folder", found=path)
    is_one = any(place.read(name) is not None for name in (VERSIONS, MANIFEST))
    studies: list[Path | str] = (
        [] if is_one else [place.below(name).address for name in known_studies(place) or ()]
    )
    if isinstance(place, FolderPlace) and not is_one:
        below = (one for one in place.folder.iterdir() if one.is_dir())
        studies += [str(one) for one in below if _has_lost_its_log(one)]
    return sorted(studies, key=str) or [path]


def _has_lost_its_log(folder: Path) -> bool:
    """Whether a folder holds versions, and neither the log that names them nor a release."""
    versions = (one for one in folder.glob("[0-9]*") if is_version(one.name) and one.is_dir())
    if next(versions, None) is None:  # as in a folder that may not be read, such as lost+found
        return False
    return not ((folder / VERSIONS).is_file() or (folder / MANIFEST).is_file())


def verify_release(folder: Path) -> Verification:
    """Verify one release by itself: its manifest, its descriptor and its tables."""
    findings = list(check_manifest(folder))
    descriptor = load_descriptor(folder)
    findings += check_descriptor(folder, descriptor)
    findings += check_crate(folder)
    looked = len(read_manifest(folder) or ())
    not_run = [] if has_profile_validator() else [NotRun("profile")]
    if descriptor is not None:
        tables = Tables(folder, descriptor)
        findings += tables.check()
        looked += tables.looked
        not_run += tables.not_run
    version = str(descriptor["version"]) if descriptor and "version" in descriptor else None
    return Verification(str(folder), tuple(findings), looked, tuple(not_run), version=version)


def _verify_folder(path: Path, public_key: Path | None, required: bool) -> Verification:
    alone = _verify(path)
    faults, left_out = _check_signatures(path, public_key, required)
    return replace(
        alone,
        findings=(*alone.findings, *faults),
        not_run=(*alone.not_run, *left_out),
        is_authenticated=public_key is not None and _is_signed(path) and not (faults or left_out),
    )


def _verify(path: Path) -> Verification:
    if (path / VERSIONS).is_file():
        return _verify_study(path)
    if _has_lost_its_log(path):
        return Verification(str(path), (Finding("log-missing", VERSIONS),), 1)
    if not (path.parent / VERSIONS).is_file():
        alone = verify_release(path)
        return replace(alone, not_run=(*alone.not_run, NotRun("log")))
    entries, faults = check_log(path.parent)
    status = statuses(entries).get(path.name) if entries else None
    alone = _verify_version(path, status)
    faults += check_entry(path, entries)
    return replace(
        alone, findings=(*alone.findings, *faults), checks=alone.checks + 2,
        version=path.name, status=status,
    )  # fmt: skip


def _verify_study(public: Path) -> Verification:
    entries, faults = check_log(public)
    faults += check_folders(public, entries)
    looked, not_run = 2, dict[NotRun, None]()
    for version, status in statuses(entries).items() if entries else ():
        if (public / version).is_dir():
            one = _verify_version(public / version, status)
            faults += [_within(version, finding) for finding in one.findings]
            faults += check_entry(public / version, entries)
            looked += one.checks
            not_run |= dict.fromkeys(one.not_run)
    return Verification(str(public), tuple(faults), looked, tuple(not_run))


def _verify_version(folder: Path, status: str | None) -> Verification:
    """Verify a release as its log says it should be now: whole, or purged of its data."""
    found = check_purged(folder) if status == PURGED else None
    if found is not None:
        return Verification(str(folder), tuple(found), 1 + len(KEPT), version=folder.name)
    return verify_release(folder)


def _check_signatures(
    path: Path, public_key: Path | None, required: bool
) -> tuple[list[Finding], list[NotRun]]:
    faults: list[Finding] = []
    left_out: dict[NotRun, None] = {}
    for folder in _release_folders(path):
        name = (folder / SIGNATURE).relative_to(path).as_posix()
        if not (folder / SIGNATURE).is_file():
            faults += [Finding("signature-missing", name)] if required else []
        elif public_key is None:
            left_out[NotRun("signature-no-key")] = None
        elif not can_check_signatures():
            left_out[NotRun("signature-no-program")] = None
            faults += [Finding("signature-unchecked", name)] if required else []
        elif not is_signed_by(folder, public_key):
            faults.append(Finding("signature-wrong", name))
    return faults, list(left_out)


def _is_signed(path: Path) -> bool:
    folders = list(_release_folders(path))
    return bool(folders) and all((folder / SIGNATURE).is_file() for folder in folders)


def _release_folders(path: Path) -> Iterator[Path]:
    """Yield the release folders at `path`: itself, or the versions of a study."""
    if not (path / VERSIONS).is_file():
        yield path
        return
    yield from sorted(one.parent for one in path.glob(f"[0-9]*/{MANIFEST}"))


def _within(version: str, finding: Finding) -> Finding:
    return Finding(finding.check, f"{version}/{finding.file}", finding.found)
