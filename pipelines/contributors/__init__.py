"""Contributors: which lines of an extract stand behind a published cell, and a commitment to them.

Belongs here: the salted digest of a wave's row map, the lines of a cell for whoever holds the
extract. Not here: the walk over a release alone (pipelines.release.trace). All of it is private
but the digest.
"""

from pipelines.contributors.cell import ContributorsError, contributors
from pipelines.contributors.row_map import RowMapError, row_maps

__all__ = ["ContributorsError", "RowMapError", "contributors", "row_maps"]
