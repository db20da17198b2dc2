"""Cutting delimited text into blocks of whole records, with the line at which each record starts.

Belongs here: quotes and line ends, found with numpy over bytes. Not here: encodings (encoding.py),
what a cell holds (readers/csv.py hands that to Arrow).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.intake.encoding import Encoding, check_text, utf8_blocks
from pipelines.intake.errors import ExtractError

MAXIMUM_RECORD = 16 << 20  # bytes; a longer line is a quote that nobody closed
LF, CR, QUOTE = b"\n"[0], b"\r"[0], b'"'[0]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Records:
    """Whole records as UTF-8 bytes.

    `starts` and `ends` are the byte positions of each record without its line end, `lines` the
    line of the file at which each starts (1 = the first), `quotes` the positions of quote signs.
    """

    text: bytes
    starts: Positions
    ends: Positions
    lines: Positions
    quotes: Positions

    def take(self, first: int, last: int | None = None) -> "Records":
        """Return the records from `first` up to (not with) `last`."""
        if first == 0 and last is None:
            return self
        chosen = slice(first, last)
        starts, ends = self.starts[chosen], self.ends[chosen]
        if not starts.size:
            none = np.empty(0, np.int64)
            return Records(b"", none, none, none, none)
        low, high = int(starts[0]), int(ends[-1])
        inside = self.quotes[(self.quotes >= low) & (self.quotes < high)]
        lines = self.lines[chosen]
        return Records(self.text[low:high], starts - low, ends - low, lines, inside - low)

    def record(self, position: int) -> bytes:
        """Return one record's text."""
        return self.text[self.starts[position] : self.ends[position]]

    def line_of(self, byte: int) -> int:
        """Return the line of the record that holds a byte."""
        return int(self.lines[np.searchsorted(self.starts, byte, side="right") - 1])

    def count_outside_quotes(self, sign: bytes) -> Positions:
        """Return how often `sign` stands outside quotes in each record."""
        found = np.flatnonzero(np.frombuffer(self.text, np.uint8) == sign[0])
        if self.quotes.size:
            found = found[np.searchsorted(self.quotes, found) % 2 == 0]
        return np.searchsorted(found, self.ends) - np.searchsorted(found, self.starts)


@dataclass
class RecordReader:
    """Reads a text file record by record, some MiB at a time.

    `title_rows` lines at the start are passed over as they are, quotes and all. After reading,
    `line_ends` holds the kinds met ("LF", "CRLF", "CR").
    """

    extract: Path
    encoding: Encoding
    title_rows: int
    line_ends: set[str] = field(default_factory=set)

    def blocks(self) -> Iterator[Records]:
        """Yield the records; raises ExtractError for what cannot be one, with its line."""
        left, line, titles = b"", 1, self.title_rows
        for block in utf8_blocks(self.extract, self.encoding):
            left += block
            if titles:
                left, line, titles = _skip_lines(left, line, titles)
            if titles:
                continue
            records, left, line = self._split(left, line, is_last=False)
            yield from self._checked(records)
            self._check_length(left, line)
        if not titles and left:
            yield from self._checked(self._split(left, line, is_last=True)[0])

    def _checked(self, records: Records) -> Iterator[Records]:
        if records.starts.size:
            check_text(self.extract, self.encoding, records.text, int(records.lines[0]))
            yield records

    def _split(self, text: bytes, line: int, *, is_last: bool) -> tuple[Records, bytes, int]:
        """Return whole records, the bytes that are left and the line at which these start."""
        line_ends = self._line_ends(text, is_last=is_last)
        quotes = np.flatnonzero(np.frombuffer(text, np.uint8) == QUOTE)
        outside = np.searchsorted(quotes, line_ends) % 2 == 0
        stops = line_ends[outside]
        cut = int(stops[-1]) + 1 if stops.size else 0
        if is_last and cut < len(text):
            if quotes.size % 2:
                open_line = line + _before(line_ends, cut)
                raise ExtractError.at("intake-quote-open", self.extract, open_line)
            stops, cut = np.append(stops, len(text)), len(text)
        starts = np.concatenate([[0], stops[:-1] + 1]) if stops.size else stops
        ends = _without_cr(text, starts, stops)
        lines = line + np.searchsorted(line_ends, starts)
        records = Records(text[:cut], starts, ends, lines, quotes[quotes < cut])
        return records, text[cut:], line + _before(line_ends, cut)

    def _line_ends(self, text: bytes, *, is_last: bool) -> Positions:
        """Return the position of the last byte of each line end."""
        codes = np.frombuffer(text, np.uint8)
        feeds = np.flatnonzero(codes == LF)
        returns = np.flatnonzero(codes == CR) if b"\r" in text else feeds[:0]
        if not returns.size:
            self.line_ends |= {"LF"} if feeds.size else set()
            return feeds
        if not is_last and returns[-1] == codes.size - 1:
            returns = returns[:-1]  # its LF may open the next block
        paired = codes[np.minimum(returns + 1, codes.size - 1)] == LF
        alone = returns[~paired]
        kinds = {"CR": alone.size, "CRLF": paired.sum(), "LF": feeds.size - paired.sum()}
        self.line_ends |= {kind for kind, count in kinds.items() if count}
        return np.sort(np.concatenate([feeds, alone])) if alone.size else feeds

    def _check_length(self, left: bytes, line: int) -> None:
        if len(left) > MAXIMUM_RECORD:
            rule = "intake-quote-open" if b'"' in left else "intake-line-long"
            raise ExtractError.at(rule, self.extract, line)


def misplaced_quote(records: Records, delimiter: bytes) -> int | None:
    """Return the line of the first quote that neither opens nor closes a cell, None if none.

    A quote opens right after a delimiter or a line end and closes right before one; a doubled
    quote inside a cell is a quote sign.
    """
    quotes, codes = records.quotes, np.frombuffer(records.text, np.uint8)
    if not quotes.size:
        return None
    around = np.array([delimiter[0], LF, CR, QUOTE], np.uint8)
    padded = np.concatenate([[LF], codes, [LF]]).astype(np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    bad = np.concatenate(
        [
            opening[~np.isin(padded[opening], around)],
            closing[~np.isin(padded[closing + 2], around)],
        ]
    )
    return records.line_of(int(bad.min())) if bad.size else None


def _before(positions: Positions, byte: int) -> int:
    return int(np.searchsorted(positions, byte))


def _skip_lines(text: bytes, line: int, wanted: int) -> tuple[bytes, int, int]:
    """Drop up to `wanted` whole lines; returns what is left, its line and how many are missing."""
    position = 0
    while wanted:
        ends = [at for at in (text.find(b"\n", position), text.find(b"\r", position)) if at >= 0]
        end = min(ends, default=-1)
        if end < 0 or (end == len(text) - 1 and text[end] == CR):
            break
        position = end + 2 if text[end : end + 2] == b"\r\n" else end + 1
        line, wanted = line + 1, wanted - 1
    return text[position:], line, wanted


def _without_cr(text: bytes, starts: Positions, stops: Positions) -> Positions:
    """Return the ends of records, the CR of a CRLF left out."""
    if b"\r" not in text:
        return stops
    codes = np.frombuffer(text, np.uint8)
    before = np.maximum(stops - 1, 0)
    at_line_feed = codes[np.minimum(stops, codes.size - 1)] == LF
    has_cr = (stops > starts) & (codes[before] == CR) & at_line_feed & (stops < codes.size)
    ends: Positions = stops - has_cr
    return ends
