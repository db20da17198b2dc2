"""Every page: its links lead somewhere, its weight, what axe-core finds, what it must not hold."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from playwright.sync_api import Page

from tests.web.conftest import STUDY, Open

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")
KINDS = (
    "index.html", "about.html", *(f"{STUDY}/{name}.html" for name in (
        "index", "explorer", "priorities", "roles", "profiles", "sheets", "sheets/84", "themes",
        "dictionary", "quality", "lineage", "versions", "questions/fragility_priority",
        "questions/dynamic_rooted",
    )),
)  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


# Colours are those of the style sheet: pages that colour data are looked at in both themes each
# time, the others in the dark one by the slow tier, with the longest of all in the light one.
PAGES = [*KINDS, f"en/{STUDY}/index.html"]
COLOURED = ("index.html", f"{STUDY}/explorer.html")
LONG = (f"{STUDY}/priorities.html", f"{STUDY}/dictionary.html", f"{STUDY}/lineage.html")
SHOWN = [
    *(
        pytest.param(path, "light", marks=pytest.mark.slow if path in LONG else ())
        for path in PAGES
    ),
    *(
        pytest.param(path, "dark", marks=() if path in COLOURED else pytest.mark.slow)
        for path in PAGES
    ),
]


@pytest.mark.browser
@pytest.mark.parametrize(("path", "scheme"), SHOWN)
def test_axe_finds_no_violation(visit: Open, path: str, scheme: str) -> None:
    page = visit(path, color_scheme=scheme)
    page.wait_for_load_state("networkidle")
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert violations(page) == []


@pytest.mark.browser
def test_axe_does_find_a_fault_that_is_planted(visit: Open) -> None:
    page = visit("about.html")
    page.eval_on_selector("h1", "one => { one.innerHTML += '<img src=\"data:,\">'; }")
    assert any(one.startswith("image-alt") for one in violations(page))


class Links(HTMLParser):
    """The addresses that a page names, and its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        told = dict(attrs)
        self.ids += [told["id"]] if told.get("id") else []
        self.found += [told[name] for name in ("href", "src") if told.get(name)]


def test_every_link_of_every_page_leads_to_a_file_and_a_place_in_it(published: Path) -> None:
    pages = {path: Links(path.read_text("utf-8")) for path in published.rglob("site/**/*.html")}
    assert len(pages) > 60
    for path, links in pages.items():
        assert len(links.ids) == len(set(links.ids)), path
        for link in links.found:
            address, place = urldefrag(link)
            if address.startswith(("http://", "https://", "data:")):
                continue
            to = (path.parent / unquote(address.partition("?")[0])).resolve() if address else path
            assert to.is_file(), f"{path}: {link}"
            if place and to in pages:
                assert unquote(place) in pages[to].ids, f"{path}: {link}"


@pytest.mark.parametrize("path", ["index.html", f"{STUDY}/index.html"])
@pytest.mark.browser
def test_home_and_study_pages_weigh_less_than_200_kilobytes(visit: Open, path: str) -> None:
    page = visit(path)
    page.wait_for_load_state("networkidle")
    weight = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".filter(one => !one.name.includes('/search-'))"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    assert 20_000 < weight < 200_000


def test_no_page_has_a_remote_asset_an_inline_script_or_style(published: Path) -> None:
    for path in published.rglob("site/**/*.html"):
        text = path.read_text("utf-8")
        assert " style=" not in text and "<style" not in text, path
        assert "Content-Security-Policy" in text, path


def test_nothing_private_is_in_the_site(published: Path) -> None:
    for path in published.rglob("site/**/*"):
        if path.suffix in (".html", ".js", ".atom"):
            text = path.read_text("utf-8")
            assert ".phare/" not in text and "/raw/" not in text, path
            assert "@example" not in text, path
