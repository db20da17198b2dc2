"""Questions to one table, each answered by a count of failures: whole columns at a time.

Belongs here: keys, order, codes, ranges, references, twins, in Arrow's compute functions. Not here:
which questions a descriptor asks (tables.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

CONSTRAINTS = {"required", "enum", "minimum", "maximum", "pattern"}  # those that are looked at
BLOCK = 1 << 24  # bytes a CSV is read in: more than its longest line can have


def repeated_keys(table: pa.Table, key: Sequence[str]) -> int:
    """Count the keys that stand on several rows."""
    if not rows_out_of_order(table, key):
        return 0  # what strictly increases repeats nothing
    counted = table.select(key).group_by(key).aggregate([([], "count_all")])
    return _true(pc.greater(counted["count_all"], 1))


def rows_out_of_order(table: pa.Table, key: Sequence[str]) -> int:
    """Count the rows whose key is not greater than that of the row before; texts by their bytes."""
    pairs = table.num_rows - 1
    if pairs < 1:
        return 0
    follows = pa.scalar(value=False)
    for name in reversed(key):
        before, this = table[name].slice(0, pairs), table[name].slice(1)
        tied = pc.and_(pc.equal(this, before), follows)
        follows = pc.or_(pc.greater(this, before), tied)
    in_order = _true(pc.fill_null(follows, fill_value=False))
    return int(pairs - in_order)


def column_failures(
    column: pa.ChunkedArray, field: Mapping[str, Any]
) -> Iterator[tuple[str, str, int]]:
    """Yield (check, column, failures) for each constraint of a field; an empty cell breaks none."""
    asked, name = field.get("constraints", {}), field["name"]
    if "enum" in asked:
        known = pa.array(asked["enum"], type=column.type)
        unknown = pc.invert(pc.is_in(column, value_set=known))
        yield "table-code", name, _true(pc.and_(pc.is_valid(column), unknown))
    if "minimum" in asked:
        yield "table-minimum", name, _true(pc.less(column, _bound(asked["minimum"], column)))
    if "maximum" in asked:
        yield "table-maximum", name, _true(pc.greater(column, _bound(asked["maximum"], column)))
    if "pattern" in asked:
        matches = pc.match_substring_regex(column, f"^(?:{asked['pattern']})$")
        yield "table-pattern", name, _true(pc.invert(matches))


def dangling(
    table: pa.Table, fields: Sequence[str], other: pa.Table, reference: Sequence[str]
) -> int:
    """Count the distinct `fields` of `table` that are no `reference` of `other`."""
    ours = table.select(fields).group_by(fields).aggregate([])
    theirs = other.select(reference).group_by(reference).aggregate([])
    left: int = ours.join(
        theirs, keys=list(fields), right_keys=list(reference), join_type="left anti"
    ).num_rows
    return left


def shown_though_withheld(table: pa.Table, figures: Sequence[str]) -> int:
    """Count the rows that are not published and yet show a figure."""
    shown = pa.scalar(value=False)
    for name in figures:
        shown = pc.or_(pc.is_valid(table[name]), shown)
    hidden = pc.fill_null(pc.not_equal(table["status"], "published"), fill_value=True)
    return _true(pc.and_(hidden, shown))


def read_canonical_csv(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a CSV twin with the types of its Parquet file, or raise: nothing is guessed.

    Raises ValueError for another header, ArrowException for a cell that is not of its type.
    """
    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(block_size=BLOCK),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False, true_values=["true"], false_values=["false"],
        ),
    )  # fmt: skip
    if table.column_names != schema.names:
        raise ValueError("header")
    return table


def differing_rows(table: pa.Table, other: pa.Table) -> int:
    """Count the rows that differ, place by place; of tables of other lengths, at least one."""
    shared = min(table.num_rows, other.num_rows)
    differs = pa.scalar(value=False)
    for name in table.column_names:
        one, two = table[name].slice(0, shared), other[name].slice(0, shared)
        one_is_empty = pc.xor(pc.is_null(one), pc.is_null(two))
        differs = pc.or_(differs, pc.coalesce(pc.not_equal(one, two), one_is_empty))
    return _true(differs) + int(abs(table.num_rows - other.num_rows))


def _bound(value: object, column: pa.ChunkedArray) -> pa.Scalar:
    if pa.types.is_decimal(column.type):
        return pa.scalar(Decimal(str(value)))
    return pa.scalar(str(value)).cast(column.type)


def _true(answers: pa.ChunkedArray) -> int:
    found: int | None = pc.sum(answers).as_py()
    return found or 0
