"""What the policy costs a wave, and which grouping of codes would cost less.

Belongs here: the pattern of a wave under other thresholds and other groupings, compared. Not here:
deciding anything: a grouping is declared (`recode`), never applied on its own. Everything here
is private: it tells unsafe cells from those that cover them.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from pipelines import sql
from pipelines.disclosure.axes import axes_of
from pipelines.disclosure.bases import Bases, CellKey, Flags, read_bases
from pipelines.disclosure.errors import PatternImpossibleError
from pipelines.disclosure.primary import is_void
from pipelines.disclosure.regrouping import grouped, ungrouped
from pipelines.disclosure.selection import Selector
from pipelines.study import NOT_APPLICABLE, TOTAL, Study

THRESHOLDS = (3, 5, 11)
PARTNERS = 3  # codes tried as company for each withheld one: those with the fewest respondents


@dataclass(frozen=True)
class Cost:
    """What a threshold withholds of the tables that all items share, in cells.

    `withheld` counts the whole pattern, `unsafe` the cells that the rules name themselves;
    both None where no pattern is safe.
    """

    minimum_respondents: int
    cells: int
    unsafe: int | None
    withheld: int | None


@dataclass(frozen=True)
class Grouping:
    """Two codes of a breakdown which, grouped, would leave `freed` fewer cells withheld."""

    breakdown: str
    codes: tuple[str, str]
    freed: int


@dataclass(frozen=True)
class Saved:
    """What the declared `recode` of a breakdown saved, in cells withheld with it and without.

    `grouped` are the codes that it groups; `without` is None where no pattern would be safe.
    """

    breakdown: str
    grouped: tuple[str, ...]
    cells: int
    withheld: int
    cells_without: int
    withheld_without: int | None


@dataclass(frozen=True)
class Advice:
    """Private: the cost of the policy of one wave at each threshold, and groupings, best first."""

    study: str
    wave: str
    costs: tuple[Cost, ...]
    groupings: tuple[Grouping, ...]
    saved: tuple[Saved, ...] = ()

    def private(self) -> dict[str, object]:
        """Return everything, for the private folder."""
        return asdict(self)


def advise(study: Study, wave_id: str, estimates: Path, weighted: Path | None = None) -> Advice:
    """Compare the pattern of one wave with those of other thresholds and groupings.

    `estimates` is Parquet of full precision. Costs are at 3, 5, 11 and the declared threshold.
    Groupings are tried two codes at a time, a withheld code with each of the smallest others, in
    breakdowns that no other breakdown nests in; those that free no cell are left out. With the
    respondents (`weighted`, Parquet) it also tells what each declared `recode` saved. Raises
    EstimatesUnfitError, PatternTooLargeError.
    """
    with sql.connect() as connection:
        bases = _of_largest_item(read_bases(connection, study, wave_id, estimates))
    thresholds = sorted({*THRESHOLDS, study.about.disclosure.minimum_respondents})
    costs = tuple(_cost(_with_threshold(study, k), bases, k) for k in thresholds)
    saved = () if weighted is None else tuple(_saved(study, wave_id, bases, weighted))
    return Advice(study.id, wave_id, costs, tuple(_groupings(study, bases)), saved)


def _saved(study: Study, wave_id: str, bases: Bases, weighted: Path) -> Iterator[Saved]:
    """Give what each recode saved; not those that make zones of what stands beside them."""
    for axis in axes_of(study):
        breakdown = bases.breakdowns[axis.breakdowns[0]]
        recode = study.breakdowns[breakdown].recode
        if axis.combinations or not recode:
            continue
        without = ungrouped(study, wave_id, bases, weighted, breakdown)
        now, then = _withheld(study, bases), _withheld(study, without)
        yield Saved(
            breakdown, tuple(sorted(recode)),
            int((~is_void(bases)).sum()), int(now[0].sum()) if now else 0,
            int((~is_void(without)).sum()), int(then[0].sum()) if then else None,
        )  # fmt: skip


def _of_largest_item(bases: Bases) -> Bases:
    """Keep the item that the shared pattern is computed on: the one with most respondents."""
    largest = int(np.argmax(bases.respondents[:, bases.national].max(axis=1)))
    return replace(
        bases,
        items=(bases.items[largest],),
        respondents=bases.respondents[[largest]],
        extreme=np.zeros_like(bases.extreme[[largest]]),
        asked=bases.asked[[largest]],
    )


def _with_threshold(study: Study, threshold: int) -> Study:
    rules = study.about.disclosure.model_copy(update={"minimum_respondents": threshold})
    return replace(study, about=study.about.model_copy(update={"disclosure": rules}))


def _withheld(study: Study, bases: Bases) -> tuple[Flags, Flags] | None:
    try:
        selection = Selector(study, bases).select()
    except PatternImpossibleError:
        return None
    return selection.withheld[0], selection.unsafe[0]


def _cost(study: Study, bases: Bases, threshold: int) -> Cost:
    found = _withheld(study, bases)
    cells = int((~is_void(bases)).sum())
    if found is None:
        return Cost(threshold, cells, None, None)
    return Cost(threshold, cells, int(found[1].sum()), int(found[0].sum()))


def _groupings(study: Study, bases: Bases) -> list[Grouping]:
    found = _withheld(study, bases)
    if found is None or not found[0].any():
        return []
    before = int(found[0].sum())
    tried = []
    for breakdown, codes in _pairs(study, bases, found[0]):
        after = _withheld(study, grouped(bases, breakdown, codes))
        if after is not None and int(after[0].sum()) < before:
            name = bases.breakdowns[breakdown]
            tried.append(Grouping(name, codes, before - int(after[0].sum())))
    return sorted(tried, key=lambda one: (-one.freed, one.breakdown, one.codes))


def _pairs(study: Study, bases: Bases, withheld: Flags) -> Iterator[tuple[int, tuple[str, str]]]:
    """Give each withheld code with the smallest other codes of its breakdown, each pair once."""
    for axis in axes_of(study):
        if axis.combinations:
            continue
        breakdown = axis.breakdowns[0]
        size = {
            cell[breakdown]: (int(bases.respondents[0, at]), bool(withheld[at]))
            for at, cell in enumerate(bases.cells)
            if _is_one_way(cell, breakdown) and not is_void(bases)[at]
        }
        codes = sorted(size, key=lambda code: (size[code][0], code))
        pairs = {
            (min(one, other), max(one, other))
            for one in codes
            if size[one][1]
            for other in [code for code in codes if code != one][:PARTNERS]
        }
        for pair in sorted(pairs):
            yield breakdown, pair


def _is_one_way(cell: CellKey, breakdown: int) -> bool:
    others = cell[:breakdown] + cell[breakdown + 1 :]
    return cell[breakdown] not in {TOTAL, NOT_APPLICABLE} and set(others) <= {TOTAL}
