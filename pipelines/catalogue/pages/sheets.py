"""Region sheets: one page a territory, with its priorities, roles, alliances and contrasts.

Belongs here: those pages and their index. Not here: the tables behind them (pipelines.analysis).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.catalogue.charts import draw, draw_map
from pipelines.catalogue.codebook import label
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.figures import axis, bar, interval, shown
from pipelines.catalogue.pages.findings import rank_words
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Row
from pipelines.texts import say

Cell = dict[str, Any]


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the index of sheets and one page a territory."""
    if not pages.has("sheets"):
        return
    breakdown = _breakdown(pages)
    codes = pages.codes.breakdowns[breakdown][1]
    sheets: dict[str, list[Row]] = defaultdict(list)
    for row in pages.rows("sheets"):
        if row["wave"] == pages.codes.last_wave:
            sheets[row["territory"]].append(row)
    territories = {code: codes[code] for code in codes if code in sheets}
    yield pages.page("sheets.html", "sheets", territories=territories)
    for code, text in territories.items():
        name = getattr(text, pages.lang)
        yield pages.page(
            "sheet.html", f"sheets/{code}", tab="sheets", territory=text,
            sections=_sections(pages, sheets[code], name), locator=_locator(pages, breakdown, code),
            contrasts=_contrasts(pages, sheets[code]),
        )  # fmt: skip


def _breakdown(pages: StudyPages) -> str:
    """Return the breakdown whose codes the territories are."""
    territories = {row["territory"] for row in pages.rows("sheets")}
    return max(
        pages.codes.breakdowns,
        key=lambda one: len(territories & set(pages.codes.breakdowns[one][1])),
    )


def _sections(pages: StudyPages, rows: Sequence[Row], name: str) -> list[dict[str, Any]]:
    """Return the sections of a sheet in published order: a title, a chart, a table."""
    sources = {row["analysis"]: label(row) for row in pages.rows("analyses")}
    found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: int(one["position"])):
        found[row["section"], row["source"]].append(_cell(pages, row))
    sections = []
    for (section, source), cells in found.items():
        told = [one for one in cells if one["row"]["status"] == "published"
                and one["row"]["measure"] == "share"]  # fmt: skip
        bars = [one["bar"] for one in told] if section == "priorities" else []
        title = getattr(sources[source], pages.lang) if source in sources else ""
        spec = {"label": f"{title}, {name}", "rows": bars, **axis(bars, pages.lang)}
        sections.append(
            {
                "section": section, "title": say(f"page-sheet-{section}", pages.lang),
                "about": title, "cells": cells, "chart": draw("bars", spec) if bars else "",
            }
        )  # fmt: skip
    return sections


def _cell(pages: StudyPages, row: Row) -> Cell:
    question, lang = pages.codes.questions[row["question"]], pages.lang
    parts = [question.domains.get(row["domain"]), question.actors.get(row["actor"])]
    answers = [question.answers[one] for one in str(row["answers"] or "").split("+")
               if one in question.answers]  # fmt: skip
    name = ", ".join(getattr(one, lang) for one in parts if one) or getattr(question.title, lang)
    told = {**row, **dict.fromkeys(pages.release.breakdowns, "")}  # a territory is never national
    tone = {"above": "above", "below": "below"}.get(row["contrast"], "none")
    return {
        "row": row, "question": question, "name": name,
        "answers": ", ".join(getattr(one, lang) for one in answers),
        "value": shown(pages.codes, told, lang), "interval": interval(pages.codes, told, lang),
        "rank": rank_words(row),
        "bar": bar(pages.codes, told, name, lang, tone=tone, place=rank_words(row),
                   band=int(row["tier"] or 0)),
    }  # fmt: skip


def _contrasts(pages: StudyPages, rows: Sequence[Row]) -> list[Cell]:
    """Return what sets the territory apart from the rest beyond sampling error."""
    kept = [row for row in rows if row["contrast"] in ("above", "below")]
    kept.sort(key=lambda row: -abs(row["difference"]))
    return [_cell(pages, row) for row in kept]


def _locator(pages: StudyPages, breakdown: str, code: str) -> Any:
    """Return a map with the territory lit; '' where the breakdown is no division of France."""
    divided = pages.codes.maps.get(breakdown, {})
    if code not in divided:
        return ""
    codes = pages.codes.breakdowns[breakdown][1]
    groups = [
        {"label": getattr(codes[one], pages.lang), "regions": regions, "status": "", "text": "",
         "tone": "plain" if one == code else "none"}
        for one, regions in divided.items()
    ]  # fmt: skip
    return draw_map({"label": getattr(codes[code], pages.lang), "groups": groups})
