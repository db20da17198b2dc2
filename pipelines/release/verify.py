"""Verifying what is published, offline: a release, or a study's folder with all of them.

Belongs here: which checks run on what, in which order. Not here: the checks (verify_files.py,
verify_values.py, verify_log.py), the verdict's words (findings.py).
"""

from dataclasses import replace
from pathlib import Path

from pipelines.release.findings import Finding, Verification
from pipelines.release.log import PURGED, VERSIONS, statuses
from pipelines.release.manifest import MANIFEST, SIGNATURE, read_manifest
from pipelines.release.sign import is_signed_by, read_public_key
from pipelines.release.store import KEPT
from pipelines.release.verify_files import (
    check_crate,
    check_descriptor,
    check_manifest,
    load_descriptor,
)
from pipelines.release.verify_log import check_entry, check_folders, check_log, check_purged
from pipelines.release.verify_values import Values


def verify(
    path: Path, *, public_key: Path | None = None, require_signature: bool = False
) -> Verification:
    """Verify a release folder, or a study's folder (the one with versions.json) and all in it.

    Reads only what lies there: no network, no declaration, no private file. A release that lies
    beside its versions.json is checked against the log too. Faults are findings, never errors.
    With `public_key` (a minisign public key) signatures are checked: all signed and right makes
    the result authenticated. `require_signature` makes an unsigned release a fault; without a key
    it can only ask that a signature is there. Raises SigningError for an unusable key.
    """
    path = path.resolve()
    alone = _verify(path)
    signatures = _check_signatures(path, public_key, require_signature)
    return replace(
        alone,
        findings=(*alone.findings, *signatures),
        is_authenticated=public_key is not None and _is_signed(path) and not signatures,
    )


def _verify(path: Path) -> Verification:
    if (path / VERSIONS).is_file():
        return _verify_study(path)
    if not (path.parent / VERSIONS).is_file():
        return verify_release(path)
    entries, faults = check_log(path.parent)
    status = statuses(entries).get(path.name) if entries else None
    alone = _verify_version(path, status)
    faults += check_entry(path, entries)
    return Verification(
        path, (*alone.findings, *faults), alone.checks + 2, alone.is_authenticated, path.name,
        status,
    )  # fmt: skip


def verify_release(folder: Path) -> Verification:
    """Verify one release by itself: its manifest, its descriptor and its tables."""
    findings = list(check_manifest(folder))
    descriptor = load_descriptor(folder)
    findings += check_descriptor(folder, descriptor)
    findings += check_crate(folder)
    looked = len(read_manifest(folder) or ())
    if descriptor is not None:
        values = Values(folder, descriptor)
        findings += values.check()
        looked += values.looked
    version = str(descriptor["version"]) if descriptor and "version" in descriptor else None
    return Verification(folder, tuple(findings), looked, version=version)


def _verify_study(public: Path) -> Verification:
    entries, faults = check_log(public)
    faults += check_folders(public, entries)
    looked = 2
    for version, status in statuses(entries).items() if entries else ():
        if (public / version).is_dir():
            one = _verify_version(public / version, status)
            faults += [_within(version, finding) for finding in one.findings]
            faults += check_entry(public / version, entries)
            looked += one.checks
    return Verification(public, tuple(faults), looked)


def _verify_version(folder: Path, status: str | None) -> Verification:
    """Verify a release as its log says it should be now: whole, or purged of its data."""
    found = check_purged(folder) if status == PURGED else None
    if found is not None:
        return Verification(folder, tuple(found), 1 + len(KEPT), version=folder.name)
    return verify_release(folder)


def _check_signatures(path: Path, public_key: Path | None, required: bool) -> list[Finding]:
    found = []
    key = read_public_key(public_key) if public_key else None
    for folder in _release_folders(path):
        name = (folder / SIGNATURE).relative_to(path).as_posix()
        if not (folder / SIGNATURE).is_file():
            found += [Finding("signature-missing", name)] if required else []
        elif key and not is_signed_by(folder, key):
            found.append(Finding("signature-wrong", name))
    return found


def _is_signed(path: Path) -> bool:
    folders = _release_folders(path)
    return bool(folders) and all((folder / SIGNATURE).is_file() for folder in folders)


def _release_folders(path: Path) -> list[Path]:
    """Return the release folders at `path`: itself, or the versions of a study."""
    if not (path / VERSIONS).is_file():
        return [path]
    return sorted(one.parent for one in path.glob(f"[0-9]*/{MANIFEST}"))


def _within(version: str, finding: Finding) -> Finding:
    return Finding(finding.check, f"{version}/{finding.file}", finding.found)
