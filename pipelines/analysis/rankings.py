"""Rankings: measures put in order within each cell, and what of the order the sample supports.

Belongs here: places and their uncertainty, tiers, leads, differences from the rest. Not here:
variances and tests (domains.py), what may be published of it (protection.py).
"""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.domains import (
    Cell,
    Flags,
    Vector,
    benjamini_hochberg,
    contrast,
    estimate_cell,
    half_width,
    holm,
    p_values,
    pairwise,
)
from pipelines.analysis.measures import Respondents, measures_of, read_measures
from pipelines.estimation.measures import Measure
from pipelines.study import TOTAL, Study
from pipelines.study.analyses import Counted

Places = npt.NDArray[np.int64]
Shown = Collection[tuple[str, ...]]  # question, domain, actor and one code a breakdown
ORDERED = ("ranked", "rank", "rank_low", "rank_high", "tier")
BLOCKS = {"priorities": (), "roles": ("domain",)}


@dataclass(frozen=True)
class Order:
    """The order of a block of measures: place, the places it may have, and its tier.

    `low` and `high` bound the true places of all measures together, with at least 95% confidence
    (Klein, Wright and Wieczorek 2020): place 1 + those significantly above, to last - those
    significantly below, over all pairs by Holm. `tier` groups what cannot be told apart from the
    first of its group; it reads well but is no test: neighbours across tiers may overlap.
    """

    place: Places
    low: Places
    high: Places
    tier: Places


def order_of(cell: Cell, decimals: int, *, is_share: bool) -> Order:
    """Return the order of a cell's measures, highest first; equal when equal as published."""
    size = cell.value.size
    shown = np.round(cell.value, decimals)
    p, difference = pairwise(cell, is_share=is_share)
    pairs = np.triu_indices(size, 1)
    apart = np.zeros((size, size), dtype=np.bool_)
    apart[pairs] = holm(p[pairs])
    apart |= apart.T
    above = apart & (difference < 0)  # [a, b]: b is above a
    low, high = 1 + above.sum(axis=1), size - (apart & (difference > 0)).sum(axis=1)
    place = 1 + (shown[None, :] > shown[:, None]).sum(axis=1)
    return Order(place, low, high, _tiers(cell.value, apart))


def _tiers(value: Vector, apart: Flags) -> Places:
    tier = np.zeros(value.size, dtype=np.int64)
    first, number = -1, 0
    for one in np.argsort(-value, kind="stable"):
        if first < 0 or apart[first, one]:
            first, number = int(one), number + 1
        tier[one] = number
    return tier


def leads(order: Order) -> list[str]:
    """Return who leads: `alone`, `shared` (cannot be told apart from the highest) or `behind`."""
    ahead = order.low == 1
    word = "alone" if int(ahead.sum()) == 1 else "shared"
    return [word if one else "behind" for one in ahead]


def rank(
    study: Study, wave_id: str, weighted: Path, name: str, counted: Counted, section: str,
    shown: Shown | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Return the rows of one ranking at every published crossing, sorted by key, full precision.

    One row per item and cell: wave, analysis, question, domain, actor, measure, breakdowns,
    respondents, value, standard_error, ci_low, ci_high, ranked, rank, rank_low, rank_high, tier,
    lead, difference, difference_low, difference_high (from everybody else), contrast (above, below,
    none). `section` is priorities, roles, or alliances, whose measures are not put in order. Only
    what `shown` holds (None: all of it) is put in order, `ranked` of them: a place among figures
    that are withheld would tell of these.
    """
    measures = measures_of(study, counted)
    people = read_measures(study, wave_id, weighted, measures)
    parts = [
        _crossing(study, people, measures, crossing, section, shown) for crossing in study.crossings
    ]
    head = {"wave": pl.lit(wave_id), "analysis": pl.lit(name)}
    found = pl.concat(parts).with_columns(**head)
    return found.select(*head, *(one for one in found.columns if one not in head))


def _crossing(
    study: Study, people: Respondents, measures: Sequence[Measure],
    crossing: tuple[str, ...], section: str, shown: Shown | None,
) -> pl.DataFrame:  # fmt: skip
    parts, p = [], []
    for codes, inside in cells_of(study, people, crossing):
        cell = estimate_cell(people, inside)
        apart = _contrast(study, people, inside) if crossing else _no_contrast(len(measures))
        at = {name: codes.get(name, TOTAL) for name in study.breakdowns}
        is_shown = np.array([shown is None or (*_item(one), *at.values()) in shown
                             for one in measures], dtype=np.bool_)  # fmt: skip
        parts.append(
            pl.DataFrame(
                {**_key(measures), **at, **_figures(cell, measures)}
                | _ordered(study, cell, measures, crossing, section, is_shown)
                | apart
            )
        )
        p.append(apart["p"])
    found = pl.concat(parts)
    is_found = benjamini_hochberg(np.concatenate(p))
    direction = pl.when(pl.col("difference") > 0).then(pl.lit("above")).otherwise(pl.lit("below"))
    none = pl.when(pl.col("difference").is_not_null()).then(pl.lit("none"))
    return found.drop("p").with_columns(
        contrast=pl.when(pl.Series(is_found)).then(direction).otherwise(none)
    )


def shown_cells(study: Study, protected: pl.DataFrame) -> Shown:
    """Return the items and cells that are published: question, domain, actor, breakdowns."""
    rows = protected.filter(pl.col("status") == "published")
    return set(rows.select("question", "domain", "actor", *study.breakdowns).unique().rows())


def _item(measure: Measure) -> tuple[str, str, str]:
    return measure.item.question, measure.item.domain, measure.item.actor


def cells_of(
    study: Study, people: Respondents, crossing: tuple[str, ...]
) -> Iterator[tuple[dict[str, str], Flags]]:
    """Yield the codes of each cell of a crossing and who is in it."""
    known = [
        study.codelists[study.breakdowns[name].codelist].of_kind("answer") for name in crossing
    ]
    for codes in itertools.product(*known):
        at = dict(zip(crossing, codes, strict=True))
        inside = np.ones(people.weight.size, dtype=np.bool_)
        for name, code in at.items():
            inside &= people.breakdowns[name] == code
        yield at, inside


def _key(measures: Sequence[Measure]) -> dict[str, list[str]]:
    return {
        "question": [one.item.question for one in measures],
        "domain": [one.item.domain for one in measures],
        "actor": [one.item.actor for one in measures],
        "measure": [one.kind for one in measures],
    }


def _figures(cell: Cell, measures: Sequence[Measure]) -> dict[str, pl.Series]:
    low, high = cell.bounds(is_share=measures[0].kind == "share")
    return {
        "respondents": pl.Series(cell.respondents.astype(np.int64)),
        "value": column(cell.value),
        "standard_error": column(cell.error),
        "ci_low": column(low),
        "ci_high": column(high),
    }


def column(values: Vector) -> pl.Series:
    """Return full precision less its noise: what summation order may change is rounded off."""
    return pl.Series(np.round(values, 12)).fill_nan(None)


def _ordered(
    study: Study, cell: Cell, measures: Sequence[Measure], crossing: tuple[str, ...],
    section: str, is_shown: Flags,
) -> dict[str, pl.Series]:  # fmt: skip
    """Return the columns of the order; null for a measure that has no estimate or is not shown."""
    numbers = {name: np.zeros(len(measures)) for name in ORDERED}
    words: list[str | None] = [None] * len(measures)
    decimals = _decimals(study, crossing, measures)
    for whole in _blocks(measures, section):
        block = whole[is_shown[whole] & np.isfinite(cell.value[whole])]
        if block.size < 2:
            continue
        inner = _part(cell, block)
        order = order_of(inner, decimals, is_share=measures[0].kind == "share")
        columns = (np.full(block.size, block.size), order.place, order.low, order.high, order.tier)
        for name, values in zip(numbers, columns, strict=True):
            numbers[name][block] = values
        for place, word in zip(block, leads(order), strict=True):
            words[place] = word
    ordered = {
        name: pl.Series(values.astype(np.int64)).replace(0, None)
        for name, values in numbers.items()
    }
    return {**ordered, "lead": pl.Series(words, dtype=pl.String)}


def _decimals(study: Study, crossing: tuple[str, ...], measures: Sequence[Measure]) -> int:
    name = measures[0].kind if crossing else f"national_{measures[0].kind}"
    return int(getattr(study.about.disclosure.precision, name))


def _blocks(measures: Sequence[Measure], section: str) -> list[Places]:
    """Return which measures are put in order together: positions, one array a block."""
    if section not in BLOCKS:
        return []
    keys = [tuple(getattr(one.item, name) for name in BLOCKS[section]) for one in measures]
    return [
        np.array([place for place, key in enumerate(keys) if key == block], dtype=np.int64)
        for block in dict.fromkeys(keys)
    ]


def _part(cell: Cell, block: Places) -> Cell:
    vectors = (cell.respondents, cell.base, cell.effective, cell.freedom)
    return Cell(
        cell.value[block], cell.covariance[np.ix_(block, block)], *(one[block] for one in vectors)
    )


def _contrast(study: Study, people: Respondents, inside: Flags) -> dict[str, Vector | pl.Series]:
    """Return the difference of a cell from everybody else; null where either side is too small."""
    difference, error, rest = contrast(people, inside)
    own = estimate_cell(people, inside)
    least = study.about.disclosure.minimum_respondents
    is_enough = (own.respondents >= least) & (rest.respondents >= least)
    freedom = np.maximum(own.freedom + rest.freedom, 1.0)
    half = half_width(error, freedom)
    shown = np.where(is_enough, difference, np.nan)
    return {
        "difference": column(shown),
        "difference_low": column(shown - half),
        "difference_high": column(shown + half),
        "p": np.where(is_enough, p_values(difference, error, freedom), 1.0),
    }


def _no_contrast(size: int) -> dict[str, Vector | pl.Series]:
    names = ("difference", "difference_low", "difference_high")
    empty = pl.Series([None] * size, dtype=pl.Float64)
    return {**dict.fromkeys(names, empty), "p": np.ones(size)}
