"""Corrections on purpose: applied where they fit, failing where they no longer do."""

import datetime as dt
import json
import re
import shutil
import stat
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines import PROJECT
from pipelines.intake import corrections_path, read_extract
from pipelines.study import DeclarationError, Study, load_study
from pipelines.validation.corrections import CorrectionsFile, apply_corrections
from pipelines.validation.errors import CorrectionError
from pipelines.validation.report import check_extract
from tests.intake.cases.conftest import ROOT
from tests.intake.cases.extract import cell, extract

GOOD = {
    "respondents": ["R2"], "action": "replace", "column": "note", "value": "10",
    "guard": {"note": "100"}, "reason": "zéro de trop, confirmé par l'institut",
    "asked_by": "A. Durand", "asked_on": dt.date(2024, 12, 10), "status": "applied",
}  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Study:
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    return load_study(tmp_path, "cases")


def declare(study: Study, **corrections: dict[str, object]) -> Path:
    path = corrections_path(study.root, "cases", "2024")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"corrections": corrections}, allow_unicode=True), "utf-8")
    return path


def apply(study: Study, text: str) -> tuple[list[tuple[str, int]], pl.DataFrame]:
    file, raw, out = (study.root / name for name in ("x.csv", "raw.parquet", "out.parquet"))
    file.write_text(text, "utf-8")
    read_extract(file, study.wave("2024").extract, raw)
    found = apply_corrections(study, "2024", raw, out)
    rows = pl.read_parquet(out if out.exists() else raw)
    return [(one.name, one.rows) for one in found], rows


WRONG = extract(cell(2, "note", "100"))


def test_a_correction_changes_the_rows_it_names_and_nothing_else(study):
    declare(study, note=GOOD)
    before = pl.read_csv(WRONG.encode(), separator=";", infer_schema=False)["note"].to_list()
    found, rows = apply(study, WRONG)
    assert found == [("note", 1)]
    assert rows["note"].to_list() == [before[0], "10", *before[2:]]
    assert stat.S_IMODE((study.root / "out.parquet").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"action": "blank", "value": None}, ["8", "", "NSP", "0", "3", "5"]),
        ({"action": "leave_out", "value": None, "column": None}, ["8", "NSP", "0", "3", "5"]),
        ({"status": "waiting"}, ["8", "100", "NSP", "0", "3", "5"]),
        ({"status": "withdrawn"}, ["8", "100", "NSP", "0", "3", "5"]),
    ],
)
def test_each_action_and_status_does_what_it_says(study, change, expected):
    declare(study, note=GOOD | change)
    _, rows = apply(study, WRONG)
    assert rows["note"].to_list() == expected


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"guard": {"note": "99"}}, "validation-correction-stale"),
        ({"respondents": ["R2", "R7"]}, "validation-correction-stale"),
        ({"guard": {"note": "100", "nota": "x"}}, "validation-correction-column"),
    ],
)
def test_a_correction_that_no_longer_matches_fails(study, change, key):
    declare(study, note=GOOD | change)
    with pytest.raises(CorrectionError) as caught:
        apply(study, WRONG)
    assert caught.value.key == key
    assert caught.value.text("fr") != caught.value.text("en")


def test_a_correction_of_a_respondent_on_two_lines_fails(study):
    declare(study, note=GOOD)
    with pytest.raises(CorrectionError):
        apply(study, WRONG + WRONG.split("\n")[2] + "\n")


@pytest.mark.parametrize(
    "change",
    [{"value": None}, {"column": None}, {"guard": {"avis": "2"}}, {"status": "done"},
     {"action": "leave_out"}, {"reason": ""}],
)  # fmt: skip
def test_a_correction_that_makes_no_sense_is_refused_with_its_line(study, change):
    declare(study, note=GOOD | change)
    with pytest.raises(DeclarationError) as caught:
        apply(study, WRONG)
    assert caught.value.values["line"] in range(2, 20)


def test_the_report_lists_every_correction_and_asks_about_those_that_wait(study):
    declare(study, note=GOOD, age=GOOD | {"status": "waiting", "reason": "âge douteux"})
    file = study.root / "x.csv"
    file.write_text(WRONG, "utf-8")
    report = check_extract(study, "2024", file, study.root / "report")
    assert report.is_accepted
    page = report.html_path.read_text("utf-8")
    assert "zéro de trop, confirmé par l&#39;institut" in page and "A. Durand" in page
    assert "Correction <code>age</code> en attente : âge douteux" in page


def test_a_stale_correction_ends_in_the_report(study):
    declare(study, note=GOOD)
    file = study.root / "x.csv"
    file.write_text(extract(), "utf-8")
    report = check_extract(study, "2024", file, study.root / "report")
    assert report.findings.error.key == "validation-correction-stale"
    for path in (report.html_path, report.json_path):
        text = path.read_text("utf-8")
        assert str(study.root) not in text and "raw/cases/2024/corrections.yaml" in text
    assert json.loads(report.json_path.read_text("utf-8"))["questions"]["fr"] == []


def test_the_example_of_the_manual_is_a_correction():
    manual = (PROJECT / "docs" / "intake.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", manual, re.DOTALL)
    (found,) = CorrectionsFile.model_validate(yaml.safe_load(example)).corrections.values()
    assert found.guard == {"confiance_alliances": "100"}
