"""About and method: what holds for every study.

Belongs here: that page. Not here: the method notice of a study (study.py).
"""

from collections.abc import Iterator

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.environment import Site


def files(site: Site) -> Iterator[SiteFile]:
    """Yield the page."""
    yield site.page("about.html", "about.html")
