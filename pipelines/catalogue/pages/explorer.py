"""The explorer: its page, and the published estimates as small files, one a question.

Belongs here: what the browser is given. Not here: what it does with it (static/explorer.js), how
charts are drawn (static/charts.js).
"""

import json
from collections.abc import Iterator
from typing import Any

from pipelines import numbers
from pipelines.catalogue.charts import SCALES, geometry
from pipelines.catalogue.codebook import Codebook, Question, as_number
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.study.tables import FIGURES, KEY_BEFORE_BREAKDOWNS


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the explorer's page."""
    if pages.codebook is None:
        return
    yield pages.page(
        "explorer.html", "explorer", scales=SCALES, questions=pages.codes.questions.values(),
        version=pages.release.version,
    )  # fmt: skip


def data_files(codebook: Codebook) -> Iterator[SiteFile]:
    """Yield the codes of a release, then the estimates of each question.

    They are scripts, not JSON: a page opened from disk may load a script and nothing else.
    """
    study = codebook.release.study
    yield f"data/{study}/codes.js", _script(study, "codes", _codes(codebook))
    for code in codebook.questions:
        yield f"data/{study}/{code}.js", _script(study, code, _rows(codebook, code))


def _script(study: str, name: str, content: Any) -> bytes:
    told = numbers.unbroken(json.dumps(content, ensure_ascii=False, separators=(",", ":")))
    return f"PhareData({json.dumps(study)},{json.dumps(name)},{told});".encode()


def _codes(codebook: Codebook) -> dict[str, Any]:
    release = codebook.release
    return {
        "study": release.study,
        "version": release.version,
        "title": release.title.model_dump(),
        "licence": release.licence["title"],
        "citation": release.descriptor["pub:citation"],
        "synthetic": release.is_synthetic,
        "precision": release.descriptor["pub:method"]["disclosure"]["precision"],
        "columns": [*KEY_BEFORE_BREAKDOWNS, *release.breakdowns, *FIGURES, "status"],
        "waves": [
            {"code": code, "fr": row["label_fr"], "en": row["label_en"],
             "time": row["fieldwork_start"].toordinal()}
            for code, row in codebook.waves.items()
        ],
        "questions": {code: _question(one) for code, one in codebook.questions.items()},
        "breakdowns": [
            {"name": name, **title.model_dump(), "codes": _list(codes),
             "map": codebook.maps.get(name)}
            for name, (title, codes) in codebook.breakdowns.items()
        ],
        "regions": geometry() if codebook.maps else None,
    }  # fmt: skip


def _question(one: Question) -> dict[str, Any]:
    return {
        **one.title.model_dump(), "kind": one.kind, "base": one.base,
        "wording": one.wording.model_dump(), "unit": one.unit.model_dump() if one.unit else None,
        "domains": _list(one.domains), "actors": _list(one.actors),
        "answers": [{**told, "kind": one.answer_kinds[told["code"]]}
                    for told in _list(one.answers)],
    }  # fmt: skip


def _list(codes: Any) -> list[dict[str, str]]:
    return [{"code": code, "fr": text.fr, "en": text.en} for code, text in codes.items()]


def _rows(codebook: Codebook, code: str) -> list[list[Any]]:
    """Return the rows of a question in the order of `columns`; numbers exactly as published."""
    names = (*KEY_BEFORE_BREAKDOWNS, *codebook.release.breakdowns)
    numeric = tuple(name for name in FIGURES if name != "reliability")
    return [
        [
            *(row[name] for name in names), *(as_number(row[name]) for name in numeric),
            row["reliability"], row["status"],
        ]
        for row in codebook.estimates[code]
    ]  # fmt: skip
