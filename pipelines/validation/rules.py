"""The rules of a study: the declaration turned into a pandera schema.

Belongs here: one `Rule` per thing that may be wrong with a cell, and the schema that runs them.
Not here: reading texts (coding.py), uniqueness over the whole wave (whole.sql), what follows from
a breach (validate.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipelines.study import Filter, Study, Wave
from pipelines.validation.geography import region_of
from pipelines.validation.plan import (
    MISSING,
    NOT_ASKED,
    NOT_TICKED,
    TICKED,
    ColumnPlan,
    mention_items,
)

if TYPE_CHECKING:  # pandera takes most of a second to import: only where rules run
    import pandera.polars as pa
    from pandera.api.polars.types import PolarsData

UNKNOWN_COMMUNES = {
    "commune_number": r"^\d+[.,]\d*(?:[eE][+-]?\d+)?$|^\d+[eE][+-]?\d+$",
    "commune_zero": r"^\d{4}$",
    "commune_corsica": r"^20\d{3}$",
}
SMALLEST_WEIGHT, LARGEST_WEIGHT = 1e-9, 1e9  # what nine decimals of DECIMAL(18, 9) can hold


@dataclass(frozen=True)
class Rule:
    """What must hold for a cell: `holds` is true, row by row, where it does."""

    id: str
    column: str
    holds: pl.Expr

    @property
    def name(self) -> str:
        """Name of the pandera check: the rule and the column it is reported under."""
        return f"{self.id}|{self.column}"


@dataclass(frozen=True)
class Breach:
    """The rows of a batch that break one rule: their positions in it."""

    rule: Rule
    positions: tuple[int, ...]


def rules_of(study: Study, wave: Wave, plans: dict[str, ColumnPlan]) -> tuple[Rule, ...]:
    """Return every rule that one row can be judged by, in column order."""
    found = [rule for plan in plans.values() for rule in _column_rules(study, plan, wave)]
    found += _filter_rules(study, plans)
    found += _multiple_rules(study, plans)
    found += _geography_rules(study, wave, plans)
    return tuple(found)


def schema_of(rules: Iterable[Rule]) -> pa.DataFrameSchema:
    """Return the pandera schema that runs `rules` on a batch of coded rows."""
    import pandera.polars as pa

    return pa.DataFrameSchema(checks=[pa.Check(_holds(rule), name=rule.name) for rule in rules])


def breaches(
    schema: pa.DataFrameSchema, rules: Iterable[Rule], batch: pl.DataFrame
) -> list[Breach]:
    """Run the schema on an eager batch and return what was broken, rule by rule.

    A LazyFrame would have its values skipped in silence, hence the eager frame.
    """
    from pandera.errors import SchemaErrors

    try:
        schema.validate(batch, lazy=True)
    except SchemaErrors as error:
        failed = error.failure_cases.group_by("check").agg("index").sort("check")
        positions = dict(failed.iter_rows())
    else:
        return []
    known = {rule.name for rule in rules}
    strange = set(positions) - known
    if strange:
        raise RuntimeError(f"pandera reports checks that no rule made: {sorted(strange)}")
    return [
        Breach(rule, tuple(sorted(positions[rule.name])))
        for rule in rules
        if rule.name in positions
    ]


def _holds(rule: Rule) -> Callable[[PolarsData], pl.LazyFrame]:
    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(rule.holds.fill_null(value=False).alias(rule.name))

    return check


def _column_rules(study: Study, plan: ColumnPlan, wave: Wave) -> Iterator[Rule]:
    cell = pl.col(plan.name)
    if plan.kind == "unread" or plan.role == "open_text":
        return
    if plan.kind == "not_asked":
        yield Rule("asked", plan.name, cell == NOT_ASKED)
        return
    if plan.required:
        given = cell != (MISSING if plan.kind != "text" else "")
        yield Rule("required", plan.name, given | ~_is_asked(study, plan))
    if plan.kind in {"code", "tick"}:
        yield Rule("code", plan.name, cell.is_in([*plan.valid_codes, MISSING]))
    elif plan.kind == "number":
        yield from _number_rules(plan)
    elif plan.kind == "date":
        yield from _date_rules(plan, wave)
    if plan.pattern:
        yield Rule("pattern", plan.name, cell.str.contains(f"^(?:{plan.pattern})$") | (cell == ""))


def _is_asked(study: Study, plan: ColumnPlan) -> pl.Expr:
    """Return whether the cell should be filled: not of those whom a filter leaves out."""
    asked_of = plan.question.asked_of if plan.question else None
    return pl.lit(value=True) if asked_of is None else meets(study, asked_of)


def _number_rules(plan: ColumnPlan) -> Iterator[Rule]:
    cell = pl.col(plan.name)
    number = cell.cast(pl.Float64, strict=False)
    no_answer = cell.is_in([MISSING, *plan.valid_codes])
    yield Rule("number", plan.name, number.is_finite() | no_answer)
    unreadable = ~number.is_finite().fill_null(value=False)
    if plan.role == "weight":
        inside = number.is_between(SMALLEST_WEIGHT, LARGEST_WEIGHT, closed="left")
        yield Rule("weight", plan.name, inside | unreadable)
    elif plan.minimum is not None and plan.maximum is not None:
        inside = number.is_between(plan.minimum, plan.maximum)
        yield Rule("range", plan.name, inside | unreadable)
        if plan.question is not None and plan.question.kind == "score":
            yield Rule("whole", plan.name, (number == number.round()) | ~inside | unreadable)


def _date_rules(plan: ColumnPlan, wave: Wave) -> Iterator[Rule]:
    cell = pl.col(plan.name)
    date = cell.str.to_date("%Y-%m-%d", strict=False)
    empty = cell == MISSING
    yield Rule("date", plan.name, date.is_not_null() | empty)
    inside = date.is_between(_day(wave.start), _day(wave.end))
    yield Rule("fieldwork", plan.name, inside | date.is_null())


def _day(day: dt.date) -> pl.Expr:
    return pl.lit(day, dtype=pl.Date)


def _filter_rules(study: Study, plans: dict[str, ColumnPlan]) -> Iterator[Rule]:
    """Find answers of people who were not asked: cells that should be empty and are not.

    Where the answer that the filter reads is itself refused nobody knows whether they were.
    """
    for item in study.items:
        asked_of = study.questions[item.question].asked_of
        if asked_of is None or plans[item.columns[0]].kind == "not_asked":
            continue
        asked = was_asked(study, item.question) | ~_is_read(study, asked_of, plans)
        for column in item.columns:
            empty = pl.col(column).is_in([MISSING, NOT_ASKED, plans[column].blank])
            if item.ticks:
                empty = empty | (pl.col(column) == NOT_TICKED)
            yield Rule("asked", column, asked | empty)


def _is_read(study: Study, asked_of: Filter, plans: dict[str, ColumnPlan]) -> pl.Expr:
    """Return whether the answer that a filter reads is none that the rule on codes refuses."""
    plan = plans[str(study.questions[asked_of.question].columns)]
    if plan.kind != "code":
        return pl.lit(value=True)
    return pl.col(plan.name).is_in([*plan.valid_codes, MISSING, NOT_ASKED])


def was_asked(study: Study, question: str) -> pl.Expr:
    """Return whether a respondent was asked `question`, by its declared filter."""
    asked_of = study.questions[question].asked_of
    if asked_of is None:
        return pl.lit(value=True)
    return meets(study, asked_of)


def meets(study: Study, asked_of: Filter) -> pl.Expr:
    """Return whether a respondent's answer is one that a filter names."""
    column = str(study.questions[asked_of.question].columns)
    return pl.col(column).is_in(asked_of.answers)


def _multiple_rules(study: Study, plans: dict[str, ColumnPlan]) -> Iterator[Rule]:
    for item in study.items:
        at_most = study.questions[item.question].at_most
        if at_most is not None:
            given = pl.sum_horizontal(_is_given(plans[one]) for one in item.columns)
            yield Rule("at_most", item.columns[0], given <= at_most)
    for item in mention_items(study):
        none = [MISSING, NOT_ASKED, plans[item.columns[0]].blank]
        mentions = pl.concat_list(item.columns).list.eval(
            pl.element().filter(~pl.element().is_in(none))
        )
        yield Rule("repeated", item.columns[0], mentions.list.len() == mentions.list.n_unique())


def _is_given(plan: ColumnPlan) -> pl.Expr:
    """Return whether a column of a multiple choice holds an answer."""
    cell = pl.col(plan.name)
    return cell == TICKED if plan.kind == "tick" else ~cell.is_in([MISSING, NOT_ASKED, plan.blank])


def _geography_rules(study: Study, wave: Wave, plans: dict[str, ColumnPlan]) -> Iterator[Rule]:
    """Compare what the extract says of a commune with what the frame says.

    A cell that is no answer of its list agrees: it says nothing, or rule `code` refuses it.
    """
    commune = study.column_with_role("commune")
    if commune is None or wave.frame_year is None:
        return
    yield from _commune_rules(commune)
    for role, derived in (("region", "frame_region"), ("commune_size", "frame_commune_size")):
        column = study.column_with_role(role)
        if column is not None:
            stated = region_of(study) if role == "region" else pl.col(column)
            agrees = (stated == pl.col(derived)) | pl.col(derived).is_null()
            codelist = plans[column].codelist
            answers = codelist.of_kind("answer") if codelist else ()
            says = pl.col(column).is_in(answers) if answers else pl.col(column) != MISSING
            yield Rule(f"{role}_agrees", column, agrees | ~says)


def _commune_rules(column: str) -> Iterator[Rule]:
    """Say why a code is refused that the frame does not know: one reason each."""
    cell = pl.col(column)
    left = pl.col("frame_region").is_null() & (cell != "")
    for name, pattern in UNKNOWN_COMMUNES.items():
        yield Rule(name, column, ~(left & cell.str.contains(pattern)))
        left = left & ~cell.str.contains(pattern)
    yield Rule("commune", column, ~left)
