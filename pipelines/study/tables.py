"""The published tables of a study: their columns, keys and codes, known before any data.

Belongs here: table → fields, keys and, for tables of codes, rows. Not here: writing files or
descriptors (release), computing estimates (estimation). Every schema that the project writes
(Arrow, Table Schema, dictionary) is derived from these objects.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from pipelines.study.codelist import Code
from pipelines.study.loader import Study
from pipelines.study.model import NOT_APPLICABLE, TOTAL, Text

FieldType = Literal["string", "integer", "number", "date", "boolean"]
Row = tuple[Any, ...]

ESTIMATES = "estimates"
MEASURES = ("share", "mean")
KEY_BEFORE_BREAKDOWNS = ("wave", "question", "domain", "actor", "answer", "measure")
FIGURES = (
    "respondents", "answering", "weighted_base", "value", "standard_error", "ci_low", "ci_high",
    "design_effect", "effective_respondents", "reliability",
)  # fmt: skip
ALL = Text(fr="Ensemble", en="Total")
NONE = Text(fr="Sans objet", en="Not applicable")
UNKNOWN = Text(fr="Non renseigné", en="Not known")


@dataclass(frozen=True)
class Field:
    """A column: Table Schema type, texts, and what its values must be.

    Integers and numbers are stored as DECIMAL(`digits`, `decimals`): a nullable int64 makes stock
    frictionless report false errors.
    """

    name: str
    type: FieldType
    title: Text
    description: Text
    digits: int = 0
    decimals: int = 0
    unit: Text | None = None
    minimum: float | None = None
    enum: tuple[str, ...] = ()
    labels: tuple[Text, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """`fields` of one table refer to `reference` fields of `table`."""

    fields: tuple[str, ...]
    table: str
    reference: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A published table; `rows` is None where data fill it."""

    name: str
    title: Text
    description: Text
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    rows: tuple[Row, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in published order."""
        return tuple(field.name for field in self.fields)


def published_tables(study: Study) -> tuple[Table, ...]:
    """Return every table of a release, the estimates first, then the tables of codes."""
    return (
        estimates_table(study),
        _waves(study),
        _questions(study),
        _question_codes(study, "domain"),
        _question_codes(study, "actor"),
        _answers(study),
        *(_breakdown_codes(study, name) for name in study.breakdowns),
    )


def estimates_table(study: Study) -> Table:
    """Return the table of estimates: one row per wave, item, answer, measure and cell."""
    key = (*KEY_BEFORE_BREAKDOWNS, *study.breakdowns)
    fields = (
        *(_key_field(study, name) for name in key),
        *(field(name) for name in FIGURES),
        field("status", required=True),
    )
    foreign = (
        ForeignKey(("wave",), "waves", ("wave",)),
        ForeignKey(("question",), "questions", ("question",)),
        *(
            ForeignKey(("question", name), f"{name}s", ("question", name))
            for name in ("domain", "actor", "answer")
        ),
        *(ForeignKey((name,), codes_table_name(name), (name,)) for name in study.breakdowns),
    )
    return Table(
        ESTIMATES,
        Text(fr="Estimations", en="Estimates"),
        Text(
            fr="Une ligne par vague, question, domaine, acteur, réponse, mesure et cellule.",
            en="One row per wave, question, domain, actor, answer, measure and cell.",
        ),
        fields, key, foreign,
    )  # fmt: skip


def codes_table_name(breakdown: str) -> str:
    """Return the name of the table that lists a breakdown's codes."""
    return f"breakdown_{breakdown}"


@cache
def _field_texts() -> dict[str, dict[str, Any]]:
    path = Path(__file__).with_name("fields.yaml")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def field(name: str, *, required: bool = False, entry: str | None = None) -> Field:
    """Return the field `name`, described by `entry` (default: its own) of fields.yaml."""
    about = _field_texts()[entry or name]
    return Field(
        name=name,
        type=about["type"],
        title=Text(**about["title"]),
        description=Text(**about["description"]),
        digits=about.get("digits", 0),
        decimals=about.get("decimals", 0),
        unit=Text(**about["unit"]) if "unit" in about else None,
        minimum=about.get("minimum"),
        enum=tuple(about.get("enum", ())),
        required=required,
    )


def _key_field(study: Study, name: str) -> Field:
    if name in study.breakdowns:
        codes = _with_total(study, name)
        plain = field(name, required=True, entry="breakdown")
        return replace(
            plain,
            title=study.breakdowns[name].title,
            enum=tuple(code for code, _ in codes),
            labels=tuple(label for _, label in codes),
        )
    if name == "measure":
        return replace(field(name, required=True), enum=MEASURES)
    return field(name, required=True)


def _with_total(study: Study, breakdown: str) -> list[tuple[str, Text]]:
    codelist = study.codelists[study.breakdowns[breakdown].codelist]
    coded = [(one.code, one.label) for one in codelist.codes if one.kind == "answer"]
    return [(TOTAL, ALL), *coded, (NOT_APPLICABLE, UNKNOWN)]


def _breakdown_codes(study: Study, name: str) -> Table:
    title = study.breakdowns[name].title
    rows = tuple(
        (code, position, label.fr, label.en)
        for position, (code, label) in enumerate(_with_total(study, name), start=1)
    )
    return Table(
        codes_table_name(name),
        Text(fr=f"Codes : {title.fr}", en=f"Codes: {title.en}"),
        Text(fr="Les codes d'une ventilation.", en="The codes of a breakdown."),
        (_key_field(study, name), *_labels()), (name,), (), rows,
    )  # fmt: skip


def _labels() -> tuple[Field, ...]:
    return tuple(field(name, required=True) for name in ("position", "label_fr", "label_en"))


def _waves(study: Study) -> Table:
    names = ("wave", "label_fr", "label_en", "fieldwork_start", "fieldwork_end", "synthetic")
    rows = tuple(
        (name, wave.title.fr, wave.title.en, wave.start, wave.end, wave.synthetic)
        for name, wave in sorted(study.waves.items())
    )
    return Table(
        "waves",
        Text(fr="Vagues", en="Waves"),
        Text(fr="Les éditions de l'étude.", en="The editions of the study."),
        tuple(field(name, required=True) for name in names), ("wave",), (), rows,
    )  # fmt: skip


def _questions(study: Study) -> Table:
    required = ("question", *(one.name for one in _labels()), "wording_fr", "wording_en", "kind")
    fields = tuple(field(name, required=True) for name in (*required, "base"))
    units = tuple(field(name) for name in ("unit_fr", "unit_en"))
    asked = [(name, one) for name, one in study.questions.items() if one.kind != "open_text"]
    rows = tuple(
        (
            name, position, one.title.fr, one.title.en, one.wording.fr, one.wording.en,
            one.kind, one.base, one.unit and one.unit.fr, one.unit and one.unit.en,
        )
        for position, (name, one) in enumerate(asked, start=1)
    )  # fmt: skip
    return Table(
        "questions",
        Text(fr="Questions", en="Questions"),
        Text(fr="Formulation de chaque question.", en="Wording of each question."),
        (*fields, *units), ("question",), (), rows,
    )  # fmt: skip


def _question_codes(study: Study, dimension: str) -> Table:
    """List the domains (or actors) of each question; `_Z` where it has none."""
    rows: list[Row] = []
    for name, question in study.questions.items():
        codelist = getattr(question, dimension)
        if question.kind == "open_text":
            continue
        codes: Iterable[Code] = study.codelists[codelist].codes if codelist else ()
        coded = [(one.code, one.label) for one in codes] or [(NOT_APPLICABLE, NONE)]
        rows += [
            (name, code, position, label.fr, label.en)
            for position, (code, label) in enumerate(coded, start=1)
        ]
    title = field(dimension).title
    return Table(
        f"{dimension}s",
        Text(fr=f"{title.fr}s", en=f"{title.en}s"),
        Text(fr="Les codes de chaque question.", en="The codes of each question."),
        (field("question", required=True), field(dimension, required=True), *_labels()),
        ("question", dimension),
        (ForeignKey(("question",), "questions", ("question",)),),
        tuple(rows),
    )


def _answers(study: Study) -> Table:
    rows: list[Row] = []
    for name, question in study.questions.items():
        if question.kind == "open_text":
            continue
        coded_scale = question.scale if question.is_coded else None
        scale = study.codelists[coded_scale].codes if coded_scale else ()
        coded = [(one.code, one.label, one.kind) for one in scale]
        for position, (code, label, kind) in enumerate(
            coded or [(NOT_APPLICABLE, NONE, "answer")], start=1
        ):
            rows.append((name, code, position, label.fr, label.en, kind))
    return Table(
        "answers",
        Text(fr="Réponses", en="Answers"),
        Text(fr="Les réponses possibles à chaque question.", en="The answers to each question."),
        (
            field("question", required=True), field("answer", required=True), *_labels(),
            field("kind", required=True),
        ),
        ("question", "answer"),
        (ForeignKey(("question",), "questions", ("question",)),),
        tuple(rows),
    )  # fmt: skip
