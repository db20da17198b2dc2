"""sitemap.xml and robots.txt: what search engines should visit.

Belongs here: both files. Not here: what the pages say.
"""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from pipelines.catalogue.output import SiteFile

SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"


def files(pages: Sequence[str], base_url: str) -> Iterator[SiteFile]:
    """Yield the sitemap of `pages` (paths below site/), each with its twin, and robots.txt."""
    yield "sitemap.xml", _sitemap(pages, f"{base_url}site/")
    robots = f"User-agent: *\nAllow: /\nSitemap: {base_url}site/sitemap.xml\n"
    yield "robots.txt", robots.encode()


def _sitemap(pages: Sequence[str], address: str) -> bytes:
    ET.register_namespace("", SPACE)
    ET.register_namespace("xhtml", XHTML)
    root = ET.Element(f"{{{SPACE}}}urlset")
    known = set(pages)
    for page in sorted(known):
        one = ET.SubElement(root, f"{{{SPACE}}}url")
        ET.SubElement(one, f"{{{SPACE}}}loc").text = f"{address}{page}"
        french = page.removeprefix("en/")
        twins = {"fr": french, "en": f"en/{french}"}
        if known >= set(twins.values()):
            for lang, twin in twins.items():
                link = {"rel": "alternate", "hreflang": lang, "href": f"{address}{twin}"}
                ET.SubElement(one, f"{{{XHTML}}}link", link)
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
