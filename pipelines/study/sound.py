"""Rules of a declaration that would load without them, and then fall over or mislead.

Belongs here: names that a table or its engine cannot hold apart, codes that mean something else
there, counts that the frame cannot give. Not here: names that must exist (references.py), what one
entry can check alone (model.py).
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipelines.study.codelist import Codelist
from pipelines.study.errors import DeclarationError
from pipelines.study.items import items_of
from pipelines.study.model import NOT_APPLICABLE, TOTAL
from pipelines.study.references import Parts
from pipelines.study.working_names import WORKING_NAMES
from pipelines.study.yaml_source import Key, YamlSource, dotted
from pipelines.texts import read_texts

FIELDS = ("fields.yaml", "analysis_fields.yaml", "estimation_fields.yaml")
WORKING_PREFIXES = ("_base ", "_sum ")  # of columns that the estimates count beside the answers
RESERVED = (TOTAL, NOT_APPLICABLE, "_U")  # the total, not asked or not known, an empty cell


def check_sound(parts: Parts) -> None:
    """Raise DeclarationError for the first thing that later steps could not make right."""
    _check_case(parts)
    _check_added(parts)
    _check_reserved(parts)
    _check_crossings(parts)
    _check_derived(parts)
    _check_weights(parts)


def _check_case(parts: Parts) -> None:
    """Check that columns differ by more than case: the engine that reads them takes them for one.

    What the file holds and nobody declared is read by no query.
    """
    seen: dict[str, str] = {}
    for source, key, column in _columns(parts):
        first = seen.setdefault(column.casefold(), column)
        if first != column:
            raise DeclarationError(
                "study-column-case",
                file=source.path, line=source.line(key), first=first, second=column,
            )  # fmt: skip


def _columns(parts: Parts) -> Iterator[tuple[YamlSource, Key, str]]:
    """Yield each column that the study reads, with where it is declared."""
    for name in parts.study.columns:
        yield parts.sources.study, ("columns", name), name
    questions = parts.questions.questions
    for item in items_of(questions, parts.codelists):
        for column in item.columns:
            yield parts.sources.questions, ("questions", item.question, "columns"), column
    for name, question in questions.items():
        if question.kind == "open_text":
            yield parts.sources.questions, ("questions", name, "columns"), str(question.columns)


def _check_added(parts: Parts) -> None:
    """Check that no column has the name of one that a step before the estimates adds to rows.

    A name that differs by case alone is that name: so it is for the engine.
    """
    study = parts.study
    added = {"_line"}
    if study.kind == "survey":
        own = (study.weights.column or "").casefold()
        added |= {f"by_{one}" for one in study.breakdowns} | {"frame_region", "frame_commune_size"}
        added |= {"_kind", "stratum", "weight"} - {own}
    for source, key, column in _columns(parts):
        folded = column.casefold()
        if folded in added or folded.startswith(WORKING_PREFIXES):
            raise DeclarationError(
                "study-column-added", file=source.path, line=source.line(key), found=column
            )


def _check_reserved(parts: Parts) -> None:
    source = parts.sources.study
    for name in parts.study.breakdowns:
        if name in _published_names() | WORKING_NAMES:
            raise DeclarationError(
                "study-reserved",
                file=source.path,
                line=source.line(("breakdowns", name)),
                found=name,
            )
    for codelist in _used(parts):
        for line, one in enumerate(codelist.codes, start=2):
            if one.code in RESERVED:
                raise DeclarationError(
                    "study-reserved", file=codelist.path, line=line, found=one.code
                )


@cache
def _published_names() -> frozenset[str]:
    """Return the columns of published tables, beside which each breakdown has one of its name."""
    return frozenset(name for file in FIELDS for name in read_texts(Path(__file__).with_name(file)))


def _used(parts: Parts) -> Iterator[Codelist]:
    names = [one.codelist for one in parts.study.columns.values()]
    names += [one.codelist for one in parts.study.breakdowns.values()]
    for one in parts.questions.questions.values():
        names += [one.scale, one.domain, one.actor]
    yield from (parts.codelists[name] for name in dict.fromkeys(names) if name)


def _check_crossings(parts: Parts) -> None:
    """Check that no cell is made twice: the attack would take it for two, with other counts."""
    source, seen = parts.sources.study, set[frozenset[str]]()
    for position, crossing in enumerate(parts.study.crossings):
        cells = frozenset(crossing)
        if len(cells) < len(crossing) or cells in seen:
            key: Key = ("crossings", position)
            raise DeclarationError(
                "study-crossing-twice",
                file=source.path, line=source.line(key), key=dotted(key), found=", ".join(crossing),
            )  # fmt: skip
        seen.add(cells)


def _check_derived(parts: Parts) -> None:
    """Check that what is derived from a commune has a column of communes to be derived from."""
    source = parts.sources.study
    communes = [name for name, one in parts.study.columns.items() if one.role == "commune"]
    for name, breakdown in parts.study.breakdowns.items():
        if breakdown.derived and not communes:
            raise DeclarationError(
                "study-two-roles",
                file=source.path, line=source.line(("breakdowns", name)),
                role="commune", count=0, expected="1",
            )  # fmt: skip


def _check_weights(parts: Parts) -> None:
    source, study, weights = parts.sources.study, parts.study, parts.study.weights
    if weights.column:
        valid = [name for name, one in study.columns.items() if one.role == "weight"]
        _need(source, ("weights", "column"), "column of role weight", weights.column, valid)
    counted = [name for name, one in study.breakdowns.items() if one.derived]
    for name in weights.strata if weights.population == "frame" else ():
        _need(source, ("weights", "strata"), "breakdown derived from the commune", name, counted)
    for margin in weights.calibration.margins if weights.calibration else ():
        for name in margin:
            key: Key = ("weights", "calibration", "margins")
            _need(source, key, "breakdown derived from the commune", name, counted)


def _need(source: YamlSource, key: Key, what: str, found: str, valid: list[str]) -> None:
    if found not in valid:
        raise DeclarationError.unknown(source.path, source.line(key), what, found, valid)
