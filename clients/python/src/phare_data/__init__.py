"""Load and verify the open survey data that Phare publishes: pyarrow and nothing else.

Belongs here: what a user calls. Not here: the work; each function loads what it needs when it is
called, so that importing this package takes a moment only.
"""

from phare_data.catalog import catalog
from phare_data.errors import PhareDataError, PhareDataWarning
from phare_data.loading import dictionary, load

__all__ = ["PhareDataError", "PhareDataWarning", "catalog", "dictionary", "load"]
__version__ = "0.1.0"
