"""A folder elsewhere, on a disk or in a bucket: read, written file by file, each whole.

Belongs here: paths, types, whole writes. Not here: what is copied and in which order (push.py, and
pipelines.catalogue.push for the site).
"""

from dataclasses import dataclass
from pathlib import Path

from pyarrow import fs

from pipelines.release.crate import MEDIA_TYPES

SITE_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
    ".svg": "image/svg+xml", ".woff2": "font/woff2", ".atom": "application/atom+xml",
    ".xml": "application/xml", ".ttl": "text/turtle", ".jsonld": "application/ld+json",
    ".txt": "text/plain; charset=utf-8", ".zip": "application/zip",
}  # fmt: skip


@dataclass(frozen=True)
class Remote:
    """A folder on a file system that may be remote."""

    system: fs.FileSystem
    base: str

    @classmethod
    def of(cls, target: str, name: str = "") -> "Remote":
        """Return folder `name` below `target`: a folder, or an `s3://` address."""
        address = target if "://" in target else Path(target).resolve().as_uri()
        system, base = fs.FileSystem.from_uri(address)
        return cls(system, f"{base.rstrip('/')}/{name}".rstrip("/"))

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the size of every file below `folder` there, by path relative to it."""
        selector = fs.FileSelector(f"{self.base}/{folder}", recursive=True, allow_not_found=True)
        prefix = f"{self.base}/{folder}/"
        return {
            one.path.removeprefix(prefix): int(one.size)
            for one in self.system.get_file_info(selector)
            if one.type == fs.FileType.File
        }

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; None where there is none."""
        address = f"{self.base}/{path}"
        if self.system.get_file_info(address).type != fs.FileType.File:
            return None
        with self.system.open_input_stream(address) as stream:
            data: bytes = stream.read()
        return data

    def write(self, path: str, data: bytes) -> None:
        """Write a file whole: an object appears when complete, a local file is renamed."""
        address = f"{self.base}/{path}"
        if not isinstance(self.system, fs.LocalFileSystem):
            types = MEDIA_TYPES | SITE_TYPES
            kind = types.get(Path(path).suffix, "application/octet-stream")
            with self.system.open_output_stream(address, metadata={"Content-Type": kind}) as one:
                one.write(data)
            return
        self.system.create_dir(address.rsplit("/", 1)[0], recursive=True)
        aside = f"{address}.part"
        with self.system.open_output_stream(aside) as one:
            one.write(data)
        self.system.move(aside, address)

    def delete(self, path: str) -> None:
        """Remove a file that is there."""
        self.system.delete_file(f"{self.base}/{path}")
