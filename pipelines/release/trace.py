"""Tracing one published row: from the number to its formula, SQL, columns, rules, code and run.

Belongs here: the walk, over the files of a release alone. Not here: how these files were made
(lineage.py, layout.py), the rows a row is made of (rows_behind.py), the respondents behind it
(pipelines.contributors).
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from phare_data.layout import VERSIONS
from phare_data.log import releases
from pipelines.release.diff import read_descriptor
from pipelines.release.errors import CellError
from pipelines.release.layout import RUN
from pipelines.release.lineage import LINEAGE
from pipelines.release.log import read_log
from pipelines.release.rows_behind import counted, entry, rows_behind, select
from pipelines.study import NOT_APPLICABLE, TOTAL
from pipelines.study.tables import ESTIMATES

MOST_CODES = 60  # named where a key names no row: as many as a long list of domains has
# columns of a ranking that follow from every item of the question, not from that of the row alone
ORDERED = ("ranked", "rank", "rank_low", "rank_high", "tier", "lead")


def trace(folder: Path, key: Mapping[str, str], table: str | None = None) -> dict[str, Any]:
    """Return how one row of a table of a release came about, as JSON-able facts.

    `folder` is a release as published or downloaded: nothing else is read. `table` is one that
    data fill; by default the estimates, or the entries of a collection. `key` names codes by
    column; a breakdown left out is `_T`, a domain or actor `_Z`, any other column may be left out
    where one row remains. Keys of the result: cell (the row as published), numbers (which of its
    columns hold one), columns (per column: formula, steps, columns of the extract), made_of (the
    published rows that it is made of, each of which can be traced in turn), counted (whose answers
    it counts, or which entry it shows; None where neither), queries (the SQL of each step that its
    columns go through), inputs (the extracts of the wave with their digests), quality (checks and
    rules of the wave), run (commit, lock, environment), released (the log entry, where the log
    lies beside the folder).

    Raises CellError for a table that no data fill, a column that is no key, and where no row or
    several have the key.
    """
    descriptor = read_descriptor(folder)
    lineage = _read(folder / LINEAGE)
    first = next(iter(lineage["columns"].values()))["table"]
    name = table or first
    columns = _columns_of(lineage, first, name)
    row = _row(folder, descriptor, lineage, name, key)
    of = (
        counted(folder, lineage, name, row) if first == ESTIMATES
        else entry(folder, first, row)
    )  # fmt: skip
    items = _items(descriptor, lineage, name, row)
    block = _block(lineage, row)
    quality = _read(folder / "quality" / "report.json")
    return {
        "study": descriptor["name"],
        "version": descriptor["version"],
        "table": name,
        "cell": {one: None if value is None else str(value) for one, value in row.items()},
        "numbers": [one for one, value in row.items() if isinstance(value, Decimal | int)],
        "columns": {
            one: {
                "about": about["about"],
                "steps": about["steps"],
                "extract_columns": _extract_columns(
                    lineage, about, one, block if one in ORDERED else items, row
                ),
            }
            for one, about in columns.items()
        },
        "made_of": rows_behind(folder, lineage, name, row, of) if name != first else [],
        "counted": of,
        "queries": {
            step: about
            for step, about in lineage["steps"].items()
            if any(step in column["steps"] for column in columns.values())
        },
        "inputs": [one for one in lineage["inputs"] if one["wave"] == row["wave"]],
        "quality": quality.get(row["wave"], quality),
        "run": _read(folder / RUN),
        "released": _entry(folder, descriptor["version"]),
    }


def _columns_of(lineage: Mapping[str, Any], first: str, table: str) -> Mapping[str, Any]:
    """Return the columns of a table; raises CellError where data fill none of that name."""
    if table == first:
        return dict(lineage["columns"])
    known = {name: about["columns"] for name, about in lineage["tables"].items()}
    if table not in known:
        raise CellError("release-cell-table", found=table, valid=", ".join((first, *known)))
    if "nets" not in lineage:
        raise CellError("release-cell-before", found=table, first=first)
    return dict(known[table])


def _row(
    folder: Path, descriptor: Mapping[str, Any], lineage: Mapping[str, Any], traced: str,
    key: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    schema = next(one["schema"] for one in descriptor["resources"] if one["name"] == traced)
    names = schema["primaryKey"]
    valid = ", ".join(names)
    for name in key:
        if name not in names:
            raise CellError("release-cell-column", found=name, valid=valid)
    table = pq.read_table(folder / "data" / f"{traced}.parquet")
    defaults = _defaults(lineage, names)
    rows = select(table, {**defaults, **key})
    if rows.num_rows != 1:
        told = ", ".join(f"{name}={code}" for name, code in key.items())
        left_out = {name: defaults.get(name) for name in names if name not in key}
        codes = _unmet(table, key) or _unmet(select(table, key), left_out)
        raise CellError(
            "release-cell-rows", found=told, count=rows.num_rows, valid=valid,
            codes="; ".join(f"{name} = {', '.join(known)}" for name, known in codes.items()),
        )  # fmt: skip
    found: dict[str, Any] = rows.to_pylist()[0]
    return found


def _unmet(table: pa.Table, wanted: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Return the codes to choose from, of each column that does not have the wanted one.

    Of a column of which no code is wanted, where it has several. Each code that is there narrows
    the rows for the next column; no more than `MOST_CODES` are named.
    """
    found: dict[str, list[str]] = {}
    for name, code in wanted.items():
        codes = pc.unique(pc.cast(table[name], pa.string())).to_pylist()
        if code is not None and code in codes:
            table = select(table, {name: code})
        elif code is not None or len(codes) > 1:
            found[name] = codes[:MOST_CODES] + ["…"] * (len(codes) > MOST_CODES)
    return found


def _defaults(lineage: Mapping[str, Any], names: list[str]) -> dict[str, str]:
    """Return the codes of key columns that are left out; a collection's key has none of them."""
    plain = dict.fromkeys(("domain", "actor"), NOT_APPLICABLE)
    plain |= dict.fromkeys(lineage["roles"]["breakdowns"], TOTAL)
    return {name: code for name, code in plain.items() if name in names}


def _items(
    descriptor: Mapping[str, Any], lineage: Mapping[str, Any], table: str, row: Mapping[str, Any]
) -> list[str]:
    """Return the columns of the extract that hold the answers a row is made of."""
    asked = {row["question"]} if row.get("question", NOT_APPLICABLE) != NOT_APPLICABLE else set()
    asked |= {row["of_question"]} if "of_question" in row else set()
    if "profile" in row or "axis" in row:  # made of what the typology reads, whatever it describes
        asked |= set(descriptor["pub:method"]["analyses"][row["analysis"]]["active"])
    place = {
        at: row[at] for at in ("domain", "actor") if at in row and row.get("question") in asked
    } if "profile" not in row else {}  # fmt: skip
    found = [
        name for one in lineage["items"]
        if one["question"] in asked and all(one[at] == code for at, code in place.items())
        for name in one["columns"]
    ]  # fmt: skip
    return sorted({*found, *lineage["roles"].get("open_answers", {}).get(row.get("analysis"), ())})


def _block(lineage: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """Return the columns of the items that a row is ranked among; of a role, of its domain."""
    is_role = row.get("actor", NOT_APPLICABLE) != NOT_APPLICABLE
    return [
        name for one in lineage["items"]
        if one["question"] == row.get("question")
        and not (is_role and one["domain"] != row["domain"])
        for name in one["columns"]
    ]  # fmt: skip


def _extract_columns(
    lineage: Mapping[str, Any], about: Mapping[str, Any], name: str, items: list[str],
    row: Mapping[str, Any],
) -> list[str]:  # fmt: skip
    """Return the columns of the extract behind one published column of this very row."""
    roles = lineage["roles"]
    found = set(items) if {"answers", "open_answers"} & set(about["from"]) else set()
    if "entry" in about["from"]:
        found.add(name)
    if "compared" in about["from"]:
        found |= set(roles["compared"])
    if "weight" in about["from"]:
        found |= set(roles["weight"])
    if "strata" in about["from"]:
        found |= {one for columns in roles["strata"].values() for one in columns}
    if "breakdowns" in about["from"]:
        by = [name] if name in roles["breakdowns"] else roles["breakdowns"]
        found |= {one for at in by if _is_within(row, at) for one in roles["breakdowns"][at]}
    return sorted(found)


def _is_within(row: Mapping[str, Any], breakdown: str) -> bool:
    """Tell whether a row is about one code of a breakdown; by name, by territory, or by test."""
    if breakdown in row:
        return bool(row[breakdown] != TOTAL)
    return "territory" in row or row.get("by") == breakdown


def _entry(folder: Path, version: str) -> Mapping[str, Any] | None:
    if not (folder.resolve().parent / VERSIONS).is_file():
        return None
    entries = releases(read_log(folder.resolve().parent))
    return next((one for one in entries if one["version"] == version), None)


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())
