"""Lineage of the tables beside the estimates: what their columns depend on, what their rows are of.

Belongs here: derived.yaml read for a study. Not here: lineage of the first table and the file
itself (lineage.py), the walk from one row (trace.py, rows_behind.py).
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.study import Study
from pipelines.study.estimation_tables import (
    ASSOCIATIONS,
    COMPARISONS,
    ITEM_RESPONSE,
    NETS,
    declared_nets,
)
from pipelines.study.quantity_tables import QUANTILES, RATIOS, TOTALS
from pipelines.study.tables import Table, data_tables
from pipelines.texts import read_texts

STEPS = ["validation", "estimation", "analysis", "disclosure", "release"]
COLLECTED = ["validation", "collection", "release"]
KEYS = ("wave", "question", "domain", "actor", "answer", "measure")  # as in the estimates
TYPOLOGIES = ("profiles", "profile_answers", "profile_support", "profile_axes")


def derived_table(study: Study, table: Table) -> dict[str, Any]:
    """Return the lineage of one table as JSON-able facts.

    `made_of`: the published tables whose rows a row is made of; `questions`: those it reads;
    `columns`: per column what it is made of (`from`), kind and how (OpenLineage's words), steps,
    words.
    """
    known = _texts()["tables"].get(table.name, {"made_of": [table_of_entries(study)]})
    filled = {one.name for one in data_tables(study)}
    columns = {one.name: column_of(study, table, one.name) for one in table.fields}
    return {
        "about": table.description.model_dump(),
        "made_of": [one for one in known["made_of"] if one in filled],
        "questions": list(questions_of(study, table.name)),
        "from": sorted({origin for about in columns.values() for origin in about["from"]}),
        "steps": COLLECTED if study.collected else STEPS,
        "columns": {
            one.name: {**columns[one.name], "about": one.description.model_dump()}
            for one in table.fields
        },
    }


def table_of_entries(study: Study) -> str:
    """Return the table that a collection is about; '' for a survey."""
    return study.collected.name if study.collected else ""


def open_columns(study: Study) -> dict[str, list[str]]:
    """Return the columns of the extract that each analysis of open answers searches."""
    found = {}
    for name, one in study.analyses.verbatims.items():
        columns = study.questions[one.question].columns
        found[name] = [columns] if isinstance(columns, str) else list(columns)
    return found


def questions_of(study: Study, table: str) -> tuple[str, ...]:
    """Return the questions whose answers a table reads, in declared order."""
    every = tuple(dict.fromkeys(one.question for one in study.items))
    asked = every if table == ITEM_RESPONSE else set(_asked(study, table, every))
    return tuple(one for one in every if one in asked)


def _asked(study: Study, table: str, every: tuple[str, ...]) -> Iterator[str]:
    declared = study.analyses
    if table == NETS:
        yield from declared_nets(study)
    elif table in (COMPARISONS, ASSOCIATIONS):
        for one in getattr(declared, table).values():
            yield from one.questions or every
    elif table == QUANTILES:
        yield from (name for one in declared.quantiles.values() for name in one.questions)
    elif table == RATIOS:
        for ratio in declared.ratios.values():
            yield from (ratio.numerator.question, ratio.denominator.question)
    elif table in ("priorities", "roles", TOTALS):
        yield from (one.question for one in getattr(declared, table).values())
    elif table == "alliances":
        counted = (one for sheet in declared.sheets.values() for one in sheet.alliances)
        yield from (one.question for one in counted)
    elif table == "sheets":
        for name in ("priorities", "roles", "alliances"):
            yield from _asked(study, name, every)
    elif table in TYPOLOGIES:
        for typology in declared.typologies.values():
            yield from typology.active
            yield from typology.illustrative if table == "profile_answers" else ()


def column_of(study: Study, table: Table, column: str) -> dict[str, Any]:
    """Return `from`, `kind`, `how` and `steps` of one column of a table beside the first."""
    if study.collected:
        return _collected_column(study, column)
    if column in study.breakdowns:
        about = {"from": ["breakdowns"], "kind": "INDIRECT", "how": "GROUP_BY"}
    elif column == "answer":
        about = {"from": ["answers"], "kind": "INDIRECT", "how": "GROUP_BY"}
    elif column in KEYS:
        about = {"from": ["declared"], "kind": "DIRECT", "how": "IDENTITY"}
    else:
        about = next(one for one in _texts()["columns"].values() if column in one["names"])
    may = _texts()["tables"][table.name].get("from")
    origins = [one for one in about["from"] if (one in may if may else one != "open_answers")]
    return {"from": origins, "kind": about["kind"], "how": about["how"], "steps": STEPS}


def _collected_column(study: Study, column: str) -> dict[str, Any]:
    """Return how a column of a comparison of entries comes about: copied, or judged from them."""
    if column in study.about.columns:
        about = {"from": ["entry"], "kind": "DIRECT", "how": "IDENTITY"}
    elif column in ("verdict_of_comparison", "reason"):
        about = {"from": ["compared"], "kind": "INDIRECT", "how": "CONDITIONAL"}
    else:
        about = {"from": ["declared"], "kind": "DIRECT", "how": "IDENTITY"}
    return {**about, "steps": COLLECTED}


@cache
def _texts() -> dict[str, Any]:
    return read_texts(Path(__file__).with_suffix(".yaml"))
