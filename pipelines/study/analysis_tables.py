"""The tables of a study's declared analyses: columns, keys, codes, and how rows are judged.

Belongs here: table → fields, keys, judgement, rows of codes. Not here: computing rows
(pipelines.analysis), judging them (pipelines.disclosure), the tables of estimates (tables.py).
"""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.study.columns import (
    Field,
    ForeignKey,
    Judgement,
    Row,
    Table,
    breakdown_field,
    codes_table_name,
    field,
    figure,
)
from pipelines.study.loader import Study
from pipelines.study.model import NOT_APPLICABLE, Declared, Text

FIGURES = ("respondents", "value", "standard_error", "ci_low", "ci_high")
ORDER = ("ranked", "rank", "rank_low", "rank_high")
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
    "alliances": ("Chiffres propres aux fiches", "Figures of the sheets' own",
                  "Autres chiffres que les fiches montrent, par cellule.",
                  "Further figures that the sheets show, by cell."),
    "sheets": ("Fiches", "Sheets", "Une fiche par territoire, prête pour une page.",
               "One sheet a territory, ready for a page."),
    "themes": ("Thèmes des propos", "Themes of open answers",
               "Part de chaque thème déclaré parmi ceux qui ont écrit.",
               "Share of each declared theme among those who wrote."),
}  # fmt: skip


ITEM = ("question", "domain", "actor")
PROFILE = Judgement(part="profile", part_count="members")


def analysis_tables(study: Study) -> tuple[Table, ...]:
    """Return the tables of analyses that `study` declares something for and data fill."""
    declared = study.analyses
    tables: list[Table] = []
    if declared.priorities:
        tables.append(_ranking(study, "priorities", ("domain",), (*ORDER, "tier"), ()))
    if declared.roles:
        ordered = (*ORDER, "tier", "lead")
        tables.append(_ranking(study, "roles", ("domain", "actor"), ordered, ("domain",)))
    if any(one.alliances for one in declared.sheets.values()):
        tables.append(_ranking(study, "alliances", ("domain", "actor", "answers"), (), ()))
    if declared.typologies:
        tables += _profile_tables(study)
    if declared.verbatims:
        tables.append(_themes())
    return tuple(tables)


def sheet_tables(study: Study) -> tuple[Table, ...]:
    """Return the table of sheets, gathered from rows of the rankings as they are published."""
    return (_sheets(),) if study.analyses.sheets else ()


def analysis_codes(study: Study) -> tuple[Table, ...]:
    """Return the tables of codes and labels that tables of analyses refer to."""
    declared = study.analyses
    tables: list[Table] = []
    if any(getattr(declared, section) for section in type(declared).model_fields):
        tables.append(_analyses(study))
    if declared.typologies:
        tables.append(_names("profile_names", "profile", _profile_names(study)))
    if declared.verbatims:
        tables.append(_names("theme_names", "theme", _theme_names(study)))
    return tuple(tables)


def _table(
    name: str, key: Iterable[Field], others: Iterable[Field],
    judgement: Judgement | None, foreign: Iterable[ForeignKey] = (),
) -> Table:  # fmt: skip
    title_fr, title_en, about_fr, about_en = TITLES[name]
    keys = tuple(key)
    return Table(
        name, Text(fr=title_fr, en=title_en), Text(fr=about_fr, en=about_en),
        (*keys, *others, field("status", required=True)),
        tuple(one.name for one in keys), (*_to_codes(), *foreign), judgement=judgement,
    )  # fmt: skip


def _figures(*names: str) -> tuple[Field, ...]:
    return tuple(figure(name) for name in names)


def _to_codes() -> tuple[ForeignKey, ...]:
    return (
        ForeignKey(("wave",), "waves", ("wave",)),
        ForeignKey(("analysis",), "analyses", ("analysis",)),
    )


def _keys(*names: str) -> tuple[Field, ...]:
    return tuple(field(name, required=True) for name in ("wave", "analysis", *names))


def _breakdowns(study: Study) -> tuple[Field, ...]:
    return tuple(breakdown_field(study, name) for name in study.breakdowns)


def _to_breakdowns(study: Study) -> tuple[ForeignKey, ...]:
    return tuple(ForeignKey((name,), codes_table_name(name), (name,)) for name in study.breakdowns)


def _ranking(
    study: Study, name: str, dimensions: tuple[str, ...], ordered: tuple[str, ...],
    block: tuple[str, ...],
) -> Table:  # fmt: skip
    """Return a table of shares or means by item and cell, with the order of each block of them."""
    key = (*_keys("question", *dimensions), *_breakdowns(study))
    item = tuple(one for one in ITEM if one in ("question", *dimensions))
    foreign = (
        ForeignKey(("question",), "questions", ("question",)),
        *(ForeignKey(("question", one), f"{one}s", ("question", one)) for one in item[1:]),
        *_to_breakdowns(study),
    )
    whole = ("wave", "analysis", "question", *block, *study.breakdowns)
    others = (field("measure", required=True), *_figures(*FIGURES, *ordered, *CONTRAST))
    return _table(name, key, others, Judgement(item, block=whole, ordered=ordered), foreign)


def _profile_tables(study: Study) -> list[Table]:
    to_names = ForeignKey(("analysis", "profile"), "profile_names", ("analysis", "profile"))
    to_answers = ForeignKey(("question", "answer"), "answers", ("question", "answer"))
    described = (
        "respondents", "value", "overall", "difference", "test_value", "represented",
        "position_in_profile",
    )  # fmt: skip
    axes = _figures("eigenvalue", "rate", "modified_rate", "kept")
    return [
        _table(
            "profiles", (*_keys("profile"), *_breakdowns(study)), _figures("members", *FIGURES),
            PROFILE, (to_names, *_to_breakdowns(study)),
        ),
        _table(
            "profile_answers", _keys("profile", *ITEM, "answer"),
            (field("role", required=True), *_figures(*described)),
            Judgement(ITEM, part="profile", is_national=False), (to_names, to_answers),
        ),
        _table(
            "profile_support", _keys("profile"), _figures(*SUPPORT),
            replace(PROFILE, counts=("members",)), (to_names,),
        ),
        _table("profile_axes", _keys("axis"), axes, Judgement(counts=())),
    ]  # fmt: skip


def _sheets() -> Table:
    about = ("section", "source", *ITEM, "answers", "measure")
    figures = _figures(*FIGURES, *ORDER, "tier", "lead", "national", *CONTRAST)
    others = (*(field(name, required=True) for name in about), *figures)
    return _table("sheets", _keys("territory", "position"), others, None)


def _themes() -> Table:
    figures = _figures("respondents", "mentioning", "value", "standard_error", "ci_low", "ci_high")
    judged = Judgement(counts=("respondents", "mentioning"), rest=("mentioning", "respondents"))
    to_names = ForeignKey(("analysis", "theme"), "theme_names", ("analysis", "theme"))
    return _table("themes", _keys("theme"), figures, judged, (to_names,))


def _analyses(study: Study) -> Table:
    rows: list[Row] = []
    for section in type(study.analyses).model_fields:
        for name, one in getattr(study.analyses, section).items():
            asked = _asked(study, one)
            rows.append((name, len(rows) + 1, section, *asked, one.title.fr, one.title.en))
    names = ("analysis", "position", "section", "question", "answers", "label_fr", "label_en")
    return Table(
        "analyses", Text(fr="Analyses", en="Analyses"),
        Text(fr="Les analyses déclarées.", en="The declared analyses."),
        tuple(field(name, required=True) for name in names), ("analysis",), (),
        tuple(rows),
    )  # fmt: skip


def _asked(study: Study, one: Declared) -> tuple[str, str]:
    """Return the question and answers an analysis counts.

    `_Z` where it has several or none, or an open question, which no published table names.
    """
    question = getattr(one, "question", None)
    if question is None or study.questions[question].kind == "open_text":
        return NOT_APPLICABLE, NOT_APPLICABLE
    return question, getattr(one, "answers_text", NOT_APPLICABLE)


def _names(table: str, code: str, rows: list[Row]) -> Table:
    names = ("analysis", code, "position", "label_fr", "label_en")
    about = field(code)
    return Table(
        table, Text(fr=f"Libellés : {about.title.fr}", en=f"Labels: {about.title.en}"),
        Text(fr="Les libellés, tels que déclarés.", en="The labels, as declared."),
        tuple(field(name, required=True) for name in names), ("analysis", code),
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
