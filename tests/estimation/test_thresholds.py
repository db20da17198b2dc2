"""Rules of estimation at their thresholds: the last value on one side, the first on the other."""

import numpy as np
import polars as pl
import pytest

from pipelines.estimation import StratumError
from pipelines.estimation.reliability import flags
from pipelines.estimation.tabulate import Sample, tabulate
from pipelines.study.model import Reliability


@pytest.mark.parametrize(
    ("respondents", "effective", "width", "flag"),
    [
        (30, 60.0, 0.20, "A"), (29, 60.0, 0.20, "C"), (30, 59.9, 0.20, "B"), (30, 60.0, 0.21, "B"),
        (30, 30.0, 0.30, "B"), (30, 29.9, 0.30, "C"), (30, 30.0, 0.31, "C"),
        (1, 1.0, 1.0, "C"), (0, 0.0, np.nan, None),
    ],
)  # fmt: skip
def test_an_estimate_has_the_flag_whose_thresholds_it_meets(
    respondents: int, effective: float, width: float, flag: str | None
) -> None:
    found = flags(Reliability(), *(np.array([one]) for one in (respondents, effective, width)))
    assert found.tolist() == [flag]


@pytest.mark.parametrize(("units", "is_refused"), [(3, False), (2, True)])
def test_a_stratum_has_as_many_units_as_respondents_at_least(
    units: int, *, is_refused: bool
) -> None:
    """Of a stratum asked whole nothing is left to chance: its error is nought."""
    rows = pl.DataFrame({"w": [1.0] * 3, "units": [units] * 3, "answer": ["yes", "yes", "no"]})
    sample = Sample(weight="w", population="units")
    if is_refused:
        with pytest.raises(StratumError):
            tabulate(rows.to_arrow(), sample, shares=["answer"])
        return
    found = pl.DataFrame(tabulate(rows.to_arrow(), sample, shares=["answer"]))
    assert found["standard_error"].to_list() == [0.0, 0.0]
