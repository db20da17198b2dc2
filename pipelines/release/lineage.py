"""Lineage: from each published column back to the columns of the extracts, with the SQL between.

Belongs here: lineage.json, the same for the same declaration and code. Not here: evidence of a run
(openlineage.py, crate.py), a single cell (trace.py).
"""

from functools import cache
from pathlib import Path
from typing import Any

from pipelines import sql
from pipelines.release.derived import (
    column_of,
    derived_table,
    open_columns,
    questions_of,
    table_of_entries,
)
from pipelines.release.inputs import Release
from pipelines.study import Study
from pipelines.study.model import Breakdown
from pipelines.study.sums import all_nets
from pipelines.study.tables import ESTIMATES, Field, Table, data_tables
from pipelines.texts import read_texts

LINEAGE = "lineage/lineage.json"


def lineage(release: Release) -> dict[str, Any]:
    """Return the column-level lineage of the figures as JSON-able facts.

    `inputs`: the extracts. `steps`: queries as they stand. `columns`:
    per published column its kind of dependence, what it is made of, its formula. `items`: per
    question (and domain, actor) the columns of the extract that hold the answers. `roles`: which
    columns of the extract serve as weight, strata and breakdowns, which hold the open answers of
    an analysis, which are compared in a collection. `nets`: the answers behind each. `tables`: the
    same of the other tables (derived.py); what an analysis asked is in `pub:method`.
    """
    study, about = release.study, _texts()
    first, *others = data_tables(study)
    return {
        "study": study.id,
        "inputs": [
            {"wave": one.wave, "file": one.file, "sha256": one.sha256} for one in release.sources
        ],
        "steps": {
            name: {
                "about": step["about"],
                "queries": [{"file": f"pipelines/{q}", "sql": _query(q)} for q in step["queries"]],
            }
            for name, step in about["steps"].items()
        },
        "columns": {
            one.name: {"table": first.name, **_about(study, one)} for one in first.fields
        },
        "tables": {table.name: derived_table(study, table) for table in others},
        "nets": {} if study.collected else all_nets(study),
        "items": [
            {
                "question": one.question, "domain": one.domain, "actor": one.actor,
                "columns": list(one.columns),
            }
            for one in study.items
        ],
        "roles": {
            "weight": _weight_columns(study),
            "strata": {name: breakdown_columns(study, name) for name in study.about.weights.strata},
            "breakdowns": {name: breakdown_columns(study, name) for name in study.breakdowns},
            "open_answers": {} if study.collected else open_columns(study),
            "compared": _compared_columns(study),
        },
    }  # fmt: skip


def _about(study: Study, column: Field) -> dict[str, Any]:
    """Return how a column of the first table comes about; that of an entry is copied."""
    if not study.collected:
        about: dict[str, Any] = _texts()["columns"][_entry(study, column.name)]
        return about
    return {
        "from": ["entry" if column.name in study.about.columns else "declared"],
        "kind": "DIRECT", "how": "IDENTITY", "steps": ["validation", "collection", "release"],
        "about": column.description.model_dump(),
    }  # fmt: skip


def breakdown_columns(study: Study, name: str) -> list[str]:
    """Return the columns of the extract that a breakdown comes from."""
    return _columns_of(study, study.breakdowns[name])


def extract_columns(study: Study, column: str, table: Table | None = None) -> list[str]:
    """Return every column of the extracts that a published column depends on, sorted.

    `table` is the one that the column is of, by default the first.
    """
    of = table or data_tables(study)[0]
    about = _about_of(study, of, column)
    asked = set(questions_of(study, of.name)) if of.name != _first_name(study) else None
    found: set[str] = set()
    if "entry" in about["from"]:
        found.add(column)
    if "compared" in about["from"]:
        found |= set(_compared_columns(study))
    if "answers" in about["from"]:
        items = (one for one in study.items if asked is None or one.question in asked)
        found |= {name for item in items for name in item.columns}
    if "open_answers" in about["from"]:
        found |= {one for columns in open_columns(study).values() for one in columns}
    if "weight" in about["from"]:
        found |= set(_weight_columns(study))
    if "strata" in about["from"]:
        found |= {
            one for name in study.about.weights.strata for one in breakdown_columns(study, name)
        }
    if column in study.breakdowns:
        found |= set(breakdown_columns(study, column))
    elif "breakdowns" in about["from"]:
        found |= {one for name in study.breakdowns for one in breakdown_columns(study, name)}
    return sorted(found)


def transformation(study: Study, column: Field, table: Table) -> dict[str, str]:
    """Return how a published column depends on its inputs, in OpenLineage's words."""
    about = _about_of(study, table, column.name)
    words = about.get("about", column.description.model_dump())
    return {"type": about["kind"], "subtype": about["how"], "description": words["en"]}


def _about_of(study: Study, table: Table, column: str) -> dict[str, Any]:
    if table.name != _first_name(study):
        return column_of(study, table, column)
    return _about(study, next(one for one in table.fields if one.name == column))


def _first_name(study: Study) -> str:
    """Return the name of the first table that data fill."""
    return table_of_entries(study) or ESTIMATES


def _compared_columns(study: Study) -> list[str]:
    """Return the columns of a collection by which its entries are compared."""
    compared = study.collected.comparison if study.collected else None
    if compared is None:
        return []
    return sorted({compared.concept, compared.wording, compared.unit, compared.doubt})


def _query(path: str) -> str:
    return (sql.ROOMS / path).read_text("utf-8")


def _columns_of(study: Study, breakdown: Breakdown) -> list[str]:
    if breakdown.column:
        return [breakdown.column]
    commune = study.column_with_role("commune")
    return [commune] if commune else []


def _weight_columns(study: Study) -> list[str]:
    """Return what weights come from: the producer's column, or what calibrates them."""
    weights = study.about.weights
    if weights.column:
        return [weights.column]
    margins = weights.calibration.margins if weights.calibration else ()
    used = {name for margin in margins for name in margin}
    return sorted({one for name in used for one in breakdown_columns(study, name)})


def _entry(study: Study, column: str) -> str:
    return "breakdown" if column in study.breakdowns else column


@cache
def _texts() -> dict[str, Any]:
    return read_texts(Path(__file__).with_suffix(".yaml"))
