"""The preview of a candidate: one private page to read before approving.

Belongs here: choosing what the page shows. Not here: its words (templates/preview.html.j2), the
public site (catalogue).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from phare_data.log import Entry
from phare_data.manifest import files_of
from pipelines.release.diff import PUBLISHED, read_descriptor
from pipelines.release.pages import environment
from pipelines.study import TOTAL
from pipelines.study.tables import ESTIMATES, KEY_BEFORE_BREAKDOWNS
from pipelines.texts import in_language, say

PREVIEW = "preview.html"
SHOWN = 200  # rows: what a person reads; the whole table is beside the page


def preview(
    release: Path, name: str, facts: Mapping[str, Any], restated: int, retired: Entry | None = None
) -> str:
    """Return the page of candidate `name`, whose release lies at `release`, as HTML.

    It says what will be published, what changes, whether an erratum is needed, how to approve,
    and shows the national estimates, or the figures of a collection; its links lead to the
    candidate's own files.
    """
    descriptor = read_descriptor(release)
    main = descriptor["resources"][0]
    columns, rows = _first_rows(release, main)
    return (
        environment()
        .get_template("preview.html.j2")
        .render(
            name=name, facts=facts, restated=restated, retired=retired,
            title=descriptor["i18n:title"],
            files=list(files_of(release)), columns=columns, rows=rows,
            is_collection=main["name"] != ESTIMATES, in_language=in_language, say=say,
            **_counts(release, main),
        )
    )  # fmt: skip


def _first_rows(
    release: Path, main: Mapping[str, Any]
) -> tuple[list[str], Sequence[Sequence[Any]]]:
    """Return the first rows of the main table: the national ones, of estimates."""
    table = pq.read_table(release / main["path"])
    if main["name"] == ESTIMATES:
        key = main["schema"]["primaryKey"]
        breakdowns = [one for one in key if one not in KEY_BEFORE_BREAKDOWNS]
        for one in breakdowns:
            table = table.filter(pc.equal(table[one], TOTAL))
        table = table.drop_columns(breakdowns)
    shown = table.slice(0, SHOWN)
    return shown.column_names, [list(row.values()) for row in shown.to_pylist()]


def _counts(release: Path, main: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows of the main table are published and withheld."""
    table = pq.read_table(release / main["path"])
    if "status" not in table.column_names:
        return {PUBLISHED: table.num_rows, "withheld": 0}
    statuses = table["status"].to_pylist()
    return {one: statuses.count(one) for one in (PUBLISHED, "withheld")}
