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
from pipelines.estimation.calibration import calibrated_breakdowns
from pipelines.estimation.groups import Groups, read_groups
from pipelines.estimation.measures import Measure
from pipelines.study import Study
from pipelines.study.analyses import Counted, counted_answers

Vector = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Respondents:
    """One wave as arrays, a row each: `values` is n × measures, NaN outside the base.

    `line` is the respondent's line in the file, in order. `group` numbers the groups of the sample
    (pipelines.estimation.groups), which variances are made from. `breakdowns` holds
    each respondent's codes. Memory: 8 bytes a respondent and measure, so callers read the measures
    of one ranking at a time.
    """

    line: Codes
    weight: Vector
    group: Codes
    groups: Groups
    breakdowns: dict[str, npt.NDArray[np.str_]]
    values: Vector

    @property
    def stratum(self) -> Codes:
        """The stratum of each respondent, numbered."""
        return self.groups.stratum[self.group]


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
        groups = read_groups(connection, study, wave_id, weighted)
        rows = connection.execute(query, {"weighted": str(weighted), **values}).fetchnumpy()
    names = np.array(groups.names)
    order = np.argsort(names)
    group = order[np.searchsorted(names, _group_names(study, rows), sorter=order)]
    numbers = np.empty((group.size, len(columns)))
    for place, name in enumerate(columns):
        numbers[:, place] = np.ma.filled(rows[name].astype(float), np.nan)
    return Respondents(
        rows["_line"].astype(np.int64),
        np.asarray(rows["weight"], dtype=np.float64),
        group.astype(np.int64),
        groups,
        {name: rows[f"by_{name}"].astype(str) for name in study.breakdowns},
        numbers,
    )


def _group_names(study: Study, rows: Mapping[str, np.ndarray]) -> npt.NDArray[np.str_]:
    """Return the name of each respondent's group, as groups.group_expression writes it."""
    names = rows["stratum"].astype(str)
    for kind in calibrated_breakdowns(study):
        names = np.char.add(np.char.add(names, "|"), rows[f"by_{kind}"].astype(str))
    return names
