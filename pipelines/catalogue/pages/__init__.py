"""The pages people read: HTML in French and English, from the published tree.

Belongs here: the list of page kinds. Not here: one kind's content (its own module), layouts
(../templates), drawing (charts.py), style and scripts (../static).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.catalogue.codebook import Codebook
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages import (
    about,
    assets,
    collection,
    dictionary,
    explorer,
    findings,
    home,
    lineage,
    quality,
    questions,
    sheets,
    study,
    versions,
)
from pipelines.catalogue.pages.environment import Site, environment
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Published, read_published
from pipelines.release.durable import replace_file
from pipelines.texts import LANGUAGES, Lang

KINDS = (
    study,
    collection,
    questions,
    explorer,
    findings,
    sheets,
    dictionary,
    quality,
    lineage,
    versions,
)


FIRST, *OTHERS = LANGUAGES


def files(published: Published, base_url: str) -> Iterator[SiteFile]:
    """Yield the pages of the first language, and what all pages need: path below site/, content."""
    yield from assets.files()
    yield from _told(published, _codebooks(published), base_url, FIRST)


def other_files(folder: Path, base_url: str) -> list[SiteFile]:
    """Return the pages of the other languages and the explorer's data: a job of its own.

    It shares nothing with `files`, and costs as much.
    """
    published = read_published(folder)
    codebooks = _codebooks(published)
    told = (_told(published, codebooks, base_url, one) for one in OTHERS)
    data = (explorer.data_files(one) for one in codebooks.values())
    return [one for part in (*told, *data) for one in part]


def _codebooks(published: Published) -> dict[str, Codebook]:
    return {
        one.id: Codebook(one.newest)
        for one in published.studies
        if one.newest.has_data and not one.newest.is_collection
    }


def _told(
    published: Published, codebooks: Mapping[str, Codebook], base_url: str, lang: Lang
) -> Iterator[SiteFile]:
    """Yield the pages of one language."""
    site = Site(published, base_url, lang)
    yield from home.files(site, codebooks)
    yield from about.files(site)
    for one in published.studies:
        pages = StudyPages(site, one, codebooks.get(one.id))
        for kind in KINDS:
            yield from kind.files(pages)


def write_entrance(folder: Path) -> None:
    """Write `folder`/index.html, which leads to the site, where it is not there already."""
    data = environment().get_template("entrance.html").render().encode()
    path = folder / "index.html"
    if not path.exists() or path.read_bytes() != data:
        replace_file(path, data)
