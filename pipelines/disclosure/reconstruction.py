"""Weight reconstruction: crossings that are not published, read back from the ones that are.

Weights are nearly constant within region × size, so the share of a region says how many of its
respondents stood in each size, and how they answered: a handful of whole numbers must reproduce
every printed figure of the cell.

Belongs here: which cells hide crossings, and what a printed figure says of them. Not here: trying
the whole numbers (combinations.py), what published tables say by adding up (outsider.py).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.disclosure.combinations import Points, Ways, Whole, answers_near, ways_to_split
from pipelines.disclosure.population import counted_breakdowns, units_of
from pipelines.disclosure.released import SHOWN, Floats, Key, Wave, Written
from pipelines.study import TOTAL, Study

MAXIMUM_CLASSES = 3
EFFECT_HALF = 0.05  # design effects are printed with one decimal below national level
COARSER = 10  # what no longer holds with one decimal fewer is what the decimals gave away

Printed = tuple[float | None, ...]  # figures of one cell, None where one is not printed


@dataclass
class Reconstruction:
    """What the weights give away: `found` is (item, cell), private; the rest are counts.

    `staying` crossings are confined to all or none because the share itself is nearly 0 or 1, not
    by its precision; `unexplained` figures fit no whole numbers (weights of another kind);
    `not_examined` cells have too many crossings inside to try.
    """

    found: list[tuple[Key, int]]
    staying: int = 0
    unexplained: int = 0
    not_examined: int = 0


@dataclass(frozen=True)
class Inside:
    """The crossings inside one cell: their units and the stratum cell of each (-1: none)."""

    units: tuple[float, ...]
    strata: tuple[int, ...]
    strata_units: tuple[float, ...]


@dataclass(frozen=True)
class Rules:
    """What the judgement of a cell depends on besides its figures; `half` a unit of a share."""

    half: float
    minimum_respondents: int
    minimum_population: int
    group_fraction: float
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """All that is printed of one item in one cell, and of the strata of its crossings.

    `weights` are the mean weight and `sample` the respondents of the stratum of each crossing;
    `values`, `errors` and `effects` have one entry per answer.
    """

    units: tuple[float, ...]
    strata_units: tuple[float, ...]
    weights: Printed
    sample: Printed
    respondents: int
    effective: float
    values: Printed
    errors: Printed
    effects: Printed


@dataclass(frozen=True)
class Judgement:
    """What one cell of one item gives away, and how many crossings and figures were what."""

    gives_away: bool = False
    staying: int = 0
    unexplained: int = 0
    is_examined: bool = True


def reconstruct(study: Study, wave: Wave, only: Collection[Key] | None = None) -> Reconstruction:
    """Try to read unpublished crossings back from the figures of the release to judge.

    `only`: of some items. Works on cells that the frame can count and that hold at most 3
    crossings of counted breakdowns. A crossing below the threshold is given away when every
    combination that fits has all or none of its respondents give an answer, unless one decimal
    fewer would say the same and the crossing is large enough to hide in.
    """
    outcome = Reconstruction([])
    inside = dict(_crossings(study, wave, outcome))
    rules = _rules(study)
    for item, (now, *_) in wave.items.items():
        if now is None or item[3] != "share" or (only is not None and item not in only):
            continue
        for cell, crossings in inside.items():
            if now.state[cell] != SHOWN:
                continue
            judged = _judge(rules, _printed(now, cell, crossings))
            outcome.staying += judged.staying
            outcome.unexplained += judged.unexplained
            outcome.not_examined += not judged.is_examined
            if judged.gives_away:
                outcome.found.append((item, cell))
    return outcome


def _rules(study: Study) -> Rules:
    """Return the rules of a study, with how its weights may have been made.

    They bring each crossing to its units (post-stratification) or are a factor of the cell times
    one of the stratum (raking). The declaration, which is public, says which; where the
    institute's weights are taken as they come, an outsider may guess right: each idea counts.
    """
    rules, calibration = study.about.disclosure, study.about.weights.calibration
    return Rules(
        0.5 * 10.0**-rules.precision.share, rules.minimum_respondents, rules.minimum_population,
        rules.group_fraction,
        ("poststratification", "raking") if calibration is None else (calibration.method,),
    )  # fmt: skip


def _crossings(study: Study, wave: Wave, outcome: Reconstruction) -> Iterator[tuple[int, Inside]]:
    """Give each cell that hides crossings of counted breakdowns, and these."""
    counted = counted_breakdowns(study, wave.name)
    if not counted:
        return
    kinds = units_of(study, wave.name).group_by(counted).len().sort(counted)
    names = list(study.breakdowns)
    place = {cell: at for at, cell in enumerate(wave.cells)}
    for at, cell in enumerate(wave.cells):
        codes = dict(zip(names, cell, strict=True))
        broken = [name for name in names if codes[name] != TOTAL]
        if not broken or not set(broken) <= set(counted):
            continue
        mine = kinds.filter(pl.col(name) == codes[name] for name in broken)
        finer = [{**codes, **row} for row in mine.select(counted).iter_rows(named=True)]
        is_hidden = not any(tuple(one[name] for name in names) in place for one in finer)
        if mine.height > MAXIMUM_CLASSES:
            outcome.not_examined += 1
        elif mine.height > 1 and is_hidden:
            yield at, _inside(study, names, kinds, finer, mine["len"], place)


def _inside(
    study: Study, names: list[str], kinds: pl.DataFrame, finer: list[dict[str, str]],
    units: pl.Series, place: dict[Key, int],
) -> Inside:  # fmt: skip
    strata = study.about.weights.strata
    places, sizes = [], []
    for one in finer:
        stratum = {name: one[name] for name in strata if name in kinds.columns}
        cell = tuple(stratum.get(name, TOTAL) for name in names)
        is_known = bool(strata) and len(stratum) == len(strata)
        places.append(place.get(cell, -1) if is_known else -1)
        inside = kinds.filter(pl.lit(True), *(pl.col(n) == code for n, code in stratum.items()))
        sizes.append(float(inside["len"].sum()))
    return Inside(tuple(map(float, units)), tuple(places), tuple(sizes))


def _printed(now: Written, cell: int, crossings: Inside) -> Cell:
    strata = np.array(crossings.strata)
    sample = np.where(strata >= 0, now.respondents[strata], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(strata >= 0, now.weighted_base[strata] / sample, np.nan)
    return Cell(
        crossings.units, crossings.strata_units, _figures(weights), _figures(sample),
        int(now.respondents[cell]), float(now.effective[cell]),
        _figures(now.values[:, cell]), _figures(now.errors[:, cell]),
        _figures(now.effects[:, cell]),
    )  # fmt: skip


def _figures(numbers: Iterable[float]) -> Printed:
    return tuple(float(one) if np.isfinite(one) else None for one in numbers)


@lru_cache(maxsize=20_000)  # the rounds of one protection, and twins, print the same cells again
def _judge(rules: Rules, cell: Cell) -> Judgement:
    """Judge each printed share of one cell under each idea of the weights."""
    ideas = list(_ideas(rules, cell))
    ways = [one for one in ideas if one is not None]
    if not ways or len(ways) < len(ideas):
        return Judgement(is_examined=False)
    judged = [_judge_shares(rules, cell, each) for each in ways]
    return Judgement(
        any(one.gives_away for one in judged),
        sum(one.staying for one in judged),
        sum(one.unexplained for one in judged),
    )


def _ideas(rules: Rules, cell: Cell) -> Iterator[Ways | None]:
    """Give the ways to split the cell's base under each idea of the weights (None: too many)."""
    bases = (cell.respondents, cell.effective)
    if "poststratification" in rules.methods:
        yield ways_to_split(cell.units, None, *bases)
    weights = tuple(one for one in cell.weights if one)
    if "raking" in rules.methods and len(weights) == len(cell.weights):
        yield ways_to_split(cell.units, weights, *bases)


def _judge_shares(rules: Rules, cell: Cell, ways: Ways) -> Judgement:
    """Say whether the printed shares confine a small crossing to all or none."""
    shown = [at for at, value in enumerate(cell.values) if _is_open(rules, value)]
    values = np.array(cell.values, dtype=float)[shown]
    near = answers_near(ways, values, rules.half)
    fits = _fits(cell, shown, near, rules.half)
    # Where none fits, the errors are of another estimator: an outsider goes on without them.
    points = near.at(fits | ~np.isin(near.answer, near.answer[fits]))
    pinned = _pinned(points, values.size, rules.minimum_respondents)
    unexplained = values.size - np.unique(near.answer).size
    exposed = np.flatnonzero(pinned.any(axis=1))
    if not exposed.size:
        return Judgement(unexplained=unexplained)
    units = np.array(cell.units)
    most = _over_answers(np.maximum, points.split, points.answer, values.size)
    is_recognisable = (units < rules.minimum_population) | (most >= rules.group_fraction * units)
    coarse = answers_near(ways, values[exposed], COARSER * rules.half)
    roughly = _pinned(coarse, exposed.size, rules.minimum_respondents)
    gives_away = (pinned[exposed] & (is_recognisable[exposed] | ~roughly)).any(axis=1)
    return Judgement(bool(gives_away.any()), int(pinned[exposed][~gives_away].sum()), unexplained)


def _is_open(rules: Rules, value: float | None) -> bool:
    """Return whether a share is neither 0 % nor 100 %, which the rule on groups judges."""
    return value is not None and rules.half < value < 1 - rules.half


def _pinned(points: Points, answers: int, threshold: int) -> npt.NDArray[np.bool_]:
    """Return which crossings are small, peopled, and all alike in every combination.

    Answers × crossings; none for an answer without combinations.
    """
    split, given, answer = points.split, points.given, points.answer
    most = _over_answers(np.maximum, split, answer, answers)
    least = _over_answers(np.minimum, split, answer, answers)
    given_at_most = _over_answers(np.maximum, given, answer, answers)
    missing_at_most = _over_answers(np.maximum, split - given, answer, answers)
    none, everyone = given_at_most == 0, (missing_at_most == 0) & (least > 0)
    alike: npt.NDArray[np.bool_] = (most < threshold) & (most > 0) & (none | everyone)
    return alike


def _over_answers(
    reduce: np.ufunc, counts: Whole, answer: npt.NDArray[np.intp], answers: int
) -> Whole:
    """Reduce points × crossings to answers × crossings (0: no point); points are by answer."""
    reduced = np.zeros((answers, counts.shape[1]), dtype=np.int64)
    present, starts = np.unique(answer, return_index=True)
    if present.size:
        reduced[present] = reduce.reduceat(counts, starts, axis=0)
    return reduced


def _fits(cell: Cell, shown: Sequence[int], points: Points, half: float) -> npt.NDArray[np.bool_]:
    """Return which combinations reproduce the printed error and design effect.

    Stratified variance of a domain's ratio (statistics of the estimation room): it needs the
    respondents of each stratum, which are printed; where one is withheld, all combinations fit.
    `shown` are the answers that the points are about.
    """
    sample: Floats = np.array(cell.sample, dtype=float)
    if not (np.isfinite(sample) & (sample > 1)).all():
        return np.ones(points.share.size, dtype=bool)
    share, split, given = points.share[:, None], points.split, points.given
    square = points.weight**2 * (given * (1 - share) ** 2 + (split - given) * share**2)
    once = points.weight * (given - split * share)
    finite = (1 - sample / np.array(cell.strata_units)) * sample / (sample - 1)
    variance = (finite * (square - once**2 / sample)).sum(axis=1)
    simple = points.share * (1 - points.share) / (cell.respondents - 1)
    errors = np.array(cell.errors, dtype=float)[shown][points.answer]
    effects = np.array(cell.effects, dtype=float)[shown][points.answer]
    with np.errstate(divide="ignore", invalid="ignore"):
        error_missed = np.abs(np.sqrt(np.maximum(variance, 0)) - errors) > half + 1e-9
        effect_missed = np.abs(variance / simple - effects) > EFFECT_HALF + 1e-9
    fits: npt.NDArray[np.bool_] = ~(error_missed | effect_missed)  # not printed (NaN): fits
    return fits
