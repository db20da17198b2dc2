"""The zip of a release: its data with README, licence, citation and descriptor.

Belongs here: one archive a version that has data. Not here: the files in it (release).
"""

import io
import zipfile
from functools import lru_cache
from pathlib import Path

from pipelines.catalogue.published import Release

LEFT_OUT = ("lineage/openlineage.ndjson", "ro-crate-metadata.json")  # evidence for machines
OLDEST = (1980, 1, 1, 0, 0, 0)  # the first day a zip can hold: no clock in the bytes


def archive_path(release: Release) -> str:
    """Return where the archive lies below site/."""
    return f"downloads/{release.study}-{release.version}.zip"


def archive(release: Release) -> bytes:
    """Return the archive: one folder named after study and version; the same bytes each time."""
    listed = tuple((path, one.sha256) for path, one in sorted(release.files.items()))
    return _archive(release.folder, f"{release.study}-{release.version}", listed)


@lru_cache(maxsize=8)  # the page of a study tells its size, in each language
def _archive(folder: Path, name: str, listed: tuple[tuple[str, str], ...]) -> bytes:
    """Return the archive of a folder under a name; `listed`: its files and their digests."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        for path in sorted(["MANIFEST.sha256", *(path for path, _ in listed)]):
            if path not in LEFT_OUT:
                about = zipfile.ZipInfo(f"{name}/{path}", OLDEST)
                about.compress_type = zipfile.ZIP_DEFLATED
                about.external_attr = 0o644 << 16
                written.writestr(about, (folder / path).read_bytes(), compresslevel=6)
    return held.getvalue()
