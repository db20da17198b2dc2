"""Codelists: the codes a variable may take, their labels, aliases and what kind of answer each is.

Belongs here: reading one list (CSV + sidecar) and matching a received text to its code. Not here:
the lists (schemas/) and what a reader does with a text that matches nothing (validation).
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, cast, get_args

from pipelines.study.errors import DeclarationError
from pipelines.study.files import CodelistFile
from pipelines.study.model import Text
from pipelines.study.yaml_source import TO_COMPLETE, build, parse, text_of

AnswerKind = Literal["answer", "dont_know", "refusal", "not_asked", "missing"]
COLUMNS = ("code", "label_fr", "label_en", "aliases", "kind", "parent")

_TYPOGRAPHY = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "–": "-", "—": "-", "‑": "-", "\u00a0": " ", "\u202f": " "}
)


def fold(text: str) -> str:
    """Return the form in which texts are compared.

    Composed accents, plain apostrophes and dashes, ordinary spaces, no case, no outer space:
    what differs by nothing but typing is the same code.
    """
    plain = unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)
    return " ".join(plain.split()).casefold()


@dataclass(frozen=True)
class Code:
    """One row of a codelist."""

    code: str
    label: Text
    kind: AnswerKind = "answer"
    aliases: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True)
class Codelist:
    """A named list of codes in published order."""

    id: str
    about: CodelistFile
    codes: tuple[Code, ...]
    path: Path = field(compare=False)

    @cached_property
    def by_text(self) -> dict[str, str]:
        """Every accepted text, folded → its code: the code, its labels, its aliases."""
        return {fold(text): one.code for one in self.codes for text in accepted_texts(one)}

    @property
    def names(self) -> tuple[str, ...]:
        """The codes, in order."""
        return tuple(one.code for one in self.codes)

    def of_kind(self, *kinds: AnswerKind) -> tuple[str, ...]:
        """Return the codes whose kind is one of `kinds`, in order."""
        return tuple(one.code for one in self.codes if one.kind in kinds)


def accepted_texts(code: Code) -> tuple[str, ...]:
    """Return each text that stands for `code` in an extract."""
    return (code.code, code.label.fr, code.label.en, *code.aliases)


def read_codelist(path: Path) -> Codelist:
    """Read `<id>.csv` and its sidecar `<id>.yaml`.

    Raises DeclarationError (file and line) for a missing file or column, a repeated code, an
    unknown kind, a text that stands for two codes or a net of an unknown code.
    """
    source = parse(path.with_suffix(".yaml"))
    about = build(source, CodelistFile)
    reader = csv.DictReader(io.StringIO(text_of(path), newline=""))
    _check_header(path, reader.fieldnames or ())
    codes = tuple(_code(path, line, row) for line, row in enumerate(reader, start=2))
    found = Codelist(path.stem, about, codes, path)
    _check_unambiguous(found)
    for name, net in about.nets.items():
        for place, code in enumerate(net.answers):
            if code not in found.names:
                line = source.line(("nets", name, "answers", place))
                raise DeclarationError.unknown(source.path, line, "code", code, found.names)
    return found


def _check_header(path: Path, header: Sequence[str]) -> None:
    for wanted in COLUMNS[:3]:
        if wanted not in header:
            raise DeclarationError("study-codelist-column", file=path, found=wanted)
    for name in header:
        if name not in COLUMNS:
            raise DeclarationError.unknown(path, 1, "codelist column", name, COLUMNS)


def _code(path: Path, line: int, row: dict[str, str]) -> Code:
    kind = row.get("kind") or "answer"
    if kind not in get_args(AnswerKind):
        raise DeclarationError.unknown(path, line, "kind", kind, get_args(AnswerKind))
    for name in COLUMNS[:3]:
        if not row[name]:
            raise DeclarationError("study-codelist-empty", file=path, line=line, column=name)
        if row[name].startswith(TO_COMPLETE):
            raise DeclarationError(
                "study-to-complete", file=path, line=line, key=name, count=_left(path)
            )
    aliases = tuple(part.strip() for part in (row.get("aliases") or "").split("|") if part.strip())
    label = Text(fr=row["label_fr"], en=row["label_en"])
    return Code(row["code"], label, cast(AnswerKind, kind), aliases, row.get("parent") or None)


def _left(path: Path) -> int:
    """Return how many cells of a list a scaffold left to complete."""
    lines = io.StringIO(text_of(path), newline="")
    return sum(cell.startswith(TO_COMPLETE) for row in csv.reader(lines) for cell in row)


def _check_unambiguous(codelist: Codelist) -> None:
    owner: dict[str, Code] = {}
    for line, one in enumerate(codelist.codes, start=2):
        for text in accepted_texts(one):
            other = owner.setdefault(fold(text), one)
            if other is not one:
                raise DeclarationError(
                    "study-codelist-ambiguous",
                    file=codelist.path, line=line, found=text, first=other.code, second=one.code,
                )  # fmt: skip
