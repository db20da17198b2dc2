"""Style, scripts and pictures, as files of the site.

Belongs here: what is copied as it is. Not here: anything made from data.
"""

from collections.abc import Iterator
from pathlib import Path

from pipelines.catalogue.output import SiteFile

STATIC = Path(__file__).parents[1] / "static"


def files() -> Iterator[SiteFile]:
    """Yield every static file, below assets/."""
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            yield f"assets/{path.relative_to(STATIC).as_posix()}", path.read_bytes()
