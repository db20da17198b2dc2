"""Where published files are read from: a folder, or an address on the web.

Belongs here: reading a file by its path below a place. Not here: which files to read (release.py,
download.py), whether they are the right ones (verifier).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from phare_data.errors import ChoiceError, SourceError
from phare_data.layout import is_inside

TIMEOUT = 30  # seconds without an answer
TRIES, PAUSE = 3, 0.5  # a server that is busy or restarts gets another chance
GONE = (404, 410)


class Place(Protocol):
    """A folder, wherever it lies."""

    @property
    def address(self) -> str:
        """Return what a person calls it."""

    def below(self, path: str) -> "Place":
        """Return a folder in it."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; None where there is none. Raises SourceError."""


def is_web(source: Path | str) -> bool:
    """Whether a source is an address on the web; any other text is a path."""
    return isinstance(source, str) and source.startswith(("http://", "https://"))


def open_place(source: Path | str) -> Place:
    """Return the place that `source` names.

    Raises SourceError where a folder is not there, ChoiceError for another kind of address.
    """
    if is_web(source):
        return WebPlace(str(source).rstrip("/"))
    if "://" in str(source):
        raise ChoiceError("source-scheme", found=source)
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise SourceError("source-no-folder", found=folder)
    return FolderPlace(folder)


@dataclass(frozen=True)
class FolderPlace:
    """A folder on this machine."""

    folder: Path

    @property
    def address(self) -> str:
        """Return the folder's path."""
        return str(self.folder)

    def below(self, path: str) -> "FolderPlace":
        """Return a folder in it, there or not."""
        return FolderPlace(self.folder / path)

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; None where there is none."""
        try:
            return (self.folder / path).read_bytes() if is_inside(path) else None
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            found = error.strerror or type(error).__name__
            raise SourceError("source-unreadable", file=self.folder / path, found=found) from None


@dataclass(frozen=True)
class WebPlace:
    """A folder behind an address, served as plain files."""

    address: str

    def below(self, path: str) -> "WebPlace":
        """Return a folder in it, there or not."""
        return WebPlace(f"{self.address}/{path}")

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; None where the server says that there is none."""
        from urllib.parse import quote

        if not is_inside(path):
            return None
        url = f"{self.address}/{quote(path)}"
        for left in reversed(range(TRIES)):
            try:
                return _get(url)
            except SourceError:
                if not left:
                    raise
                time.sleep(PAUSE)
        return None


def _get(url: str) -> bytes | None:
    """Return what an address answers, None for 404 and 410; raises SourceError for the rest."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    asked = Request(url, headers={"User-Agent": "phare-data"})  # noqa: S310 - http(s): open_place
    try:
        with urlopen(asked, timeout=TIMEOUT) as answer:  # noqa: S310 - http(s): open_place
            body: bytes = answer.read()
            return body
    except HTTPError as error:
        if error.code in GONE:
            return None
        raise SourceError("source-unreadable", file=url, found=f"HTTP {error.code}") from None
    except URLError as error:
        raise SourceError("source-unreadable", file=url, found=error.reason) from None
    except (OSError, HTTPException, ValueError) as error:
        raise SourceError("source-unreadable", file=url, found=type(error).__name__) from None
