"""Published figures: numbers that a study's producer has published, to be found again.

Belongs here: reading `published-figures.csv` and checking every name in it. Not here: comparing
with estimates (pipelines.analysis).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from pipelines.study.errors import DeclarationError
from pipelines.study.items import Item
from pipelines.study.model import NOT_APPLICABLE, Text
from pipelines.study.yaml_source import text_of
from pipelines.texts import Message

if TYPE_CHECKING:
    from pipelines.study.loader import Study

FILE = "published-figures.csv"
COLUMNS = (
    "figure", "wave", "question", "domain", "actor", "answer", "measure", "breakdown", "code",
    "published", "decimals", "tolerance", "kind", "source", "known_reason",
)  # fmt: skip
FigureKind = Literal["evidence", "by_construction", "ambiguous"]
Measure = Literal["share", "mean"]
MOST_DECIMALS = 3  # as in the published tables: more would say more than they do
BETWEEN_LANGUAGES = " || "


@dataclass(frozen=True)
class PublishedFigure:
    """One number published elsewhere: the sum of the shares of `answers`, or a mean.

    `cell` gives the code of each breakdown named, in declared order; empty: the whole wave.
    `published` is a ratio from 0 to 1, or a mean in the question's unit, known to `decimals`.
    """

    id: str
    wave: str
    question: str
    domain: str
    actor: str
    answers: tuple[str, ...]
    measure: Measure
    cell: tuple[tuple[str, str], ...]
    published: Decimal
    decimals: int
    tolerance: Decimal
    kind: FigureKind
    source: str
    known_reason: Text | None


@dataclass(frozen=True)
class _Row:
    """A line of the file, for the words of its errors."""

    path: Path
    line: int
    cells: dict[str, str]

    def known(self, column: str, valid: Iterable[str], found: str | None = None) -> str:
        """Return the cell of `column`, or its part `found`; raises unless it is in `valid`."""
        text = self.cells[column] if found is None else found
        names = list(valid)
        if text not in names:
            raise DeclarationError.unknown(self.path, self.line, column, text, names)
        return text

    def wrong(self, column: str, expected: str, **values: object) -> DeclarationError:
        """Return the error of a cell that is no such value."""
        return DeclarationError(
            "study-bad-value",
            file=self.path, line=self.line, key=column, found=repr(self.cells[column]),
            expected=Message(f"expected-{expected}", values),
        )  # fmt: skip


def read_published(study: "Study") -> tuple[PublishedFigure, ...]:
    """Read the published figures of a study, in file order; none where it has no such file.

    Raises DeclarationError with file, line, what was found and the nearest valid name for an
    unknown wave, question, item, answer, breakdown, code or kind, a number that cannot be read, a
    figure named twice, or a sum of answers that people may give together.
    """
    path = study.folder / FILE
    if not path.exists():
        return ()
    figures: dict[str, PublishedFigure] = {}
    for row in _rows(path):
        figure = _figure(study, row)
        if figure.id in figures:
            raise row.wrong("figure", "name-once")
        figures[figure.id] = figure
    return tuple(figures.values())


def _rows(path: Path) -> list[_Row]:
    reader = csv.reader(io.StringIO(text_of(path), newline=""))
    header = next(reader, [])
    for name in header:
        if name not in COLUMNS:
            raise DeclarationError.unknown(path, 1, "column", name, COLUMNS)
    for name in COLUMNS:
        if name not in header:
            raise DeclarationError("study-missing-key", file=path, line=1, key=name)
    return [_row(path, reader.line_num, header, cells) for cells in reader if cells]


def _row(path: Path, line: int, header: Sequence[str], cells: Sequence[str]) -> _Row:
    if len(cells) != len(header):
        raise DeclarationError(
            "study-bad-value",
            file=path, line=line, key="*", found=len(cells), expected=f"{len(header)} cells",
        )  # fmt: skip
    return _Row(path, line, dict(zip(header, cells, strict=True)))


def _figure(study: "Study", row: _Row) -> PublishedFigure:
    item = _item(study, row)
    wanted: Measure = "mean" if item.is_numeric else "share"
    decimals = _decimals(row)
    for column in ("figure", "source"):
        if not row.cells[column].strip():
            raise row.wrong(column, "string-type")
    return PublishedFigure(
        id=row.cells["figure"],
        wave=row.known("wave", study.waves),
        question=item.question, domain=item.domain, actor=item.actor,
        answers=_answers(study, row, item),
        measure=cast(Measure, row.known("measure", (wanted,))),
        cell=_cell(study, row),
        published=_published(row, decimals),
        decimals=decimals,
        tolerance=_number(row, "tolerance") if row.cells["tolerance"] else Decimal(0),
        kind=cast(FigureKind, row.known("kind", get_args(FigureKind))),
        source=row.cells["source"],
        known_reason=_known_reason(row),
    )  # fmt: skip


def _item(study: "Study", row: _Row) -> Item:
    question = row.known("question", dict.fromkeys(one.question for one in study.items))
    items = [one for one in study.items if one.question == question]
    domain = row.known("domain", dict.fromkeys(one.domain for one in items))
    actor = row.known("actor", dict.fromkeys(one.actor for one in items))
    return next(one for one in items if (one.domain, one.actor) == (domain, actor))


def _answers(study: "Study", row: _Row, item: Item) -> tuple[str, ...]:
    """Return the codes that are counted together: one code, those of a net, or a sum."""
    text = row.cells["answer"]
    if item.is_numeric:
        return (row.known("answer", (NOT_APPLICABLE,)),)
    if text in item.answers:
        return (text,)
    nets = study.codelists[str(study.questions[item.question].scale)].about.nets
    if text not in nets and "+" not in text:
        row.known("answer", (*item.answers, *nets))
    parts = nets[text].answers if text in nets else tuple(text.split("+"))
    if item.is_multiple:
        raise row.wrong("answer", "one-answer")
    for part in parts:
        row.known("answer", item.answers, part)
    if len(set(parts)) < len(parts):
        raise row.wrong("answer", "answers-once")
    return parts


def _cell(study: "Study", row: _Row) -> tuple[tuple[str, str], ...]:
    """Return breakdown and code of each coordinate, in the order of the declaration."""
    if not row.cells["breakdown"]:
        if row.cells["code"]:
            raise row.wrong("code", "no-code")
        return ()
    names = row.cells["breakdown"].split("+")
    codes = row.cells["code"].split("+") if len(names) > 1 else [row.cells["code"]]
    if len(codes) != len(names):
        raise row.wrong("code", "codes-joined", count=len(names))
    for name, code in zip(names, codes, strict=True):
        row.known("breakdown", study.breakdowns, name)
        listed = study.codelists[study.breakdowns[name].codelist]
        row.known("code", listed.of_kind("answer"), code)
    _check_crossing(study, row, names)
    given = dict(zip(names, codes, strict=True))
    return tuple((name, given[name]) for name in study.breakdowns if name in given)


def _check_crossing(study: "Study", row: _Row, names: Sequence[str]) -> None:
    published = {frozenset(crossing): "+".join(crossing) for crossing in study.crossings}
    if frozenset(names) not in published or len(set(names)) < len(names):
        row.known("breakdown", [text for text in published.values() if text])


def _decimals(row: _Row) -> int:
    text = row.cells["decimals"]
    if text not in {str(number) for number in range(MOST_DECIMALS + 1)}:
        raise row.wrong("decimals", "decimals", most=MOST_DECIMALS)
    return int(text)


def _published(row: _Row, decimals: int) -> Decimal:
    number = _number(row, "published")
    if number != round(number, decimals):
        raise row.wrong("published", "number-of-decimals", decimals=decimals)
    if row.cells["measure"] == "share" and not 0 <= number <= 1:
        raise row.wrong("published", "share")
    return round(number, decimals)


def _number(row: _Row, column: str) -> Decimal:
    try:
        number = Decimal(row.cells[column])
    except InvalidOperation:
        raise row.wrong(column, "float-type") from None
    if not number.is_finite() or (column == "tolerance" and number < 0):
        raise row.wrong(column, "float-type")
    return number


def _known_reason(row: _Row) -> Text | None:
    text = row.cells["known_reason"]
    if not text:
        return None
    parts = text.split(BETWEEN_LANGUAGES)
    if len(parts) != 2 or not all(part.strip() for part in parts):
        raise row.wrong("known_reason", "both-languages", sign=BETWEEN_LANGUAGES)
    return Text(fr=parts[0], en=parts[1])
