"""Which bump a difference asks for, and whether it needs an erratum.

Belongs here: the rules of the Data Package Version recipe and ours. Not here: finding the
difference (diff.py), numbers (version.py).
"""

from pipelines.release.diff import Difference, TableDifference
from pipelines.release.version import Bump


def computed_bump(difference: Difference) -> Bump:
    """Return the bump that a difference asks for; the highest reason wins.

    MAJOR where old code may break or mislead: a table, field, code or row is gone, a field is
    added, moved or of another kind, a key or the method changed. MINOR for more rows, codes or
    tables, and for cells newly withheld or freed. PATCH for corrected values and texts.
    """
    if difference.tables_removed or difference.method or any(map(_breaks, difference.tables)):
        return "major"
    if difference.tables_added or any(map(_adds, difference.tables)):
        return "minor"
    return "patch"


def needs_erratum(difference: Difference) -> bool:
    """Whether values changed under the same keys although the method is the same."""
    return bool(difference.restated) and not difference.method


def _breaks(one: TableDifference) -> bool:
    has_other_fields = one.fields_added or one.fields_removed or one.fields_changed
    lost = one.codes_removed or one.rows is None or one.rows.removed
    return bool(has_other_fields or one.fields_reordered or one.keys_changed or lost)


def _adds(one: TableDifference) -> bool:
    rows = one.rows
    return bool(one.codes_added or (rows and (rows.added or rows.withheld or rows.freed)))
