"""What a published table is made of: columns, keys, and how its rows are judged before they leave.

Belongs here: the objects that describe any table, and the texts of its columns. Not here: which
tables a study has (tables.py, analysis_tables.py), computing or protecting rows.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pipelines.study.loader import Study
from pipelines.study.model import NOT_APPLICABLE, TOTAL, Text
from pipelines.texts import read_texts

FieldType = Literal["string", "integer", "number", "date", "boolean"]
Row = tuple[Any, ...]

ALL = Text(fr="Ensemble", en="Total")
UNKNOWN = Text(fr="Non renseigné", en="Not known")
TEXTS = ("fields.yaml", "analysis_fields.yaml", "estimation_fields.yaml")


@dataclass(frozen=True)
class Field:
    """A column: Table Schema type, texts, and what its values must be.

    Integers and numbers are stored as DECIMAL(`digits`, `decimals`): a nullable int64 makes stock
    frictionless report false errors. `is_figure`: empty in a row that is withheld. `precision` of a
    figure: its own decimals, those that the study publishes of values in the `row`'s cell or at
    `national` level, or a `probability`'s (hundredths up to 0.1, else tenths: finer ones would give
    the difference back); `bound` rounds it outwards; `national_only` empties it in smaller cells.
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
    is_figure: bool = False
    precision: Literal["own", "row", "national", "probability"] = "own"
    bound: Literal["none", "low", "high"] = "none"
    national_only: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """`fields` of one table refer to `reference` fields of `table`."""

    fields: tuple[str, ...]
    table: str
    reference: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """How pipelines.disclosure judges each row of a table that is not the estimates.

    A row is published where the estimates of its cell are: its breakdowns (a table without them is
    about the total), and its `item` columns; without these, the items that everybody was asked.
    Each of `counts` must reach the threshold, and `rest` (part, whole) must leave nobody or as
    many outside. Rows that differ in `part` alone add up to a whole that is published: a part whose
    `part_count`, over all cells, is below the threshold takes the next smallest with it. `ordered`
    columns stay where every row of the same `block` that has them does. `is_national`: a table
    without breakdowns has the precision of the total; else that of a cell below it.
    """

    item: tuple[str, ...] = ()
    counts: tuple[str, ...] = ("respondents",)
    rest: tuple[str, str] | None = None
    part: str | None = None
    part_count: str = "respondents"
    block: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    is_national: bool = True


@dataclass(frozen=True)
class Table:
    """A published table; `rows` is None where data fill it, `judgement` where others protect it."""

    name: str
    title: Text
    description: Text
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    rows: tuple[Row, ...] | None = None
    judgement: Judgement | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in published order."""
        return tuple(field.name for field in self.fields)


@cache
def _texts() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = {}
    for name in TEXTS:
        loaded |= read_texts(Path(__file__).with_name(name))
    return loaded


@cache
def field(name: str, *, required: bool = False, entry: str | None = None) -> Field:
    """Return the field `name`, described by `entry` (default: its own) of the files of texts."""
    about = _texts()[entry or name]
    plain = {
        key: about[key]
        for key in ("digits", "decimals", "minimum", "precision", "bound", "national_only")
        if key in about
    }
    return Field(
        name=name, type=about["type"], title=Text(**about["title"]),
        description=Text(**about["description"]),
        unit=Text(**about["unit"]) if "unit" in about else None,
        enum=tuple(about.get("enum", ())), required=required, **plain,
    )  # fmt: skip


def figure(name: str) -> Field:
    """Return the field `name` as a figure: empty where its row is withheld."""
    return replace(field(name), is_figure=True)


def codes_table_name(breakdown: str) -> str:
    """Return the name of the table that lists a breakdown's codes."""
    return f"breakdown_{breakdown}"


def breakdown_codes(study: Study, breakdown: str) -> list[tuple[str, Text]]:
    """Return the codes of a breakdown and their labels, the total first, 'not known' last."""
    codelist = study.codelists[study.breakdowns[breakdown].codelist]
    coded = [(one.code, one.label) for one in codelist.codes if one.kind == "answer"]
    return [(TOTAL, ALL), *coded, (NOT_APPLICABLE, UNKNOWN)]


def breakdown_field(study: Study, name: str) -> Field:
    """Return the key column of a breakdown: its codes and their labels."""
    codes = breakdown_codes(study, name)
    return replace(
        field(name, required=True, entry="breakdown"),
        title=study.breakdowns[name].title,
        enum=tuple(code for code, _ in codes),
        labels=tuple(label for _, label in codes),
    )
