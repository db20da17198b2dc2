"""What each column of an extract must hold: the declaration seen column by column.

Belongs here: study + wave → one `ColumnPlan` a column. Not here: applying it to data (coding.py,
rules.py), the declaration itself (pipelines.study).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pipelines.study import Codelist, Item, Question, Study, Wave, fold

ColumnKind = Literal["code", "tick", "number", "date", "text", "not_asked", "unread"]
ALWAYS_REQUIRED = {"respondent", "weight", "entry"}
UNREAD_ROLES = {"direct_identifier", "dropped"}
MISSING = "_U"  # SDMX: unknown; here an empty cell where an answer could stand
NOT_ASKED = "_Z"  # SDMX: not applicable; here an empty cell of one who was not asked
TICKED, NOT_TICKED = "1", "0"
NUMBER = re.compile(r"\s*-?\d+\.\d+\s*")


@dataclass(frozen=True)
class ColumnPlan:
    """What one column of the extract must hold and how its texts become codes.

    `codebook` (text → code) is the wave's own reading, and then the only one. `decimal` is the mark
    that the raw form gives to numbers, typed ones too.
    """

    name: str
    kind: ColumnKind
    role: str | None = None
    codelist: Codelist | None = None
    question: Question | None = None
    required: bool = True
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    codebook: Mapping[str, str] | None = None
    decimal: str = "."

    @property
    def blank(self) -> str:
        """The code of an empty cell: not ticked where declared, the list's own, else `_U`."""
        if self.kind == "tick" and self.question and "" in self.question.not_ticked:
            return NOT_TICKED
        own = self.codelist.of_kind("missing") if self.codelist else ()
        return own[0] if own else MISSING

    @property
    def valid_codes(self) -> tuple[str, ...]:
        """The codes a coded column may hold once read."""
        if self.kind == "tick":
            return (TICKED, NOT_TICKED)
        return self.codelist.names if self.codelist else ()

    def code_of(self, text: str) -> str | None:
        """Return the code that `text` stands for, None when it stands for none.

        A number stands for the code that is the same number: a typed 0.5 comes here as `0,5` where
        the wave's texts have a comma.
        """
        if (found := self._declared(text)) is not None:
            return found
        pointed = self.with_point(text)
        return None if pointed == text else self._declared(pointed)

    def with_point(self, text: str) -> str:
        """Return a number written with the wave's decimal mark with a point, else `text`."""
        is_other = self.decimal != "." and NUMBER.fullmatch(text.replace(self.decimal, "."))
        return text.replace(self.decimal, ".") if is_other else text

    def _declared(self, text: str) -> str | None:
        if self.codebook is not None:
            return {fold(one): code for one, code in self.codebook.items()}.get(fold(text))
        if self.question is not None and self.kind == "tick":
            ticks = {fold(one): TICKED for one in self.question.ticked}
            ticks |= {fold(one): NOT_TICKED for one in self.question.not_ticked}
            return ticks.get(fold(text))
        return self.codelist.by_text.get(fold(text)) if self.codelist else None

    def read(self, text: str) -> str:
        """Return the code of a filled cell, else its text, marked where it would pass for a code.

        An institute may write `_U`, and a code book leaves codes of the list out.
        """
        code = self.code_of(text)
        if code is not None:
            return code
        return f"?{text}" if text in {*self.valid_codes, MISSING, NOT_ASKED} else text


def plan_columns(study: Study, wave: Wave | None = None) -> dict[str, ColumnPlan]:
    """Return a plan for every declared column, in declared order.

    A column that is both a trait and a question (age as breakdown and as question) has one plan.
    The columns of questions that `wave` did not ask are of kind `not_asked`; those that it spells
    its own way have its code book.
    """
    plans = {name: _trait(study, name) for name in study.about.columns}
    for item in study.items:
        question = study.questions[item.question]
        for column in item.columns:
            plans[column] = _answer(study, question, column, plans.get(column))
            if wave and item.question in wave.not_asked and column not in study.about.columns:
                plans[column] = ColumnPlan(column, "not_asked", question=question, required=False)
    for question in study.questions.values():
        if question.kind == "open_text" and isinstance(question.columns, str):
            plans[question.columns] = ColumnPlan(
                question.columns, "text", role="open_text", question=question, required=False
            )
    for name, codebook in (wave.codebook if wave else {}).items():
        asked = (one.columns for one in study.items if one.question == name)
        for column in [column for columns in asked for column in columns] or [name]:
            plans[column] = replace(plans[column], codebook=codebook)
    return _with_decimal(plans, wave.extract.decimal) if wave else plans


def _with_decimal(plans: Mapping[str, ColumnPlan], decimal: str) -> dict[str, ColumnPlan]:
    """Tell coded columns the mark of their numbers; those of numbers are read with a point."""
    coded = {"code", "tick"}
    return {
        name: replace(one, decimal=decimal) if one.kind in coded else one
        for name, one in plans.items()
    }


def _trait(study: Study, name: str) -> ColumnPlan:
    column = study.about.columns[name]
    codelist = study.codelists[column.codelist] if column.codelist else _used_list(study, name)
    kind: ColumnKind = "code" if codelist else "text"
    if column.role in UNREAD_ROLES:
        kind = "unread"
    elif column.role in {"weight", "duration"} or column.type == "number":
        kind = "number"
    elif column.role == "date":
        kind = "date"
    required = column.required or column.role in ALWAYS_REQUIRED
    return ColumnPlan(name, kind, column.role, codelist, None, required, column.pattern)


def _used_list(study: Study, column: str) -> Codelist | None:
    """Return the codelist of the breakdown that reads `column` as it stands."""
    for breakdown in study.breakdowns.values():
        if breakdown.column == column and not breakdown.recode:
            return study.codelists[breakdown.codelist]
    return None


def _answer(study: Study, question: Question, name: str, trait: ColumnPlan | None) -> ColumnPlan:
    kind: ColumnKind = "number" if question.is_numeric else "code"
    if question.has_indicator_columns:
        kind = "tick"
    mentions = isinstance(question.columns, tuple)
    return ColumnPlan(
        name, kind, trait.role if trait else None,
        study.codelists[question.scale] if question.scale else None,
        question,
        question.required and not mentions,
        None, question.minimum, question.maximum,
    )  # fmt: skip


def mention_items(study: Study) -> tuple[Item, ...]:
    """Return the multiple choices delivered as k columns of mentions."""
    return tuple(one for one in study.items if one.is_multiple and not one.ticks)
