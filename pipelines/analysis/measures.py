"""Measures: the shares and means that findings are drawn from, and how each is read.

Belongs here: declared names → items and answers counted → arrays of respondents. Not here: what one
respondent's answer counts for (pipelines.estimation.measures), statistics on these arrays
(domains.py), published estimates (pipelines.estimation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines import sql
from pipelines.estimation.frame import unit_counts
from pipelines.estimation.measures import Measure
from pipelines.study import Study
from pipelines.study.analyses import Counted, counted_answers

Vector = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Respondents:
    """One wave as arrays, a row each: `values` is n × measures, NaN outside the base.

    `line` is the respondent's line in the file, in order. `stratum` numbers the strata; `sampled`
    and `population` are their respondents and units (infinite where unknown). `breakdowns` holds
    each respondent's codes. Memory: 8 bytes a respondent and measure, so callers read the measures
    of one ranking at a time.
    """

    line: Codes
    weight: Vector
    stratum: Codes
    sampled: Vector
    population: Vector
    breakdowns: dict[str, npt.NDArray[np.str_]]
    values: Vector


def measures_of(study: Study, counted: Counted) -> tuple[Measure, ...]:
    """Return the measures of a declared question, one an item, in declared order."""
    question = study.questions[counted.question]
    answers = counted_answers(question, study.codelists, counted.answers)
    return tuple(Measure(one, answers) for one in study.items if one.question == counted.question)


def read_measures(
    study: Study, wave_id: str, weighted: Path, measures: Sequence[Measure]
) -> Respondents:
    """Read one wave's answers to `measures` from its weighted responses."""
    columns = [f"m{place}" for place in range(len(measures))]
    query = sql.read(
        "analysis/measured.sql",
        breakdowns=sql.names(f"by_{name}" for name in study.breakdowns),
        measures=", ".join(
            f"{one.expression} AS {name}" for one, name in zip(measures, columns, strict=True)
        ),
    )
    return read_respondents(study, wave_id, weighted, columns, query, {})


def read_respondents(
    study: Study, wave_id: str, weighted: Path, columns: Sequence[str], query: str,
    values: Mapping[str, object],
) -> Respondents:  # fmt: skip
    """Run a query like measured.sql, `values` bound, and return its `columns` as measures."""
    with sql.connect(weighted.parent) as connection:
        rows = connection.execute(query, {"weighted": str(weighted), **values}).fetchnumpy()
    strata, stratum, sampled = np.unique(
        rows["stratum"].astype(str), return_inverse=True, return_counts=True
    )
    numbers = np.empty((stratum.size, len(columns)))
    for place, name in enumerate(columns):
        numbers[:, place] = np.ma.filled(rows[name].astype(float), np.nan)
    return Respondents(
        rows["_line"].astype(np.int64),
        np.asarray(rows["weight"], dtype=np.float64),
        stratum.astype(np.int64),
        sampled.astype(np.float64),
        _populations(study, wave_id, [str(one) for one in strata]),
        {name: rows[f"by_{name}"].astype(str) for name in study.breakdowns},
        numbers,
    )


def _populations(study: Study, wave_id: str, strata: list[str]) -> Vector:
    """Return the units of each stratum: estimation has checked that the frame knows them."""
    declared = study.about.weights
    if declared.population == "unknown" or not declared.strata:
        return np.full(len(strata), np.inf)
    counts = {"|".join(key): n for key, n in unit_counts(study, wave_id, declared.strata).items()}
    return np.array([counts[one] for one in strata], dtype=np.float64)
