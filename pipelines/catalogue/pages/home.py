"""The front page: every study as a card.

Belongs here: what the front page shows. Not here: a study's own pages.
"""

from collections.abc import Iterator

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.environment import Site, render


def files(site: Site) -> Iterator[SiteFile]:
    """Yield the front page of one language."""
    path = "index.html" if site.lang == "fr" else f"{site.lang}/index.html"
    content = {"studies": site.published.studies}
    yield path, render("home.html", site.lang, content).encode()
