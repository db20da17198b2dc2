"""Labels beside codes: the words of the tables of codes that a published table refers to.

Belongs here: foreign key → label column. Not here: reading tables (loading.py).
"""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from phare_data.texts import Lang

SEPARATOR = "\x1f"  # between the parts of a key: in no code


def with_labels(
    table: pa.Table, resource: Mapping[str, Any], lang: Lang, read: Callable[[str], pa.Table]
) -> pa.Table:
    """Return `table` with a column `<code>_label` after each code that a foreign key explains.

    `read` gives another table of the release by its name. Rows stay in order; a code that is
    not explained has an empty label.
    """
    for key in resource["schema"].get("foreignKeys", ()):
        code, other = key["fields"][-1], read(key["reference"]["resource"])
        if f"label_{lang}" not in other.column_names:
            continue
        at = pc.index_in(
            _joined(table, key["fields"]),
            value_set=_joined(other, key["reference"]["fields"]).combine_chunks(),
        )
        label = other[f"label_{lang}"].combine_chunks().take(at)
        field = pa.field(f"{code}_label", pa.string())
        table = table.add_column(table.column_names.index(code) + 1, field, label)
    return table


def _joined(table: pa.Table, columns: list[str]) -> Any:
    parts = [table[name].cast(pa.string()) for name in columns]
    return pc.binary_join_element_wise(*parts, SEPARATOR)
