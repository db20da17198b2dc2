"""Comparisons and associations: R's on the mayors, and what is said of cells that are not shown."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import stdtrit

from pipelines import sql
from pipelines.estimation import associate, compare, count_wave, weigh
from pipelines.estimation.counts import Counts
from pipelines.estimation.errors import UnsupportedDesignError
from pipelines.estimation.estimate import estimates_of
from pipelines.estimation.significance import adjusted, contrasts, p_values
from pipelines.study import Study
from pipelines.study.analyses import AnalysesFile
from pipelines.study.sums import all_nets
from tests.estimation.mayors import (
    CASES,
    SIZES,
    VARIANTS,
    coded_item,
    mayors_study,
    of_every_sample,
    read_mayors,
    responses,
    with_weights,
)
from tests.tiny_study import TEXT

ITEM = ("question", "domain", "actor")
ANALYSES = AnalysesFile.model_validate(
    {
        "comparisons": {
            "rest": {"title": TEXT, "breakdown": "region", "against": "rest"},
            "whole": {"title": TEXT, "breakdown": "region", "against": "total"},
            "before": {"title": TEXT, "against": "wave"},
            "before_by_region": {"title": TEXT, "breakdown": "region", "against": "wave"},
        },
        "associations": {
            "region": {"title": TEXT, "breakdown": "region"},
            "size": {"title": TEXT, "breakdown": "commune_size"},
        },
    }
)


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = mayors_study(tmp_path_factory.mktemp("root"))
    return Study(study.root, study.about, study.questions, study.waves, study.codelists, ANALYSES)


def counted(study: Study, sample: str, column: str, folder: Path, *, answers: int = 2) -> Counts:
    mayors, item = read_mayors(sample), coded_item(study, answers)
    responses(study, mayors, item, mayors[column]).write_parquet(folder / "r.parquet")
    weigh(study, "2016", folder / "r.parquet", folder / "w.parquet")
    with sql.connect(folder) as connection:
        return count_wave(connection, study, "2016", folder / "w.parquet", all_nets(study))


def all_shown(study: Study, counts: Counts) -> pl.DataFrame:
    table = pl.from_arrow(estimates_of(study, "2016", counts, counts.everything))
    return table.select(*ITEM, *study.breakdowns).unique().with_columns(is_shown=pl.lit(True))


def one(table: pl.DataFrame, study: Study, answers: int = 2, **at: str) -> dict:
    item = coded_item(study, answers)
    found = table.filter(question=item.question, domain=item.domain, actor=item.actor, **at)
    assert found.height == 1
    return found.row(0, named=True)


@of_every_sample
def test_a_region_against_the_rest_and_the_whole_is_that_of_r(
    declared: Study, tmp_path: Path, sample: str, variant: str
) -> None:
    study = with_weights(declared, **VARIANTS[variant])
    counts = counted(study, sample, "q01_services", tmp_path)
    table = compare(study, "2016", counts, all_shown(study, counts), None)
    for analysis, name in (("rest", "reg84_minus_rest"), ("whole", "reg84_minus_all")):
        yes = coded_item(study).answers[0]
        ours = one(table, study, analysis=analysis, answer=yes, region="84")
        expected = CASES[f"{sample}/{variant}/contrast_q01_{name}"]["expected"]
        assert ours["difference"] == pytest.approx(expected["est"], rel=1e-7)
        half = (ours["difference_high"] - ours["difference_low"]) / 2
        assert half == pytest.approx(stdtrit(expected["df"], 0.975) * expected["se"], rel=1e-6)
        assert ours["p_value"] == pytest.approx(expected["p_t"], abs=1e-6)


@pytest.mark.parametrize("where", ["", "_region_11", "_region_84"])
def test_a_wave_against_the_wave_before_is_that_of_r(
    declared: Study, tmp_path: Path, where: str
) -> None:
    study = with_weights(declared, column="poids")
    first = counted(study, "mayors_s1", "q01_services", tmp_path)
    before = pl.from_arrow(estimates_of(study, "2016", first, first.everything))
    second = counted(study, "mayors_s2", "q01_services", tmp_path)
    table = compare(study, "2016", second, all_shown(study, second), before)
    region = where.removeprefix("_region_") or "_T"
    analysis = "before_by_region" if where else "before"
    yes = coded_item(study).answers[0]
    ours = one(table, study, analysis=analysis, answer=yes, region=region)
    expected = CASES[f"mayors_waves/wave_diff_q01{where}"]["expected"]
    assert ours["difference"] == pytest.approx(expected["est"], rel=1e-7)
    if not where:  # R: degrees of freedom of the whole design; ours are those of both bases
        assert ours["p_value"] == pytest.approx(expected["p_t"], abs=1e-6)
    assert ours["p_value"] == pytest.approx(expected["p_t"], abs=0.02)


@of_every_sample
@pytest.mark.parametrize(
    ("case", "column", "answers", "analysis"),
    [
        ("chisq_q04_size", "q04_satisfaction", 4, "size"),
        ("chisq_q01_region", "q01_services", 2, "region"),
    ],
)
def test_an_association_is_the_test_of_r(
    declared: Study, tmp_path: Path, sample: str, variant: str, case: str, column: str,
    answers: int, analysis: str,
) -> None:  # fmt: skip
    study = with_weights(declared, **VARIANTS[variant])
    counts = counted(study, sample, column, tmp_path, answers=answers)
    table = associate(study, "2016", counts, all_shown(study, counts))
    ours = one(table, study, answers, analysis=analysis)
    expected = CASES[f"{sample}/{variant}/{case}"]["expected"]["F"]
    assert ours["statistic"] == pytest.approx(expected["statistic"], rel=1e-6)
    assert ours["numerator_df"] == pytest.approx(expected["parameter"][0], rel=1e-6)
    assert ours["denominator_df"] == pytest.approx(expected["parameter"][1], rel=1e-6)
    assert ours["p_value"] == pytest.approx(expected["p"], abs=1e-6)


def test_a_panel_is_refused_and_a_first_wave_has_nothing_to_be_compared_with(
    declared: Study, tmp_path: Path
) -> None:
    study = with_weights(declared, column="poids")
    counts = counted(study, "mayors_s1", "q01_services", tmp_path)
    shown = all_shown(study, counts)
    table = compare(study, "2016", counts, shown, None)
    assert set(table["analysis"]) == {"rest", "whole"}
    waves = {name: one.model_copy(update={"panel": True}) for name, one in study.waves.items()}
    panel = Study(study.root, study.about, study.questions, waves, study.codelists, study.analyses)
    with pytest.raises(UnsupportedDesignError, match="panel"):
        compare(panel, "2016", counts, shown, None)


def test_what_is_not_shown_has_no_p_value_and_is_not_of_the_family(
    declared: Study, tmp_path: Path
) -> None:
    study = with_weights(declared, column="poids")
    counts = counted(study, "mayors_s1", "q01_services", tmp_path)
    shown = all_shown(study, counts)
    hidden = shown.with_columns(is_shown=pl.col("region") != "84")
    whole = compare(study, "2016", counts, shown, None).filter(analysis="rest")
    part = compare(study, "2016", counts, hidden, None).filter(analysis="rest")
    assert part.filter(region="84")["p_adjusted"].null_count() == part.filter(region="84").height
    of_whole = whole.filter(pl.col("p_adjusted").is_not_null())
    of_part = part.filter(pl.col("p_adjusted").is_not_null())
    assert of_part.height < of_whole.height
    assert of_part["p_adjusted"].to_numpy() == pytest.approx(
        adjusted(of_part["p_value"].to_numpy())
    )
    tests = associate(study, "2016", counts, hidden).filter(analysis="region")
    assert tests["p_value"].null_count() == tests.height
    assert set(tests["respondents"]) == {0}  # fewer than any threshold: withheld


def test_few_respondents_on_either_side_are_not_compared(declared: Study, tmp_path: Path) -> None:
    study = with_weights(declared, column="poids")
    counts = counted(study, "mayors_s1", "q01_services", tmp_path)
    table = compare(study, "2016", counts, all_shown(study, counts), None)
    few = table.filter(pl.col("respondents") < study.about.disclosure.minimum_respondents)
    assert few.height
    assert few["p_adjusted"].null_count() == few["contrast"].null_count() == few.height


def test_adjusted_p_values_are_those_of_r() -> None:
    # p.adjust(c(0.01, 0.04, 0.03, 0.005, NA, 0.8), method = "BH")
    p = np.array([0.01, 0.04, 0.03, 0.005, np.nan, 0.8])
    expected = [0.025, 0.05, 0.05, 0.025, np.nan, 0.8]
    np.testing.assert_allclose(adjusted(p), expected, rtol=1e-12)


def test_p_values_never_say_certain_and_contrasts_say_which_way() -> None:
    p = p_values(
        np.array([0.0, 9.0, np.nan, 1.0]), np.array([0.1, 0.1, 0.1, np.nan]), np.full(4, 9.0)
    )
    assert p[:2].tolist() == [1.0, 1e-6]
    assert np.isnan(p[2:]).all()
    assert contrasts(np.array([1.0, -1, 1, 1]), np.array([0.01, 0.01, 0.2, np.nan])) == [
        "above", "below", "none", None,
    ]  # fmt: skip


def test_a_share_of_nought_is_compared_with_an_error(declared: Study, tmp_path: Path) -> None:
    """No one of a region says so, one in ten elsewhere: twelve people are no proof."""
    study = with_weights(declared, column="poids", population="unknown")
    kinds = [("53", size) for size in SIZES for _ in range(4)]
    kinds += [("11", size) for size in SIZES for _ in range(40)]
    mayors = pl.DataFrame(kinds, schema=["region", "size"], orient="row").with_columns(w_rake=1.0)
    answers = pl.Series([0] * 12 + [1 if i % 10 == 0 else 0 for i in range(120)])
    item = coded_item(study)
    responses(study, mayors, item, answers).write_parquet(tmp_path / "r.parquet")
    weigh(study, "2016", tmp_path / "r.parquet", tmp_path / "w.parquet")
    with sql.connect(tmp_path) as connection:
        counts = count_wave(connection, study, "2016", tmp_path / "w.parquet", all_nets(study))
    table = compare(study, "2016", counts, all_shown(study, counts), None)
    ours = one(table, study, analysis="rest", answer=item.answers[0], region="53")
    assert ours["value"] == 0
    assert ours["contrast"] == "none"
    assert ours["p_value"] > 0.05
