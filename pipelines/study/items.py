"""Items: what a battery expands to, and the columns of the extract each is read from.

Belongs here: question × domain × actor → columns and answers. Not here: the declaration's shape
(model.py), reading data (intake), counting (estimation).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.study.codelist import AnswerKind, Codelist
from pipelines.study.model import NOT_APPLICABLE, Question

ASKED: tuple[AnswerKind, ...] = ("answer", "dont_know", "refusal", "missing")


@dataclass(frozen=True)
class Item:
    """One thing asked: a question, for one domain and actor where it is a battery.

    `columns` are the extract's columns; for a multiple choice with yes/no columns, `ticks` names
    the answer of each (in the same order), else it is empty. `answers` are the codes that are
    published and make up the base.
    """

    index: int
    question: str
    domain: str
    actor: str
    columns: tuple[str, ...]
    ticks: tuple[str, ...]
    answers: tuple[str, ...]
    is_numeric: bool
    is_multiple: bool


def items_of(
    questions: Mapping[str, Question], codelists: Mapping[str, Codelist]
) -> tuple[Item, ...]:
    """Expand every question that is published (open text never is) into its items."""
    found: list[Item] = []
    for name, question in questions.items():
        if question.kind == "open_text":
            continue
        for domain, actor in _dimensions(question, codelists):
            found.append(_item(len(found), name, question, domain, actor, codelists))
    return tuple(found)


def published_answers(question: Question, codelists: Mapping[str, Codelist]) -> tuple[str, ...]:
    """Return the codes in the base: answers, and non-response too where the base is `asked`."""
    if question.scale is None or question.is_numeric:
        return ()
    kinds = ASKED if question.base == "asked" else ("answer",)
    return codelists[question.scale].of_kind(*kinds)


def _dimensions(question: Question, codelists: Mapping[str, Codelist]) -> Iterator[tuple[str, str]]:
    for domain in codelists[question.domain].names if question.domain else (NOT_APPLICABLE,):
        for actor in codelists[question.actor].names if question.actor else (NOT_APPLICABLE,):
            yield domain, actor


def _item(
    index: int, name: str, question: Question, domain: str, actor: str,
    codelists: Mapping[str, Codelist],
) -> Item:  # fmt: skip
    answers = published_answers(question, codelists)
    ticks: tuple[str, ...] = ()
    if isinstance(question.columns, tuple):
        columns = question.columns
    elif question.has_indicator_columns:
        ticks = answers
        columns = tuple(
            question.columns.format(domain=domain, actor=actor, answer=answer) for answer in answers
        )
    else:
        columns = (question.columns.format(domain=domain, actor=actor),)
    return Item(
        index, name, domain, actor, columns, ticks, answers,
        question.is_numeric, question.kind == "multiple",
    )  # fmt: skip
