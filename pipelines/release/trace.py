"""Tracing one published cell: from the number to its formula, SQL, columns, rules, code and run.

Belongs here: the walk, over the files of a release alone. Not here: how these files were made
(lineage.py, layout.py), the respondents behind a cell (contributors.py).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from phare_data.layout import VERSIONS
from phare_data.log import releases
from pipelines.release.diff import read_descriptor
from pipelines.release.errors import CellError
from pipelines.release.layout import RUN
from pipelines.release.lineage import LINEAGE
from pipelines.release.log import read_log
from pipelines.study import NOT_APPLICABLE, TOTAL


def trace(folder: Path, key: Mapping[str, str]) -> dict[str, Any]:
    """Return how one row of the estimates (or entries) of a release came about, as JSON-able facts.

    `folder` is a release as published or downloaded: nothing else is read. `key` names codes by
    column; a breakdown left out is `_T`, a domain or actor `_Z`, any other column may be left out
    where one row remains. Keys of the result: cell (the row as published), columns (per column:
    formula, steps, columns of the extract), queries (the SQL of each step), inputs (the extracts
    of the wave with their digests), quality (checks and rules of the wave), run (commit, lock,
    environment), released (the log entry, where the log lies beside the folder).

    Raises CellError for a column that is no key, and where no row or several have the key.
    """
    descriptor = read_descriptor(folder)
    lineage = _read(folder / LINEAGE)
    row = _row(folder, descriptor, lineage, key)
    item = _item(lineage, row)
    quality = _read(folder / "quality" / "report.json")
    return {
        "study": descriptor["name"],
        "version": descriptor["version"],
        "cell": {name: None if value is None else str(value) for name, value in row.items()},
        "columns": {
            name: {
                "about": about["about"],
                "steps": about["steps"],
                "extract_columns": _extract_columns(lineage, about, name, item, row),
            }
            for name, about in lineage["columns"].items()
        },
        "queries": lineage["steps"],
        "inputs": [one for one in lineage["inputs"] if one["wave"] == row["wave"]],
        "quality": quality.get(row["wave"], quality),
        "run": _read(folder / RUN),
        "released": _entry(folder, descriptor["version"]),
    }


def _row(
    folder: Path, descriptor: Mapping[str, Any], lineage: Mapping[str, Any], key: Mapping[str, str]
) -> dict[str, Any]:
    traced = next(iter(lineage["columns"].values()))["table"]
    schema = next(one["schema"] for one in descriptor["resources"] if one["name"] == traced)
    names = schema["primaryKey"]
    for name in key:
        if name not in names:
            raise CellError("release-cell-column", found=name, valid=", ".join(names))
    table = pq.read_table(folder / "data" / f"{traced}.parquet")
    for name, code in {**_defaults(lineage, names), **key}.items():
        table = table.filter(pc.equal(table[name], code))
    if table.num_rows != 1:
        told = ", ".join(f"{name}={code}" for name, code in key.items())
        raise CellError("release-cell-rows", found=told, count=table.num_rows)
    found: dict[str, Any] = table.to_pylist()[0]
    return found


def _defaults(lineage: Mapping[str, Any], names: list[str]) -> dict[str, str]:
    """Return the codes of key columns that are left out; a collection's key has none of them."""
    plain = dict.fromkeys(("domain", "actor"), NOT_APPLICABLE)
    plain |= dict.fromkeys(lineage["roles"]["breakdowns"], TOTAL)
    return {name: code for name, code in plain.items() if name in names}


def _item(lineage: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """Return the columns of the extract that hold the answers of the row's item."""
    place = ("question", "domain", "actor")
    return next(
        (one["columns"] for one in lineage["items"] if all(one[at] == row[at] for at in place)), []
    )


def _extract_columns(
    lineage: Mapping[str, Any], about: Mapping[str, Any], name: str, item: list[str],
    row: Mapping[str, Any],
) -> list[str]:  # fmt: skip
    """Return the columns of the extract behind one published column of this very row."""
    roles = lineage["roles"]
    found = set(item) if "answers" in about["from"] else set()
    if "entry" in about["from"]:
        found.add(name)
    if "weight" in about["from"]:
        found |= set(roles["weight"])
    if "strata" in about["from"]:
        found |= {one for columns in roles["strata"].values() for one in columns}
    if "breakdowns" in about["from"]:
        by = [name] if name in roles["breakdowns"] else roles["breakdowns"]
        found |= {one for at in by if row[at] != TOTAL for one in roles["breakdowns"][at]}
    return sorted(found)


def _entry(folder: Path, version: str) -> Mapping[str, Any] | None:
    if not (folder.resolve().parent / VERSIONS).is_file():
        return None
    entries = releases(read_log(folder.resolve().parent))
    return next((one for one in entries if one["version"] == version), None)


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())
