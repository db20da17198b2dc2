"""The tables of a study's declared analyses: columns, keys, codes, and how rows are judged.

Belongs here: table → fields, keys, judgement, rows of codes. Not here: computing rows
(pipelines.analysis), judging them (pipelines.disclosure), the tables of estimates (tables.py).
"""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.study.columns import Field, ForeignKey, Judgement, Row, Table, field
from pipelines.study.loader import Study
from pipelines.study.model import NOT_APPLICABLE, Declared, Text
from pipelines.study.table_parts import (
    ITEM,
    TO_ANALYSES,
    TO_WAVES,
    breakdown_fields,
    data_table,
    figure_fields,
    key_fields,
    to_breakdowns,
    to_item,
)

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
    return data_table(
        name, TITLES[name], (*key_fields("wave", "analysis"), *key), others, judgement,
        (TO_WAVES, TO_ANALYSES, *foreign),
    )  # fmt: skip


def _ranking(
    study: Study, name: str, dimensions: tuple[str, ...], ordered: tuple[str, ...],
    block: tuple[str, ...],
) -> Table:  # fmt: skip
    """Return a table of shares or means by item and cell, with the order of each block of them."""
    key = (*key_fields("question", *dimensions), *breakdown_fields(study))
    item = tuple(one for one in ITEM if one in ("question", *dimensions))
    foreign = (*to_item(*item[1:]), *to_breakdowns(study))
    whole = ("wave", "analysis", "question", *block, *study.breakdowns)
    others = (field("measure", required=True), *figure_fields(*FIGURES, *ordered, *CONTRAST))
    return _table(name, key, others, Judgement(item, block=whole, ordered=ordered), foreign)


def _profile_tables(study: Study) -> list[Table]:
    to_names = ForeignKey(("analysis", "profile"), "profile_names", ("analysis", "profile"))
    to_answers = ForeignKey(("question", "answer"), "answers", ("question", "answer"))
    described = (
        "respondents", "value", "overall", "difference", "test_value", "represented",
        "position_in_profile",
    )  # fmt: skip
    axes = figure_fields("eigenvalue", "rate", "modified_rate", "kept")
    return [
        _table(
            "profiles", (*key_fields("profile"), *breakdown_fields(study)),
            figure_fields("members", *FIGURES), PROFILE, (to_names, *to_breakdowns(study)),
        ),
        _table(
            "profile_answers", key_fields("profile", *ITEM, "answer"),
            (field("role", required=True), *figure_fields(*described)),
            Judgement(ITEM, part="profile", is_national=False), (to_names, to_answers),
        ),
        _table(
            "profile_support", key_fields("profile"), figure_fields(*SUPPORT),
            replace(PROFILE, counts=("members",)), (to_names,),
        ),
        _table("profile_axes", key_fields("axis"), axes, Judgement(counts=())),
    ]  # fmt: skip


def _sheets() -> Table:
    about = ("section", "source", *ITEM, "answers", "measure")
    figures = figure_fields(*FIGURES, *ORDER, "tier", "lead", "national", *CONTRAST)
    others = (*key_fields(*about), *figures)
    return _table("sheets", key_fields("territory", "position"), others, None)


def _themes() -> Table:
    figures = figure_fields(FIGURES[0], "mentioning", *FIGURES[1:])
    judged = Judgement(counts=("respondents", "mentioning"), rest=("mentioning", "respondents"))
    to_names = ForeignKey(("analysis", "theme"), "theme_names", ("analysis", "theme"))
    return _table("themes", key_fields("theme"), figures, judged, (to_names,))


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
        key_fields(*names), ("analysis",), (),
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
        key_fields(*names), ("analysis", code),
        (TO_ANALYSES,), tuple(rows),
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
