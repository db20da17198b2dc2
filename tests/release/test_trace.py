"""Tracing: from one number to all that stands behind it, with the release alone."""

import json
import shutil
from pathlib import Path

import pytest

from pipelines.errors import ExitCode
from pipelines.release import CellError, ReleaseOutcome, trace
from tests.release.made_up_release import QUALITY, source

CELL = {"question": "avis", "answer": "1", "zone": "N"}


def test_a_cell_is_traced_to_formula_sql_columns_rules_and_run(
    study, first: ReleaseOutcome
) -> None:
    found = trace(first.path, CELL)
    assert found["cell"]["value"] == "0.688" and found["cell"]["respondents"] == "30"
    value = found["columns"]["value"]
    assert "Σ w y / Σ w" in value["about"]["en"]
    assert value["extract_columns"] == ["avis", "poids", "zone"]
    assert any("read_parquet" in one["sql"] for one in found["queries"]["estimation"]["queries"])
    assert found["inputs"] == [
        {"wave": "2020", "file": "extrait.csv", "sha256": source(study).sha256}
    ]
    assert found["quality"] == QUALITY["2020"] and found["run"]["commit"] == "c0ffee"
    assert found["released"]["version"] == "0.1.0"
    json.dumps(found)


def test_a_downloaded_release_is_enough(first: ReleaseOutcome, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(first.path, tmp_path / "alone"))
    found = trace(alone, CELL)
    assert found["released"] is None and found["cell"] == trace(first.path, CELL)["cell"]


def test_the_national_total_depends_on_no_breakdown(first: ReleaseOutcome) -> None:
    found = trace(first.path, {"question": "note"})
    assert found["columns"]["value"]["extract_columns"] == ["note", "poids"]


def test_a_withheld_cell_is_traced_without_a_figure(first: ReleaseOutcome) -> None:
    found = trace(first.path, {"question": "avis", "answer": "1", "age": "Y"})
    assert found["cell"]["status"] == "withheld" and found["cell"]["respondents"] is None


@pytest.mark.parametrize(
    "key", [{"nothing": "1"}, {"question": "avis"}, {"question": "avis", "answer": "9"}]
)
def test_a_key_that_names_no_single_row_is_refused(first: ReleaseOutcome, key: dict) -> None:
    with pytest.raises(CellError) as caught:
        trace(first.path, key)
    assert caught.value.exit_code == ExitCode.USAGE
