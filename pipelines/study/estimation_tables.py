"""The tables of estimates beside the estimates: nets, item non-response, comparisons, associations.

Belongs here: table → fields, keys, judgement, rows of codes. Not here: computing rows
(pipelines.estimation), judging them (pipelines.disclosure), the estimates themselves (tables.py).
"""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.study.columns import Field, ForeignKey, Judgement, Row, Table, field
from pipelines.study.loader import Study
from pipelines.study.model import Text
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

NETS, ITEM_RESPONSE = "nets", "item_response"
COMPARISONS, ASSOCIATIONS = "comparisons", "associations"
MEASURES = ("share", "mean")
OF_NETS = ("respondents", "value", "standard_error", "ci_low", "ci_high", "reliability")
OF_COMPARISONS = (
    "respondents", "other_respondents", "value", "difference", "difference_low", "difference_high",
    "p_value", "p_adjusted", "contrast",
)  # fmt: skip
OF_ASSOCIATIONS = ("respondents", "p_value", "p_adjusted", "dependence")
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
    to_names = ForeignKey(("question", "answer"), "net_names", ("question", "answer"))
    return _table(
        NETS, (*key_fields("wave", *ITEM, "answer"), *breakdown_fields(study)),
        figure_fields(*OF_NETS), Judgement(ITEM), (*to_breakdowns(study), to_names),
    )  # fmt: skip


def _item_response() -> Table:
    told = figure_fields("asked", "respondents", "non_response")
    return _table(ITEM_RESPONSE, key_fields("wave", *ITEM), told, Judgement(ITEM))


def _comparisons(study: Study) -> Table:
    measure = replace(field("measure", required=True), enum=MEASURES)
    others = (measure, field("against", required=True), *figure_fields(*OF_COMPARISONS))
    return _table(
        COMPARISONS, (*key_fields("wave", "analysis", *ITEM, "answer"), *breakdown_fields(study)),
        others, Judgement(ITEM, counts=("respondents", "other_respondents")),
        (*to_breakdowns(study), TO_ANALYSES),
    )  # fmt: skip


def _associations(study: Study) -> Table:
    by = replace(field("by", required=True), enum=tuple(study.breakdowns))
    return _table(
        ASSOCIATIONS, key_fields("wave", "analysis", *ITEM, "answer"),
        (by, *figure_fields(*OF_ASSOCIATIONS)), Judgement(ITEM), (TO_ANALYSES,),
    )  # fmt: skip


def _table(
    name: str, key: Iterable[Field], others: Iterable[Field], judgement: Judgement,
    foreign: Iterable[ForeignKey] = (),
) -> Table:  # fmt: skip
    return data_table(
        name, TITLES[name], key, others, judgement, (TO_WAVES, *to_item(*ITEM[1:]), *foreign)
    )


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
        key_fields(*names), ("question", "answer"), to_item(), tuple(rows),
    )  # fmt: skip
