"""Verifying what is published, offline: a release, or a study's folder with all of them.

Belongs here: which checks run on what, in which order. Not here: the checks (verify_files.py,
verify_values.py, verify_log.py), the verdict's words (findings.py).
"""

from pathlib import Path

from pipelines.release.findings import Finding, Verification
from pipelines.release.log import PURGED, VERSIONS, statuses
from pipelines.release.manifest import read_manifest
from pipelines.release.store import KEPT
from pipelines.release.verify_files import (
    check_crate,
    check_descriptor,
    check_manifest,
    load_descriptor,
)
from pipelines.release.verify_log import check_entry, check_folders, check_log, check_purged
from pipelines.release.verify_values import Values


def verify(path: Path) -> Verification:
    """Verify a release folder, or a study's folder (the one with versions.json) and all in it.

    Reads only what lies there: no network, no declaration, no private file. A release that lies
    beside its versions.json is checked against the log too. Faults are findings, never errors.
    """
    path = path.resolve()
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


def _within(version: str, finding: Finding) -> Finding:
    return Finding(finding.check, f"{version}/{finding.file}", finding.found)
