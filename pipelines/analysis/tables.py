"""The published analysis tables of a study: columns, keys and codes, known before any data.

Belongs here: table → fields, keys, rows of codes. Not here: computing rows (analyse.py), deciding
what is shown of them (protection.py), the tables of estimates (pipelines.study.tables).
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.study import Study, Text
from pipelines.study.model import Declared
from pipelines.study.tables import (
    Field,
    ForeignKey,
    Row,
    Table,
    codes_table_name,
    estimates_table,
    field,
)

FIGURES = ("respondents", "value", "standard_error", "ci_low", "ci_high")
ORDER = ("rank", "rank_low", "rank_high")
CONTRAST = ("difference", "difference_low", "difference_high", "contrast")
SUPPORT = (
    "members", "jaccard", "verdict", "supported", "explained", "chance", "continues", "similarity",
)  # fmt: skip
TITLES = {
    "priorities": ("Priorités", "Priorities", "Domaines classés, avec l'incertitude des rangs.",
                   "Domains ranked, with the uncertainty of ranks."),
    "roles": ("Rôles", "Roles", "Acteurs attendus dans chaque domaine, et qui est en tête.",
              "Actors expected in each domain, and who leads."),
    "profiles": ("Profils", "Profiles", "Taille de chaque profil, par cellule.",
                 "Size of each profile, by cell."),
    "profile_answers": ("Réponses des profils", "Answers of profiles",
                        "Chaque réponse dans chaque profil, comparée à l'ensemble.",
                        "Each answer in each profile, against the whole."),
    "profile_support": ("Solidité des profils", "Support of profiles",
                        "Ce que valent les profils : stabilité, inertie, hasard, suite.",
                        "What the profiles are worth: stability, inertia, chance, continuity."),
    "profile_axes": ("Axes des profils", "Axes of profiles",
                     "Inertie des axes de l'analyse des correspondances multiples.",
                     "Inertia of the axes of the multiple correspondence analysis."),
    "sheets": ("Fiches", "Sheets", "Une fiche par territoire, prête pour une page.",
               "One sheet a territory, ready for a page."),
    "themes": ("Thèmes des propos", "Themes of open answers",
               "Part de chaque thème déclaré parmi ceux qui ont écrit.",
               "Share of each declared theme among those who wrote."),
}  # fmt: skip


def published_analysis_tables(study: Study) -> tuple[Table, ...]:
    """Return every analysis table that `study` declares something for, tables of codes last."""
    declared = study.analyses
    tables: list[Table] = []
    if declared.priorities:
        tables.append(_ranking(study, "priorities", ("domain",), "tier"))
    if declared.roles:
        tables.append(_ranking(study, "roles", ("domain", "actor"), "lead"))
    if declared.typologies:
        tables += _profile_tables(study)
    if declared.sheets:
        tables.append(_sheets())
    if declared.verbatims:
        tables.append(_themes())
    if tables:
        tables.append(_analyses(study))
    if declared.typologies:
        tables.append(_names(study, "profile_names", "profile", _profile_names(study)))
    if declared.verbatims:
        tables.append(_names(study, "theme_names", "theme", _theme_names(study)))
    return tuple(tables)


@cache
def _own_texts() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(
        Path(__file__).with_name("fields.yaml").read_text("utf-8")
    )
    return loaded


def analysis_field(name: str, *, required: bool = False) -> Field:
    """Return the column `name`: of this room's fields.yaml, else as the estimates describe it."""
    about = _own_texts().get(name)
    if about is None:
        return field(name, required=required)
    return Field(
        name=name, type=about["type"], title=Text(**about["title"]),
        description=Text(**about["description"]), digits=about.get("digits", 0),
        decimals=about.get("decimals", 0), minimum=about.get("minimum"),
        enum=tuple(about.get("enum", ())), required=required,
    )  # fmt: skip


def _table(
    name: str, key: Iterable[Field], figures: Iterable[str], foreign: Iterable[ForeignKey] = ()
) -> Table:
    title_fr, title_en, about_fr, about_en = TITLES[name]
    keys = tuple(key)
    fields = (*keys, *(analysis_field(one) for one in figures), field("status", required=True))
    return Table(
        name, Text(fr=title_fr, en=title_en), Text(fr=about_fr, en=about_en), fields,
        tuple(one.name for one in keys), (*_to_codes(), *foreign),
    )  # fmt: skip


def _to_codes() -> tuple[ForeignKey, ...]:
    return (
        ForeignKey(("wave",), "waves", ("wave",)),
        ForeignKey(("analysis",), "analyses", ("analysis",)),
    )


def _keys(*names: str) -> tuple[Field, ...]:
    return tuple(analysis_field(name, required=True) for name in ("wave", "analysis", *names))


def _breakdowns(study: Study) -> tuple[Field, ...]:
    return tuple(one for one in estimates_table(study).fields if one.name in study.breakdowns)


def _to_breakdowns(study: Study) -> tuple[ForeignKey, ...]:
    return tuple(ForeignKey((name,), codes_table_name(name), (name,)) for name in study.breakdowns)


def _ranking(study: Study, name: str, dimensions: tuple[str, ...], last: str) -> Table:
    key = (*_keys("question", *dimensions), *_breakdowns(study))
    foreign = (
        ForeignKey(("question",), "questions", ("question",)),
        *(ForeignKey(("question", one), f"{one}s", ("question", one)) for one in dimensions),
        *_to_breakdowns(study),
    )
    return _table(name, key, ("measure", *FIGURES, *ORDER, last, *CONTRAST), foreign)


def _profile_tables(study: Study) -> list[Table]:
    to_names = ForeignKey(("analysis", "profile"), "profile_names", ("analysis", "profile"))
    described = (
        "role", "respondents", "value", "overall", "difference", "test_value", "represented",
        "position_in_profile",
    )  # fmt: skip
    return [
        _table(
            "profiles", (*_keys("profile"), *_breakdowns(study)), ("members", *FIGURES),
            (to_names, *_to_breakdowns(study)),
        ),
        _table(
            "profile_answers", _keys("profile", "question", "domain", "actor", "answer"),
            described,
            (to_names, ForeignKey(("question", "answer"), "answers", ("question", "answer"))),
        ),
        _table("profile_support", _keys("profile"), SUPPORT, (to_names,)),
        _table("profile_axes", _keys("axis"), ("eigenvalue", "rate", "modified_rate", "kept")),
    ]  # fmt: skip


def _sheets() -> Table:
    about = ("section", "source", "question", "domain", "actor", "answers", "measure")
    figures = (*FIGURES, *ORDER, "tier", "lead", "national", *CONTRAST)
    return _table("sheets", _keys("territory", "position"), (*about, *figures))


def _themes() -> Table:
    figures = ("respondents", "mentioning", "value", "standard_error", "ci_low", "ci_high")
    to_names = ForeignKey(("analysis", "theme"), "theme_names", ("analysis", "theme"))
    return _table("themes", _keys("theme"), figures, (to_names,))


def _analyses(study: Study) -> Table:
    rows: list[Row] = []
    for section in type(study.analyses).model_fields:
        for name, one in getattr(study.analyses, section).items():
            rows.append((name, len(rows) + 1, section, *_asked(one), one.title.fr, one.title.en))
    names = ("analysis", "position", "section", "question", "answers", "label_fr", "label_en")
    return Table(
        "analyses", Text(fr="Analyses", en="Analyses"),
        Text(fr="Les analyses déclarées.", en="The declared analyses."),
        tuple(analysis_field(name, required=True) for name in names), ("analysis",), (),
        tuple(rows),
    )  # fmt: skip


def _asked(one: Declared) -> tuple[str, str]:
    """Return the question and answers an analysis counts; `_Z` where it has several or none."""
    question, answers = getattr(one, "question", "_Z"), getattr(one, "answers", ())
    return question, "+".join(answers) or "_Z"


def _names(study: Study, table: str, code: str, rows: list[Row]) -> Table:
    names = ("analysis", code, "position", "label_fr", "label_en")
    about = analysis_field(code)
    return Table(
        table, Text(fr=f"Libellés : {about.title.fr}", en=f"Labels: {about.title.en}"),
        Text(fr="Les libellés, tels que déclarés.", en="The labels, as declared."),
        tuple(analysis_field(name, required=True) for name in names), ("analysis", code),
        (ForeignKey(("analysis",), "analyses", ("analysis",)),), tuple(rows),
    )  # fmt: skip


def _profile_names(study: Study) -> list[Row]:
    rows: list[Row] = []
    for name, typology in study.analyses.typologies.items():
        for number in range(1, typology.profiles + 1):
            plain = Text(fr=f"Profil {number}", en=f"Profile {number}")
            label = typology.names.get(str(number), plain)
            rows.append((name, str(number), number, label.fr, label.en))
    return rows


def _theme_names(study: Study) -> list[Row]:
    return [
        (name, theme, position, one.title.fr, one.title.en)
        for name, verbatims in study.analyses.verbatims.items()
        for position, (theme, one) in enumerate(verbatims.themes.items(), start=1)
    ]
