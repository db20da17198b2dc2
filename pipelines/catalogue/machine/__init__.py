"""Catalogues that machines harvest: DCAT, Croissant, DDI, JSON-LD and their like.

Belongs here: one module a standard, each a function of the published tree and the address. Not
here: pages people read (pages/).
"""

from collections.abc import Iterator
from html import escape

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.published import Published, Release


def files(published: Published, base_url: str) -> Iterator[SiteFile]:
    """Yield every machine-readable file of the site: path below site/, content."""
    yield from ()


def head(release: Release, base_url: str) -> str:
    """Return what the page of a study holds for machines, as HTML for its <head>."""
    address = escape(f"{base_url}{release.study}/{release.version}/datapackage.json")
    return f'<link rel="describedby" type="application/json" href="{address}">'
