"""tables.xlsx: every table of a release for who works in a spreadsheet.

Belongs here: cover, notes and one table a sheet, after the UK Analysis Function's guidance (one
table a sheet, no merged cells, nothing said by colour alone). Not here: the texts themselves
(the declaration, messages.yaml).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from pipelines.release.descriptor import SYNTHETIC
from pipelines.release.pages import Page, attribution, known
from pipelines.study.tables import Field, Table, data_tables
from pipelines.texts import LANGUAGES, say

WORKBOOK = "tables.xlsx"
SHEET_NAME = 31  # characters that Excel allows
# Above it, opening the file is a burden and Excel's own limit (1,048,576) near: CSV serves better.
MAXIMUM_ROWS = 300_000
NUMBERS = ("integer", "number")

Cell = tuple[str, str]


def write_workbook(folder: Path, page: Page) -> int:
    """Write `folder`/tables.xlsx and return its size in bytes.

    A table longer than MAXIMUM_ROWS is named, not included.
    """
    release = page.release
    received = max(one.received for one in release.sources)
    with xlsxwriter.Workbook(
        folder / WORKBOOK, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {
                "title": release.study.about.title.fr,
                "comments": release.study.about.licence.title,
                # The library would take the clock: the same release must be the same bytes.
                "created": dt.datetime.combine(received, dt.time()),
            }
        )
        bold = book.add_format({"bold": True})
        _write_pairs(book.add_worksheet("Présentation - Cover"), _cover(page), bold)
        _write_pairs(book.add_worksheet("Notes"), _notes(page), bold)
        for table, rows in release.tables:
            if rows.num_rows <= MAXIMUM_ROWS:
                _write_table(book, table, rows)
    return (folder / WORKBOOK).stat().st_size


def _cover(page: Page) -> list[Cell]:
    about = page.release.study.about
    found: list[Cell] = []
    for lang in LANGUAGES:
        if page.release.is_synthetic:
            found.append((say("release-sheet-warning", lang), getattr(SYNTHETIC, lang)))
        found += [
            (say("release-sheet-title", lang), getattr(about.title, lang)),
            (say("release-sheet-about", lang), getattr(about.description, lang)),
            (say("release-sheet-universe", lang), getattr(about.universe, lang)),
            (say("release-sheet-version", lang), f"{page.version} ({page.released})"),
            (say("release-sheet-licence", lang), f"{about.licence.title}, {about.licence.path}"),
            (say("release-sheet-attribution", lang), attribution(page, lang)),
        ]
        for table, rows in page.release.tables:
            told = say("release-sheet-rows", lang, count=rows.num_rows)
            if rows.num_rows > MAXIMUM_ROWS:
                told = say("release-sheet-too-long", lang, count=rows.num_rows)
            found.append((_sheet_name(table), f"{getattr(table.description, lang)} {told}"))
    return found


def _notes(page: Page) -> list[Cell]:
    """Return the meaning of every column, then the method notice of each wave."""
    release = page.release
    found: list[Cell] = []
    for lang in LANGUAGES:
        columns = {
            one.name: getattr(one.description, lang)
            for table in data_tables(release.study)
            for one in table.fields
        }
        found += columns.items()
        for wave in release.waves:
            notice = release.study.waves[wave].method_notice
            for name, value in notice:
                text = known(value if isinstance(value, str) else getattr(value, lang), lang)
                found.append((f"{wave}: {say(f'release-notice-{name}', lang)}", text))
    return found


def _write_pairs(sheet: Any, pairs: Sequence[Cell], bold: Any) -> None:
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 110)
    for at, (name, text) in enumerate(pairs):
        sheet.write_string(at, 0, name, bold)
        sheet.write_string(at, 1, text)


def _write_table(book: Any, table: Table, rows: pa.Table) -> None:
    sheet = book.add_worksheet(_sheet_name(table))
    sheet.freeze_panes(1, 0)
    columns = [{"header": field.name, "format": _format(book, field)} for field in table.fields]
    sheet.add_table(
        0, 0, max(rows.num_rows, 1), len(columns) - 1,
        {"name": f"t_{table.name}".replace("-", "_"), "columns": columns},
    )  # fmt: skip
    for place, field in enumerate(table.fields):
        _write_column(sheet, place, _values(rows[field.name], field), field, columns[place])


def _write_column(
    sheet: Any, place: int, values: Sequence[Any], field: Field, column: Mapping[str, Any]
) -> None:
    """Write the cells of a column, each by the call of its type: to find that out takes a sixth."""
    calls = {"string": sheet.write_string, **dict.fromkeys(NUMBERS, sheet.write_number)}
    write, shown = calls.get(field.type, sheet.write), column["format"]
    for row, value in enumerate(values, start=1):
        if value is None or value == "":
            sheet.write_blank(row, place, None, shown)
        else:
            write(row, place, value, shown)


def _values(column: pa.ChunkedArray, field: Field) -> list[Any]:
    """Return cells as Excel holds them: its numbers are binary, shown with declared decimals."""
    found: list[Any] = column.to_pylist()
    if field.type in NUMBERS:
        return [None if one is None else float(one) for one in found]
    return found


def _format(book: Any, field: Field) -> Any:
    if field.type in NUMBERS:
        return book.add_format(
            {"num_format": "0" + ("." + "0" * field.decimals) * (field.decimals > 0)}
        )
    return book.add_format({"num_format": "yyyy-mm-dd" if field.type == "date" else "@"})


def _sheet_name(table: Table) -> str:
    """Return a name that Excel takes: a long one is cut and told apart by a digest."""
    if len(table.name) <= SHEET_NAME:
        return table.name
    return f"{table.name[: SHEET_NAME - 9]}~{sha256(table.name.encode()).hexdigest()[:8]}"
