"""Catalogues that machines harvest: DCAT, Croissant, DDI, JSON-LD and their like.

Belongs here: one module a standard, each a function of the published tree and the address. Not
here: pages people read (pages/).
"""

from collections.abc import Iterator

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.published import Published


def files(published: Published, base_url: str) -> Iterator[SiteFile]:
    """Yield every machine-readable file of the site: path below site/, content."""
    yield from ()
