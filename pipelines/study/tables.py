"""The published tables of a study: their columns, keys and codes, known before any data.

Belongs here: which tables there are, the estimates and the tables of codes. Not here: what a table
is made of (columns.py), tables of analyses (analysis_tables.py), writing files or descriptors
(release), computing estimates (estimation). Every schema that the project writes (Arrow, Table
Schema, dictionary) is derived from these objects.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from pipelines.study.analysis_tables import analysis_codes, analysis_tables, sheet_tables
from pipelines.study.codelist import Code
from pipelines.study.collected_tables import collected_codes, collected_tables
from pipelines.study.columns import (
    Field,
    FieldType,
    ForeignKey,
    Judgement,
    Row,
    Table,
    breakdown_codes,
    breakdown_field,
    codes_table_name,
    field,
    figure,
)
from pipelines.study.estimation_tables import estimation_codes, estimation_tables
from pipelines.study.loader import Study
from pipelines.study.model import NOT_APPLICABLE, Text
from pipelines.study.quantity_tables import quantity_tables, total_tables

__all__ = [
    "ESTIMATES",
    "FIGURES",
    "KEY_BEFORE_BREAKDOWNS",
    "MEASURES",
    "Field",
    "FieldType",
    "ForeignKey",
    "Judgement",
    "Row",
    "Table",
    "codes_table_name",
    "data_tables",
    "estimates_table",
    "field",
    "figure",
    "gathered_tables",
    "judged_tables",
    "published_tables",
]

ESTIMATES = "estimates"
MEASURES = ("share", "mean")
KEY_BEFORE_BREAKDOWNS = ("wave", "question", "domain", "actor", "answer", "measure")
FIGURES = (
    "respondents", "answering", "weighted_base", "value", "standard_error", "ci_low", "ci_high",
    "design_effect", "effective_respondents", "reliability",
)  # fmt: skip
NONE = Text(fr="Sans objet", en="Not applicable")
STUDIES_KEPT = 8  # the tables of a study are asked for in every step of a run


@lru_cache(maxsize=STUDIES_KEPT)
def published_tables(study: Study) -> tuple[Table, ...]:
    """Return every table of a release: those that data fill, then the tables of codes."""
    if study.collected:
        codes = collected_codes(study, study.collected)
        return (*data_tables(study), _waves(study), *codes)
    return (
        *data_tables(study),
        _waves(study),
        _questions(study),
        _question_codes(study, "domain"),
        _question_codes(study, "actor"),
        _answers(study),
        *(_breakdown_codes(study, name) for name in study.breakdowns),
        *estimation_codes(study),
        *analysis_codes(study),
    )


@lru_cache(maxsize=STUDIES_KEPT)
def data_tables(study: Study) -> tuple[Table, ...]:
    """Return the tables that data fill, one file a wave each: the estimates first, or entries."""
    if study.collected:
        return collected_tables(study, study.collected)
    return (estimates_table(study), *judged_tables(study), *gathered_tables(study))


@lru_cache(maxsize=STUDIES_KEPT)
def judged_tables(study: Study) -> tuple[Table, ...]:
    """Return the tables beside the estimates whose rows are judged by the cells of these."""
    return (*estimation_tables(study), *quantity_tables(study), *analysis_tables(study))


def gathered_tables(study: Study) -> tuple[Table, ...]:
    """Return the tables that are gathered from rows of the judged ones, as they are published."""
    return (*total_tables(study), *sheet_tables(study))


def estimates_table(study: Study) -> Table:
    """Return the table of estimates: one row per wave, item, answer, measure and cell."""
    key = (*KEY_BEFORE_BREAKDOWNS, *study.breakdowns)
    fields = (
        *(_key_field(study, name) for name in key),
        *(figure(name) for name in FIGURES),
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


def _key_field(study: Study, name: str) -> Field:
    if name in study.breakdowns:
        return breakdown_field(study, name)
    if name == "measure":
        return replace(field(name, required=True), enum=MEASURES)
    return field(name, required=True)


def _breakdown_codes(study: Study, name: str) -> Table:
    title = study.breakdowns[name].title
    rows = tuple(
        (code, position, label.fr, label.en)
        for position, (code, label) in enumerate(breakdown_codes(study, name), start=1)
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
    units = tuple(field(name) for name in ("unit_fr", "unit_en", "concept"))
    asked = [(name, one) for name, one in study.questions.items() if one.kind != "open_text"]
    rows = tuple(
        (
            name, position, one.title.fr, one.title.en, one.wording.fr, one.wording.en,
            one.kind, one.base, one.unit and one.unit.fr, one.unit and one.unit.en,
            one.concept,
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
