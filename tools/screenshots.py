"""The pictures of the README, taken again from the site that is built: `make screenshots`.

Belongs here: which pages, at which size. Not here: the site (pipelines.catalogue). Needs Debian's
Chromium (PHARE_CHROMIUM names another) and what `make publish` leaves.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).parents[1]
SITE = PROJECT / "published" / "site"
CHROMIUM = Path(os.environ.get("PHARE_CHROMIUM", "/usr/bin/chromium"))
WIDE, PHONE = {"width": 1120, "height": 860}, {"width": 390, "height": 760}
PICTURES = {
    "explorer": ("phare-institutions/explorer.html", WIDE, "light"),
    "roles": ("phare-institutions/roles.html", WIDE, "dark"),
    "question": ("en/attitudes-climat-2019/questions/env_policies.html", PHONE, "light"),
}


def main() -> int:
    """Take every picture; 1 where there is no site or no browser, said plainly."""
    for needed, remedy in (
        (SITE / "index.html", "make publish"),
        (CHROMIUM, "apt install chromium"),
    ):
        if not needed.exists():
            print(f"{needed} is missing; remedy: {remedy}", file=sys.stderr)
            return 1
    folder = PROJECT / "docs" / "screenshots"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as played:
        browser = played.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        for name, (path, viewport, scheme) in PICTURES.items():
            page = browser.new_page(viewport=viewport, color_scheme=scheme)
            page.goto(f"{SITE.as_uri()}/{path}")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{name}.png")
            print(f"docs/screenshots/{name}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
