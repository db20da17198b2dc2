"""What tables beside the estimates share: key columns, references to codes, the form of a table.

Belongs here: parts that two of analysis_tables.py, estimation_tables.py and quantity_tables.py
use. Not here: what any table is made of (columns.py), which tables there are.
"""

from collections.abc import Iterable

from pipelines.study.columns import (
    Field,
    ForeignKey,
    Judgement,
    Table,
    breakdown_field,
    codes_table_name,
    field,
    figure,
)
from pipelines.study.loader import Study
from pipelines.study.model import Text

ITEM = ("question", "domain", "actor")
TO_WAVES = ForeignKey(("wave",), "waves", ("wave",))
TO_ANALYSES = ForeignKey(("analysis",), "analyses", ("analysis",))
Titles = tuple[str, str, str, str]  # title and description, each in French and English


def key_fields(*names: str) -> tuple[Field, ...]:
    """Return columns that every row fills."""
    return tuple(field(name, required=True) for name in names)


def figure_fields(*names: str) -> tuple[Field, ...]:
    """Return columns that are empty in a withheld row."""
    return tuple(figure(name) for name in names)


def breakdown_fields(study: Study) -> tuple[Field, ...]:
    """Return the key column of each breakdown."""
    return tuple(breakdown_field(study, name) for name in study.breakdowns)


def to_item(*dimensions: str) -> tuple[ForeignKey, ...]:
    """Return references to the question and, of it, to each of `dimensions` (domain, actor…)."""
    return (
        ForeignKey(("question",), "questions", ("question",)),
        *(ForeignKey(("question", one), f"{one}s", ("question", one)) for one in dimensions),
    )


def to_breakdowns(study: Study) -> tuple[ForeignKey, ...]:
    """Return references to the codes of each breakdown."""
    return tuple(ForeignKey((name,), codes_table_name(name), (name,)) for name in study.breakdowns)


def data_table(
    name: str, titles: Titles, key: Iterable[Field], others: Iterable[Field],
    judgement: Judgement | None, foreign: Iterable[ForeignKey],
) -> Table:  # fmt: skip
    """Return a table that data fill: its key, its other columns, and the status of each row."""
    title_fr, title_en, about_fr, about_en = titles
    identity = tuple(key)
    return Table(
        name, Text(fr=title_fr, en=title_en), Text(fr=about_fr, en=about_en),
        (*identity, *others, field("status", required=True)),
        tuple(one.name for one in identity), tuple(foreign), judgement=judgement,
    )  # fmt: skip
