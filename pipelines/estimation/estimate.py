"""Estimating one wave: weighted responses in, the table of estimates at full precision out.

Belongs here: the order of the steps and the table's columns. Not here: sums (cube.py), formulas
(variance.py, intervals.py), what may be published (pipelines.disclosure).
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import sql
from pipelines.estimation.cube import breakdown_columns, count_cells
from pipelines.estimation.errors import StratumError
from pipelines.estimation.frame import unit_counts
from pipelines.estimation.intervals import mean_interval, share_interval
from pipelines.estimation.reliability import flags
from pipelines.estimation.variance import Estimates, Sums, ratio_estimates
from pipelines.study import Study
from pipelines.study.tables import KEY_BEFORE_BREAKDOWNS

Vector = npt.NDArray[np.float64]


def estimate(study: Study, wave_id: str, weighted: Path, estimates: Path) -> int:
    """Write the estimates of one wave and return how many rows they are.

    `weighted` has one row per respondent (see weighting.weigh). `estimates` gets one row per item,
    answer and published cell, empty cells included, sorted by key: wave, question, domain, actor,
    answer, measure (share, mean), breakdowns, respondents, answering, weighted_base, value,
    standard_error, ci_low, ci_high, design_effect, effective_respondents, degrees_of_freedom,
    reliability. Figures are at full precision, null where nobody is in the base. Same input, same
    bytes, whatever the number of threads.

    Raises StratumError for a stratum of one respondent (unless declared otherwise) or one that
    the frame does not know.
    """
    with sql.connect(estimates.parent) as connection:
        cube = count_cells(connection, study, weighted)
        query = sql.read("estimation/strata.sql")
        sampled = dict(connection.execute(query, {"weighted": str(weighted)}).fetchall())
    centered = study.about.weights.single_respondent_stratum == "centered"
    sums = _sums(cube, sampled, populations(study, wave_id, sampled), centered=centered)
    table = _table(study, wave_id, cube.take(pa.array(sums.start)), sums)
    aside = estimates.with_suffix(".aside")
    pq.write_table(table.sort_by([(name, "ascending") for name in _key(study)]), aside)
    aside.chmod(0o600)
    os.replace(aside, estimates)  # noqa: PTH105
    return int(table.num_rows)


def _key(study: Study) -> tuple[str, ...]:
    return (*KEY_BEFORE_BREAKDOWNS, *study.breakdowns)


def populations(study: Study, wave_id: str, sampled: dict[str, int]) -> dict[str, float]:
    """Return the units of each stratum, infinite where the study does not know them.

    Raises StratumError for a stratum of one respondent, unless declared otherwise, and for one
    with more respondents than units.
    """
    declared = study.about.weights
    at = {"study": study.id, "wave": wave_id}
    for stratum, respondents in sampled.items():
        if respondents == 1 and declared.single_respondent_stratum == "fail":
            raise StratumError("estimation-single-stratum", **at, stratum=stratum)
    if declared.population == "unknown" or not declared.strata:
        return dict.fromkeys(sampled, np.inf)
    counts = {"|".join(k): n for k, n in unit_counts(study, wave_id, declared.strata).items()}
    for stratum, respondents in sampled.items():
        if counts.get(stratum, 0) < respondents:
            raise StratumError("estimation-unknown-stratum", **at, stratum=stratum)
    return {stratum: float(counts[stratum]) for stratum in sampled}


def _sums(
    cube: pa.Table, sampled: dict[str, int], populations: dict[str, float], *, centered: bool
) -> Sums:
    """Return the cube as arrays; an estimate starts where item, answer or cell change."""
    keys = [name for name in cube.column_names if name in {"item", "answer"} or _is_by(name)]
    encoded = np.column_stack([_codes(cube[name]) for name in keys])
    changes = np.any(encoded[1:] != encoded[:-1], axis=1)
    start = np.flatnonzero(np.concatenate([[True], changes]))
    strata = cube["stratum"].to_pylist()
    columns = {name: cube[name].to_numpy().astype(float) for name in ("n", "answering", *"abcdef")}
    return Sums(
        start=start,
        **columns,
        sample=np.array([sampled.get(one, 1) for one in strata], dtype=float),
        population=np.array([populations.get(one, np.inf) for one in strata], dtype=float),
        centered=centered,
    )


def _is_by(name: str) -> bool:
    return name.startswith("by_")


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    codes: npt.NDArray[np.int64] = (
        column.dictionary_encode().combine_chunks().indices.to_numpy().astype(np.int64)
    )
    return codes


def _table(study: Study, wave_id: str, first: pa.Table, sums: Sums) -> pa.Table:
    """Return the table of estimates; `first` has the key of each."""
    items = first["item"].to_numpy()
    is_share = ~np.array([item.is_numeric for item in study.items])[items]
    found = ratio_estimates(sums, is_share=is_share)
    low, high = _bounds(found, is_share)
    width = (high - low) / _ranges(study)[items]
    return pa.table(
        {
            "wave": pa.array([wave_id] * first.num_rows),
            **{
                name: pa.array(np.array([getattr(item, name) for item in study.items])[items])
                for name in ("question", "domain", "actor")
            },
            "answer": first["answer"],
            "measure": pa.array(np.where(is_share, "share", "mean")),
            **{name[3:]: first[name] for name in breakdown_columns(study)},
            "respondents": pa.array(found.respondents.astype(np.int64)),
            "answering": pa.array(sums.total(sums.answering).astype(np.int64)),
            "weighted_base": _figures(found, found.weighted_base),
            "value": _figures(found, found.value),
            "standard_error": _figures(found, np.sqrt(found.variance)),
            "ci_low": _figures(found, low),
            "ci_high": _figures(found, high),
            "design_effect": _figures(found, found.design_effect),
            "effective_respondents": _figures(found, found.effective),
            "degrees_of_freedom": _figures(found, found.degrees_of_freedom),
            "reliability": pa.array(
                flags(study.about.reliability, found.respondents, found.effective, width),
                pa.string(),
            ),
        }
    )


def _bounds(found: Estimates, is_share: npt.NDArray[np.bool_]) -> tuple[Vector, Vector]:
    freedom = found.degrees_of_freedom
    share = share_interval(found.value, found.variance, found.respondents, found.effective, freedom)
    mean = mean_interval(found.value, found.variance, freedom)
    return np.where(is_share, share[0], mean[0]), np.where(is_share, share[1], mean[1])


def _ranges(study: Study) -> Vector:
    """Return the range of each item's measure: 1 for shares, maximum - minimum for numbers."""
    asked = [study.questions[item.question] for item in study.items]
    return np.array(
        [
            (one.maximum or 0) - (one.minimum or 0) if one.is_numeric else 1.0 for one in asked
        ],
        dtype=float,
    )  # fmt: skip


def _figures(found: Estimates, values: Vector) -> pa.Array:
    """Return a column of figures: null where nobody is in the base, or nothing is defined."""
    usable = (found.respondents > 0) & np.isfinite(values)
    return pa.array(np.where(usable, values, 0.0), mask=~usable)
