"""The pages people read: HTML in French and English, from the published tree.

Belongs here: the list of page kinds. Not here: one kind's content (its own module), layouts
(../templates), charts (charts/), style and scripts (../static).
"""

from collections.abc import Iterator
from pathlib import Path

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages import assets, home
from pipelines.catalogue.pages.environment import Site, render
from pipelines.catalogue.published import Published
from pipelines.release.durable import replace_file
from pipelines.texts import LANGUAGES


def files(published: Published, base_url: str) -> Iterator[SiteFile]:
    """Yield every page and what pages need: path below site/, content."""
    yield from assets.files()
    for lang in LANGUAGES:
        yield from home.files(Site(published, base_url, lang))


def write_entrance(folder: Path) -> None:
    """Write `folder`/index.html, which leads to the site, where it is not there already."""
    data = render("entrance.html", "fr", {}).encode()
    path = folder / "index.html"
    if not path.exists() or path.read_bytes() != data:
        replace_file(path, data)
