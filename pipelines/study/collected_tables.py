"""The tables of a collection: its entries, their codes, and the comparison of concepts.

Belongs here: declared columns → fields, keys, rows of codes. Not here: the tables of surveys
(tables.py, analysis_tables.py), writing rows (pipelines.analysis.collected).
"""

from pipelines.study.codelist import Codelist
from pipelines.study.columns import Field, ForeignKey, Row, Table, field
from pipelines.study.files import Collected, Comparison
from pipelines.study.loader import Study
from pipelines.study.model import NOT_APPLICABLE, Column, Text

COMPARISONS = "concept_comparisons"
CONCEPTS = "concepts"
NUMBER_DIGITS = 15
NOT_SAID = Text(fr="Non précisé", en="Not said")


def collected_tables(study: Study, table: Collected) -> tuple[Table, ...]:
    """Return the tables that entries fill: the entries, and their comparison if one is declared."""
    entries = Table(
        table.name, table.title, table.description,
        (field("wave", required=True), *(_field(study, name) for name in _published(study)),
         field("status", required=True)),
        ("wave", study.identity),
        (ForeignKey(("wave",), "waves", ("wave",)), *_to_codes(study, _published(study))),
    )  # fmt: skip
    return (entries, *([_comparisons(study, table.comparison)] if table.comparison else []))


def collected_codes(study: Study, table: Collected) -> tuple[Table, ...]:
    """Return the tables of codes: one a codelist, and the declared concepts."""
    lists = {study.about.columns[name].codelist for name in _published(study)} - {None}
    tables = [_codes(study.codelists[str(name)], str(name)) for name in sorted(map(str, lists))]
    return (*tables, *([_concepts(table.comparison)] if table.comparison else []))


def _published(study: Study) -> list[str]:
    declared = study.about.columns
    return [name for name, one in declared.items() if one.role in {"entry", "published"}]


def _field(study: Study, name: str) -> Field:
    column = study.about.columns[name]
    plain = Text(fr=name, en=name)
    is_key = column.role == "entry"
    return Field(
        name=name, type=column.type, title=column.title or plain,
        description=column.description or column.title or plain,
        digits=NUMBER_DIGITS if column.type == "number" else 0, decimals=column.decimals,
        required=is_key or column.codelist is not None,
    )  # fmt: skip


def codes_of(column: Column) -> str:
    """Return the name of the table that lists the codes of a column."""
    return f"codes_{column.codelist}".replace("-", "_")


def _to_codes(study: Study, names: list[str]) -> list[ForeignKey]:
    declared = study.about.columns
    return [
        ForeignKey((name,), codes_of(declared[name]), ("code",))
        for name in names
        if declared[name].codelist
    ]


def _labels() -> tuple[Field, ...]:
    return tuple(field(name, required=True) for name in ("position", "label_fr", "label_en"))


def _codes(codelist: Codelist, name: str) -> Table:
    coded = [(one.code, one.label) for one in codelist.codes] + [(NOT_APPLICABLE, NOT_SAID)]
    rows: list[Row] = [
        (code, place, label.fr, label.en) for place, (code, label) in enumerate(coded, start=1)
    ]
    title = codelist.about.title
    return Table(
        f"codes_{name}".replace("-", "_"),
        Text(fr=f"Codes : {title.fr}", en=f"Codes: {title.en}"),
        Text(fr="Les codes d'une colonne.", en="The codes of a column."),
        (field("code", required=True), *_labels()), ("code",), (), tuple(rows),
    )  # fmt: skip


def _concepts(comparison: Comparison) -> Table:
    rows: list[Row] = [
        (name, place, one.title.fr, one.title.en, one.reference, "+".join(one.close) or "_Z")
        for place, (name, one) in enumerate(comparison.concepts.items(), start=1)
    ]
    names = ("reference_wording", "close_wordings")
    return Table(
        CONCEPTS,
        Text(fr="Concepts", en="Concepts"),
        Text(fr="Ce que des formulations mesurent ensemble, et laquelle sert de référence.",
             en="What wordings measure together, and which one is the reference."),
        (field("concept", required=True), *_labels(),
         *(field(name, required=True) for name in names)),
        ("concept",), (), tuple(rows),
    )  # fmt: skip


def _comparisons(study: Study, comparison: Comparison) -> Table:
    shown = [name for name in comparison.shown if name not in {comparison.concept, study.identity}]
    verdict = (field("verdict_of_comparison", required=True), field("reason", required=True))
    columns = [comparison.concept, study.identity, *shown]
    declared = study.about.columns
    return Table(
        COMPARISONS,
        Text(fr="Comparaisons par concept", en="Comparisons by concept"),
        Text(fr="Chaque chiffre d'un concept face à la formulation de référence : s'y compare-t-il",
             en="Each figure of a concept beside the reference wording, and whether it compares."),
        (field("wave", required=True), *(_field(study, name) for name in columns), *verdict,
         field("status", required=True)),
        ("wave", comparison.concept, study.identity),
        (ForeignKey(("wave",), "waves", ("wave",)),
         ForeignKey((comparison.concept,), CONCEPTS, ("concept",)),
         *(key for key in _to_codes(study, shown) if declared[key.fields[0]].codelist)),
    )  # fmt: skip
