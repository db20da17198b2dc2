"""Catalogues that machines harvest: DCAT, Croissant, DDI, JSON-LD and their like.

Belongs here: one module a standard, each a function of the published tree and the address. Not
here: pages people read (pages/).
"""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from pipelines.catalogue.machine import dcat, ddi, schema_org, sitemap, table_schemas
from pipelines.catalogue.machine.croissant import croissant
from pipelines.catalogue.machine.facts import as_json, release_url, site_path
from pipelines.catalogue.machine.zenodo import zenodo
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.published import Published, Release
from pipelines.texts import Lang

NOT_INDEXED = Markup('<meta name="robots" content="noindex">')
DESCRIBED_BY = Markup('<link rel="describedby" type="application/json" href="{}">\n')


def files(published: Published, base_url: str, pages: Sequence[str]) -> Iterator[SiteFile]:
    """Yield the machine-readable files that tell all studies: path below site/, content.

    `pages` are the pages of the site, for the sitemap. A withdrawn version is described nowhere.
    """
    yield from dcat.files(published, base_url)
    yield from sitemap.files(pages, base_url)
    yield "studies.json", as_json([{"study": one.id} for one in published.studies])


def version_files(release: Release, base_url: str) -> Iterator[SiteFile]:
    """Yield the files that tell one version alone: the same whatever else is published."""
    yield site_path(release, "croissant.json"), as_json(croissant(release, base_url))
    yield site_path(release, "zenodo.json"), as_json(zenodo(release, base_url))
    yield site_path(release, "ddi.xml"), ddi.codebook(release, base_url)
    yield from table_schemas.files(release, base_url)


def part_head(release: Release, base_url: str, lang: Lang) -> Markup:
    """Return the same for a page that shows a part of a study: it names the data set."""
    if release.status not in ("current", "superseded"):
        return NOT_INDEXED
    return schema_org.as_script(schema_org.part(release, base_url, lang))


def home_head(published: Published, base_url: str, lang: Lang) -> Markup:
    """Return the same for the front page: the catalogue of the newest valid versions."""
    return schema_org.as_script(schema_org.catalogue(published, base_url, lang))


def head(release: Release, base_url: str, lang: Lang = "fr") -> Markup:
    """Return what the page of a study holds for machines, as HTML for its <head>.

    A version that was taken back is not offered to search engines.
    """
    if release.status not in ("current", "superseded"):
        return NOT_INDEXED
    address = release_url(release, base_url, "datapackage.json")
    script = schema_org.as_script(schema_org.dataset(release, base_url, lang))
    return DESCRIBED_BY.format(address) + script
