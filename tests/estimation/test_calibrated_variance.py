"""The chain's errors of calibrated estimates: R's on the mayors, those of rows elsewhere."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.estimation import StratumError
from pipelines.estimation.survey import design_of, shares
from pipelines.study import Study
from pipelines.study.model import Calibration
from tests.estimation.mayors import (
    CASES,
    SIZES,
    coded_item,
    estimated,
    mayors_study,
    read_mayors,
    responses,
    with_weights,
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return mayors_study(tmp_path_factory.mktemp("root"))


@pytest.mark.parametrize("sample", ["mayors_s1", "mayors_s2"])
@pytest.mark.parametrize("column", ["q01_services", "q02_security"])
def test_the_chain_gives_the_errors_of_r_after_calibration(
    study: Study, tmp_path: Path, sample: str, column: str
) -> None:
    mayors = read_mayors(sample)
    found = estimated(study, responses(study, mayors, coded_item(study), mayors[column]), tmp_path)
    prefix = f"{sample}/calibrated/"
    whole = CASES[f"{prefix}share_{column}"]["expected"]
    cells = {("_T", "_T"): whole}
    for by, name in (("size", "commune_size"), ("region", "region")):
        case = CASES.get(f"{prefix}share_{column}_by_{by}")
        for row in case["expected"] if case else ():
            code = SIZES.get(row[by], row[by])
            cells[(code, "_T") if name == "region" else ("_T", code)] = row
    for (region, size), row in cells.items():
        ours = found.filter(region=region, commune_size=size).row(0, named=True)
        expected = float(np.ravel(row["est"])[0]), float(np.ravel(row["se"])[0])
        assert ours["value"] == pytest.approx(expected[0], abs=1e-7)  # weights: 9 decimals
        assert ours["standard_error"] == pytest.approx(expected[1], rel=1e-6, abs=1e-9)
    assert len(cells) > 1 or column != "q01_services"


def test_sums_and_rows_give_the_same_error_of_calibrated_estimates(
    study: Study, tmp_path: Path
) -> None:
    rng = np.random.default_rng(7)
    regions = study.codelists["region"].of_kind("answer")
    metropolitan = [code for code in regions if len(code) == 2 and code > "10"]
    kinds = [(region, size) for region in metropolitan for size in SIZES for _ in range(5)]
    mayors = pl.DataFrame(kinds, schema=["region", "size"], orient="row").filter(
        ~((pl.col("region") == "94") & (pl.col("size") == "C_ge20000"))
    )
    answers = pl.Series([[1, 0, None][one] for one in rng.integers(0, 3, mayors.height)])
    found = estimated(study, responses(study, mayors, coded_item(study), answers), tmp_path)
    weighted = pl.read_parquet(tmp_path / "w.parquet").with_columns(
        pl.col("weight").cast(pl.Float64), yes=answers.cast(pl.String)
    )
    units = {"LT2000": 29439.0, "2000-19999": 4914.0, "GE20000": 453.0}
    weighted = weighted.with_columns(
        units=pl.col("by_commune_size").replace_strict(units),
    ).with_columns(before=pl.col("units") / pl.len().over("by_commune_size"))
    design = design_of(
        weighted.to_arrow(), weight="weight", strata=["by_commune_size"], population="units",
        calibrated_to=["by_region", "by_commune_size"], design_weight="before",
    )  # fmt: skip
    for region in ("_T", "11", "84", "94"):
        inside = (weighted["by_region"] == region).to_numpy() | (region == "_T")
        judge = shares(weighted.to_arrow(), design, "yes", inside=inside)
        ours = found.filter(region=region, commune_size="_T").row(0, named=True)
        at = judge.names.index("1")
        assert ours["value"] == pytest.approx(judge.value[at], rel=1e-12)
        assert ours["standard_error"] == pytest.approx(judge.standard_error[at], rel=1e-9)


def test_calibration_leaves_no_error_of_what_it_fixes(study: Study, tmp_path: Path) -> None:
    """Whether a commune is small is a margin: its share is known, and its error nought."""
    mayors = read_mayors("mayors_s1")
    small = (mayors["size"] == "A_lt2000").cast(pl.Int64)
    ours = estimated(study, responses(study, mayors, coded_item(study), small), tmp_path)
    whole = ours.filter(region="_T", commune_size="_T").row(0, named=True)
    assert whole["value"] == pytest.approx(29439 / 34806, abs=1e-9)
    assert whole["standard_error"] < 1e-7


def raked_by_region(study: Study) -> Study:
    return with_weights(study, calibration=Calibration(method="raking", margins=[["region"]]))


def test_raking_starts_from_the_design_weights_of_the_strata(study: Study, tmp_path: Path) -> None:
    """Raked by region alone, a stratum asked ten times too often must not weigh ten times more."""
    by_region = raked_by_region(study)
    mayors = read_mayors("mayors_s1")
    estimated(
        by_region, responses(by_region, mayors, coded_item(study), mayors["q01_services"]), tmp_path
    )
    weighted = pl.read_parquet(tmp_path / "w.parquet").with_columns(pl.col("weight").cast(float))
    large = weighted.filter(by_commune_size="GE20000")["weight"].sum() / weighted["weight"].sum()
    assert 0.005 < large < 0.03  # 453 of 34,806; 0.33 if every respondent began alike


def test_a_stratum_that_the_frame_lacks_cannot_be_calibrated(study: Study, tmp_path: Path) -> None:
    mayors = read_mayors("mayors_s1")
    frame = responses(study, mayors, coded_item(study), mayors["q01_services"]).with_columns(
        pl.when(pl.col("_line") == 2).then(pl.lit("_Z")).otherwise("by_commune_size")
        .alias("by_commune_size")
    )  # fmt: skip
    with pytest.raises(StratumError, match="_Z"):
        estimated(raked_by_region(study), frame, tmp_path)
