"""The page of a question: its exact wording, its answers, its non-response, by breakdown.

Belongs here: one page a question, at a permanent address. Not here: free choices
(explorer.py).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.catalogue.charts import draw
from pipelines.catalogue.codebook import Question
from pipelines.catalogue.codebook import label as label_of
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.beside_estimates import BesideEstimates
from pipelines.catalogue.pages.figures import (
    against,
    axis,
    bar,
    interval,
    mean_limits,
    places,
    shown,
)
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Row
from pipelines.study import NOT_APPLICABLE, TOTAL, Text

MOST_PARTS = 60  # charts of a battery drawn on the page; the explorer draws the others


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield a page for every question."""
    if pages.codebook is None:
        return
    codes, beside = list(pages.codes.questions), BesideEstimates(pages)
    for at, code in enumerate(codes):
        question = pages.codes.questions[code]
        yield pages.page(
            "question.html", f"questions/{code}", tab="index", question=question,
            older_wave=_older_wave(pages, question), parts=_parts(pages, question),
            non_response=_non_response(pages, question),
            ranked=_ranked(pages, question), broken=_broken(pages, question),
            beside=beside.of(question),
            before=pages.codes.questions[codes[at - 1]] if at else None,
            after=pages.codes.questions[codes[at + 1]] if at + 1 < len(codes) else None,
        )  # fmt: skip


def _older_wave(pages: StudyPages, question: Question) -> str:
    """Return the title of the wave that a page shows, where the newest did not ask."""
    wave = pages.codes.wave_of(question.code)
    is_last = wave == pages.codes.last_wave
    return "" if is_last else str(getattr(label_of(pages.codes.waves[wave]), pages.lang))


def _answers(question: Question) -> dict[str, Text | None]:
    return dict(question.answers) if not question.is_numeric else {NOT_APPLICABLE: question.unit}


def _table_row(pages: StudyPages, label: str, row: Row, **more: Any) -> dict[str, Any]:
    codes, lang = pages.codes, pages.lang
    return {
        "label": label, "row": row, "value": shown(codes, row, lang),
        "interval": interval(codes, row, lang), **more,
    }  # fmt: skip


def _chart(pages: StudyPages, question: Question, label: str, rows: Sequence[dict[str, Any]],
           reference: dict[str, Any] | None = None) -> Any:  # fmt: skip
    """Return the chart of some rows; the axis reaches the reference too, a bar drawn as a line."""
    drawn = [*rows, reference] if reference else rows
    limits = mean_limits(drawn) if question.is_numeric else None
    more = {"reference": reference} if reference else {}
    return draw("bars", {"label": label, "rows": rows, **axis(drawn, pages.lang, mean=limits),
                         **more})  # fmt: skip


def _parts(pages: StudyPages, question: Question) -> list[dict[str, Any]]:
    """Return, for each item of a question, its answers in its newest wave: chart and table."""
    codes, lang, wave = pages.codes, pages.lang, pages.codes.wave_of(question.code)
    found: list[dict[str, Any]] = []
    for domain in question.domains or (NOT_APPLICABLE,):
        for actor in question.actors or (NOT_APPLICABLE,):
            rows, table = [], []
            for answer, text in _answers(question).items():
                row = codes.cell(question.code, answer, wave=wave, domain=domain, actor=actor)
                if row is None:
                    continue
                name = getattr(text or question.title, lang)
                rows.append(bar(codes, row, name, lang))
                table.append(_table_row(pages, name, row))
            if rows:
                names = [question.domains.get(domain), question.actors.get(actor)]
                title = ", ".join(getattr(one, lang) for one in names if one)
                about = title or getattr(question.title, lang)
                drawn = len(found) < MOST_PARTS and len(rows) > 1
                found.append(
                    {
                        "id": "-".join(
                            one for one in (domain, actor) if one != NOT_APPLICABLE
                        ) or "answers",
                        "title": title, "table": table,
                        "chart": _chart(pages, question, about, rows) if drawn else "",
                    }
                )  # fmt: skip
    return found


def _ranked(pages: StudyPages, question: Question) -> list[dict[str, Any]]:
    """Return, for each answer that is not a refusal, the domains ranked, places they share told."""
    if len(question.domains) < 2 or question.is_numeric or question.actors:
        return []
    codes, lang = pages.codes, pages.lang
    found = []
    for answer, text in question.answers.items():
        if question.answer_kinds.get(answer) != "answer":
            continue
        cells = [
            codes.cell(question.code, answer, wave=codes.wave_of(question.code), domain=one)
            for one in question.domains
        ]
        told = [row for row in cells if row and row["status"] == "published"]
        told.sort(key=lambda row: (-row["value"], list(question.domains).index(row["domain"])))
        names = [getattr(question.domains[row["domain"]], lang) for row in told]
        rows = [
            bar(codes, row, name, lang, place=place, band=band)
            for row, name, (place, band) in zip(told, names, places(told), strict=True)
        ]
        if rows:
            title = getattr(text, lang)
            found.append({"answer": title, "chart": _chart(pages, question, title, rows)})
    return found[:1]


def _broken(pages: StudyPages, question: Question) -> list[dict[str, Any]]:
    """Return the answers by breakdown, for questions without a battery."""
    if question.domains or question.actors:
        return []
    codes, lang, wave = pages.codes, pages.lang, pages.codes.wave_of(question.code)
    found = []
    for name, (title, values) in codes.breakdowns.items():
        charts = []
        for answer, text in _answers(question).items():
            whole = codes.cell(question.code, answer, wave=wave)
            pairs = [
                (getattr(label, lang),
                 codes.cell(question.code, answer, wave=wave, **{name: code}))
                for code, label in values.items() if code != TOTAL
            ]  # fmt: skip
            told = [(label, row) for label, row in pairs if row]
            if not told or not any(row["status"] == "published" for _, row in told):
                continue
            rows = [bar(codes, row, label, lang, tone=against(row, whole)) for label, row in told]
            reference = None
            if whole and whole["status"] == "published":
                reference = bar(codes, whole, "", lang)
            heading = getattr(text or question.title, lang)
            charts.append(
                {
                    "answer": heading,
                    "chart": _chart(pages, question, f"{heading} · {getattr(title, lang)}", rows,
                                    reference),
                    "table": [_table_row(pages, label, row, tone=against(row, whole))
                              for label, row in told],
                }
            )  # fmt: skip
        if charts:
            found.append({"name": name, "title": title, "charts": charts})
    return found


def _non_response(pages: StudyPages, question: Question) -> str:
    """Return the share of answers that are a refusal or 'do not know', or '' where none is one."""
    codes = pages.codes
    kept = [
        codes.cell(question.code, answer, wave=codes.wave_of(question.code))
        for answer, kind in question.answer_kinds.items()
        if kind != "answer"
    ]
    return ", ".join(
        f"{getattr(question.answers[row['answer']], pages.lang)} {shown(codes, row, pages.lang)}"
        for row in kept
        if row and row["status"] == "published"
    )
