"""The tables of totals, ratios and quantiles that a study declares.

Belongs here: table → fields, keys, judgement. Not here: computing rows (pipelines.estimation,
pipelines.analysis), judging them (pipelines.disclosure).
"""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.study.columns import Field, Judgement, Table, field, figure
from pipelines.study.loader import Study
from pipelines.study.table_parts import (
    ITEM,
    TO_ANALYSES,
    TO_WAVES,
    breakdown_fields,
    data_table,
    key_fields,
    to_breakdowns,
    to_item,
)

TOTALS, RATIOS, QUANTILES = "totals", "ratios", "quantiles"
SAID = ("value", "standard_error", "ci_low", "ci_high")
# respondents at or below and at or above a quantile: they judge its row and are not published
SIDES = ("at_or_below", "at_or_above")
TITLES = {
    TOTALS: ("Totaux", "Totals",
             "Unités du cadre (communes) que représente chaque réponse déclarée, par cellule.",
             "Units of the frame (communes) that each declared answer stands for, by cell."),
    RATIOS: ("Rapports", "Ratios", "Une estimation rapportée à une autre, par cellule.",
             "One estimate over another, by cell."),
    QUANTILES: ("Quantiles", "Quantiles", "Médianes et autres quantiles de nombres, par cellule.",
                "Medians and other quantiles of numbers, by cell."),
}  # fmt: skip


def quantity_tables(study: Study) -> tuple[Table, ...]:
    """Return the tables of ratios and quantiles, whose rows are judged, where declared."""
    found = []
    if study.analyses.ratios:
        found.append(_ratios(study))
    if study.analyses.quantiles:
        found.append(_quantiles(study))
    return tuple(found)


def total_tables(study: Study) -> tuple[Table, ...]:
    """Return the table of totals, gathered from published shares and means, where declared."""
    if not study.analyses.totals:
        return ()
    judgement = Judgement(ITEM)  # of written rows: they are gathered from published ones
    figures = ("units", "respondents", *(f"total_{one}" for one in SAID), "reliability")
    return (_table(study, TOTALS, (*ITEM, "answer"), map(_as_figure, figures), judgement),)


def _ratios(study: Study) -> Table:
    figures = (
        "respondents", "denominator_respondents", *(f"ratio_{one}" for one in SAID), "reliability",
    )  # fmt: skip
    judgement = Judgement(ITEM, counts=("respondents", "denominator_respondents"))
    others = (*key_fields("of_question", "of_answer"), *map(_as_figure, figures))
    return _table(study, RATIOS, (*ITEM, "answer"), others, judgement)


def _quantiles(study: Study) -> Table:
    names = ("respondents", *(f"quantile_{one}" for one in SAID if one != "standard_error"))
    judgement = Judgement(ITEM, counts=("respondents", *SIDES))
    figures = map(_as_figure, (*names, "reliability"))
    return _table(study, QUANTILES, (*ITEM, "probability"), figures, judgement)


def _as_figure(entry: str) -> Field:
    """Return a figure; `total_value` is a column `value`, described as that of a total."""
    kind, _, name = entry.partition("_")
    if name in SAID and kind in {"total", "ratio", "quantile"}:
        return replace(field(name, entry=entry), is_figure=True)
    return figure(entry)


def _table(
    study: Study, name: str, key: tuple[str, ...], others: Iterable[Field], judgement: Judgement
) -> Table:
    return data_table(
        name, TITLES[name], (*key_fields("wave", "analysis", *key), *breakdown_fields(study)),
        others, judgement, (TO_WAVES, TO_ANALYSES, *to_item(*ITEM[1:]), *to_breakdowns(study)),
    )  # fmt: skip
