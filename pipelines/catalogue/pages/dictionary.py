"""The dictionary: every column of every table, and every code.

Belongs here: that page. Not here: the search index over it (home.py).
"""

from collections.abc import Iterator

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.study_pages import StudyPages


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the dictionary."""
    if pages.release.has_data:
        yield pages.page("dictionary.html", "dictionary", tables=pages.release.tables.values())
