"""The checks: for each, the step it judges and the query or count that finds what is wrong.

Belongs here: one short function a check, returning a `Finding`. Not here: running them
(record.py), Dagster's view of them (pipelines.checks).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines import sql
from pipelines.intake import check_delivery, newest_delivery
from pipelines.study import Study
from pipelines.study.tables import ESTIMATES, data_tables, judged_tables
from pipelines.validation import ValidationSummary
from pipelines.workspace import analysis_file, protected_file

Numbers = dict[str, int]


@dataclass(frozen=True)
class Finding:
    """Whether one check passed on a wave, with counts that may be shown publicly."""

    check: str
    passed: bool
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A named condition on the artefacts of one step; `judge(study, wave, folder)` finds out."""

    name: str
    step: str
    judge: Callable[[Study, str, Path], Numbers]
    passes: Callable[[Numbers], bool]

    def run(self, study: Study, wave: str, folder: Path) -> Finding:
        """Judge the artefacts in `folder`; raises what reading them raises."""
        numbers = self.judge(study, wave, folder)
        return Finding(self.name, self.passes(numbers), numbers)


def _nothing_wrong(numbers: Numbers) -> bool:
    """Pass when something was looked at and nothing was wrong: an empty look is no approval."""
    return numbers["seen"] > 0 and numbers["wrong"] == 0


def _none_wrong(numbers: Numbers) -> bool:
    """Pass when nothing was wrong: a study may declare nothing of the kind."""
    return numbers["wrong"] == 0


def _delivery_unchanged(study: Study, wave: str, folder: Path) -> Numbers:
    delivery = newest_delivery(study.root, study.id, wave)
    check_delivery(delivery)
    agrees = delivery.sidecar.synthetic == study.wave(wave).synthetic
    return {"seen": 1, "wrong": 0 if agrees else 1}


def _rows_accounted_for(study: Study, wave: str, folder: Path) -> Numbers:
    summary = ValidationSummary.load(folder / "validation.json")
    kept = pq.read_metadata(folder / "responses.parquet").num_rows
    read = pq.read_metadata(folder / "raw.parquet").num_rows
    left_out = sum(
        one["rows"]
        for one in json.loads((folder / "corrections.json").read_text("utf-8"))
        if one["correction"]["action"] == "leave_out"
    )
    agree = (summary.read + left_out, summary.accepted) == (read, kept)
    balanced = summary.accepted + summary.rejected == summary.read
    return {"seen": summary.read, "wrong": 0 if agree and balanced else 1}


def _rules_ran(study: Study, wave: str, folder: Path) -> Numbers:
    summary = ValidationSummary.load(folder / "validation.json")
    idle = sum(one.rows_seen < summary.read for one in summary.rules)
    return {"seen": summary.rules_run, "wrong": idle}


def _count(query: str, slots: dict[str, str], **paths: object) -> Numbers:
    with sql.connect() as connection:
        row = connection.execute(sql.read(f"evidence/{query}.sql", **slots), paths).fetchone()
    if row is None:
        raise RuntimeError(f"{query}.sql gave no row")
    return {"seen": int(row[0]), "wrong": int(row[1])}


def _weights_positive(study: Study, wave: str, folder: Path) -> Numbers:
    return _count(
        "weights_positive", {},
        weighted=str(folder / "weighted.parquet"), responses=str(folder / "responses.parquet"),
    )  # fmt: skip


def _shares_sum_to_one(study: Study, wave: str, folder: Path) -> Numbers:
    exclusive = [name for name, one in study.questions.items() if one.kind in {"single", "ordinal"}]
    return _count(
        "shares_sum_to_one", {"breakdowns": sql.names(study.breakdowns)},
        estimates=str(folder / "estimates.parquet"), exclusive=exclusive,
    )  # fmt: skip


def _items_estimated(study: Study, wave: str, folder: Path) -> Numbers:
    """Count the items that people answered and that have no estimate.

    A question that the wave did not put, or that nobody answered, has none.
    """
    with sql.connect() as connection:
        query = sql.read("evidence/items_estimated.sql")
        cursor = connection.execute(query, {"estimates": str(folder / "estimates.parquet")})
        found = set(cursor.fetchall())
    left = [one for one in study.items if (one.question, one.domain, one.actor) not in found]
    if not left:
        return {"seen": len(found), "wrong": 0}
    from pipelines.estimation.response import answered_sql  # its room is not loaded in vain

    responses = str(folder / "responses.parquet")
    wrong = sum(_is_answered(answered_sql(study, one), responses) for one in left)
    return {"seen": len(found), "wrong": wrong}


def _is_answered(answered: str, responses: str) -> bool:
    return _count("answered", {"answered": answered}, responses=responses)["seen"] > 0


def _published_figures_explained(study: Study, wave: str, folder: Path) -> Numbers:
    """Count the published figures that differ for no known reason; none at all is fine.

    Of those that our tables tell: a release would otherwise say that a withheld figure agrees.
    """
    found = json.loads((folder / "reconciliation.json").read_text("utf-8"))
    wrong = len(found["unexplained"]) + len(found["not_found"])
    told = sum(not one["withheld"] for one in found["figures"])
    return {"seen": told, "wrong": wrong}


def _small_cells_withheld(study: Study, wave: str, folder: Path) -> Numbers:
    return _count(
        "small_cells_withheld", {},
        protected=str(folder / "protected.parquet"),
        minimum=study.about.disclosure.minimum_respondents,
    )  # fmt: skip


def _analyses_agree(study: Study, wave: str, folder: Path) -> Numbers:
    """Count the published figures of analyses that an estimate contradicts or withholds."""
    total = {"seen": 0, "wrong": 0}
    for table in judged_tables(study):
        private = folder / analysis_file(table.name)
        if "answers" not in pq.read_schema(private).names or table.judgement is None:
            continue
        cell = (*table.judgement.item, *study.breakdowns)
        found = _count(
            "analyses_agree",
            {
                "key": sql.names(one for one in table.primary_key if one != "answers"),
                "cell": sql.names(cell),
                "same_cell": sql.same("s", "e", cell),
            },
            analysis=str(private),
            estimates=str(folder / "protected.parquet"),
            protected=str(folder / protected_file(table.name)),
        )
        total = {key: total[key] + found[key] for key in total}
    return total


def _only_declared_columns(study: Study, wave: str, folder: Path) -> Numbers:
    """Count tables with a column they do not declare, or a withheld row that says something."""
    tables = [one for one in data_tables(study) if one.name != ESTIMATES]
    wrong = 0
    for table in tables:
        rows = pq.read_table(folder / protected_file(table.name))
        if tuple(rows.column_names) != table.columns:
            wrong += 1
            continue
        hidden = rows.filter(pc.not_equal(rows["status"], "published"))
        figures = [one.name for one in table.fields if one.is_figure]
        wrong += sum(hidden[name].null_count < hidden.num_rows for name in figures)
    return {"seen": len(tables), "wrong": wrong}


def _entries_published(study: Study, wave: str, folder: Path) -> Numbers:
    """Count the accepted entries of a collection that its published table lacks, or adds."""
    entries = data_tables(study)[0]
    accepted = pq.read_metadata(folder / "responses.parquet").num_rows
    rows = pq.read_table(folder / protected_file(entries.name), columns=[study.identity])
    distinct = pc.count_distinct(rows[study.identity], "all").as_py()
    return {"seen": rows.num_rows, "wrong": abs(accepted - distinct)}


CHECKS = (
    Check("delivery_unchanged", "raw_extract", _delivery_unchanged, _nothing_wrong),
    Check("rows_accounted_for", "responses", _rows_accounted_for, _nothing_wrong),
    Check("rules_ran", "responses", _rules_ran, _nothing_wrong),
    Check("weights_positive", "weighted_responses", _weights_positive, _nothing_wrong),
    Check("shares_sum_to_one", "estimates", _shares_sum_to_one, _none_wrong),
    Check("items_estimated", "estimates", _items_estimated, _nothing_wrong),
    Check(
        "published_figures_explained", "reconciliation", _published_figures_explained,
        _none_wrong,
    ),
    Check("small_cells_withheld", "protected_estimates", _small_cells_withheld, _nothing_wrong),
    Check("analyses_agree", "protected_analyses", _analyses_agree, _none_wrong),
    Check("no_private_table", "protected_analyses", _only_declared_columns, _none_wrong),
)  # fmt: skip
COLLECTION_CHECKS = (
    *CHECKS[:3],
    Check("entries_published", "collected", _entries_published, _nothing_wrong),
)


def checks_of(study: Study) -> tuple[Check, ...]:
    """Return what must hold of a wave before its release: of a survey, or of a collection."""
    return COLLECTION_CHECKS if study.collected else CHECKS
