"""Delimited text: CSV, TSV, whatever its line ends, in bounded memory.

Belongs here: the header, title, label and footer rows, the delimiter, cells cut by Arrow. Not
here: encodings (pipelines.intake.encoding), quotes and lines (pipelines.intake.records).
"""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from pipelines.blocks import ahead
from pipelines.intake.encoding import detect
from pipelines.intake.errors import ExtractError
from pipelines.intake.raw import RawWriter
from pipelines.intake.records import Positions, RecordReader, Records, misplaced_quote
from pipelines.study import ExtractFormat

USUAL = {",": ",", ";": ";", "\t": "tab", "|": "|"}


def read(extract: Path, fmt: ExtractFormat, raw: RawWriter) -> None:
    """Read delimited text as declared; raises ExtractError with the line."""
    encoding = detect(extract, fmt.encodings)
    reader = RecordReader(extract, encoding, fmt.title_rows)
    with ahead(reader.blocks()) as blocks:
        first = _first_block(blocks)
        if first is None:
            raise ExtractError.whole("intake-no-header", extract, titles=fmt.title_rows)
        delimiter = _delimiter(extract, fmt, first)
        rows = _Rows(extract, fmt, raw, delimiter)
        rows.take_header(first)
        rows.take(first.take(1))
        for block in blocks:
            rows.take(block)
    raw.detected |= {
        "encoding": encoding.name, "byte_order_mark": str(encoding.has_mark).lower(),
        "delimiter": USUAL.get(delimiter, delimiter),
        "line_ends": ", ".join(sorted(reader.line_ends)) or "—",
    }  # fmt: skip
    rows.note()


class _Rows:
    """Hands records on; label rows, blank lines and the footer are left out and counted."""

    def __init__(self, extract: Path, fmt: ExtractFormat, raw: RawWriter, delimiter: str) -> None:
        self.extract, self.raw, self.delimiter = extract, raw, delimiter
        self.title_rows, self.label_rows = fmt.title_rows, fmt.label_rows
        self.labels_left = fmt.label_rows
        self.footer = _footer_pattern(extract, fmt.footer)
        self.footer_line, self.footer_rows, self.blank_lines = 0, 0, 0

    def take_header(self, first: Records) -> None:
        line = int(first.lines[0])
        try:
            names = next(csv.reader([first.record(0).decode()], delimiter=self.delimiter))
        except csv.Error:
            raise ExtractError.at("intake-unreadable", self.extract, line) from None
        self.raw.header(names, line)

    def take(self, records: Records) -> None:
        records = self._without_labels(self._without_footer(records))
        if not records.starts.size:
            return
        line = misplaced_quote(records, self.delimiter.encode())
        if line is not None:
            raise ExtractError.at("intake-quote-misplaced", self.extract, line)
        filled = records.ends > records.starts
        self.blank_lines += int((~filled).sum())
        self.raw.write(records.lines[filled], self._cut(records))

    def note(self) -> None:
        """Say what was left out."""
        raw = self.raw
        if self.title_rows:
            raw.note("note-title-rows", is_repair=True, count=self.title_rows)
        if self.label_rows:
            raw.note("note-label-rows", is_repair=True, count=self.label_rows)
        if self.blank_lines:
            raw.note("note-blank-lines", is_repair=True, count=self.blank_lines)
        if self.footer_rows:
            raw.note(
                "note-footer", is_repair=True, count=self.footer_rows, line=self.footer_line
            )  # fmt: skip

    def _without_labels(self, records: Records) -> Records:
        passed = min(self.labels_left, records.starts.size)
        self.labels_left -= passed
        return records.take(passed)

    def _without_footer(self, records: Records) -> Records:
        if self.footer_rows:
            self.footer_rows += records.starts.size
            return records.take(records.starts.size)
        position = _first_match(self.footer, records) if self.footer else None
        if position is None:
            return records
        self.footer_line = int(records.lines[position])
        self.footer_rows = records.starts.size - position
        return records.take(0, position)

    def _cut(self, records: Records) -> list[pa.Array]:
        names, text = self.raw.columns, records.text
        if text.startswith(BOM_UTF8):
            text = BOM_UTF8 + text  # Arrow drops one: inside a file it is part of a cell
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(text),
                arrow_csv.ReadOptions(column_names=names, block_size=len(text) + 1),
                arrow_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:  # its message quotes the row: ours must not
            raise self._ragged(records) from None
        return [column.combine_chunks() for column in table.columns]

    def _ragged(self, records: Records) -> ExtractError:
        expected = len(self.raw.columns)
        found = records.count_outside_quotes(self.delimiter.encode()) + 1
        wrong = np.flatnonzero((found != expected) & (records.ends > records.starts))
        if not wrong.size:
            return ExtractError.at("intake-unreadable", self.extract, int(records.lines[0]))
        first, count = int(wrong[0]), int(found[wrong[0]])
        is_cut = first == found.size - 1 and count < expected and _is_cut(self.extract)
        return ExtractError.at(
            "intake-truncated" if is_cut else "intake-ragged",
            self.extract, int(records.lines[first]),
            found=count, expected=expected, count=wrong.size,
        )  # fmt: skip


def _is_cut(extract: Path) -> bool:
    """Whether a file ends without a line end: a last line that lacks cells was then cut."""
    with extract.open("rb") as stream:
        stream.seek(-4, 2)
        return not any(sign in stream.read() for sign in (b"\n", b"\r"))


def _first_block(blocks: Iterator[Records]) -> Records | None:
    """Return the first block from its first line with text on."""
    for block in blocks:
        filled = np.flatnonzero(block.ends > block.starts)
        if filled.size:
            return block.take(int(filled[0]))
    return None


def _delimiter(extract: Path, fmt: ExtractFormat, first: Records) -> str:
    """Return the declared delimiter that splits the header, and the rows likewise.

    Never by one line alone: where several split the header, the one that cuts every row of the
    first block into as many cells. Raises ExtractError when none does, or more than one.
    """
    line = int(first.lines[0])
    counts = {one: first.count_outside_quotes(one.encode()) for one in fmt.delimiters}
    splitting = [one for one, found in counts.items() if found[0]]
    if not splitting:
        seen = [name for sign, name in USUAL.items() if sign.encode() in first.record(0)]
        raise ExtractError.at(
            "intake-delimiter-none", extract, line,
            declared=_shown(fmt.delimiters), found=", ".join(seen) or "—",
        )  # fmt: skip
    if len(splitting) > 1:
        splitting = [one for one in splitting if _is_even(counts[one], first, fmt.label_rows)]
    if len(splitting) != 1:
        raise ExtractError.at(
            "intake-delimiter-several", extract, line, declared=_shown(fmt.delimiters)
        )
    return splitting[0]


def _is_even(counts: Positions, records: Records, label_rows: int) -> bool:
    rows = counts[1 + label_rows :][(records.ends > records.starts)[1 + label_rows :]]
    return bool((rows == counts[0]).all())


def _shown(delimiters: tuple[str, ...]) -> str:
    return " ".join(f"[{USUAL.get(one, one)}]" for one in delimiters)


def _footer_pattern(extract: Path, footer: str | None) -> re.Pattern[str] | None:
    """Return the pattern of a footer's first line: the declared one at the start of a record."""
    if footer is None:
        return None
    try:
        return re.compile(rf'"?(?:{footer})')
    except re.error as error:
        raise ExtractError.whole("intake-footer-pattern", extract, found=str(error)) from None


def _first_match(pattern: re.Pattern[str], records: Records) -> int | None:
    """Return the position of the first record that `pattern` starts, one regular scan a block."""
    text = records.text.decode()
    search = re.compile(rf"(?:\A|(?<=[\r\n])){pattern.pattern}")
    for match in search.finditer(text):
        byte = len(text[: match.start()].encode())
        position = int(np.searchsorted(records.starts, byte))
        if position < records.starts.size and records.starts[position] == byte:
            return position
    return None
