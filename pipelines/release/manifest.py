"""Writing the manifest of a release: the digest of every file, in the format of `sha256sum`.

Belongs here: writing MANIFEST.sha256. Not here: reading and comparing one (phare_data.manifest).
"""

from pathlib import Path

from phare_data.layout import MANIFEST
from phare_data.manifest import files_of, sha256_of


def write_manifest(folder: Path) -> str:
    """Write the manifest of `folder` and return its own digest."""
    lines = [f"{sha256_of(folder / path)}  {path}\n" for path in files_of(folder)]
    (folder / MANIFEST).write_bytes("".join(lines).encode())
    return sha256_of(folder / MANIFEST)
