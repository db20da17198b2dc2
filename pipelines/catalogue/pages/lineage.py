"""The lineage page: from a published column back to the extract, drawn and told.

Belongs here: that page, from lineage/lineage.json. Not here: the lineage itself
(pipelines.release.lineage).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.study import NOT_APPLICABLE
from pipelines.texts import say

STEPS = (
    "raw_extract", "responses", "weighted_responses", "estimates", "protected_estimates", "release",
)  # fmt: skip
ANALYSED = ("analyses", "protected_analyses")  # below estimates, protected_estimates
COLLECTION_STEPS = ("raw_extract", "responses", "collected", "release")
ROW, TOP, WIDTH = 30, 46, 250


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the lineage page."""
    if not pages.release.has_data:
        return
    told = pages.release.lineage
    chain = COLLECTION_STEPS if pages.release.is_collection else STEPS
    below = ANALYSED if pages.rows("analyses") else ()
    steps, analysed = (
        [{"name": one, "about": say(f"step-{one}", pages.lang)} for one in names]
        for names in (chain, below)
    )
    yield pages.page(
        "lineage.html", "lineage", told=told, steps=steps, analysed=analysed,
        below=STEPS.index("estimates"), graph=column_graph(told),
        items=_items(pages), run=pages.release.run, derived=_derived(told),
    )  # fmt: skip


def _derived(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the other tables; versions published before their lineage told of rows have none."""
    return {name: about for name, about in told.get("tables", {}).items() if "made_of" in about}


def column_graph(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return places of the column graph: what columns come from at left, columns at right."""
    columns = list(told["columns"])
    origins = sorted({one for about in told["columns"].values() for one in about["from"]})
    height = TOP + ROW * max(len(columns), len(origins)) + 10
    gap = (height - TOP) / max(len(origins), 1)
    left = {name: TOP + gap * (at + 0.5) for at, name in enumerate(origins)}
    right = {name: TOP + ROW * (at + 0.5) for at, name in enumerate(columns)}
    return {
        "height": height, "origins": left, "columns": right, "width": WIDTH,
        "edges": [
            (left[origin], right[name])
            for name in columns for origin in told["columns"][name]["from"]
        ],
    }  # fmt: skip


def _items(pages: StudyPages) -> Sequence[dict[str, Any]]:
    """Return the columns of the extract behind each question."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in pages.release.lineage["items"]:
        question = pages.codes.questions.get(one["question"])
        if question is None:
            continue
        parts = [question.domains.get(one["domain"]), question.actors.get(one["actor"])]
        names = [getattr(part, pages.lang) for part in parts if part]
        code = one["domain"] if one["domain"] != NOT_APPLICABLE else ""
        found.setdefault(one["question"], []).append(
            {"about": ", ".join(names) or code, "columns": one["columns"]}
        )
    return [{"question": pages.codes.questions[code], "parts": parts}
            for code, parts in found.items()]  # fmt: skip
