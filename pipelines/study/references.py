"""Rules of a declaration that need its other parts: names that must exist, roles that must agree.

Belongs here: checks across study.yaml, questions.yaml, waves.yaml and the codelists. Not here:
what one entry can check alone (model.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from pipelines.study.codelist import Codelist, fold
from pipelines.study.errors import DeclarationError
from pipelines.study.files import CollectionFile, QuestionsFile, StudyFile, WavesFile
from pipelines.study.items import items_of
from pipelines.study.model import Breakdown, Column, Question
from pipelines.study.yaml_source import Key, YamlSource, dotted

COLLECTED_ROLES = ("entry", "published", "dropped")
SURVEY_ROLES = tuple(
    one for one in get_args(Column.model_fields["role"].annotation)
    if one not in {"entry", "published"}
)  # fmt: skip
PRIVATE_ROLES = {"respondent", "direct_identifier", "weight", "commune", "commune_name", "dropped"}


@dataclass(frozen=True)
class Sources:
    """The three parsed files, kept for their line numbers."""

    study: YamlSource
    questions: YamlSource
    waves: YamlSource


@dataclass(frozen=True)
class Parts:
    """The three declared files and every codelist at hand."""

    study: StudyFile
    questions: QuestionsFile
    waves: WavesFile
    codelists: Mapping[str, Codelist]
    frame_years: tuple[int, ...]
    sources: Sources


def check_references(parts: Parts) -> None:
    """Raise DeclarationError for the first name that does not exist or role that contradicts."""
    _check_folder(parts)
    _check_roles(parts)
    _check_comparison(parts)
    _check_breakdowns(parts)
    _check_weights(parts)
    _check_questions(parts)
    _check_frame_years(parts)
    _check_codebooks(parts)


def _known(source: YamlSource, key: Key, what: str, found: str, valid: Iterable[str]) -> None:
    names = list(valid)
    if found not in names:
        raise DeclarationError.unknown(source.path, source.line(key), what, found, names)


def _check_folder(parts: Parts) -> None:
    source = parts.sources.study
    if parts.study.id != source.path.parent.name:
        raise DeclarationError(
            "study-wrong-folder",
            file=source.path, line=source.line(("id",)),
            found=parts.study.id, expected=source.path.parent.name,
        )  # fmt: skip


def _check_roles(parts: Parts) -> None:
    source = parts.sources.study
    roles: list[str] = [column.role for column in parts.study.columns.values()]
    is_collection = isinstance(parts.study, CollectionFile)
    identity = "entry" if is_collection else "respondent"
    for role, least in ((identity, 1), ("weight", 0), ("commune", 0), ("date", 0)):
        count = roles.count(role)
        if not least <= count <= 1:
            raise DeclarationError(
                "study-two-roles",
                file=source.path, line=source.line(("columns",)),
                role=role, count=count, expected="1" if least else "0-1",
            )  # fmt: skip
    for name, column in parts.study.columns.items():
        valid = COLLECTED_ROLES if is_collection else SURVEY_ROLES
        _known(source, ("columns", name, "role"), "role", column.role, valid)
        if column.codelist:
            key: Key = ("columns", name, "codelist")
            _known(source, key, "codelist", column.codelist, parts.codelists)


def _check_comparison(parts: Parts) -> None:
    """Check that a comparison of concepts names published columns and their codes."""
    if not isinstance(parts.study, CollectionFile) or parts.study.table.comparison is None:
        return
    source, declared = parts.sources.study, parts.study.table.comparison
    columns = parts.study.columns
    at: Key = ("table", "comparison")
    for part in ("concept", "wording", "unit", "doubt"):
        coded = [name for name, one in columns.items() if one.codelist]
        _known(source, (*at, part), "coded column", getattr(declared, part), coded)
    for place, name in enumerate(declared.shown):
        _known(source, (*at, "shown", place), "column", name, columns)

    def codes(part: str) -> Iterable[str]:
        return parts.codelists[str(columns[getattr(declared, part)].codelist)].of_kind("answer")

    for code in declared.certain:
        _known(source, (*at, "certain"), "code", code, codes("doubt"))
    for name, concept in declared.concepts.items():
        key: Key = (*at, "concepts", name)
        _known(source, key, "concept", name, codes("concept"))
        for wording in (concept.reference, *concept.close):
            _known(source, key, "wording", wording, codes("wording"))


def _check_breakdowns(parts: Parts) -> None:
    source, study = parts.sources.study, parts.study
    for name, breakdown in study.breakdowns.items():
        key: Key = ("breakdowns", name)
        _known(source, (*key, "codelist"), "codelist", breakdown.codelist, parts.codelists)
        if breakdown.column:
            _known(source, (*key, "column"), "column", breakdown.column, study.columns)
            _check_public(parts, source, (*key, "column"), breakdown.column)
        for target in breakdown.recode.values():
            codes = parts.codelists[breakdown.codelist].names
            _known(source, (*key, "recode"), "code", target, codes)
    for position, crossing in enumerate(study.crossings):
        for name in crossing:
            _known(source, ("crossings", position), "breakdown", name, study.breakdowns)


def _check_public(parts: Parts, source: YamlSource, key: Key, column: str) -> None:
    role = parts.study.columns[column].role
    if role in PRIVATE_ROLES:
        raise DeclarationError(
            "study-identifier-published",
            file=source.path, line=source.line(key), found=column, role=role,
        )  # fmt: skip


def _check_weights(parts: Parts) -> None:
    source, weights = parts.sources.study, parts.study.weights
    if weights.column:
        _known(source, ("weights", "column"), "column", weights.column, parts.study.columns)
    for name in weights.strata:
        _known(source, ("weights", "strata"), "breakdown", name, parts.study.breakdowns)
    for margin in weights.calibration.margins if weights.calibration else ():
        for name in margin:
            key = ("weights", "calibration", "margins")
            _known(source, key, "breakdown", name, parts.study.breakdowns)


def _check_questions(parts: Parts) -> None:
    source = parts.sources.questions
    for name, question in parts.questions.questions.items():
        key: Key = ("questions", name)
        for slot in ("scale", "domain", "actor"):
            listed = getattr(question, slot)
            if listed:
                _known(source, (*key, slot), "codelist", listed, parts.codelists)
        if question.concept:
            concepts = parts.codelists["concept"].names if "concept" in parts.codelists else ()
            _known(source, (*key, "concept"), "concept", question.concept, concepts)
        if question.is_numeric and question.scale:
            _check_number_words(parts, source, key, question.scale)
        if question.asked_of:
            _check_filter(parts, source, key, question.asked_of.question, question.asked_of.answers)
    _check_columns(parts)


def _check_filter(
    parts: Parts, source: YamlSource, key: Key, asked: str, answers: Iterable[str]
) -> None:
    key = (*key, "asked_of")
    single = [
        name for name, one in parts.questions.questions.items()
        if one.kind in {"single", "ordinal"} and not (one.domain or one.actor) and name != key[1]
    ]  # fmt: skip
    _known(source, key, "question of one coded column", asked, single)
    scale = parts.questions.questions[asked].scale
    for answer in answers:
        _known(source, key, "answer", answer, parts.codelists[scale].names if scale else ())


def _check_columns(parts: Parts) -> None:
    """Check each column that a battery expands to, not the pattern: patterns may overlap."""
    questions, owner = parts.questions.questions, dict[str, str]()
    for item in items_of(questions, parts.codelists):
        for column in item.columns:
            first = owner.setdefault(column, item.question)
            _check_shared(parts, column, first, item.question)
            if column in parts.study.columns:
                key = ("questions", item.question, "columns")
                _check_public(parts, parts.sources.questions, key, column)
    for name, question in questions.items():
        if question.kind == "open_text":
            _check_open_text(parts, name, str(question.columns), owner)
    _check_breakdown_lists(parts, {column: questions[name] for column, name in owner.items()})
    _check_renamed(parts, owner)


def _check_shared(parts: Parts, column: str, first: str, second: str) -> None:
    one, other = parts.questions.questions[first], parts.questions.questions[second]
    if (one.scale, one.kind_of_cell) != (other.scale, other.kind_of_cell):
        source = parts.sources.questions
        raise DeclarationError(
            "study-column-twice",
            file=source.path, line=source.line(("questions", second, "columns")),
            found=column, first=first, second=second,
        )  # fmt: skip


def _check_open_text(parts: Parts, name: str, column: str, owner: Mapping[str, str]) -> None:
    """Open text is never published: neither as another question nor as a breakdown."""
    breakdowns = (one.column for one in parts.study.breakdowns.values())
    if column in owner or column in breakdowns:
        source = parts.sources.questions
        raise DeclarationError(
            "study-identifier-published",
            file=source.path, line=source.line(("questions", name, "columns")),
            found=column, role="open_text",
        )  # fmt: skip


def _check_renamed(parts: Parts, owner: Mapping[str, str]) -> None:
    texts = (one.columns for one in parts.questions.questions.values() if one.kind == "open_text")
    declared = [*parts.study.columns, *owner, *map(str, texts)]
    for name, wave in parts.waves.waves.items():
        for received, target in wave.renamed.items():
            key: Key = ("waves", name, "renamed", received)
            _known(parts.sources.waves, key, "column", target, declared)


def _check_number_words(parts: Parts, source: YamlSource, key: Key, scale: str) -> None:
    """Check that a numeric question's scale lists texts for no answer, under no number as code."""
    for code in parts.codelists[scale].codes:
        if re.fullmatch(r"[-+]?\d+([.,]\d*)?", code.code) or code.kind == "answer":
            raise DeclarationError(
                "study-bad-value",
                file=source.path, line=source.line((*key, "scale")), key=dotted((*key, "scale")),
                found=f"{code.code} ({code.kind})", expected="no answer, under a code of letters",
            )  # fmt: skip


def _check_breakdown_lists(parts: Parts, asked: Mapping[str, Question]) -> None:
    """Check that every code a breakdown's column may hold is a code of the breakdown's list.

    Else respondents would fall among the not known without a word.
    """
    source = parts.sources.study
    for name, breakdown in parts.study.breakdowns.items():
        if breakdown.column is None:
            continue
        scale = asked[breakdown.column].scale if breakdown.column in asked else None
        held = scale or parts.study.columns[breakdown.column].codelist
        if held is None and breakdown.recode:
            raise DeclarationError(
                "study-missing-key",
                file=source.path, line=source.line(("columns", breakdown.column)),
                key=f"columns.{breakdown.column}.codelist",
            )  # fmt: skip
        valid = parts.codelists[breakdown.codelist].of_kind("answer")
        for code in parts.codelists[held or breakdown.codelist].of_kind("answer"):
            target = breakdown.recode.get(code, code)
            _known(source, ("breakdowns", name, "codelist"), "code", target, valid)


def _needs_frame(parts: Parts) -> bool:
    def derived(breakdown: Breakdown) -> bool:
        return breakdown.derived is not None

    weights = parts.study.weights
    return (
        any(map(derived, parts.study.breakdowns.values()))
        or weights.population == "frame"
        or weights.calibration is not None
    )


def _check_frame_years(parts: Parts) -> None:
    source = parts.sources.waves
    for name, wave in parts.waves.waves.items():
        key: Key = ("waves", name)
        for asked in wave.not_asked:
            _known(source, (*key, "not_asked"), "question", asked, parts.questions.questions)
        valid = tuple(str(year) for year in parts.frame_years)
        if wave.frame_year is not None:
            _known(source, (*key, "frame_year"), "frame year", str(wave.frame_year), valid)
        elif _needs_frame(parts):
            raise DeclarationError(
                "study-no-frame-year",
                file=source.path, line=source.line(key), wave=name, valid=", ".join(valid),
            )  # fmt: skip


def _check_codebooks(parts: Parts) -> None:
    """Check that a wave's code book names coded things, leads to their codes, and not to two."""
    source, lists = parts.sources.waves, _coded(parts)
    for wave, about in parts.waves.waves.items():
        for name, coded in about.codebook.items():
            key: Key = ("waves", wave, "codebook", name)
            _known(source, key, "coded question or column", name, lists)
            read: dict[str, str] = {}
            for text, code in coded.items():
                _known(source, (*key, text), "code", code, lists[name])
                if read.setdefault(fold(text), code) != code:
                    raise DeclarationError(
                        "study-bad-value",
                        file=source.path, line=source.line((*key, text)), key=dotted((*key, text)),
                        found=f"{text}: {code}", expected=f"{text}: {read[fold(text)]}",
                    )  # fmt: skip


def _coded(parts: Parts) -> dict[str, tuple[str, ...]]:
    """Return every question and column that is coded, with its codes; 1 and 0 where ticked."""
    lists = {
        name: parts.codelists[one.codelist].names
        for name, one in parts.study.columns.items()
        if one.codelist
    }
    for name, question in parts.questions.questions.items():
        if question.has_indicator_columns:
            lists[name] = ("1", "0")
        elif question.scale:
            lists[name] = parts.codelists[question.scale].names
    return lists
