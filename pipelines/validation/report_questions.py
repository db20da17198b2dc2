"""The questions that an extract leaves open, worded ready to be sent to the institute.

Belongs here: finding → question. Not here: finding (report.py). A question names columns, lines and
counts, never a value: it leaves by e-mail.
"""

from collections.abc import Iterator

from pipelines.study import Text
from pipelines.texts import Lang, say
from pipelines.validation.findings import Findings

TO_ASK = {
    "notice-respondents", "notice-weight-sum", "notice-design-effect", "notice-weight-ratio",
    "notice-fast", "notice-duration", "notice-commune-name", "notice-label", "notice-margin",
    "notice-published",
}  # fmt: skip


def questions_for(findings: Findings, lang: Lang) -> tuple[str, ...]:
    """Return the questions in `lang`, most pressing first; none when nothing is open."""
    return tuple(_questions(findings, lang))


def _questions(findings: Findings, lang: Lang) -> Iterator[str]:
    if findings.error is not None and not findings.refusals:
        yield say("question-unusable", lang, text=findings.error.text(lang))
    for one in findings.refusals:
        yield say(
            "question-refused", lang,
            column=_named(findings, one.column, lang), cells=one.cells,
            lines=", ".join(map(str, one.lines)), text=say(f"rule-{one.rule}", lang),
        )  # fmt: skip
    for note in findings.notices:
        if note.key in TO_ASK:
            yield say("question-notice", lang, text=note.text(lang))
    yield from _about_repairs(findings, lang)
    yield from _about_corrections(findings, lang)


def _about_repairs(findings: Findings, lang: Lang) -> Iterator[str]:
    rules: dict[tuple[str, str], int] = {}
    for one in findings.summary.repairs if findings.summary else ():
        if one.rule.startswith("commune_"):
            rules[one.column, one.rule] = rules.get((one.column, one.rule), 0) + one.rows
    for (column, rule), cells in rules.items():
        text = say(f"repair-{rule}", lang)
        yield say("question-repaired", lang, column=column, cells=cells, text=text)


def _about_corrections(findings: Findings, lang: Lang) -> Iterator[str]:
    for one in findings.corrections:
        if one.correction.status == "waiting":
            yield say("question-waiting", lang, name=one.name, text=one.correction.reason)


def _named(findings: Findings, column: str, lang: Lang) -> str:
    """Return a column with the title that the study gives it."""
    titles: dict[str, Text | None] = {
        name: one.title for name, one in findings.study.about.columns.items()
    }
    for item in findings.study.items:
        titles |= dict.fromkeys(item.columns, findings.study.questions[item.question].title)
    title = titles.get(column)
    return f"{column} ({getattr(title, lang)})" if title else column
