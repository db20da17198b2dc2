"""XLSX: one declared sheet, cells as a person sees them without formatting.

Belongs here: which sheet, its header, its cells → text. Not here: what only the XML tells, such as
formulas without a value and files that unpack without end (pipelines.intake.xlsx_scan).
"""

import datetime as dt
import re
from collections.abc import Iterator
from itertools import dropwhile, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipelines.intake.errors import ExtractError
from pipelines.intake.raw import RawWriter, number_text
from pipelines.intake.xlsx_scan import SheetFacts, scan
from pipelines.study import ExtractFormat

BATCH_ROWS = 5_000
Row = tuple[int, list[str]]


def read(extract: Path, fmt: ExtractFormat, raw: RawWriter) -> None:
    """Read the declared sheet (without one, the only sheet); raises ExtractError with the cell."""
    facts = scan(extract)
    try:
        with CalamineWorkbook.from_path(str(extract)) as workbook:
            sheet = _sheet(extract, fmt, raw, workbook)
            _check_facts(extract, fmt, facts[sheet])
            rows = _numbered_rows(workbook, sheet, fmt.decimal)
            footer = _copy(extract, fmt, raw, rows)
    except CalamineError:
        raise ExtractError.whole("intake-damaged", extract, format="XLSX") from None
    _check_merged(extract, fmt, facts[sheet], footer)
    raw.detected["sheet"] = sheet
    if facts[sheet].formulas:
        raw.note("note-formulas", count=facts[sheet].formulas)
    if facts[sheet].hidden_rows:
        raw.note("note-hidden-rows", count=facts[sheet].hidden_rows)


def _sheet(extract: Path, fmt: ExtractFormat, raw: RawWriter, workbook: CalamineWorkbook) -> str:
    sheets = [one for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    hidden = [one.name for one in sheets if one.visible != SheetVisibleEnum.Visible]
    names = [one.name for one in sheets]
    others = ", ".join(f"{name} (*)" if name in hidden else name for name in names)
    if fmt.sheet is None and len(names) != 1:
        raise ExtractError.whole("intake-sheet-undeclared", extract, sheets=others or "—")
    chosen = fmt.sheet or names[0]
    if chosen not in names:
        raise ExtractError.whole("intake-sheet-missing", extract, found=chosen, sheets=others)
    if len(names) > 1:
        raw.note("note-other-sheets", sheet=chosen, sheets=others)
    return chosen


def _check_facts(extract: Path, fmt: ExtractFormat, facts: SheetFacts) -> None:
    """Refuse cells that hold no value to read: uncalculated formulas and errors."""
    for rule, cells in (
        ("intake-formula-uncalculated", facts.uncalculated),
        ("intake-cell-error", facts.errors),
    ):
        below = [cell for cell in cells.first if _row_of(cell) > fmt.title_rows]
        if below:
            raise ExtractError.at(
                rule, extract, _row_of(below[0]), cells=", ".join(below), count=cells.count
            )


def _check_merged(extract: Path, fmt: ExtractFormat, facts: SheetFacts, footer: int | None) -> None:
    for area in facts.merged.first:
        row = _row_of(area)
        if row > fmt.title_rows and (footer is None or row < footer):
            raise ExtractError.at("intake-merged", extract, row, cells=area)


def _row_of(cell: str) -> int:
    return int(re.sub(r"\D", "", cell.partition(":")[0]) or 0)


def _numbered_rows(workbook: CalamineWorkbook, name: str, decimal: str) -> Iterator[Row]:
    """Yield each row that holds something: its number in the sheet and its cells as text."""
    sheet = workbook.get_sheet_by_name(name)
    if sheet.start is None:
        return
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        texts = [_text(cell, decimal) for cell in cells]
        if any(texts):
            yield line, texts


def _copy(extract: Path, fmt: ExtractFormat, raw: RawWriter, rows: Iterator[Row]) -> int | None:
    """Hand header and rows to `raw`; returns the row at which the footer starts, if one does."""
    rows = dropwhile(lambda row: row[0] <= fmt.title_rows, rows)
    line, header = next(rows, (0, []))
    if not header:
        raise ExtractError.whole("intake-no-header", extract, titles=fmt.title_rows)
    raw.header(_filled(header), line)
    labels = list(islice(rows, fmt.label_rows))
    last, footer, dropped = line + len(labels), None, 0
    pattern = re.compile(fmt.footer) if fmt.footer else None
    while batch := list(islice(rows, BATCH_ROWS)):
        cut = _footer_at(batch, pattern)
        _write(extract, raw, batch[:cut], line)
        last = batch[:cut][-1][0] if batch[:cut] else last
        if cut is not None:
            footer, dropped = batch[cut][0], len(batch) - cut + sum(1 for _ in rows)
    _note(raw, fmt, last - line - len(labels) - raw.rows, footer, dropped)
    return footer


def _filled(cells: list[str]) -> list[str]:
    """Return a row without empty cells at its end: each is read as wide as the widest."""
    width = max(place for place, cell in enumerate(cells, start=1) if cell)
    return cells[:width]


def _footer_at(batch: list[Row], pattern: re.Pattern[str] | None) -> int | None:
    if pattern is None:
        return None
    matches = (
        place for place, (_, cells) in enumerate(batch) if pattern.match(next(filter(None, cells)))
    )
    return next(matches, None)


def _write(extract: Path, raw: RawWriter, batch: list[Row], header: int) -> None:
    if not batch:
        return
    width = len(raw.columns)
    for line, cells in batch:
        if any(cells[width:]):
            raise ExtractError.at(
                "intake-beyond-header", extract, line,
                found=len(_filled(cells)), expected=width, header=header,
            )  # fmt: skip
    columns = list(zip(*(cells for _, cells in batch), strict=True))[:width]
    lines = np.array([line for line, _ in batch], np.int64)
    raw.write(lines, [pa.array(column, pa.string()) for column in columns])


def _note(raw: RawWriter, fmt: ExtractFormat, blank: int, footer: int | None, dropped: int) -> None:
    if fmt.title_rows:
        raw.note("note-title-rows", is_repair=True, count=fmt.title_rows)
    if fmt.label_rows:
        raw.note("note-label-rows", is_repair=True, count=fmt.label_rows)
    if blank:
        raw.note("note-blank-lines", is_repair=True, count=blank)
    if footer:
        raw.note("note-footer", is_repair=True, count=dropped, line=footer)


def _text(cell: object, decimal: str) -> str:
    """Return a cell as text: numbers without `.0`, true/false as a spreadsheet writes them."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return number_text(float(cell), decimal)
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)
