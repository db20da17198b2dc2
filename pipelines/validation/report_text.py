"""The report as the command prints it: what the file is, what was mended, refused, and to look at.

Belongs here: findings → lines of a terminal. Not here: the page (report_page.py). No line holds a
respondent's value.
"""

from collections.abc import Iterator

from pipelines.texts import Lang, say
from pipelines.validation.findings import Findings, Refusal, remedy_key
from pipelines.validation.report_comparison import names
from pipelines.validation.report_questions import questions_for


def summary_lines(findings: Findings, lang: Lang) -> Iterator[str]:
    """Yield the summary in `lang`, the verdict first."""
    verdict = "report-says-accepted" if findings.is_accepted else "report-says-refused"
    yield say(verdict, lang, study=findings.study.id, wave=findings.wave_id, file=findings.file)
    if findings.error is not None:
        yield findings.error_text(lang)
    yield from _file(findings, lang)
    yield from _section("report-says-refusals", _refusals(findings, lang), lang)
    yield from _section("report-says-repairs", _repairs(findings, lang), lang)
    yield from _section("report-says-notices", _notices(findings, lang), lang)
    questions = len(questions_for(findings, lang))
    if questions:
        yield say("report-says-questions", lang, count=questions)


def detected(findings: Findings, lang: Lang) -> dict[str, str]:
    """Return what was found out about the file, name → value, as a person says it."""
    found = findings.extract.detected if findings.extract else {}
    words = {"true": say("report-yes", lang), "false": say("report-no", lang)}
    return {
        say(f"report-detected-{name}", lang): words.get(value, value)
        for name, value in found.items()
    }


def lines_text(refusal: Refusal) -> str:
    """Return the first lines of a refusal, and whether there are more."""
    more = "…" if refusal.cells > len(refusal.lines) else ""
    return ", ".join(map(str, refusal.lines)) + more


def _section(title: str, lines: Iterator[str], lang: Lang) -> Iterator[str]:
    for place, line in enumerate(lines):
        if not place:
            yield say(title, lang)
        yield line


def _file(findings: Findings, lang: Lang) -> Iterator[str]:
    extract, found = findings.extract, findings.summary
    if extract is not None:
        about = (f"{name} {value}" for name, value in detected(findings, lang).items())
        yield say(
            "report-says-file", lang,
            format=extract.format.upper(), rows=extract.rows, columns=len(extract.columns),
            detected=", ".join(about) or "—",
        )  # fmt: skip
    if found is not None:
        yield say(
            "report-says-rows", lang,
            read=found.read, accepted=found.accepted, rejected=found.rejected,
            repairs=findings.repairs, notices=len(findings.notices),
        )  # fmt: skip
        if found.dropped_columns:
            columns = names(found.dropped_columns, lang)
            yield say("report-says-dropped", lang, columns=columns)


def _refusals(findings: Findings, lang: Lang) -> Iterator[str]:
    for one in findings.refusals:
        text = say(f"rule-{one.rule}", lang)
        remedy = say(remedy_key(findings.study, one.rule, one.column), lang)
        yield say(
            "report-says-rule", lang, column=one.column, cells=one.cells, lines=lines_text(one),
            text=say("report-remedy", lang, text=text, remedy=remedy),
        )  # fmt: skip


def _repairs(findings: Findings, lang: Lang) -> Iterator[str]:
    for note in findings.extract.notes if findings.extract else ():
        if note.is_repair:
            yield f"  - {note.text(lang)}"
    for one in findings.repair_groups:
        yield say(
            "report-says-repair", lang,
            column=one.column, cells=one.cells, line=one.first_line,
            text=say(f"repair-{one.rule}", lang),
        )  # fmt: skip


def _notices(findings: Findings, lang: Lang) -> Iterator[str]:
    notes = findings.extract.notes if findings.extract else ()
    for note in (*(one for one in notes if not one.is_repair), *findings.notices):
        yield f"  - {note.text(lang)}"
