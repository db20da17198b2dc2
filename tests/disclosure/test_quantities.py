"""Totals, ratios and quantiles as they leave: from published figures or on a grain, never more."""

import math
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.analysis import analyse, totals_as_published
from pipelines.analysis.quantities import quantiles_as_published
from pipelines.disclosure import examine, protect, protect_analyses
from pipelines.estimation import estimate, weigh
from pipelines.study import Study
from pipelines.study.analyses import AnalysesFile
from pipelines.study.tables import Table, data_tables
from pipelines.workspace import protected_file
from tests.estimation.mayors import (
    CASES,
    mayors_study,
    read_mayors,
    responses,
    with_weights,
)
from tests.tiny_study import TEXT

KNOWN, NET, SCORE = "steering_known", "alliances_innovation", "alliances_confidence"
WAVE = "2016"
ANALYSES = AnalysesFile.model_validate(
    {
        "totals": {
            "known": {"title": TEXT, "question": KNOWN},
            "agreed": {"title": TEXT, "question": NET, "answers": ["agree"]},
            "scored": {"title": TEXT, "question": SCORE},
        },
        "ratios": {
            "odds": {
                "title": TEXT,
                "numerator": {"question": KNOWN, "answer": "oui"},
                "denominator": {"question": KNOWN, "answer": "non"},
            },
            "per_score": {
                "title": TEXT,
                "numerator": {"question": SCORE},
                "denominator": {"question": KNOWN, "answer": "oui"},
            },
        },
        "quantiles": {
            "middle": {
                "title": TEXT, "questions": [SCORE], "probabilities": [0.25, 0.5, 0.75],
                "grain": 0.5,
            }
        },
    }
)  # fmt: skip
# R 4.2.2, survey 4.1-1: postStratify(d, ~one, data.frame(one = 1, Freq = 34806)) of the design with
# weights w_rake, strata size, fpc; svytotal(~q01_services)
KNOWN_SIZE = (11019.4580130628, 1432.51151152567)
# calibrate(…, ~region + size, calfun = "raking", epsilon = 1e-12); svytotal of subsets
SUBSETS = {("84", "_T"): (1119.4340174779, 394.334305444444),
           ("_T", "GE20000"): (306.544504112923, 19.7893386087646)}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    whole = mayors_study(tmp_path_factory.mktemp("root"))
    questions = {name: whole.questions[name] for name in (KNOWN, NET, SCORE)}
    return Study(whole.root, whole.about, questions, whole.waves, whole.codelists, ANALYSES)


def weighted(study: Study, folder: Path, *, is_scored: bool = True) -> Path:
    """Weigh the mayors: q01 is KNOWN, satisfaction NET, the score SCORE; estimate them."""
    mayors = read_mayors("mayors_s1").with_columns(
        q05_score=pl.when(is_scored).then(pl.col("q05_score"))
    )
    item = next(one for one in study.items if one.question == KNOWN)
    net = next(one for one in study.items if one.question == NET)
    places = dict(
        zip(("tout_a_fait", "plutot", "plutot_pas", "pas_du_tout"), net.answers, strict=True)
    )
    responses(study, mayors, item, mayors["q01_services"]).with_columns(
        mayors["q04_satisfaction"].replace_strict(places, default="_U").alias(net.columns[0]),
        mayors["q05_score"].cast(pl.String).fill_null("_U").alias("confiance_alliances"),
    ).write_parquet(folder / "r.parquet")
    weigh(study, WAVE, folder / "r.parquet", folder / "w.parquet")
    estimates, sums = folder / "estimates.parquet", folder / "sums.parquet"
    estimate(study, WAVE, folder / "w.parquet", estimates, sums)
    return folder / "w.parquet"


@pytest.fixture(scope="module")
def folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the whole chain of the calibrated study."""
    return chain(study, tmp_path_factory.mktemp("wave"))


def chain(study: Study, folder: Path, *, is_scored: bool = True, with_sums: bool = True) -> Path:
    answers = weighted(study, folder, is_scored=is_scored)
    estimates, protected = folder / "estimates.parquet", folder / "protected.parquet"
    protect(study, WAVE, estimates, protected, folder / "sums.parquet" if with_sums else None)
    analyse(study, WAVE, answers, estimates, protected, folder)
    protect_analyses(study, folder, estimates, protected, folder)
    return folder


def table_of(study: Study, name: str) -> Table:
    return next(one for one in data_tables(study) if one.name == name)


def published(folder: Path, table: str) -> pl.DataFrame:
    rows = pl.read_parquet(folder / protected_file(table))
    return rows.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


def shown(folder: Path, name: str = "protected.parquet") -> dict[tuple[str, ...], dict]:
    """Return the published estimates (or nets) by question, answer and cell."""
    rows = pl.read_parquet(folder / name).with_columns(pl.col(pl.Decimal).cast(pl.Float64))
    key = ("question", "answer", "region", "commune_size")
    return {tuple(row[one] for one in key): row for row in rows.rows(named=True)}


@pytest.mark.parametrize("weights", ["calibrated", "fixed"])
def test_totals_are_those_of_r(study: Study, tmp_path: Path, weights: str) -> None:
    """Given estimates that are not rounded, the table holds R's totals to the unit."""
    if weights == "fixed":
        study = with_weights(study, column="poids")
    weighted(study, tmp_path)
    every = pl.read_parquet(tmp_path / "estimates.parquet")
    path = tmp_path / "shown.parquet"
    every.with_columns(status=pl.lit("published")).write_parquet(path)
    found = totals_as_published(study, table_of(study, "totals"), {"estimates": path})
    expected = {("_T", "_T"): KNOWN_SIZE}
    if weights == "calibrated":
        case = CASES["mayors_s1/calibrated/total_q01"]["expected"]
        expected = {**SUBSETS, ("_T", "_T"): (case["est"][0], case["se"][0])}
    for (region, size), (total, error) in expected.items():
        row = found.filter(analysis="known", answer="oui", region=region, commune_size=size)
        assert (int(row["value"][0]), int(row["standard_error"][0])) == (round(total), round(error))


def test_a_published_total_is_the_published_share_times_the_units_of_the_frame(
    study: Study, folder: Path
) -> None:
    estimates, nets = shown(folder), shown(folder, protected_file("nets"))
    rows = published(folder, "totals")
    assert rows["status"].n_unique() == 2
    assert rows.filter(status="published")["analysis"].n_unique() == 3
    for row in rows.rows(named=True):
        source = nets if row["analysis"] == "agreed" else estimates
        told = source[row["question"], row["answer"], row["region"], row["commune_size"]]
        assert row["status"] == told["status"]
        if row["status"] != "published":
            assert {row[one] for one in ("units", "respondents", "value", "ci_low")} == {None}
            continue
        for name, outward in (
            ("value", round), ("standard_error", round), ("ci_low", math.floor),
            ("ci_high", math.ceil),
        ):  # fmt: skip
            assert row[name] == pytest.approx(outward(round(told[name] * row["units"], 6)), abs=1)
    whole = rows.filter(analysis="known", answer="oui", region="_T", commune_size="_T")
    assert whole["units"].to_list() == [34806]
    assert whole["value"][0] == pytest.approx(KNOWN_SIZE[0], abs=34806 * 0.00051)


def test_a_published_ratio_is_the_quotient_of_published_figures_with_a_coarse_error(
    study: Study, folder: Path
) -> None:
    """The step of the error is what one step of the two published errors would move it by."""
    estimates, rows = shown(folder), published(folder, "ratios").filter(status="published")
    assert rows["analysis"].n_unique() == 2
    assert rows.filter(pl.col("region") != "_T").height > 5
    for row in rows.rows(named=True):
        cell = row["region"], row["commune_size"]
        one = estimates[row["question"], row["answer"], *cell]
        other = estimates[row["of_question"], row["of_answer"], *cell]
        assert row["value"] == pytest.approx(one["value"] / other["value"], abs=5.1e-5)
        precision = study.about.disclosure.precision
        prefix = "national_" if cell == ("_T", "_T") else ""
        steps = [
            10.0 ** -getattr(precision, f"{prefix}{told['measure']}") for told in (one, other)
        ]  # fmt: skip
        step = (steps[0] + row["value"] * steps[1]) / other["value"]
        times = row["standard_error"] / step
        assert times == pytest.approx(max(round(times), 1), abs=1e-4 / step + 1e-6)
        assert 0 <= row["ci_low"] < row["value"] < row["ci_high"]


def test_a_ratio_to_what_is_withheld_is_withheld(folder: Path) -> None:
    estimates, rows = shown(folder), published(folder, "ratios")
    for row in rows.rows(named=True):
        cell = row["region"], row["commune_size"]
        sides = (
            estimates[row["question"], row["answer"], *cell]["status"],
            estimates[row["of_question"], row["of_answer"], *cell]["status"],
        )
        if row["status"] == "published":
            assert sides == ("published", "published")
        elif row["analysis"] == "per_score":
            assert "withheld" in sides
    assert "withheld" in set(rows["status"])


def test_quantiles_are_on_their_grain_with_the_threshold_on_each_side(
    study: Study, folder: Path
) -> None:
    mayors, rows = read_mayors("mayors_s1"), published(folder, "quantiles")
    least = study.about.disclosure.minimum_respondents
    withheld = 0
    for row in rows.filter(commune_size="_T").rows(named=True):
        score = mayors.filter((pl.col("region") == row["region"]) | (row["region"] == "_T"))
        score = score["q05_score"].drop_nulls()
        if row["status"] != "published":
            withheld += score.len() >= 2 * least
            continue
        assert row["value"] % 0.5 == row["ci_low"] % 0.5 == row["ci_high"] % 0.5 == 0
        assert (score <= row["value"] + 0.25).sum() >= least
        assert (score >= row["value"] - 0.25).sum() >= least
        assert 0 <= row["ci_low"] <= row["value"] <= row["ci_high"] <= 10
        # nobody's own value: the extremes of the cell, where they are, are the question's own
        assert row["ci_low"] == 0 or (score <= row["ci_low"] + 0.5).sum() >= least
        assert row["ci_high"] == 10 or (score >= row["ci_high"] - 0.5).sum() >= least
    assert withheld  # quartiles of cells whose median is published


@pytest.mark.parametrize(
    ("below", "above", "is_published"), [(11, 11, True), (10, 30, False), (30, 10, False)]
)
def test_too_few_on_either_side_withhold_a_quantile(
    study: Study, folder: Path, tmp_path: Path, below: int, above: int, *, is_published: bool
) -> None:
    private = Path(shutil.copytree(folder, tmp_path / "wave"))
    path = private / "analysis_quantiles.parquet"
    pl.read_parquet(path).with_columns(
        at_or_below=pl.lit(float(below)), at_or_above=pl.lit(float(above))
    ).write_parquet(path)
    protect_analyses(
        study, private, private / "estimates.parquet", private / "protected.parquet", private
    )
    national = published(private, "quantiles").filter(region="_T", commune_size="_T")
    assert set(national["status"]) == {"published" if is_published else "withheld"}
    assert (national["value"].null_count() == 0) == is_published


def test_a_bound_that_few_lie_beyond_is_that_of_the_question(study: Study) -> None:
    row = {
        "analysis": "middle", "question": SCORE, "respondents": 50, "value": 5.26, "ci_low": 3.3,
        "ci_high": 7.1, "effective": 40.0, "beyond_low": 11.0, "beyond_high": 11.0,
    }  # fmt: skip
    rows = pl.DataFrame(
        [row, {**row, "beyond_low": 10.0}, {**row, "beyond_high": 3.0}, {**row, "ci_high": None}]
    )
    found = quantiles_as_published(study, rows)
    assert found.select("value", "ci_low", "ci_high").rows() == [
        (5.5, 3.0, 7.5), (5.5, 0.0, 7.5), (5.5, 3.0, 10.0), (5.5, 3.0, 10.0),
    ]  # fmt: skip


@pytest.fixture
def data(study: Study, folder: Path, tmp_path: Path) -> Path:
    """Return the tables as a release writes them."""
    for table in data_tables(study):
        source = "protected.parquet" if table.name == "estimates" else protected_file(table.name)
        shutil.copy(folder / source, tmp_path / f"{table.name}.parquet")
    return tmp_path


FAULTS = [
    ("totals", pl.col("value") + 2, "not of the published figures"),
    ("ratios", pl.col("value") + pl.lit(0.001).cast(pl.Decimal(15, 4)), "not of the published"),
    ("totals", pl.lit("published").alias("status"), "published beside a withheld cell"),
    ("quantiles", pl.lit("published").alias("status"), "published beside a withheld cell"),
    ("ratios", pl.col("respondents") + 1, "another base than the cell"),
    ("quantiles", pl.col("value").fill_null(3), "figure in a withheld row"),
]


@pytest.mark.parametrize(("table", "change", "fault"), FAULTS)
def test_the_audit_finds_a_quantity_that_says_more(
    study: Study, data: Path, table: str, change: pl.Expr, fault: str
) -> None:
    assert examine(study, [data / "estimates.parquet"]).findings == []
    path = data / f"{table}.parquet"
    pl.read_parquet(path).with_columns(change).write_parquet(path)
    found = {one.where for one in examine(study, [data / "estimates.parquet"]).findings}
    assert any(one.startswith(f"{table}: {fault}") for one in found)


def test_answers_protected_without_their_sums_do_not_pass_the_audit(
    study: Study, tmp_path: Path
) -> None:
    """The net that is released beside them says more than they do."""
    data, private = tmp_path / "data", tmp_path / "private"
    for folder in (data, private):
        folder.mkdir()
    chain(study, private, with_sums=False)
    shutil.copy(private / "protected.parquet", data / "estimates.parquet")
    assert examine(study, [data / "estimates.parquet"]).findings == []
    shutil.copy(private / protected_file("nets"), data / "nets.parquet")
    found = examine(study, [data / "estimates.parquet"]).findings
    assert {one.item[0] for one in found} == {NET}


def test_withheld_cells_have_neither_error_nor_flag(study: Study, folder: Path) -> None:
    for name in ("totals", "ratios", "quantiles"):
        hidden = published(folder, name).filter(pl.col("status") != "published")
        figures = [one.name for one in table_of(study, name).fields if one.is_figure]
        assert hidden.height
        assert np.all(np.array(hidden.select(figures).null_count().row(0)) == hidden.height)


def test_a_question_that_nobody_answered_gives_nothing_but_withheld_rows(
    study: Study, tmp_path: Path
) -> None:
    folder = chain(study, tmp_path, is_scored=False)
    for name, analysis in (("totals", "scored"), ("ratios", "per_score"), ("quantiles", "middle")):
        rows = published(folder, name).filter(analysis=analysis)
        assert rows.height and "published" not in set(rows["status"])
        assert rows["value"].null_count() == rows.height
    assert "published" in set(published(folder, "ratios").filter(analysis="odds")["status"])
