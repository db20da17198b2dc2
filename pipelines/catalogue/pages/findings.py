"""The pages of analyses: priorities, roles, profiles, themes of open answers.

Belongs here: those pages, from the published analysis tables. Not here: region sheets (sheets.py),
the analyses themselves (pipelines.analysis).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pipelines.catalogue.charts import draw
from pipelines.catalogue.codebook import label
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.figures import axis, bar, interval, shown
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Row
from pipelines.study import TOTAL, Text

SHADES = 6  # of the heat map, above none
ANSWERS_SHOWN = 8  # of a profile, on each side


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the page of each analysis that the study has."""
    for name, make in (
        ("priorities", _priorities), ("roles", _roles), ("profiles", _profiles),
        ("themes", _themes),
    ):  # fmt: skip
        if pages.has(name):
            yield pages.page(f"{name}.html", name, analyses=make(pages))


def analyses(pages: StudyPages, section: str) -> dict[str, Text]:
    """Return the analyses of a section, in declared order."""
    rows = sorted(pages.rows("analyses"), key=lambda row: int(row["position"]))
    return {row["analysis"]: label(row) for row in rows if row["section"] == section}


def _cells(pages: StudyPages, table: str, analysis: str) -> Mapping[tuple[str, ...], list[Row]]:
    """Return the rows of an analysis and of the newest wave, by cell of the breakdowns."""
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in pages.rows(table):
        if row["analysis"] == analysis and row["wave"] == pages.codes.last_wave:
            found[tuple(row[name] for name in pages.release.breakdowns)].append(row)
    return found


def cell_name(pages: StudyPages, cell: Sequence[str]) -> str:
    """Return the words of a cell: its codes that are not the total."""
    names = [
        getattr(codes[code], pages.lang)
        for code, (_, codes) in zip(cell, pages.codes.breakdowns.values(), strict=True)
        if code != TOTAL and code in codes
    ]
    return ", ".join(names)


def rank_words(row: Row) -> str:
    """Return the rank of a row with its uncertainty: '3 (1–6)'."""
    if row["rank"] is None:
        return "—"
    if row["rank_low"] is None or row["rank_low"] == row["rank_high"]:
        return f"{row['rank']}"
    return f"{row['rank']} ({row['rank_low']}–{row['rank_high']})"


def cell_order(pages: StudyPages, cell: Sequence[str]) -> tuple[int, ...]:
    """Return the sort key of a cell: the whole first, then by declared order of breakdown, code."""
    positions = (
        len(codes) if code == TOTAL else list(codes).index(code) if code in codes else -1
        for code, (_, codes) in zip(cell, pages.codes.breakdowns.values(), strict=True)
    )  # fmt: skip
    return sum(code != TOTAL for code in cell), *positions


def _by_cell(
    pages: StudyPages, cells: Mapping[tuple[str, ...], list[Row]],
    show: Callable[[StudyPages, Sequence[Row]], dict[str, Any]],
) -> list[dict[str, Any]]:  # fmt: skip
    """Return what `show` makes of each cell's rows, the whole country first."""
    return [
        {"name": cell_name(pages, cell), "is_national": all(one == TOTAL for one in cell),
         **show(pages, cells[cell])}
        for cell in sorted(cells, key=partial(cell_order, pages))
    ]  # fmt: skip


def _priorities(pages: StudyPages) -> list[dict[str, Any]]:
    found = []
    for analysis, title in analyses(pages, "priorities").items():
        cells = _cells(pages, "priorities", analysis)
        parts = _by_cell(pages, cells, _ranking)
        question = next(iter(cells.values()))[0]["question"] if cells else ""
        found.append({"title": title, "question": question, "parts": parts})
    return found


def _ranking(pages: StudyPages, rows: Sequence[Row]) -> dict[str, Any]:
    told = [row for row in rows if row["status"] == "published"]
    told.sort(key=lambda row: (row["rank"] is None, row["rank"], row["domain"]))
    held = [row for row in rows if row["status"] == "withheld"]
    lang = pages.lang

    def name(row: Row) -> str:
        domains = pages.codes.questions[row["question"]].domains
        return str(getattr(domains[row["domain"]], lang))

    bars = [
        bar(pages.codes, row, name(row), lang, place=rank_words(row), band=int(row["tier"] or 0))
        for row in told
    ]
    table = [
        {
            "name": name(row), "row": row, "rank": rank_words(row),
            "value": shown(pages.codes, row, lang), "interval": interval(pages.codes, row, lang),
            "starts_group": at > 0 and row["tier"] != told[at - 1]["tier"],
        }
        for at, row in enumerate(told)
    ]  # fmt: skip
    words = ", ".join(one["label"] for one in bars[:3])
    chart = draw("bars", {"label": words, "rows": bars, **axis(bars, lang)}) if bars else ""
    return {"chart": chart, "table": table, "withheld": [name(row) for row in held],
            "not_asked": any(row["status"] == "not_asked" for row in rows)}  # fmt: skip


def _roles(pages: StudyPages) -> list[dict[str, Any]]:
    found = []
    for analysis, title in analyses(pages, "roles").items():
        cells = _cells(pages, "roles", analysis)
        found.append({"title": title, "maps": _by_cell(pages, cells, _heat_map)})
    return found


def _heat_map(pages: StudyPages, rows: Sequence[Row]) -> dict[str, Any]:
    """Return actor × domain as a table whose cells are shaded by share; leaders are framed."""
    question = pages.codes.questions[rows[0]["question"]]
    by_place = {(row["domain"], row["actor"]): row for row in rows}
    lines = []
    for domain, text in question.domains.items():
        line = [by_place.get((domain, actor)) for actor in question.actors]
        lines.append({"domain": text, "cells": [_heat_cell(pages, row) for row in line]})
    return {"actors": list(question.actors.values()), "lines": lines}


def _heat_cell(pages: StudyPages, row: Row | None) -> dict[str, Any]:
    if row is None or row["status"] != "published":
        return {"row": row, "kind": "withheld" if row and row["status"] == "withheld" else ""}
    shade = min(int(float(row["value"]) * (SHADES + 1)), SHADES)
    leads = " lead" if row["lead"] == "alone" else ""
    return {
        "row": row, "kind": f"h{shade}{leads}", "value": shown(pages.codes, row, pages.lang),
        "interval": interval(pages.codes, row, pages.lang), "leads": row["lead"] == "alone",
        "shares": row["lead"] == "shared",
    }  # fmt: skip


def _profiles(pages: StudyPages) -> list[dict[str, Any]]:
    found = []
    for analysis, title in analyses(pages, "typologies").items():
        names = {
            row["profile"]: label(row)
            for row in sorted(pages.rows("profile_names"), key=lambda row: int(row["position"]))
            if row["analysis"] == analysis
        }
        support = {
            row["profile"]: row
            for row in pages.rows("profile_support")
            if row["analysis"] == analysis and row["wave"] == pages.codes.last_wave
        }
        cells = _cells(pages, "profiles", analysis)
        sizes = [
            {"name": cell_name(pages, cell), **_sizes(pages, cells[cell], names)}
            for cell in sorted(cells, key=partial(cell_order, pages))
        ]
        portraits = [
            {"name": names[code], "support": support.get(code),
             **_portrait(pages, analysis, code)} for code in names
        ]  # fmt: skip
        found.append({"title": title, "sizes": sizes, "portraits": portraits})
    return found


def _sizes(pages: StudyPages, rows: Sequence[Row], names: Mapping[str, Text]) -> dict[str, Any]:
    lang = pages.lang
    shares = {row["profile"]: {**row, "measure": "share", "reliability": ""} for row in rows}
    bars = [
        bar(pages.codes, shares[code], getattr(text, lang), lang)
        for code, text in names.items() if code in shares
    ]  # fmt: skip
    table = [
        {"label": getattr(text, lang), "row": shares[code],
         "value": shown(pages.codes, shares[code], lang),
         "interval": interval(pages.codes, shares[code], lang)}
        for code, text in names.items() if code in shares
    ]  # fmt: skip
    about = "Taille des profils" if lang == "fr" else "Size of profiles"
    return {"chart": draw("bars", {"label": about, "rows": bars, **axis(bars, lang)}),
            "table": table}  # fmt: skip


def _portrait(pages: StudyPages, analysis: str, profile: str) -> dict[str, Any]:
    """Return the answers that set a profile apart, most and least, by test value."""
    rows = [
        row for row in pages.rows("profile_answers")
        if (row["analysis"], row["profile"]) == (analysis, profile)
        and row["wave"] == pages.codes.last_wave and row["status"] == "published"
    ]  # fmt: skip
    rows.sort(key=lambda row: int(row["position_in_profile"] or 0))
    over = [row for row in rows if row["represented"] == "over"][:ANSWERS_SHOWN]
    under = [row for row in rows if row["represented"] == "under"]
    under.sort(key=lambda row: float(row["test_value"]))
    return {"over": [_answer(pages, row) for row in over],
            "under": [_answer(pages, row) for row in under[:ANSWERS_SHOWN]]}  # fmt: skip


def _answer(pages: StudyPages, row: Row) -> dict[str, Any]:
    question = pages.codes.questions[row["question"]]
    parts = [question.domains.get(row["domain"]), question.actors.get(row["actor"])]
    about = ", ".join(getattr(one, pages.lang) for one in parts if one)
    return {"question": question, "about": about, "row": row,
            "answer": question.answers.get(row["answer"])}  # fmt: skip


def _themes(pages: StudyPages) -> list[dict[str, Any]]:
    found = []
    for analysis, title in analyses(pages, "verbatims").items():
        names = {row["theme"]: label(row) for row in pages.rows("theme_names")
                 if row["analysis"] == analysis}  # fmt: skip
        rows = [
            {**row, "measure": "share", "reliability": ""} for row in pages.rows("themes")
            if row["analysis"] == analysis and row["wave"] == pages.codes.last_wave
        ]  # fmt: skip
        table = [
            {"label": getattr(names[row["theme"]], pages.lang), "row": row,
             "value": shown(pages.codes, row, pages.lang),
             "interval": interval(pages.codes, row, pages.lang)} for row in rows
        ]  # fmt: skip
        bars = [bar(pages.codes, one["row"], one["label"], pages.lang) for one in table]
        about = getattr(title, pages.lang)
        chart = draw("bars", {"label": about, "rows": bars, **axis(bars, pages.lang)})
        found.append({"title": title, "table": table, "chart": chart})
    return found
