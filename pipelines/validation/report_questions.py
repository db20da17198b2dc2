"""The questions that an extract leaves open, worded ready to be sent to the institute.

Belongs here: finding → question. Not here: finding (report.py). A question names columns, lines and
counts, never a value: it leaves by e-mail.
"""

from collections.abc import Iterator

from pipelines.study import Text
from pipelines.texts import Lang, say
from pipelines.validation.findings import Findings, Refusal
from pipelines.validation.report_comparison import moves_to_ask

TO_ASK = {
    "notice-respondents", "notice-entries", "notice-weight-sum", "notice-design-effect",
    "notice-weight-ratio", "notice-fast", "notice-duration", "notice-commune-name", "notice-label",
    "notice-margin", "notice-published",
}  # fmt: skip


def questions_for(findings: Findings, lang: Lang) -> tuple[str, ...]:
    """Return the questions in `lang`, most pressing first; none when nothing is open."""
    return tuple(_questions(findings, lang))


def _questions(findings: Findings, lang: Lang) -> Iterator[str]:
    if findings.is_institutes_fault and not findings.refusals:
        yield say("question-unusable", lang, text=findings.error_text(lang))
    for one in findings.refusals:
        yield say(
            "question-refused", lang,
            column=_named(findings, one.column, lang), cells=one.cells,
            lines=_lines(one, lang), text=say(f"rule-{one.rule}", lang),
        )  # fmt: skip
    for note in findings.notices:
        if note.key in TO_ASK:
            yield say("question-notice", lang, text=note.text(lang))
    yield from _about_moves(findings, lang)
    yield from _about_repairs(findings, lang)
    yield from _about_corrections(findings, lang)


def _lines(refusal: Refusal, lang: Lang) -> str:
    lines = ", ".join(map(str, refusal.lines))
    more = "…" if refusal.cells > len(refusal.lines) else ""
    return say(
        "question-line" if refusal.cells == 1 else "question-lines", lang, lines=lines + more
    )


def _about_repairs(findings: Findings, lang: Lang) -> Iterator[str]:
    for one in findings.repair_groups:
        if one.rule.startswith("commune_") or one.rule == "label":
            yield say(
                "question-repaired", lang,
                column=_named(findings, one.column, lang), cells=one.cells,
                text=say(f"repair-{one.rule}", lang),
            )  # fmt: skip


def _about_moves(findings: Findings, lang: Lang) -> Iterator[str]:
    for comparison in findings.comparisons:
        for text in moves_to_ask(comparison, lang):
            yield say("question-moved", lang, other=comparison.other, text=text)


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
