"""Tables that describe profiles: sizes, characterising answers, support, axes.

Belongs here: from profiles to rows at full precision. Not here: finding profiles (profiles.py),
what may be published of the rows (protection.py). Membership is private and stands in none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.analysis.clustering import Vector
from pipelines.analysis.domains import estimate_cell
from pipelines.analysis.measures import Respondents, read_measures
from pipelines.analysis.profiles import Profiles, find_profiles, numbered
from pipelines.analysis.rankings import cells_of, column
from pipelines.estimation.measures import Measure
from pipelines.study import TOTAL, Study

CHARACTERISING = 1.96  # of a test value: what a simple random draw of the profile gives 1 in 20


@dataclass(frozen=True)
class Portraits:
    """The tables of one typology, each at full precision, and who is in which profile."""

    sizes: pl.DataFrame
    answers: pl.DataFrame
    support: pl.DataFrame
    axes: pl.DataFrame
    members: pl.DataFrame


def portray(
    study: Study, wave_id: str, weighted: Path, name: str, before: Path | None
) -> Portraits:
    """Return the tables of one declared typology of a wave.

    `before` is profile_answers.parquet of the wave before, whose numbers profiles keep where they
    are alike. Raises AnalysisError where there are fewer groups than declared profiles.
    """
    typology = study.analyses.typologies[name]
    active = _answers(study, typology.active)
    measures = (*active, *_answers(study, typology.illustrative))
    everything = read_measures(study, wave_id, weighted, measures)
    people = replace(everything, values=everything.values[:, : len(active)])
    found = find_profiles(study, wave_id, name, active, people)
    numbers, taken, alike = numbered(found, active, people.values, people.weight, before)
    head = {"wave": pl.lit(wave_id), "analysis": pl.lit(name)}
    tables = (
        _sizes(study, found, people, numbers),
        _characterising(found, everything, measures, len(active), numbers),
        _support(found, people, numbers, taken, alike),
        _axes(found),
        pl.DataFrame(
            {"_line": people.line, "profile": np.array(numbers)[found.labels]}
        ),
    )  # fmt: skip
    return Portraits(*(one.select(**head, **{n: pl.col(n) for n in one.columns}) for one in tables))


def _answers(study: Study, questions: Sequence[str]) -> tuple[Measure, ...]:
    return tuple(
        Measure(item, (answer,))
        for question in questions
        for item in study.items
        if item.question == question
        for answer in item.answers
    )


def _sizes(study: Study, found: Profiles, people: Respondents, numbers: list[str]) -> pl.DataFrame:
    """Return the share of each profile in every published cell, with its 95% interval.

    Membership is taken as known: the interval is that of sampling people, not of finding the
    profiles, whose support is told apart.
    """
    belongs = (found.labels[:, None] == np.arange(len(numbers))).astype(np.float64)
    members = replace(people, values=belongs)
    parts = []
    for crossing in study.crossings:
        for codes, inside in cells_of(study, people, crossing):
            cell = estimate_cell(members, inside)
            low, high = cell.bounds(is_share=True)
            at = {name: codes.get(name, TOTAL) for name in study.breakdowns}
            parts.append(
                pl.DataFrame(
                    {
                        "profile": numbers, **at,
                        "respondents": cell.respondents.astype(np.int64),
                        "members": belongs[inside].sum(axis=0).astype(np.int64),
                        "value": column(cell.value), "standard_error": column(cell.error),
                        "ci_low": column(low), "ci_high": column(high),
                    }
                )
            )  # fmt: skip
    return pl.concat(parts)


def _characterising(
    found: Profiles, people: Respondents, measures: Sequence[Measure], active: int,
    numbers: list[str],
) -> pl.DataFrame:  # fmt: skip
    """Return every answer in every profile: its share there, in all, and the test value between.

    Test value (Morineau 1984; Lebart, Morineau and Piron 1995, 2.3): the share in the profile less
    that in all, over the standard error it would have if the profile were drawn at random,
    √((n - n_k)/(n - 1) p(1 - p)/n_k), with Kish's effective sizes in place of n and n_k. For active
    answers it describes and proves nothing: profiles were made to differ by them.
    """
    everyone = estimate_cell(people, np.ones(people.weight.size, dtype=np.bool_))
    parts = []
    for label, number in enumerate(numbers):
        cell = estimate_cell(people, found.labels == label)
        test = _test_values(cell.value, cell.effective, everyone.value, everyone.effective)
        order = np.argsort(-np.round(np.nan_to_num(np.abs(test)), 9), kind="stable")
        position = np.empty(order.size, dtype=np.int64)
        position[order] = np.arange(1, order.size + 1)
        parts.append(
            pl.DataFrame(
                {
                    "profile": [number] * len(measures),
                    "role": ["active" if n < active else "illustrative" for n in range(test.size)],
                    "question": [one.item.question for one in measures],
                    "domain": [one.item.domain for one in measures],
                    "actor": [one.item.actor for one in measures],
                    "answer": [one.answers[0] for one in measures],
                    "respondents": cell.respondents.astype(np.int64),
                    "value": column(cell.value), "overall": column(everyone.value),
                    "difference": column(cell.value - everyone.value),
                    "test_value": column(test), "represented": _represented(test),
                    "position_in_profile": position,
                }
            )
        )  # fmt: skip
    return pl.concat(parts)


def _test_values(share: Vector, size: Vector, overall: Vector, total: Vector) -> Vector:
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.maximum(total - size, 0) / (total - 1) * overall * (1 - overall) / size
        found = (share - overall) / np.sqrt(drawn)
    return np.asarray(np.where(np.isfinite(found), found, np.nan), dtype=np.float64)


def _represented(test: Vector) -> list[str]:
    return [
        "over" if one >= CHARACTERISING else "under" if one <= -CHARACTERISING else "as_all"
        for one in np.nan_to_num(test)
    ]


def _support(
    found: Profiles, people: Respondents, numbers: list[str], taken: list[str | None],
    alike: Vector,
) -> pl.DataFrame:  # fmt: skip
    size = len(numbers)
    return pl.DataFrame(
        {
            "profile": numbers,
            "members": np.bincount(found.labels, minlength=size).astype(np.int64),
            "jaccard": column(found.support.jaccard),
            "verdict": found.support.verdicts,
            "supported": ["yes" if found.support.is_supported else "no"] * size,
            "explained": [round(found.support.explained, 12)] * size,
            "chance": [found.support.chance] * size,
            "continues": pl.Series(taken, dtype=pl.String),
            "similarity": column(alike),
        }
    )


def _axes(found: Profiles) -> pl.DataFrame:
    axes = found.axes
    return pl.DataFrame(
        {
            "axis": np.arange(1, axes.eigenvalue.size + 1),
            "eigenvalue": column(axes.eigenvalue),
            "rate": column(axes.eigenvalue / axes.total),
            "modified_rate": column(axes.modified),
            "kept": ["yes" if n < found.kept else "no" for n in range(axes.eigenvalue.size)],
        }
    )
