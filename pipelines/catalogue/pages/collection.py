"""The page of a collection of figures: compared concept by concept, then every figure.

Belongs here: that page. Not here: how a collection is compared (pipelines.collection), the pages
of a survey, which has questions and estimates.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pipelines import numbers
from pipelines.catalogue.codebook import label
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.study_pages import COLLECTION, StudyPages
from pipelines.catalogue.published import Row, Table
from pipelines.study import NOT_APPLICABLE
from pipelines.study.columns import Field
from pipelines.texts import LANGUAGES, Lang, messages, say

HIDDEN = ("wave", "status")  # the same in every row
LAST = ("study", "doubt", "source")  # read after the figure and the verdict
IN = tuple(f"_{lang}" for lang in LANGUAGES)  # how the columns of one text in two languages end
YEAR = "year"
NOTHING = "—"


def files(pages: StudyPages) -> Iterator[SiteFile]:
    """Yield the page of a collection; a survey has none."""
    if not pages.release.is_collection:
        return
    filled = [one for one in pages.release.tables.values() if "status" in one.columns]
    yield pages.page(
        "collection.html", COLLECTION,
        compared=[_grouped(pages, one) for one in filled[1:]], figures=_shown(pages, filled[0]),
    )  # fmt: skip


def _grouped(pages: StudyPages, table: Table) -> Mapping[str, Any]:
    """Return a table in parts, one a code of its key's first column after the wave."""
    by = next(name for name in table.primary_key if name not in HIDDEN)
    labels = _labels(pages, table)[by]
    rows: dict[str, list[Row]] = {code: [] for code in labels}
    for row in table.rows:
        rows[row[by]].append(row)
    parts = [
        {"code": code, **_shown(pages, table, some, without=by), "title": labels[code]}
        for code, some in rows.items()
        if some
    ]
    return {"title": getattr(table.title, pages.lang), "parts": parts}


def _shown(
    pages: StudyPages, table: Table, rows: list[Row] | None = None, *, without: str = ""
) -> Mapping[str, Any]:
    """Return the columns and the rows of a table in words, `without` one column."""
    given = table.rows if rows is None else rows
    labels = _labels(pages, table)
    columns = {
        field: [_cell(pages, field, labels.get(field.name, {}), row) for row in given]
        for field in table.fields
        if field.name not in (*HIDDEN, without) and _is_for(pages.lang, field.name, table)
    }
    told = [field for field, cells in columns.items() if any(cell != NOTHING for cell in cells)]
    fields = sorted(told, key=lambda one: _stem(one.name) in LAST)
    return {
        "title": getattr(table.title, pages.lang),
        "fields": fields,
        "rows": list(zip(*(columns[one] for one in fields), strict=True)),
    }


def _stem(name: str) -> str:
    return name[: -len(IN[0])] if name.endswith(IN) else name


def _is_for(lang: Lang, name: str, table: Table) -> bool:
    """Return whether a column is for readers of `lang`: not a text that has one in their own."""
    own = f"{_stem(name)}_{lang}"
    return name in (_stem(name), own) or own not in table.columns


def _labels(pages: StudyPages, table: Table) -> Mapping[str, Mapping[str, str]]:
    """Return, for each column that refers to a table of codes, code → label, in its order."""
    found = {}
    for key in table.foreign_keys:
        codes = pages.release.tables[key.table]
        if len(key.fields) == 1 and {"label_fr", "position"} <= set(codes.columns):
            ordered = sorted(codes.rows, key=lambda row: row["position"])
            found[key.fields[0]] = {
                row[key.reference[0]]: getattr(label(row), pages.lang) for row in ordered
            }
    return found


def _cell(pages: StudyPages, field: Field, labels: Mapping[str, str], row: Row) -> str:
    value = row[field.name]
    if value is None or value == NOT_APPLICABLE:
        return NOTHING
    if field.name == YEAR:
        return f"{value:f}"
    if isinstance(value, Decimal):
        plain = value.normalize()
        return numbers.number(value, max(-int(plain.as_tuple().exponent), 0), pages.lang)
    word = f"page-word-{value}"
    if field.enum and word in messages():
        return say(word, pages.lang)
    return labels.get(value, str(value))
