"""The raw form of an extract: every cell as text with its line, and what was met on the way.

Belongs here: what every reader must give, checked once for all of them. Not here: any format
(readers/).
"""

import json
import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines import numbers
from pipelines.blocks import LINE, BlockWriter
from pipelines.intake.errors import ExtractError
from pipelines.texts import Lang, default_language, say

MAXIMUM_COLUMNS = 20_000  # above what a spreadsheet holds (16,384): a delimiter taken for another
METADATA = b"phare:extract"


@dataclass(frozen=True)
class Note:
    """Something met while reading that a person should know: a message and its blanks.

    `is_repair` tells what was passed over or mended from what is merely stated.
    """

    key: str
    values: Mapping[str, str | int | float]
    is_repair: bool = False

    def text(self, lang: Lang | None = None) -> str:
        """Return the note in `lang`, numbers that are not whole with two decimals."""
        spoken = lang or default_language()
        values = {
            name: numbers.number(one, 2, spoken) if isinstance(one, float) else one
            for name, one in self.values.items()
        }
        return say(self.key, spoken, **values)


@dataclass(frozen=True)
class Extract:
    """What an extract turned out to be.

    `labels` holds, for formats that carry them, column → code → label of that code.
    """

    file: str
    format: str
    rows: int
    columns: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    detected: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class RawWriter:
    """Fills the raw Parquet of one extract: `header` once, `write` for each block of rows."""

    def __init__(self, extract: Path, fmt: str, out: Path) -> None:
        self.extract, self.format, self.out = extract, fmt, out
        self.columns: tuple[str, ...] = ()
        self.rows = 0
        self.notes: list[Note] = []
        self.detected: dict[str, str] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self._aside = out.with_name(f".{out.name}.new")
        self._writer: BlockWriter | None = None

    def __enter__(self) -> Self:
        """Start with no file aside."""
        self._aside.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing aside, whatever happened."""
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)
        self._aside.unlink(missing_ok=True)

    def note(self, key: str, *, is_repair: bool = False, **values: str | int) -> None:
        """Keep something that a person should know."""
        self.notes.append(Note(key, values, is_repair))

    def header(self, names: Sequence[str], line: int) -> None:
        """Take the column names found at `line`, without the spaces around them.

        Raises ExtractError for a name that is empty, repeated or reserved.
        """
        plain = tuple(name.strip().strip("\ufeff") for name in names)
        trimmed = [new for old, new in zip(names, plain, strict=True) if old != new]
        if trimmed:
            self.note("note-header-trimmed", is_repair=True, columns=", ".join(trimmed))
        _check_names(self.extract, line, plain)
        self.columns = plain
        os.close(os.open(self._aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))

    def write(self, lines: NDArray[np.int64], columns: Sequence[pa.Array]) -> None:
        """Add rows: the line of each, and one text array per column (nulls become '')."""
        if not self.columns:
            raise RuntimeError("a reader wrote rows before its header")
        if not len(lines):
            return
        texts = [pc.fill_null(one, "") if one.null_count else one for one in columns]
        schema = pa.schema([(LINE, pa.int64()), *((name, pa.string()) for name in self.columns)])
        block = pa.table([pa.array(lines, pa.int64()), *texts], schema=schema)
        if self._writer is None:
            self._writer = BlockWriter(self._aside, schema, _distinct(block))
        self._writer.write(block)
        self.rows += len(lines)

    def finish(self) -> Extract:
        """Put the file in its place; raises ExtractError when no row came."""
        if self._writer is None or not self.rows:
            raise ExtractError.whole("intake-no-rows", self.extract)
        found = Extract(
            self.extract.name, self.format, self.rows, self.columns, tuple(self.notes),
            self.detected, self.labels,
        )  # fmt: skip
        text = json.dumps(asdict(found), ensure_ascii=False, sort_keys=True)
        self._writer.note({METADATA: text.encode()})
        self._writer.__exit__(None, None, None)
        self._writer = None
        self._aside.replace(self.out)
        return found


def _distinct(block: pa.Table) -> list[str]:
    """Return the columns, such as identifiers, of which few values come back in a block."""
    half = block.num_rows / 2
    return [name for name in block.column_names if pc.count_distinct(block[name]).as_py() > half]


def load_extract(raw: Path) -> Extract:
    """Return what `read_extract` found when it wrote `raw`."""
    data = json.loads(pq.read_metadata(raw).metadata[METADATA])
    data["notes"] = tuple(Note(**one) for one in data["notes"])
    data["columns"] = tuple(data["columns"])
    return Extract(**data)


def number_text(value: float, decimal: str) -> str:
    """Return a number as one would type it: no exponent, no `.0`, all its digits.

    Spreadsheets and statistical files hold 1001 as 1001.0; a person sees 1001. `decimal` is the
    mark that the wave declares, the only one that its texts are then read with.
    """
    if not math.isfinite(value):
        return str(value)
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    plain = np.format_float_positional(value, trim="-") if "e" in text else text
    return plain.replace(".", decimal)


def number_texts(
    values: NDArray[np.float64], known: NDArray[np.bool_], decimal: str
) -> pa.Array:  # fmt: skip
    """Return numbers as texts, each distinct one written once; null where not `known`."""
    distinct, places = np.unique(values, return_inverse=True)
    words = np.array([number_text(one, decimal) for one in distinct.tolist()], dtype=object)
    return pa.array(words[places], pa.string(), mask=~known)


def _check_names(extract: Path, line: int, names: tuple[str, ...]) -> None:
    if len(names) > MAXIMUM_COLUMNS:
        raise ExtractError.at(
            "intake-columns", extract, line, found=len(names), limit=MAXIMUM_COLUMNS
        )
    empty = [str(place) for place, name in enumerate(names, start=1) if not name]
    if empty:
        raise ExtractError.at(
            "intake-header-empty", extract, line, columns=", ".join(empty[:10]), count=len(empty)
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ExtractError.at("intake-header-twice", extract, line, columns=", ".join(twice))
    if LINE in names:
        raise ExtractError.at("intake-header-reserved", extract, line, found=LINE)
