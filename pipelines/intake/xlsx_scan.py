"""What only the XML of a workbook tells, read as a stream before the workbook is opened.

Belongs here: limits (a small file may unpack to more than memory holds), formulas that were never
calculated, error cells, merged and hidden cells. Not here: values (readers/xlsx.py).
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat  # entities, the danger of XML, are refused below

from pipelines.intake.errors import ExtractError

MAXIMUM_BYTES = 1 << 30  # unpacked; a million cells take about 50 MB of XML
MAXIMUM_CELLS = 10_000_000  # rows × columns of one sheet; 3 million took 250 MB in the reader
CHUNK = 1 << 20
SHOWN = 20
REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
# Patterns hold for the XML that spreadsheets write; anything unusual is read element by element.
UNUSUAL = (b"<!", b"\0", b"='", b" =", b"= ", b":c ", b":row ")
FORMULA_OR_ERROR = (b"<f>", b"<f ", b"<f/", b't="e"')
CELL = re.compile(rb' r="([A-Z]{1,3})(\d{1,7})"')
HIDDEN_ROW = re.compile(rb'<row\s[^>]*?hidden="(?:1|true)"')
MERGED = re.compile(rb'<mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')


@dataclass
class Cells:
    """Some cells: how many, and the references of the first ones."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, reference: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(reference)


@dataclass
class SheetFacts:
    """What the XML of one sheet says."""

    rows: int = 0
    columns: int = 0
    formulas: int = 0
    hidden_rows: int = 0
    uncalculated: Cells = field(default_factory=Cells)
    errors: Cells = field(default_factory=Cells)
    merged: Cells = field(default_factory=Cells)


def scan(extract: Path) -> dict[str, SheetFacts]:
    """Return the facts of each worksheet by its name, in bounded memory.

    Raises ExtractError for what is no workbook, unpacks to more than MAXIMUM_BYTES or spans more
    than MAXIMUM_CELLS.
    """
    try:
        with zipfile.ZipFile(extract) as package:
            _check_size(extract, package)
            return {
                name: _scan_sheet(extract, package, part) for name, part in _sheets(package).items()
            }
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        KeyError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ):  # fmt: skip - all that a damaged, encrypted or foreign package raises
        raise ExtractError.whole("intake-damaged", extract, format="XLSX") from None


def _check_size(extract: Path, package: zipfile.ZipFile) -> None:
    """Unpack every part once and count: the sizes that a package states may lie."""
    total = 0
    for part in package.infolist():
        for chunk in _chunks(package, part.filename):
            total += len(chunk)
            if total > MAXIMUM_BYTES:
                raise ExtractError.whole("intake-xlsx-size", extract, limit=MAXIMUM_BYTES >> 20)


def _chunks(package: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with package.open(part) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _parse(package: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> None:
    parser.EntityDeclHandler = _refuse_entity
    for chunk in _chunks(package, part):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_entity(*_: object) -> None:
    raise ValueError("a workbook declares no entity")


def _sheets(package: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name → part of the package."""
    targets: dict[str, str] = {}
    names: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes["Id"]] = posixpath.normpath(
                posixpath.join("/xl", attributes["Target"])
            ).lstrip("/")

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "sheet":
            ids = [value for name, value in attributes.items() if _local(name) == "id"]
            names[attributes["name"]] = ids[0] if ids else ""

    for part, handler in (("_rels/workbook.xml.rels", relation), ("workbook.xml", sheet)):
        parser = expat.ParserCreate()
        parser.StartElementHandler = handler
        _parse(package, f"xl/{part}", parser)
    return {name: targets[number] for name, number in names.items() if number in targets}


def _scan_sheet(extract: Path, package: zipfile.ZipFile, part: str) -> SheetFacts:
    """Read the facts of one sheet: by patterns where these suffice, else element by element."""
    facts = SheetFacts()
    for text in _whole_tags(package, part):
        if any(sign in text for sign in (*UNUSUAL, *FORMULA_OR_ERROR)):
            return _scan_elements(extract, package, part)
        _scan_text(facts, text)
        _check_extent(extract, facts)
    return facts


def _scan_text(facts: SheetFacts, text: bytes) -> None:
    if b"hidden=" in text:
        facts.hidden_rows += len(HIDDEN_ROW.findall(text))
    if b"mergeCell" in text:
        for reference in MERGED.findall(text):
            facts.merged.add(reference.decode())
    cells = CELL.findall(text)
    for column in {column for column, _ in cells}:
        facts.columns = max(facts.columns, _column_number(column.decode()))
    facts.rows = max([facts.rows, *map(int, {row for _, row in cells})])


def _whole_tags(package: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield the text of a part in chunks that end before a tag."""
    left = b""
    for chunk in _chunks(package, part):
        left += chunk
        cut = left.rfind(b"<")
        yield left[:cut]
        left = left[cut:]
    yield left


def _scan_elements(extract: Path, package: zipfile.ZipFile, part: str) -> SheetFacts:
    watch = _SheetWatch(extract)
    parser = expat.ParserCreate()
    parser.StartElementHandler = watch.start
    parser.EndElementHandler = watch.end
    parser.CharacterDataHandler = watch.text
    _parse(package, part, parser)
    return watch.facts


def _check_extent(extract: Path, facts: SheetFacts) -> None:
    if facts.rows * facts.columns > MAXIMUM_CELLS:
        raise ExtractError.whole(
            "intake-xlsx-cells",
            extract, rows=facts.rows, columns=facts.columns, limit=MAXIMUM_CELLS,
        )  # fmt: skip


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class _SheetWatch:
    """Follows the elements of one sheet and keeps counts, never values."""

    def __init__(self, extract: Path) -> None:
        self.extract, self.facts = extract, SheetFacts()
        self.cell, self.kind = "", ""
        self.in_value = self.has_formula = self.has_value = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            self.cell, self.kind = attributes.get("r", ""), attributes.get("t", "")
            self.has_formula = self.has_value = False
            self._grow(self.cell)
        elif name == "f":
            self.has_formula = True
        elif name in {"v", "t"}:
            self.in_value = True
        elif name == "row":
            self.facts.hidden_rows += attributes.get("hidden") in {"1", "true"}
        elif name == "mergeCell":
            self.facts.merged.add(attributes.get("ref", ""))

    def text(self, data: str) -> None:
        self.has_value = self.has_value or (self.in_value and bool(data))

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name in {"v", "t"}:
            self.in_value = False
        elif name == "c":
            self._close_cell()

    def _close_cell(self) -> None:
        self.facts.formulas += self.has_formula
        if self.kind == "e":
            self.facts.errors.add(self.cell)
        elif self.has_formula and not self.has_value and self.kind != "str":
            self.facts.uncalculated.add(self.cell)

    def _grow(self, reference: str) -> None:
        match = REFERENCE.fullmatch(reference)
        if not match:
            return
        facts = self.facts
        facts.rows = max(facts.rows, int(match[2]))
        facts.columns = max(facts.columns, _column_number(match[1]))
        _check_extent(self.extract, facts)
