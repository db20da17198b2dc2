"""Which declared encoding a text file is in, and its text as UTF-8 in blocks.

Belongs here: strict decoding, one block at a time; damage that only encodings explain. Not here:
lines, cells and delimiters (records.py, readers/csv.py).
"""

import codecs
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from pipelines.intake.errors import ExtractError

BLOCK_BYTES = 4 << 20
SAMPLE_BYTES = 64 << 10
UTF8 = "utf-8"
MARKS = (
    (codecs.BOM_UTF8, (UTF8,)),
    (codecs.BOM_UTF16_LE, ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, ("utf-16", "utf-16-be")),
)
SINGLE_BYTE_LATIN = {"iso8859-1", "iso8859-15"}
WESTERN, CODE_PAGES = "cp1252", {"cp1250", "cp1254", "cp1257", "cp1258"}
# UTF-8 read as cp1252 or latin-1 and written again: "Ã" or "Â" or "â€" before what never follows
# them in French. In UTF-8 bytes; the classes are the lead bytes of cp1252's upper half.
TWICE_ENCODED = re.compile(
    rb"\xc3\x83[\xc2\xc5\xc6\xcb\xe2]|\xc3\x82\xc2[\xa0-\xbf]|\xc3\xa2(?:\xe2\x82\xac|\xc2\x80)"
)
CONTROLS = re.compile(rb"\xc2[\x80-\x84\x86-\x9f]")


@dataclass(frozen=True)
class Encoding:
    """A codec's name, and whether the file opens with a byte order mark."""

    name: str
    has_mark: bool


@dataclass(frozen=True)
class _Misfit:
    """Where a file stops being text of an encoding."""

    encoding: str
    line: int
    byte: int

    def __str__(self) -> str:
        return f"{self.encoding}: {self.line}:{self.byte}"


def detect(extract: Path, declared: tuple[str, ...]) -> Encoding:
    """Return the first declared encoding in which the whole file can be read, strictly.

    A byte order mark decides among the declared ones. Raises ExtractError with the line and byte
    at which each fails, and the encoding that the file looks like; memory is bounded.
    """
    names = [_codec(extract, one) for one in declared]
    marked, mark = _by_mark(extract, names)
    misfits = []
    for name in marked:
        misfit = _misfit(extract, name)
        if misfit is None:
            return Encoding(name, mark)
        misfits.append(misfit)
    raise ExtractError.whole(
        "intake-encoding-none",
        extract, declared=", ".join(declared), looks=_looks_like(extract),
        reasons=" ; ".join(map(str, misfits)) or "—",
    )  # fmt: skip


def utf8_blocks(extract: Path, encoding: Encoding) -> Iterator[bytes]:
    """Yield the file's text as UTF-8 without byte order mark, in blocks of some MiB."""
    if encoding.name == UTF8:
        yield from _raw_blocks(extract, skip=len(codecs.BOM_UTF8) if encoding.has_mark else 0)
        return
    decoder = codecs.getincrementaldecoder(encoding.name)("strict")
    for block in _raw_blocks(extract):
        yield decoder.decode(block).encode().removeprefix(codecs.BOM_UTF8)
    yield decoder.decode(b"", final=True).encode()


def check_text(extract: Path, encoding: Encoding, block: bytes, first_line: int) -> None:
    """Refuse NUL, text encoded twice or in two ways, and controls, naming the line.

    `block` is UTF-8 and starts at `first_line`.
    """

    def line(position: int) -> int:
        return first_line + line_ends_before(block, position)

    nul = block.find(b"\0")
    if nul >= 0:
        raise ExtractError.at("intake-nul", extract, line(nul))
    twice = TWICE_ENCODED.search(block)
    if twice:
        rule = _why_twice(extract, encoding)
        raise ExtractError.at(rule, extract, line(twice.start()), encoding=encoding.name)
    controls = CONTROLS.search(block) if encoding.name in SINGLE_BYTE_LATIN else None
    if controls:
        raise ExtractError.at(
            "intake-controls", extract, line(controls.start()), encoding=encoding.name
        )


def _why_twice(extract: Path, encoding: Encoding) -> str:
    """Return the rule that text which looks encoded twice breaks: it may be UTF-8 undeclared."""
    if encoding.name.startswith("utf"):
        return "intake-encoded-twice"
    is_utf8 = _misfit(extract, UTF8) is None
    return "intake-utf8-undeclared" if is_utf8 else "intake-two-encodings"


def line_ends_before(block: bytes, position: int) -> int:
    """Count the line ends (LF, CRLF or CR) before `position`."""
    ends = block.count(b"\n", 0, position) + block.count(b"\r", 0, position)
    return ends - block.count(b"\r\n", 0, position)


def _codec(extract: Path, declared: str) -> str:
    try:
        name = codecs.lookup(declared).name
        codecs.getincrementaldecoder(declared)
        "".encode(name)
    except LookupError:
        raise ExtractError.whole("intake-encoding-unknown", extract, found=declared) from None
    return UTF8 if name == "utf-8-sig" else name


def _by_mark(extract: Path, names: list[str]) -> tuple[list[str], bool]:
    """Return the encodings that the byte order mark allows, and whether there is one."""
    with extract.open("rb") as stream:
        start = stream.read(3)
    for mark, fitting in MARKS:
        if start.startswith(mark):
            return [name for name in names if name in fitting], True
    return [name for name in names if name != "utf-16"], False


def _misfit(extract: Path, name: str) -> _Misfit | None:
    """Return where decoding fails, None when the whole file decodes."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    done, held = 0, 0
    for block in itertools.chain(_raw_blocks(extract), [b""]):
        try:
            decoder.decode(block, final=not block)
        except UnicodeError as error:
            byte = max(done + getattr(error, "start", 0) - held, 0)
            return _Misfit(name, 1 + _line_ends_up_to(extract, byte), byte + 1)
        held = len(decoder.getstate()[0])
        done += len(block)
    return None


def _line_ends_up_to(extract: Path, byte: int) -> int:
    """Count the line ends before a byte: read again, since few files have such a byte."""
    counted, left = 0, byte
    for block in _raw_blocks(extract):
        counted += line_ends_before(block, min(left, len(block)))
        left -= len(block)
        if left <= 0:
            break
    return counted


def _raw_blocks(extract: Path, skip: int = 0) -> Iterator[bytes]:
    with extract.open("rb") as stream:
        stream.seek(skip)
        while block := stream.read(BLOCK_BYTES):
            yield block


def _looks_like(extract: Path) -> str:
    """Name the encoding that a sample of the file looks like: a hint, never used to read."""
    with extract.open("rb") as stream:
        best = from_bytes(stream.read(SAMPLE_BYTES)).best()
    if best is None:
        return "?"
    # Statistics take a few accents of French for Czech or Polish; nearly every such file is cp1252.
    is_western = best.encoding in CODE_PAGES and _misfit(extract, WESTERN) is None
    return WESTERN if is_western else best.encoding
