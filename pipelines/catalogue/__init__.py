"""The catalogue: pages and machine-readable catalogues over every release.

Belongs here: what is made from `published/` alone and rebuilt at will. Not here: releases
themselves (release), anything private.
"""

from pipelines.catalogue.errors import SiteError
from pipelines.catalogue.published import Published, has_releases, read_published
from pipelines.catalogue.push import PushedSite, push_site
from pipelines.catalogue.site import SiteSummary, build_site

__all__ = [
    "Published",
    "PushedSite",
    "SiteError",
    "SiteSummary",
    "build_site",
    "has_releases",
    "push_site",
    "read_published",
]
