"""Rows at the end of an extract that look like notes below the table, not like respondents.

Belongs here: telling such rows. Not here: passing them over where they are declared (`footer`,
pipelines.intake), what is said of them (messages.yaml).
"""

from pathlib import Path

import polars as pl

from pipelines.blocks import LINE

LONGEST = 100  # rows at the end that are looked at
FILLED = 2  # cells of a note, or of a total and its number; a respondent fills more of COLUMNS
COLUMNS = 5


def footer_lines(raw: Path, rejected: Path) -> list[int]:
    """Return the lines of the rows at the end of `raw` that look like a footer, in their order.

    Every one of them was rejected and fills two cells at most, of five columns or more. None where
    half the rows or more would be: that is no footer, whatever else it is.
    """
    rows = pl.scan_parquet(raw)
    columns = [name for name in rows.collect_schema().names() if name != LINE]
    if len(columns) < COLUMNS:
        return []
    filled = pl.sum_horizontal(pl.col(name).str.strip_chars() != "" for name in columns)
    last = rows.select(LINE, filled.alias("filled")).tail(LONGEST).collect()
    refused = set(pl.read_parquet(rejected, columns=[LINE])[LINE].to_list())
    found: list[int] = []
    for line, cells in reversed(last.rows()):
        if cells > FILLED or line not in refused:
            break
        found.insert(0, line)
    total = rows.select(pl.len()).collect().item()
    return found if 2 * len(found) < total else []
