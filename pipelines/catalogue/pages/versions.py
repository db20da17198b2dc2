"""The versions page: every version with its changes, errata, differences and withdrawals.

Belongs here: that page. Not here: what changed (pipelines.release).
"""

from collections.abc import Iterator

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.study_pages import StudyPages

MOST_ROWS = 50  # of a difference shown on the page; the file holds all
MOST_SHOWN = 10  # newest versions whose differences are shown; of the others the files are named


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the versions page."""
    yield pages.page("versions.html", "versions", most=MOST_ROWS, most_shown=MOST_SHOWN)
