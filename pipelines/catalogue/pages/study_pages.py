"""What the pages of one study share: its release, its codes, its tabs.

Belongs here: the frame of a study's pages. Not here: the content of any of them.
"""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines.catalogue.codebook import Codebook
from pipelines.catalogue.machine import part_head
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.environment import Site
from pipelines.catalogue.published import Release, Row, Study
from pipelines.study.tables import ESTIMATES
from pipelines.texts import Lang, say

COLLECTION = "collection"
# tab → the table without which it has no page (None: it needs data; "": it always stands)
TABS = {
    "index": "", COLLECTION: "", "explorer": ESTIMATES,
    "priorities": "priorities", "roles": "roles", "profiles": "profiles",
    "sheets": "sheets", "themes": "themes",
    "dictionary": None, "quality": None, "lineage": None, "versions": "",
}  # fmt: skip


@dataclass(frozen=True)
class StudyPages:
    """The pages of a study in one language.

    `codebook` is None where its data were purged, and for a collection, which asks no question.
    """

    site: Site
    study: Study
    codebook: Codebook | None

    @property
    def release(self) -> Release:
        """Return the version that the pages show."""
        return self.study.newest

    @property
    def lang(self) -> Lang:
        """Return the language."""
        return self.site.lang

    @property
    def codes(self) -> Codebook:
        """Return the codes. Raises LookupError where there are none: such pages are not made."""
        if self.codebook is None:
            raise LookupError(self.study.id)
        return self.codebook

    def has(self, tab: str) -> bool:
        """Tell whether the study has what a tab shows."""
        table = TABS[tab]
        if tab == COLLECTION:
            return self.release.is_collection
        if table == "":
            return True
        return self.release.has_data and (table is None or table in self.release.tables)

    def rows(self, table: str) -> tuple[Row, ...]:
        """Return the rows of a table of the release; none where it has no such table."""
        found = self.release.tables.get(table)
        return found.rows if found else ()

    def page(self, template: str, name: str, *, tab: str | None = None, **content: Any) -> SiteFile:
        """Return the study's page `name` as a file of the site, `tab` lit."""
        tabs = [
            {
                "path": f"{self.study.id}/{one}.html",
                "title": say(f"page-tab-{one}", self.lang),
                "is_here": one == (tab or name),
            }
            for one in TABS
            if self.has(one)
        ]
        return self.site.page(
            template, f"{self.study.id}/{name}.html", study=self.study, release=self.release,
            codes=self.codebook, tabs=tabs, **self._head(name), **content,
        )  # fmt: skip

    def _head(self, name: str) -> dict[str, Markup]:
        """Return what the page holds for machines; the study's own page says more (study.py)."""
        if name == "index":
            return {}
        return {"part_head": part_head(self.release, self.site.base_url, self.lang)}
