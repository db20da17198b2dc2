"""Ratios and quantiles of every cell at once: R's on the mayors, and the notebook's from rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines import sql
from pipelines.estimation import count_wave, quantiles_of_wave, ratios_of_wave, weigh
from pipelines.estimation.design import Design
from pipelines.estimation.quantiles import distribution, quantiles
from pipelines.estimation.survey import design_of, means
from pipelines.study import Study
from pipelines.study.analyses import AnalysesFile
from pipelines.study.sums import all_nets
from tests.estimation.mayors import (
    RAKING,
    coded_item,
    mayors_study,
    read_mayors,
    responses,
    with_weights,
)
from tests.estimation.test_library import QUANTILES, RATIO
from tests.tiny_study import TEXT

SCORE = "alliances_confidence"
# R 4.2.2, survey 4.1-1, mayors_s1, w_rake, strata size, fpc; y and my, x and mx: numbers and who
# has them: svycontrast(svytotal(~y+my+x+mx, d), quote((y/my)/(x/mx))) of q05_score, q02_security,
# all and region 84; then the same of calibrate(calfun = "raking", epsilon = 1e-12)
OWN_BASES = {
    "fixed": {
        "_T": (19.2762468958704, 3.55523039343339), "84": (41.9503700144425, 29.2011379266383),
    },
    "calibrated": {
        "_T": (19.2762468958744, 3.43956324248425), "84": (41.9503700144635, 29.2313036958391),
    },
}  # fmt: skip
# svyratio(~a, ~b, d) of who says plutot and plutot_pas of q04_satisfaction
ANSWERS = {
    "_T": (0.367534755399914, 0.101503118554065),
    "84": (0.560055628352379, 0.427255410580133),
}
# svyquantile(~q05_score, …) of the calibrated design
CALIBRATED = {
    "_T": [(2.2, 1.9, 2.5), (3.3, 2.8, 4.1), (5.2, 4.7, 5.6)],
    "84": [(1.9, 0.8, 3.1), (3.1, 2.1, 4.1), (4.1, 3.4, 6.8)],
}
VARIANTS = {"fixed": {"column": "poids"}, "calibrated": {"calibration": RAKING}}


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return mayors_study(tmp_path_factory.mktemp("root"))


def study_of(declared: Study, variant: str, answers: int = 2) -> Study:
    """Return the study with a ratio of the score to an answer, one of two answers, quartiles."""
    study = with_weights(declared, **VARIANTS[variant])
    item = coded_item(study, answers)
    yes, no = ({"question": item.question, "answer": one} for one in item.answers[:2])
    # the coded item is of a battery: the score is made one, so that they pair
    score = study.questions[SCORE].model_copy(
        update={"domain": "domain", "columns": "confiance_{domain}"}
    )
    analyses = AnalysesFile.model_validate(
        {
            "ratios": {
                "score": {"title": TEXT, "numerator": {"question": SCORE}, "denominator": yes},
                "answers": {"title": TEXT, "numerator": yes, "denominator": no},
            },
            "quantiles": {
                "quartiles": {
                    "title": TEXT,
                    "questions": [SCORE],
                    "probabilities": [0.25, 0.5, 0.75],
                }
            },
        }
    )
    questions = {**study.questions, SCORE: score}
    return Study(study.root, study.about, questions, study.waves, study.codelists, analyses)


def quantities(
    study: Study, mayors: pl.DataFrame, answers: pl.Series, folder: Path, size: int = 2
) -> tuple[pl.DataFrame, pl.DataFrame]:
    item = coded_item(study, size)
    column = f"confiance_{item.domain}"
    frame = responses(study, mayors, item, answers).with_columns(
        mayors["q05_score"].cast(pl.String).fill_null("_U").alias(column)
    )
    frame.write_parquet(folder / "r.parquet")
    weigh(study, "2016", folder / "r.parquet", folder / "w.parquet")
    with sql.connect(folder) as connection:
        counts = count_wave(connection, study, "2016", folder / "w.parquet", all_nets(study))
        ratios = ratios_of_wave(connection, study, "2016", counts, folder / "w.parquet")
        return (
            ratios.filter(domain=item.domain),
            quantiles_of_wave(connection, study, "2016", counts).filter(domain=item.domain),
        )


@pytest.mark.parametrize("variant", VARIANTS)
def test_ratios_and_quantiles_of_cells_are_those_of_r(
    declared: Study, tmp_path: Path, variant: str
) -> None:
    study, mayors = study_of(declared, variant), read_mayors("mayors_s1")
    ratios, found = quantities(study, mayors, mayors["q02_security"], tmp_path)
    for region, (value, error) in OWN_BASES[variant].items():
        row = ratios.filter(analysis="score", region=region, commune_size="_T").row(0, named=True)
        assert row["value"] == pytest.approx(value, rel=1e-7)
        assert row["standard_error"] == pytest.approx(error, rel=1e-6)
    expected = QUANTILES if variant == "fixed" else CALIBRATED
    for region in ("_T", "84"):
        rows = found.filter(region=region, commune_size="_T").sort("probability")
        wanted = expected[None if region == "_T" and variant == "fixed" else region]
        assert rows.select("value", "ci_low", "ci_high").rows() == wanted


def test_a_ratio_over_the_same_people_is_the_ratio_of_totals_of_r(
    declared: Study, tmp_path: Path
) -> None:
    study, mayors = study_of(declared, "fixed"), read_mayors("mayors_s1")
    both = pl.select(pl.when(mayors["q05_score"].is_not_null()).then(mayors["q02_security"]))
    ratios, _ = quantities(study, mayors, both.to_series(), tmp_path)
    row = ratios.filter(analysis="score", region="_T", commune_size="_T").row(0, named=True)
    assert row["respondents"] == row["denominator_respondents"] == 286
    assert (row["value"], row["standard_error"]) == pytest.approx(RATIO, rel=1e-7)


def test_a_ratio_of_two_answers_is_that_of_r(declared: Study, tmp_path: Path) -> None:
    study, mayors = study_of(declared, "fixed", answers=4), read_mayors("mayors_s1")
    places = {"plutot": 4, "plutot_pas": 3, "pas_du_tout": 2, "tout_a_fait": 1}
    coded = mayors["q04_satisfaction"].replace_strict(places, default=None)
    ratios, _ = quantities(study, mayors, coded, tmp_path, size=4)
    for region, expected in ANSWERS.items():
        row = ratios.filter(analysis="answers", region=region, commune_size="_T").row(0, named=True)
        assert (row["value"], row["standard_error"]) == pytest.approx(expected, rel=1e-7)


def test_quantiles_of_every_cell_are_those_from_rows(declared: Study, tmp_path: Path) -> None:
    study, mayors = study_of(declared, "fixed"), read_mayors("mayors_s1")
    _, found = quantities(study, mayors, mayors["q02_security"], tmp_path)
    design: Design = design_of(
        mayors.to_arrow(), weight="w_rake", strata=["size"], population="stratum_N"
    )
    judged = 0
    for region in mayors["region"].unique():
        inside = (mayors["region"] == region).to_numpy()
        judge = quantiles(mayors.to_arrow(), design, "q05_score", inside=inside)
        ours = found.filter(region=region, commune_size="_T").sort("probability")
        for name, other in (("value", "value"), ("ci_low", "low"), ("ci_high", "high")):
            assert ours[name].to_list() == judge[other].to_list()
        score = mayors.filter(pl.Series(inside))["q05_score"].drop_nulls()
        for row in ours.rows(named=True):
            assert row["at_or_below"] == (score <= row["value"]).sum()
            assert row["at_or_above"] == (score >= row["value"]).sum()
            judged += 1
    assert judged == 39


def test_the_error_of_a_ratio_is_that_of_its_influence_values(
    declared: Study, tmp_path: Path
) -> None:
    """By hand: (z_y - r z_x) / q, row by row, over bases that differ."""
    study, mayors = study_of(declared, "fixed"), read_mayors("mayors_s1")
    ratios, _ = quantities(study, mayors, mayors["q02_security"], tmp_path)
    design = design_of(mayors.to_arrow(), weight="w_rake", strata=["size"], population="stratum_N")
    for region in ("11", "84", "76"):
        inside = (mayors["region"] == region).to_numpy()
        y, x = (
            means(mayors.to_arrow(), design, one, inside=inside)
            for one in ("q05_score", "q02_security")
        )
        ratio = y.value[0] / x.value[0]
        influence = (y.influence - ratio * x.influence) / x.value[0]
        row = ratios.filter(analysis="score", region=region, commune_size="_T").row(0, named=True)
        assert row["value"] == pytest.approx(ratio, rel=1e-9)
        error = float(np.sqrt(design.covariance(influence)[0, 0]))
        assert row["standard_error"] == pytest.approx(error, rel=1e-7)


def test_a_wave_that_did_not_ask_has_neither_ratios_nor_quantiles(
    declared: Study, tmp_path: Path
) -> None:
    study = study_of(declared, "fixed")
    silent = read_mayors("mayors_s1").with_columns(q05_score=pl.lit(None, pl.Float64))
    ratios, found = quantities(study, silent, pl.Series([None] * silent.height), tmp_path)
    assert set(ratios["respondents"]) == set(found["respondents"]) == {0}
    for rows in (ratios, found):
        assert rows["value"].null_count() == rows.height > 0
    assert ratios["standard_error"].null_count() == ratios.height
    assert found["ci_low"].null_count() == found["ci_high"].null_count() == found.height


def test_cells_of_a_distribution_do_not_reach_into_one_another() -> None:
    spread = distribution(
        np.array([1.0, 2.0, 5.0, 7.0]), np.array([1.0, 3.0, 2.0, 2.0]), np.array([0, 0, 2, 2]), 3
    )
    cells = np.array([0, 0, 1, 2, 2, 2])
    shares = np.array([0.25, 0.26, 0.5, 0.5, 1.0, 1.1])
    assert spread.at(cells, shares).tolist()[:2] == [1.0, 2.0]
    found = spread.at(cells, shares)
    assert np.isnan(found[[2, 5]]).all()  # nobody there; beyond the observed
    assert found[[3, 4]].tolist() == [5.0, 7.0]
