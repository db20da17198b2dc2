"""The quality page: checks, rules, reconciliation with published figures, withheld cells.

Belongs here: that page, from quality/report.json. Not here: the report itself (pipelines.quality).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines import numbers
from pipelines.catalogue.codebook import label
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.study import TOTAL
from pipelines.study.columns import field


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the quality page."""
    release = pages.release
    if not release.has_data:
        return
    method = release.descriptor["pub:method"]
    yield pages.page(
        "quality.html", "quality", report=release.quality,
        withheld=[] if release.is_collection else _withheld(pages),
        figures={wave: [_figure(pages, one) for one in told.get("reconciliation", {})
                        .get("figures", ())] for wave, told in release.quality.items()},
        disclosure=method.get("disclosure"), reliability=method.get("reliability"),
    )  # fmt: skip


def _withheld(pages: StudyPages) -> list[dict[str, Any]]:
    """Return, for each crossing of breakdowns, how many rows have which status."""
    names = pages.release.breakdowns
    counts: dict[tuple[str, ...], Counter[str]] = {}
    for row in pages.release.estimates.rows:
        crossing = tuple(name for name in names if row[name] != TOTAL)
        counts.setdefault(crossing, Counter())[row["status"]] += 1
    titles = {name: title for name, (title, _) in pages.codes.breakdowns.items()}
    return [
        {
            "crossing": " × ".join(getattr(titles[name], pages.lang) for name in crossing),
            **{status: counted[status] for status in field("status").enum},
        }
        for crossing, counted in sorted(counts.items(), key=lambda one: (len(one[0]), one[0]))
    ]


def _figure(pages: StudyPages, one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure published elsewhere beside ours, in words."""
    question = pages.codes.questions.get(one["question"])
    cell = [
        getattr(label(row), pages.lang)
        for name, code in one["cell"].items()
        for row in pages.release.tables[f"breakdown_{name}"].rows
        if row[name] == code
    ]
    parts = []
    if question:
        parts = [question.domains.get(one["domain"]), question.actors.get(one["actor"])]
        parts += [question.answers.get(answer) for answer in one["answers"]]
    named = [getattr(part, pages.lang) for part in parts if part] + cell
    return {
        **one, "title": getattr(question.title, pages.lang) if question else one["question"],
        "about": ", ".join(named), "told": _shown(pages, one, "published"),
        "own": _shown(pages, one, "ours"),
    }  # fmt: skip


def _shown(pages: StudyPages, one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    if value is None:
        return "—"
    decimals = len(str(value).partition(".")[2])
    if one["measure"] == "mean":
        return numbers.number(value, decimals, pages.lang)
    return numbers.percent(value, max(decimals - 2, 0), pages.lang)
