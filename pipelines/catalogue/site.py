"""The site of a `published/` folder, made again from what lies there.

Belongs here: the list of what the site holds, and its summary. Not here: pages (pages/), machine
catalogues (machine/), how files get their place (output.py).
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from phare_data.layout import VERSIONS
from pipelines.beside import hand_over
from pipelines.catalogue.errors import SiteError
from pipelines.catalogue.memory import (
    files_as,
    inputs_of,
    made_by,
    recall,
    remember,
    versions_told,
)
from pipelines.catalogue.output import LOCK, SITE, SiteFile, write_site
from pipelines.catalogue.published import Published, Release, read_published
from pipelines.workspace import held, private_folder

BASE_URL = "PHARE_BASE_URL"
SPARE = "spare"  # private: see write_site
LOCAL = "http://localhost:8000/"  # where `phare serve` puts it


@dataclass(frozen=True)
class SiteSummary:
    """What was built: the front page's file, how many studies and files, for which address."""

    index: Path
    studies: tuple[str, ...]
    files: int
    base_url: str


def build_site(root: Path, *, base_url: str | None = None, reuse: bool = False) -> SiteSummary:
    """Build `root`/published/site from the releases below `root`/published.

    `base_url` is the address at which `published/` will be served (default: the environment's
    PHARE_BASE_URL, else a local one); only feeds, catalogues and pinned lines of code hold
    it, every other link is relative. The same releases and address give the same bytes; with
    `reuse` a site that stands and was made from the same releases is left as it is, and files that
    tell one version alone are taken over from an older site. Raises SiteError without a release,
    LogBrokenError for a log that is not what was written.
    """
    folder = root / "published"
    address = address_of(base_url)
    if not folder.is_dir():
        raise SiteError("catalogue-nothing-published", folder=folder)
    private = private_folder(root, "catalogue")
    with held(private / LOCK):
        code = made_by(address)
        inputs = inputs_of(folder, code)
        names = tuple(sorted(path.parent.name for path in folder.glob(f"*/{VERSIONS}")))
        known = recall(private, folder) if reuse else {}
        files = files_as(known, inputs)
        if files is None or not (folder / "index.html").exists():
            published = read_published(folder)
            _build(published, address, versions_told(known, code), private / SPARE)
            files = remember(private, folder, code, inputs, _versions(published))
    return SiteSummary(folder / SITE / "index.html", names, files, address)


def _build(published: Published, address: str, told: Mapping[str, str], spare: Path) -> None:
    from pipelines.catalogue.pages import write_entrance

    if not published.studies:
        raise SiteError("catalogue-nothing-published", folder=published.folder)
    write_site(published.folder, _files(published, address, told), spare)
    write_entrance(published.folder)


def _files(published: Published, base_url: str, told: Mapping[str, str]) -> Iterator[SiteFile]:
    """Yield every file of the site; `told`: the versions whose own files the old site has."""
    from pipelines.catalogue import machine, pages
    from pipelines.catalogue.machine.facts import described
    from pipelines.catalogue.pages.downloads import archive, archive_path

    others = hand_over(pages.other_files, published.folder, base_url)
    found = []
    for path, data in pages.files(published, base_url):
        found.append(path)
        yield path, data
    manifests = _versions(published)
    for release in described(published):
        folder = _folder(release)
        if told.get(folder) == manifests[folder]:
            yield from _standing(published.folder / SITE, release)
        else:
            yield archive_path(release), archive(release)
            yield from machine.version_files(release, base_url)
    for path, data in others.result():
        found.append(path)
        yield path, data
    yield from machine.files(published, base_url, [one for one in found if one.endswith(".html")])


def _versions(published: Published) -> dict[str, str]:
    """Return the folder of every version that the site describes, and its manifest's digest."""
    from pipelines.catalogue.machine.facts import described

    return {_folder(one): str(one.entry["manifest_sha256"]) for one in described(published)}


def _folder(release: Release) -> str:
    return f"{release.study}/{release.version}"


def _standing(site: Path, release: Release) -> Iterator[SiteFile]:
    """Yield the files that tell one version alone, as they stand in the old site."""
    from pipelines.catalogue.pages.downloads import archive_path

    for own in (archive_path(release), _folder(release)):
        yield own, site / own


def address_of(base_url: str | None) -> str:
    """Return the address of published/ with its final slash; SiteError unless it is http(s)."""
    text = base_url or os.environ.get(BASE_URL) or LOCAL
    if not text.startswith(("http://", "https://")):
        raise SiteError("catalogue-bad-address", found=text)
    return text if text.endswith("/") else f"{text}/"
