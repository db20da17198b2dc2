"""Weight reconstruction: crossings that are not published, read back from the ones that are.

Weights are nearly constant within region × size, so the share of a region says how many of its
respondents stood in each size, and how they answered: a handful of whole numbers must reproduce
every printed figure of the cell.

Belongs here: trying all whole numbers that do. Not here: what published tables say by adding up
(outsider.py).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.disclosure.population import counted_breakdowns, units_of
from pipelines.disclosure.released import SHOWN, Floats, Key, Wave, Written
from pipelines.study import TOTAL, Study

MAXIMUM_CLASSES = 3
MAXIMUM_POINTS = 500_000  # combinations tried for one cell: a tenth of a second, 12 MB
EFFECT_HALF = 0.05  # design effects are printed with one decimal below national level
COARSER = 10  # what no longer holds with one decimal fewer is what the decimals gave away

Whole = npt.NDArray[np.int16]
Positions = npt.NDArray[np.intp]


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

    units: Floats
    strata: tuple[int, ...]
    strata_units: Floats


@dataclass(frozen=True)
class Points:
    """Every way to split and to answer that fits a cell's bases, sorted by the share it gives.

    `given`, points × crossings, are those who gave the answer; `which` says which way to split
    each belongs to. `splits` and `weights` are ways × crossings: respondents, and one respondent's
    part of the weighted base.
    """

    share: Floats
    given: Whole
    which: npt.NDArray[np.int32]
    splits: Whole
    weights: Floats

    def split(self, at: Positions) -> Whole:
        """Return the respondents of each crossing at some points."""
        return self.splits[self.which[at]]

    def weight(self, at: Positions) -> Floats:
        """Return one respondent's part of the base, in each crossing, at some points."""
        return self.weights[self.which[at]]


def reconstruct(study: Study, wave: Wave, only: Collection[Key] | None = None) -> Reconstruction:
    """Try to read unpublished crossings back from the figures of the release to judge.

    `only`: of some items. Works on cells that the frame can count and that hold at most 3
    crossings of counted breakdowns. A crossing below the threshold is given away when every
    combination that fits has all or none of its respondents give an answer, unless one decimal
    fewer would say the same and the crossing is large enough to hide in.
    """
    outcome = Reconstruction([])
    inside = dict(_crossings(study, wave, outcome))
    points: dict[tuple[float, ...], list[Points] | None] = {}
    for item, (now, *_) in wave.items.items():
        if now is None or item[3] != "share" or (only is not None and item not in only):
            continue
        for cell, crossings in inside.items():
            if now.state[cell] != SHOWN:
                continue
            known = _weights_by_stratum(now, crossings)
            key = (cell, now.respondents[cell], now.effective[cell], *known)
            if key not in points:
                points[key] = _combinations(study, crossings, now, cell, known)
            tried = points[key]
            if tried is None:
                outcome.not_examined += 1
                continue
            judged = [
                _gives_away(study, now, cell, answer, crossings, each, outcome)
                for answer in range(len(now.answers))
                for each in tried
            ]
            if any(judged):
                outcome.found.append((item, cell))
    return outcome


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
    return Inside(units.cast(pl.Float64).to_numpy(), tuple(places), np.array(sizes))


def _weights_by_stratum(now: Written, crossings: Inside) -> Floats:
    """Return the mean weight printed for the stratum of each crossing (NaN: not printed)."""
    strata = np.array(crossings.strata)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = now.weighted_base[strata] / now.respondents[strata]
    return np.where(strata >= 0, mean, np.nan)


def _combinations(
    study: Study, crossings: Inside, now: Written, cell: int, known: Floats
) -> list[Points] | None:
    """Return the combinations that fit the bases printed, for each idea of the weights.

    Weights bring each crossing to its units (post-stratification) or are a factor of the cell
    times one of the stratum, whose mean weight is printed (raking). The declaration, which is
    public, says which; where the institute's weights are taken as they come, an outsider may guess
    right, so that each idea counts by itself. None: too many combinations, or no idea.
    """
    calibration = study.about.weights.calibration
    units = tuple(map(float, crossings.units))
    bases = (int(now.respondents[cell]), float(now.effective[cell]))
    tried = []
    if calibration is None or calibration.method == "poststratification":
        tried.append(_points(units, None, *bases))
    if (calibration is None or calibration.method == "raking") and np.isfinite(known).all():
        tried.append(_points(units, tuple(map(float, known)), *bases))
    found = [one for one in tried if one is not None]
    return found if found and len(found) == len(tried) else None


@lru_cache(maxsize=64)  # items with the same bases, and the rounds of one protection, ask again
def _points(
    units: tuple[float, ...], known: tuple[float, ...] | None, respondents: int, effective: float
) -> Points | None:
    """Return the combinations that give the effective base printed, or None: too many.

    `known` are the weights of each crossing up to a factor; None: each is weighted to its units.
    """
    splits = _splits(respondents, np.array(units))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_units = np.where(splits > 0, np.array(units) / splits, 0.0)
    weights = by_units if known is None else np.broadcast_to(np.array(known), splits.shape)
    weights = weights / (weights * splits).sum(axis=1, keepdims=True)
    fits = np.abs(1 / (weights**2 * splits).sum(axis=1) - effective) <= 0.5
    splits, weights = splits[fits], weights[fits]
    if np.prod(splits + 1.0, axis=1).sum() > MAXIMUM_POINTS:
        return None
    parts = [_answers(split) for split in splits]
    given = np.concatenate([*parts, np.empty((0, splits.shape[1]), np.int16)])
    which = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    share = np.einsum("ij,ij->i", given, weights[which])
    order = np.argsort(share, kind="stable")
    return Points(share[order], given[order], which[order], splits.astype(np.int16), weights)


def _splits(respondents: int, units: Floats) -> npt.NDArray[np.int64]:
    """Return every way to split respondents over the crossings, none above its units."""
    first = np.indices([respondents + 1] * (units.size - 1)).reshape(units.size - 1, -1).T
    last = respondents - first.sum(axis=1, keepdims=True)
    splits = np.hstack([first, last])
    return splits[((splits >= 0) & (splits <= units)).all(axis=1)]


def _answers(split: npt.NDArray[np.int64]) -> Whole:
    grid = np.indices([int(one) + 1 for one in split], dtype=np.int16).reshape(split.size, -1).T
    return np.ascontiguousarray(grid)


def _gives_away(
    study: Study, now: Written, cell: int, answer: int, crossings: Inside, points: Points,
    outcome: Reconstruction,
) -> bool:  # fmt: skip
    """Return whether one printed share confines a small crossing to all or none."""
    rules = study.about.disclosure
    value, half = now.values[answer, cell], 0.5 * 10.0**-rules.precision.share
    if not half < value < 1 - half:  # NaN, 0 % or 100 %: judged by the rule on groups
        return False
    near = _near(points, value, half)
    if not near.size:
        outcome.unexplained += 1
        return False
    fits = near[_fits(now, cell, answer, crossings, points, near, half)]
    if not fits.size:  # the errors are of another estimator: an outsider goes on without them
        fits = near
    pinned = _pinned(points, fits, rules.minimum_respondents)
    if not pinned.any():
        return False
    most = points.split(fits).max(axis=0)
    is_recognisable = (crossings.units < rules.minimum_population) | (
        most >= rules.group_fraction * crossings.units
    )
    roughly = _pinned(points, _near(points, value, COARSER * half), rules.minimum_respondents)
    if (pinned & (is_recognisable | ~roughly)).any():
        return True
    outcome.staying += int(pinned.sum())
    return False


def _near(points: Points, value: float, half: float) -> Positions:
    ends = np.searchsorted(points.share, [value - half - 1e-9, value + half + 1e-9])
    return np.arange(*ends)


def _pinned(points: Points, at: Positions, threshold: int) -> npt.NDArray[np.bool_]:
    """Return which crossings are small, peopled, and all alike in every combination."""
    split, given = points.split(at), points.given[at]
    is_small = (split < threshold).all(axis=0) & (split > 0).any(axis=0)
    none, everyone = (
        (given == 0).all(axis=0),
        (given == split).all(axis=0) & (split > 0).all(axis=0),
    )
    alike: npt.NDArray[np.bool_] = is_small & (none | everyone)
    return alike


def _fits(
    now: Written, cell: int, answer: int, crossings: Inside, points: Points,
    at: Positions, half: float,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Return which combinations reproduce the printed error and design effect.

    Stratified variance of a domain's ratio (statistics of the estimation room): it needs the
    respondents of each stratum, which are printed; where one is withheld, all combinations fit.
    """
    strata = np.array(crossings.strata)
    sample = np.where(strata >= 0, now.respondents[strata], np.nan)
    if not (np.isfinite(sample) & (sample > 1)).all():
        return np.ones(at.size, dtype=bool)
    share = points.share[at][:, None]
    split, given, weight = points.split(at), points.given[at], points.weight(at)
    square = weight**2 * (given * (1 - share) ** 2 + (split - given) * share**2)
    once = weight * (given - split * share)
    finite = (1 - sample / crossings.strata_units) * sample / (sample - 1)
    variance = (finite * (square - once**2 / sample)).sum(axis=1)
    simple = share[:, 0] * (1 - share[:, 0]) / (now.respondents[cell] - 1)
    error, effect = now.errors[answer, cell], now.effects[answer, cell]
    fits = np.ones(at.size, dtype=bool)
    if np.isfinite(error):
        fits &= np.abs(np.sqrt(np.maximum(variance, 0)) - error) <= half + 1e-9
    if np.isfinite(effect):
        fits &= np.abs(variance / simple - effect) <= EFFECT_HALF + 1e-9
    return fits
