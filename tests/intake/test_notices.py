"""Warnings: what breaks no rule and still deserves a look."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines import PROJECT
from pipelines.intake import newest_delivery
from pipelines.study import Study, load_study
from pipelines.validation.notices import _alike
from pipelines.validation.report import check_extract
from tests.intake.cases.conftest import ROOT
from tests.intake.cases.extract import Change, cell, column, extract


@pytest.fixture
def notices(tmp_path: Path):
    shutil.copytree(ROOT / "schemas", tmp_path / "root" / "schemas")
    study: Study = load_study(tmp_path / "root", "cases")

    def checking(*changes: Change) -> dict[str, dict[str, str | int | float]]:
        path = tmp_path / "x.csv"
        path.write_text(extract(*changes), "utf-8")
        report = check_extract(study, "2024", path, tmp_path / "report")
        assert report.is_accepted
        return {one.key: dict(one.values) for one in report.findings.notices}

    return checking


def test_an_interview_far_below_the_median_is_noted_with_its_line(notices):
    # Durations 600, 700, 650, 800, 50, 900: median 675, 30 % of it 202.5.
    assert notices(cell(5, "duree", "50"))["notice-fast"] == {
        "count": 1, "median": "675", "line": 6
    }  # fmt: skip
    assert "notice-fast" not in notices(cell(5, "duree", "203"))


@pytest.mark.parametrize("duration", ["0", "-5", "86401"])
def test_a_duration_that_cannot_be_is_noted_and_leaves_the_median_alone(notices, duration):
    # The others: 600, 700, 650, 800, 620, so 650; 0 and -5 are impossible rather than fast.
    found = notices(cell(6, "duree", duration))
    assert found["notice-duration"] == {"count": 1, "line": 7}
    assert "notice-fast" not in found


def test_weights_that_do_not_sum_to_the_respondents_are_noted(notices):
    doubled = column("poids", lambda text: f"{2 * float(text.replace(',', '.'))}".replace(".", ","))
    assert notices(doubled)["notice-weight-sum"] == {"found": 12.0, "expected": 6}


def test_the_design_effect_of_weights_is_kishs(notices):
    # One weight of 9 and five of 0.1: 6 × (81 + 0.05) / 9.5² = 5.39.
    heavy = column("poids", lambda _: "0,1")
    found = notices(heavy, cell(1, "poids", "9"))["notice-design-effect"]
    assert found == {"found": 5.39, "limit": "3"}


def test_weighted_shares_far_from_the_frame_are_noted(notices):
    found = notices()["notice-margin"]
    assert found["breakdown"] in {"region", "commune_size"}
    assert found["points"] == "5"


@pytest.mark.parametrize(("shortest", "told"), [(16, {("partnerships", 16)}), (17, set())])
def test_the_same_answer_to_a_whole_battery_is_noted(tmp_path, monkeypatch, shortest, told):
    monkeypatch.setattr("pipelines.validation.notices.BATTERY", shortest)
    study = load_study(PROJECT, "phare-institutions")
    extract = newest_delivery(PROJECT, study.id, "2016").extract
    report = check_extract(study, "2016", extract, tmp_path / "report")
    alike = [one.values for one in report.findings.notices if one.key == "notice-alike"]
    assert {(one["battery"], one["items"]) for one in alike} == told


@pytest.mark.parametrize(("alike", "told"), [(1, set()), (2, {(2, 2, "20")})])
def test_more_than_a_tenth_must_answer_a_battery_alike_and_silence_is_no_answer(alike, told):
    study = load_study(PROJECT, "phare-institutions")
    cells = [*["1"] * alike, *["_U"] * (10 - alike)]
    columns = {name: cells for item in study.items for name in item.columns}
    notes = _alike(study, pl.LazyFrame({"_line": range(2, 12), **columns}))
    values = [one.values for one in notes]
    assert {(one["count"], one["line"], one["share"]) for one in values} == told
