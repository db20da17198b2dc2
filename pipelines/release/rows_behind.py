"""From a row of a derived table to the published rows, and the answers, that it is made of.

Belongs here: that step, over the files of a release alone. Not here: columns, formulas and evidence
(trace.py), the lines of the extract (pipelines.contributors).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.study import NOT_APPLICABLE, TOTAL
from pipelines.study.estimation_tables import ASSOCIATIONS, COMPARISONS, ITEM_RESPONSE, NETS
from pipelines.study.quantity_tables import QUANTILES, RATIOS, TOTALS
from pipelines.study.tables import ESTIMATES

Facts = Mapping[str, Any]
Rows = list[dict[str, Any]]
ITEM = ("question", "domain", "actor")
RANKINGS = ("priorities", "roles", "alliances")
SHEETS = "sheets"


def counted(folder: Path, lineage: Facts, table: str, row: Facts) -> dict[str, Any] | None:
    """Return whose answers a row counts: wave, item, answers and cell; None where it is no count.

    `answers` are codes of the question, empty for a mean and for a row about the whole base;
    `is_response` is true where everybody who was asked counts. Profiles and themes are computed
    from respondents, not counted by an answer: there is no set of lines that gave one.
    """
    by, cell = lineage["roles"]["breakdowns"], {}
    if table in (ESTIMATES, NETS, COMPARISONS, TOTALS, RATIOS):
        answers = _codes(lineage, row["question"], [row["answer"]])
        cell = {name: row[name] for name in by}
    elif table in RANKINGS:
        answers = _codes(lineage, row["question"], _ranked_answers(folder, row))
        cell = {name: row[name] for name in by}
    elif table == SHEETS:
        answers = _codes(lineage, row["question"], row["answers"].split("+"))
        cell = {_sheet_breakdown(folder, row): row["territory"]}
    elif table in (ITEM_RESPONSE, ASSOCIATIONS, QUANTILES):
        answers = []
        cell = {name: row[name] for name in by if name in row}
    else:
        return None
    item = {name: row.get(name, NOT_APPLICABLE) for name in ITEM}
    whole = dict.fromkeys(by, TOTAL)
    return {
        "wave": row["wave"], **item, "answers": answers, "cell": {**whole, **cell},
        "is_response": table == ITEM_RESPONSE,
    }  # fmt: skip


def entry(folder: Path, table: str, row: Facts) -> dict[str, Any]:
    """Return which entry of a collection a row is of: its wave and its identity in `table`."""
    return {"wave": row["wave"], "entry": {one: row[one] for one in _key(folder, table)[1:]}}


def rows_behind(folder: Path, lineage: Facts, table: str, row: Facts, of: Facts | None) -> Rows:
    """Return the published rows that a row of `table` is made of: table, key and figures of each.

    `of` is what `counted` gave. A row that is made of respondents directly has none.
    """
    found: Rows = []
    if of is None:
        return []
    if "entry" in of:
        found = _entries(folder, lineage, table, row)
    elif table in (NETS, *RANKINGS):
        found = _estimates(folder, of, [of["cell"]])
    elif table == COMPARISONS:
        found = _compared(folder, row, of)
    elif table == TOTALS:
        found = _totalled(folder, row, of)
    elif table == RATIOS:
        found = _divided(folder, row, of)
    elif table == ASSOCIATIONS:
        found = _crossed(folder, row, of)
    elif table == SHEETS:
        found = _source(folder, row, of)
    return found


def _codes(lineage: Facts, question: str, names: Sequence[str]) -> list[str]:
    """Return the codes behind names of answers and nets; none for a mean."""
    nets = lineage.get("nets", {}).get(question, {})  # older versions tell none
    found = (code for name in names for code in nets.get(name, [name]))
    return [code for code in dict.fromkeys(found) if code != NOT_APPLICABLE]


def _ranked_answers(folder: Path, row: Facts) -> list[str]:
    if "answers" in row:
        return str(row["answers"]).split("+")
    declared = _read(folder, "analyses", {"analysis": row["analysis"]})
    return str(declared[0]["answers"]).split("+")


def _estimates(folder: Path, of: Facts, cells: Sequence[Facts], **other: str) -> Rows:
    """Return the estimates of the answers counted, in each of some cells."""
    answers, found = of["answers"] or [NOT_APPLICABLE], []
    for cell in cells:
        key = {**{name: of[name] for name in ("wave", *ITEM)}, **cell, **other}
        rows = _read(folder, ESTIMATES, key)
        found += [_told(ESTIMATES, one, cell) for one in rows if one["answer"] in answers]
    return found


def _compared(folder: Path, row: Facts, of: Facts) -> Rows:
    """Return the cell and what it is compared with: the total, or the wave before.

    Everybody else is no published row: their figures follow from the cell and the total.
    """
    waves, cells = [of["wave"]], [of["cell"]]
    if row["against"] == "wave":
        known = sorted(_read(folder, "waves", {}), key=lambda one: one["fieldwork_start"])
        names = [one["wave"] for one in known]
        waves = names[max(names.index(of["wave"]) - 1, 0) : names.index(of["wave"]) + 1]
    else:
        cells = [of["cell"], dict.fromkeys(of["cell"], TOTAL)]
    is_net = row["answer"] not in of["answers"] and row["answer"] != NOT_APPLICABLE
    if not is_net:
        return [one for wave in waves for one in _estimates(folder, of, cells, wave=wave)]
    item = {**{name: of[name] for name in ITEM}, "answer": row["answer"]}
    return [
        _told(NETS, one, cell)
        for wave in waves for cell in cells
        for one in _read(folder, NETS, {**item, **cell, "wave": wave})
    ]  # fmt: skip


def _totalled(folder: Path, row: Facts, of: Facts) -> Rows:
    """Return the share, mean or net that a total is the units of."""
    item = {name: of[name] for name in ("wave", *ITEM)}
    key = {**item, **of["cell"], "answer": row["answer"]}
    return [
        _told(table, one, of["cell"])
        for table in (ESTIMATES, NETS)
        for one in _read(folder, table, key)
    ]


def _divided(folder: Path, row: Facts, of: Facts) -> Rows:
    """Return the estimate that a ratio divides, and the one that it is divided by."""
    key = {**{name: of[name] for name in ("wave", *ITEM[1:])}, **of["cell"]}
    sides = ((row["question"], row["answer"]), (row["of_question"], row["of_answer"]))
    return [
        _told(ESTIMATES, one, of["cell"])
        for question, answer in sides
        for one in _read(folder, ESTIMATES, {**key, "question": question, "answer": answer})
    ]


def _crossed(folder: Path, row: Facts, of: Facts) -> Rows:
    """Return the estimates of an item in every code of one breakdown, its total among them."""
    cells = _read(folder, ESTIMATES, {name: of[name] for name in ("wave", *ITEM)})
    others = [name for name in of["cell"] if name != row["by"]]
    kept = [one for one in cells if all(one[name] == TOTAL for name in others)]
    return [_told(ESTIMATES, one, of["cell"]) for one in kept]


def _source(folder: Path, row: Facts, of: Facts) -> Rows:
    """Return the row of a ranking that a row of a sheet shows."""
    section = row["section"]
    named = row["analysis"] if section == "alliances" else row["source"]
    names = [name for name in ITEM if section != "priorities" or name != "actor"]
    key = {"wave": row["wave"], "analysis": named, **{one: of[one] for one in names}, **of["cell"]}
    if section == "alliances":
        key["answers"] = row["answers"]
    return [_told(section, one, of["cell"]) for one in _read(folder, section, key)]


def _entries(folder: Path, lineage: Facts, table: str, row: Facts) -> Rows:
    """Return the entry that a row of a comparison of a collection shows."""
    (made_of,) = lineage["tables"][table]["made_of"]
    key = {name: row[name] for name in _key(folder, made_of)}
    return [
        {"table": made_of, "key": key, "figures": {"value": _text(one.get("value"))},
         "status": one["status"]} for one in _read(folder, made_of, key)
    ]  # fmt: skip


def _sheet_breakdown(folder: Path, row: Facts) -> str:
    asked = _descriptor(folder)["pub:method"]["analyses"][row["analysis"]]
    return str(asked["breakdown"])


def _told(table: str, row: Facts, cell: Facts) -> dict[str, Any]:
    names = ("wave", "analysis", *ITEM, "answer", "answers", *cell)
    figures = ("respondents", "value", "standard_error", "ci_low", "ci_high")
    return {
        "table": table,
        "key": {name: row[name] for name in names if name in row},
        "figures": {name: _text(row[name]) for name in figures if name in row},
        "status": row["status"],
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _key(folder: Path, table: str) -> list[str]:
    resources = _descriptor(folder)["resources"]
    schema = next(one["schema"] for one in resources if one["name"] == table)
    return list(schema["primaryKey"])


def _descriptor(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "datapackage.json").read_bytes())
    return found


def _read(folder: Path, table: str, key: Mapping[str, str]) -> Rows:
    path = folder / "data" / f"{table}.parquet"
    if not path.is_file():
        return []
    found: Rows = select(pq.read_table(path), key).to_pylist()
    return found


def select(table: pa.Table, key: Mapping[str, str]) -> pa.Table:
    """Return the rows of a table that hold the given codes, written as text where it counts."""
    for name, code in key.items():
        table = table.filter(pc.equal(pc.cast(table[name], pa.string()), code))
    return table
