"""The names of files below `published/`: what stands where in a study's folder and in a release.

Belongs here: names, and nothing that reads or writes. Not here: what the files say.
"""

import re
from pathlib import Path

DATAPACKAGE = "datapackage.json"
MANIFEST = "MANIFEST.sha256"
SIGNATURE = f"{MANIFEST}.minisig"
CRATE = "ro-crate-metadata.json"
VERSIONS, LATEST = "versions.json", "latest.json"
KEPT = (DATAPACKAGE, "LICENSE", "CITATION.cff", MANIFEST, SIGNATURE)  # by a purge
TOMBSTONE = ".RETIRED.md"  # after the version, beside its folder
CSV_SUFFIX = "-csv"  # of a resource's name: the CSV twin of a table
INDEX = "site/studies.json"  # which studies there are, for who cannot list a folder
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")


def is_version(text: str) -> bool:
    """Whether `text` is a version number, major.minor.patch."""
    return _VERSION.fullmatch(text) is not None


def tombstone_path(public: Path, version: str) -> Path:
    """Return the tombstone of a version, in its study's folder."""
    return public / f"{version}{TOMBSTONE}"


def is_inside(path: str) -> bool:
    """Whether a relative path stays below the folder that it is relative to."""
    return not path.startswith("/") and ".." not in path.split("/") and "\\" not in path
