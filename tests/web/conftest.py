"""A real site of the shipped synthetic study, served, and a real browser to visit it."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pipelines.catalogue import build_site

PROJECT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("PHARE_CHROMIUM", "/usr/bin/chromium"))
STUDY = "phare-institutions"
UNDER = "/some/sub/path/"  # as on a file host


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of the committed releases; return the published/ folder, below a sub-path."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(PROJECT / "published" / STUDY, root / "published" / STUDY)
    build_site(root, base_url="https://data.example.org/phare/")
    place = root / "host" / UNDER.strip("/")
    place.parent.mkdir(parents=True)
    shutil.copytree(root / "published", place)
    return place


class Silent(http.server.SimpleHTTPRequestHandler):
    """A plain file host that writes nothing to the terminal."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def host(published: Path) -> Iterator[str]:
    """Serve the folder and return the address of published/, below a sub-path."""
    top = published.parents[UNDER.strip("/").count("/")]
    handler = functools.partial(Silent, directory=str(top))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}{UNDER}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium; without one, say so plainly."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt install chromium, or set PHARE_CHROMIUM")
    with sync_playwright() as played:
        started = played.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, host: str) -> Iterator[Open]:
    """Return a function that opens a page of the site.

    When the test ends, no page may have written to the console, failed, or asked another host.
    """
    faults: list[str] = []
    opened: list[BrowserContext] = []

    def visit(path: str, *, address: str = f"{host}site/", **settings: object) -> Page:
        context = browser.new_context(**settings)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda one: faults.append(f"{one.type}: {one.text}"))
        page.on("pageerror", lambda one: faults.append(str(one)))
        page.on("requestfailed", lambda one: faults.append(f"failed: {one.url}: {one.failure}"))
        page.on(
            "request",
            lambda one: (
                None
                if one.url.startswith((address.partition("site/")[0], "blob:", "data:"))
                else faults.append(f"left the site: {one.url}")
            ),
        )
        page.goto(address + path)
        return page

    yield visit
    for context in opened:
        context.close()
    assert not faults
