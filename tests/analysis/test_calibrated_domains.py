"""Rankings under calibrated weights: the errors of R's calibrate(), and those of rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import stdtr

from pipelines.analysis.domains import contrast, estimate_cell, pairwise
from pipelines.analysis.measures import Respondents, read_measures
from pipelines.estimation import StratumError, weigh
from pipelines.estimation.measures import Measure
from pipelines.estimation.survey import Statistics, design_of, difference, means
from pipelines.study import Study
from tests.estimation.mayors import (
    CASES,
    RAKING,
    SIZES,
    VARIANTS,
    coded_item,
    mayors_study,
    of_every_sample,
    read_mayors,
    responses,
    with_weights,
)

Q01, Q02 = "q01_services", "q02_security"


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return mayors_study(tmp_path_factory.mktemp("root"))


def people_of(study: Study, sample: str, folder: Path) -> Respondents:
    """Return the mayors with q01 and q02 as the shares of the first two items of a battery."""
    mayors, first = read_mayors(sample), coded_item(study)
    second = next(
        one for one in study.items if one.question == first.question and one.index > first.index
    )
    codes = {1: second.answers[0], 0: second.answers[1]}
    responses(study, mayors, first, mayors[Q01]).with_columns(
        mayors[Q02].replace_strict(codes, default="_U").alias(second.columns[0])
    ).write_parquet(folder / "r.parquet")
    weigh(study, "2016", folder / "r.parquet", folder / "w.parquet")
    measures = [Measure(item, item.answers[:1]) for item in (first, second)]
    return read_measures(study, "2016", folder / "w.parquet", measures)


@of_every_sample
def test_the_difference_of_a_region_from_the_rest_is_that_of_r(
    declared: Study, tmp_path: Path, sample: str, variant: str
) -> None:
    people = people_of(with_weights(declared, **VARIANTS[variant]), sample, tmp_path)
    expected = CASES[f"{sample}/{variant}/contrast_q01_reg84_minus_rest"]["expected"]
    found, error, _ = contrast(people, people.breakdowns["region"] == "84")
    assert found[0] == pytest.approx(expected["est"], abs=1e-7)
    assert error[0] == pytest.approx(expected["se"], rel=1e-6)


@of_every_sample
def test_the_test_that_ranks_two_items_is_that_of_r(
    declared: Study, tmp_path: Path, sample: str, variant: str
) -> None:
    people = people_of(with_weights(declared, **VARIANTS[variant]), sample, tmp_path)
    name = next(one for one in CASES if one.startswith(f"{sample}/{variant}/contrast")
                and one.endswith("same_sample"))  # fmt: skip
    expected = CASES[name]["expected"]
    cell = estimate_cell(people, np.ones(people.weight.size, dtype=np.bool_))
    p, found = pairwise(cell, is_share=True)
    error = np.sqrt(cell.covariance[0, 0] + cell.covariance[1, 1] - 2 * cell.covariance[0, 1])
    assert found[0, 1] == pytest.approx(expected["est"], abs=1e-7)
    assert error == pytest.approx(expected["se"], rel=1e-6)
    t = expected["est"] / expected["se"]
    assert p[0, 1] == pytest.approx(2 * stdtr(cell.freedom[0], -abs(t)), rel=1e-5)


@pytest.mark.parametrize("region", ["_T", "84", "11"])
def test_the_ranks_of_a_cell_use_the_residuals_of_the_calibration(
    declared: Study, tmp_path: Path, region: str
) -> None:
    """Row by row: the error with residuals, which is not that without them."""
    people = people_of(with_weights(declared, calibration=RAKING), "mayors_s1", tmp_path)
    mayors = read_mayors("mayors_s1")
    fixed = {"weight": "w_rake", "strata": ["size"], "population": "stratum_N"}
    designs = [
        design_of(mayors.to_arrow(), **fixed),
        design_of(
            mayors.to_arrow(), **fixed, calibrated_to=["region", "size"], design_weight="w_design"
        ),
    ]
    inside = (mayors["region"] == region).to_numpy() | (region == "_T")
    cell = estimate_cell(people, inside)

    def of(column: str, at: int) -> Statistics:
        return means(mayors.to_arrow(), designs[at], column, inside=inside)

    without, judge = (
        difference(designs[at], of(Q01, at), of(Q02, at))["se"] for at in range(len(designs))
    )
    error = np.sqrt(cell.covariance[0, 0] + cell.covariance[1, 1] - 2 * cell.covariance[0, 1])
    assert error == pytest.approx(judge, rel=1e-6)
    assert region != "_T" or judge < 0.99 * without


def test_a_lone_stratum_is_refused_or_centred_as_estimates_are(
    declared: Study, tmp_path: Path
) -> None:
    mayors = read_mayors("mayors_s1")
    is_large = pl.col("size") == "C_ge20000"
    kept = pl.concat([mayors.filter(~is_large), mayors.filter(is_large).head(1)])
    item = coded_item(declared)

    def read(policy: str) -> Respondents:
        study = with_weights(declared, column="poids", single_respondent_stratum=policy)
        responses(study, kept, item, kept[Q01]).write_parquet(tmp_path / "r.parquet")
        weigh(study, "2016", tmp_path / "r.parquet", tmp_path / "w.parquet")
        measures = [Measure(item, item.answers[:1])]
        return read_measures(study, "2016", tmp_path / "w.parquet", measures)

    with pytest.raises(StratumError, match=SIZES["C_ge20000"]):
        read("fail")
    for policy in ("certainty", "centered"):
        design = design_of(
            kept.to_arrow(), weight="w_rake", strata=["size"], population="stratum_N", single=policy
        )
        people = read(policy)
        cell = estimate_cell(people, people.breakdowns["region"] == "84")
        judge = means(kept.to_arrow(), design, Q01, inside=(kept["region"] == "84").to_numpy())
        assert cell.error[0] == pytest.approx(judge.standard_error[0], rel=1e-7)
