"""The tables of estimates beside the estimates: nets, item non-response, comparisons, associations.

Belongs here: table → fields, keys, judgement, rows of codes. Not here: computing rows
(pipelines.estimation), judging them (pipelines.disclosure), the estimates themselves (tables.py).
"""

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
from pipelines.study.model import Text

ITEM = ("question", "domain", "actor")
NETS, ITEM_RESPONSE = "nets", "item_response"
COMPARISONS, ASSOCIATIONS = "comparisons", "associations"
MEASURES = ("share", "mean")
OF_NETS = ("respondents", "value", "standard_error", "ci_low", "ci_high", "reliability")
OF_COMPARISONS = (
    "respondents", "other_respondents", "value", "difference", "difference_low", "difference_high",
    "p_value", "p_adjusted", "contrast",
)  # fmt: skip
OF_ASSOCIATIONS = ("respondents", "p_value", "p_adjusted", "dependence")
TO_ANALYSES = ForeignKey(("analysis",), "analyses", ("analysis",))
TITLES = {
    NETS: ("Regroupements de réponses", "Nets",
           "Part de chaque regroupement de réponses déclaré, par cellule.",
           "Share of each declared net, by cell."),
    ITEM_RESPONSE: ("Non-réponse par question", "Item non-response",
                    "Combien de personnes interrogées et combien ont répondu, sans pondération.",
                    "How many people were asked and how many answered, unweighted."),
    COMPARISONS: ("Comparaisons", "Comparisons",
                  "Écart de chaque cellule au reste, à l'ensemble ou à la vague précédente.",
                  "Difference of each cell from the rest, the total or the wave before."),
    ASSOCIATIONS: ("Liens avec les ventilations", "Associations with breakdowns",
                   "Si les réponses dépendent d'une ventilation (Rao et Scott, second ordre).",
                   "Whether answers depend on a breakdown (Rao and Scott, second order)."),
}  # fmt: skip


def estimation_tables(study: Study) -> tuple[Table, ...]:
    """Return the tables beside the estimates that data fill, of what `study` declares."""
    tables = [_item_response()]
    if declared_nets(study):
        tables.append(_nets(study))
    if study.analyses.comparisons:
        tables.append(_comparisons(study))
    if study.analyses.associations:
        tables.append(_associations(study))
    return tuple(tables)


def estimation_codes(study: Study) -> tuple[Table, ...]:
    """Return the tables of codes that these refer to."""
    return (_net_names(study),) if declared_nets(study) else ()


def declared_nets(study: Study) -> dict[str, dict[str, Text]]:
    """Return the nets of each question and their labels; a multiple choice has none.

    Whoever gives two answers of a net would count twice.
    """
    found: dict[str, dict[str, Text]] = {}
    for item in study.items:
        scale = study.questions[item.question].scale
        if scale is None or item.is_multiple or item.is_numeric:
            continue
        nets = study.codelists[scale].about.nets
        titles = {
            name: net.title
            for name, net in nets.items()
            if name not in item.answers and set(net.answers) & set(item.answers)
        }
        if titles:
            found[item.question] = titles
    return found


def _nets(study: Study) -> Table:
    return _table(
        NETS,
        ("wave", *ITEM, "answer"), (*_breakdowns(study),), _figures(*OF_NETS), Judgement(ITEM),
        (
            *_to_items(), *_to_breakdowns(study),
            ForeignKey(("question", "answer"), "net_names", ("question", "answer")),
        ),
    )  # fmt: skip


def _item_response() -> Table:
    return _table(
        ITEM_RESPONSE,
        ("wave", *ITEM), (), _figures("asked", "respondents", "non_response"), Judgement(ITEM),
        _to_items(),
    )  # fmt: skip


def _comparisons(study: Study) -> Table:
    others = (
        replace(field("measure", required=True), enum=MEASURES),
        field("against", required=True), *_figures(*OF_COMPARISONS),
    )  # fmt: skip
    return _table(
        COMPARISONS,
        ("wave", "analysis", *ITEM, "answer"), (*_breakdowns(study),), others,
        Judgement(ITEM, counts=("respondents", "other_respondents")),
        (*_to_items(), *_to_breakdowns(study), TO_ANALYSES),
    )  # fmt: skip


def _associations(study: Study) -> Table:
    by = replace(field("by", required=True), enum=tuple(study.breakdowns))
    return _table(
        ASSOCIATIONS,
        ("wave", "analysis", *ITEM, "answer"), (),
        (by, *_figures(*OF_ASSOCIATIONS)), Judgement(ITEM),
        (*_to_items(), TO_ANALYSES),
    )  # fmt: skip


def _table(
    name: str, key: tuple[str, ...], breakdowns: tuple[Field, ...],
    others: tuple[Field, ...], judgement: Judgement, foreign: tuple[ForeignKey, ...],
) -> Table:  # fmt: skip
    title_fr, title_en, about_fr, about_en = TITLES[name]
    keys = (*(field(one, required=True) for one in key), *breakdowns)
    return Table(
        name, Text(fr=title_fr, en=title_en), Text(fr=about_fr, en=about_en),
        (*keys, *others, field("status", required=True)),
        tuple(one.name for one in keys), foreign, judgement=judgement,
    )  # fmt: skip


def _figures(*names: str) -> tuple[Field, ...]:
    return tuple(figure(name) for name in names)


def _breakdowns(study: Study) -> tuple[Field, ...]:
    return tuple(breakdown_field(study, name) for name in study.breakdowns)


def _to_items() -> tuple[ForeignKey, ...]:
    return (
        ForeignKey(("wave",), "waves", ("wave",)),
        ForeignKey(("question",), "questions", ("question",)),
        *(ForeignKey(("question", one), f"{one}s", ("question", one)) for one in ITEM[1:]),
    )


def _to_breakdowns(study: Study) -> tuple[ForeignKey, ...]:
    return tuple(ForeignKey((name,), codes_table_name(name), (name,)) for name in study.breakdowns)


def _net_names(study: Study) -> Table:
    rows: list[Row] = [
        (question, net, position, title.fr, title.en)
        for question, nets in declared_nets(study).items()
        for position, (net, title) in enumerate(nets.items(), start=1)
    ]
    names = ("question", "answer", "position", "label_fr", "label_en")
    return Table(
        "net_names", Text(fr="Libellés des regroupements", en="Labels of nets"),
        Text(fr="Les regroupements de réponses, tels que déclarés.", en="The nets, as declared."),
        tuple(field(name, required=True) for name in names), ("question", "answer"),
        (ForeignKey(("question",), "questions", ("question",)),), tuple(rows),
    )  # fmt: skip
