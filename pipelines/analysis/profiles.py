"""Profiles: respondents grouped by their declared answers, and how far the data support it.

Belongs here: the order of the steps from answers to profiles, their support, their numbers. Not
here: axes (mca.py), partitions (clustering.py), tables that describe profiles (portraits.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.analysis.clustering import (
    RESAMPLED_POINTS,
    SEED,
    Labels,
    Vector,
    cluster,
    explained,
    match,
    stability,
)
from pipelines.analysis.errors import AnalysisError
from pipelines.analysis.mca import Axes, Indicators, correspondence, indicators
from pipelines.analysis.measures import Respondents
from pipelines.estimation.measures import Measure
from pipelines.study import Study
from pipelines.study.analyses import Typology

STABLE, FAIR = 0.75, 0.60  # Hennig's readings of the mean Jaccard similarity
CHANCE = 0.05
SAME = 0.5  # correlation of figures from which a profile is that of the wave before


@dataclass(frozen=True)
class Support:
    """How far the data support the declared number of profiles.

    `explained` is the inertia between profiles over that of the axes kept; `chance` the p-value
    of the former against answers shuffled within each variable, which have no profiles at all;
    `jaccard` the stability of each profile under the bootstrap.
    """

    explained: float
    chance: float
    jaccard: Vector

    @property
    def verdicts(self) -> list[str]:
        """`stable`, `fair` or `unstable`, a word for each profile."""
        return [
            "stable" if one >= STABLE else "fair" if one >= FAIR else "unstable"
            for one in self.jaccard
        ]

    @property
    def is_supported(self) -> bool:
        """Whether there is more than chance would give, and every profile comes back."""
        return self.chance <= CHANCE and bool((self.jaccard >= FAIR).all())


@dataclass(frozen=True)
class Profiles:
    """The profile of each respondent, 0 to k - 1, with what it rests on."""

    labels: Labels
    axes: Axes
    kept: int
    support: Support


def find_profiles(
    study: Study, wave_id: str, name: str, measures: Sequence[Measure], people: Respondents
) -> Profiles:
    """Return the profiles of a wave; `measures` are the active answers, `people` their values.

    Deterministic: same answers, same profiles, numbered by falling weight. Raises AnalysisError
    where the answers have fewer distinct patterns than profiles are declared.
    """
    typology = study.analyses.typologies[name]
    table = indicators(
        measures, people.values, people.weight,
        passive=typology.non_response == "passive", rare=typology.rare,
    )  # fmt: skip
    axes = correspondence(table, people.weight)
    kept = axes.kept(typology.axes)
    points = axes.rows[:, :kept]
    if np.unique(np.round(points, 9), axis=0).shape[0] < typology.profiles:
        raise AnalysisError(
            "analysis-too-few-profiles",
            study=study.id, wave=wave_id, analysis=name, declared=typology.profiles,
            found=np.unique(np.round(points, 9), axis=0).shape[0],
        )  # fmt: skip
    labels = cluster(points, people.weight, typology.profiles)
    return Profiles(labels, axes, kept, _support(typology, table, people, kept, labels, points))


def _support(
    typology: Typology, table: Indicators, people: Respondents, kept: int,
    labels: Labels, points: Vector,
) -> Support:  # fmt: skip
    def again(times: Vector, drawn: Labels) -> Labels:
        weight = people.weight[drawn] * times
        return _partition(_rows(table, drawn), weight, kept, typology.profiles)[1]

    found = stability(labels, people.stratum, typology.bootstrap, again)
    observed = explained(points, people.weight, labels)
    draw = np.random.default_rng(SEED)
    noise = [
        explained(*_shuffled(table, people.weight, kept, typology.profiles, draw))
        for _ in range(typology.permutations)
    ]
    reached = sum(one >= observed for one in noise)
    middle = people.weight @ points**2 / people.weight.sum()
    return Support(observed / float(middle.sum()), (1 + reached) / (1 + len(noise)), found.jaccard)


def _partition(
    table: Indicators, weight: Vector, kept: int, profiles: int
) -> tuple[Vector, Labels]:
    points = correspondence(table, weight, kept).rows[:, :kept]
    return points, cluster(points, weight, profiles, RESAMPLED_POINTS)


def _rows(table: Indicators, drawn: Labels) -> Indicators:
    return Indicators(table.matrix[drawn], table.variable, table.is_active)


def _shuffled(
    table: Indicators, weight: Vector, kept: int, profiles: int, draw: np.random.Generator
) -> tuple[Vector, Vector, Labels]:
    """Return points and clusters of answers shuffled among respondents, variable by variable."""
    matrix = table.matrix.copy()
    for variable in np.unique(table.variable):
        columns = np.flatnonzero(table.variable == variable)
        matrix[:, columns] = matrix[draw.permutation(matrix.shape[0])][:, columns]
    shuffled = Indicators(matrix, table.variable, table.is_active)
    points, labels = _partition(shuffled, weight, kept, profiles)
    return points, weight, labels


def numbered(
    found: Profiles, answers: Sequence[Measure], values: Vector, weight: Vector,
    before: Path | None,
) -> tuple[list[str], list[str | None], Vector]:  # fmt: skip
    """Return the number of each profile, that of the wave before it continues, and how alike.

    Profiles are numbered by falling weight; where `before` (profile_answers.parquet of the wave
    before) is given, a profile whose answers correlate with those of an old one takes its number.
    """
    size = int(found.labels.max()) + 1
    plain = [str(one + 1) for one in range(size)]
    if before is None:
        return plain, [None] * size, np.full(size, np.nan)
    old = pl.read_parquet(before).filter(pl.col("role") == "active")
    names = old["profile"].unique().sort().to_list()
    shares = _deviations(answers, values, weight, found.labels)
    known = {
        (row["profile"], row["question"], row["domain"], row["actor"], row["answer"]): (
            row["difference"]
        )
        for row in old.iter_rows(named=True)
    }  # fmt: skip
    keys = [(*_item(one), one.answers[0]) for one in answers]
    common = [place for place, key in enumerate(keys) if (names[0], *key) in known]
    then = np.array([[known[name, *keys[place]] or 0.0 for place in common] for name in names])
    paired, alike = match(shares[:, common], then)
    taken = [
        names[old_one] if old_one >= 0 and alike[one] >= SAME else None
        for one, old_one in enumerate(paired)
    ]
    free = iter(one for one in plain if one not in taken)
    return [one or next(free) for one in taken], taken, alike


def _item(measure: Measure) -> tuple[str, str, str]:
    return measure.item.question, measure.item.domain, measure.item.actor


def _deviations(
    answers: Sequence[Measure], values: Vector, weight: Vector, labels: Labels
) -> Vector:
    """Return, profile by profile, the share of each answer less that of everybody."""
    bases = np.where(np.isnan(values), 0.0, weight[:, None])
    given = bases * np.nan_to_num(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        overall = given.sum(axis=0) / bases.sum(axis=0)
        shares = [
            given[labels == one].sum(axis=0) / bases[labels == one].sum(axis=0)
            for one in range(int(labels.max()) + 1)
        ]
    return np.asarray(np.nan_to_num(np.array(shares) - overall), dtype=np.float64)
