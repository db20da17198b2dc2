"""Open text and identifiers are refused again when a table is about to be published."""

import polars as pl
import pytest

from pipelines.disclosure import NotPublishableError, audit, check_publishable, protect
from pipelines.study.tables import published_tables
from tests.disclosure.made_up_wave import SIZES, WAVE, estimates_of, question, respondents_of

QUESTIONS = {
    "q1": question("q1"),
    "verbatim": {**question("Verbatim Libre"), "kind": "open_text", "scale": None},
}


def test_the_tables_of_a_study_are_publishable(study_of):
    study = study_of(questions=QUESTIONS)
    for table in published_tables(study):
        check_publishable(study, table.columns)


@pytest.mark.parametrize(
    "column", ["id", "insee", "w", "Verbatim Libre", "verbatim libre", "verbatim", "q1", "ID"]
)
def test_a_column_of_one_respondent_is_refused_whatever_its_case(study_of, column):
    study = study_of(questions=QUESTIONS)
    with pytest.raises(NotPublishableError) as refused:
        check_publishable(study, ["wave", "region", column])
    assert column in str(refused.value)
    assert "region" not in str(refused.value).split("Expected")[0]


def test_all_that_is_refused_is_named_at_once(study_of):
    study = study_of(questions=QUESTIONS)
    with pytest.raises(NotPublishableError, match="id, insee"):
        check_publishable(study, ["insee", "id"])


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_release_with_a_private_column_in_any_of_its_tables_is_refused(study_of, folder, suffix):
    study = study_of()
    cells = {(region, size): 20 for region in ("R1", "R2", "R3", "R4") for size in SIZES}
    estimates = estimates_of(study, respondents_of(cells), folder / "e.parquet")
    (folder / "data").mkdir()
    protect(study, WAVE, estimates, folder / "data" / "estimates.parquet")
    audit(study, [folder / "data" / "estimates.parquet"])
    beside = pl.DataFrame({"analysis": ["a"], "insee": ["01001"]})
    write = beside.write_parquet if suffix == "parquet" else beside.write_csv
    write(folder / "data" / f"themes.{suffix}")
    with pytest.raises(NotPublishableError, match="insee"):
        audit(study, [folder / "data" / "estimates.parquet"])
