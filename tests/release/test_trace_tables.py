"""Tracing a row of a table beside the estimates: to the rows it is made of, and to the lines.

A real release of 60 respondents whose answers go 1, 2, 3, 1, 2, 3…; `tend` is the net of 1 and 2.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.contributors import contributors
from pipelines.errors import PhareError
from pipelines.release import CellError, trace
from pipelines.release.derived import derived_table
from pipelines.release.trace import _block, _items
from pipelines.run import Choices, run_study
from pipelines.study import load_study
from pipelines.study.loader import study_names
from pipelines.study.tables import data_tables
from tests.release.test_lineage import read
from tests.tiny_study import STUDY, TEXT, deliver, rows, write_tiny_study

PROJECT = Path(__file__).parents[2]
ANSWER, ZONE = 4, 2  # columns of the extract
ANALYSES = {
    "comparisons": {"zones": {"title": TEXT, "breakdown": "zone", "against": "rest"}},
    "ratios": {
        "odds": {"title": TEXT, "numerator": {"question": "avis", "answer": "1"},
                 "denominator": {"question": "avis", "answer": "2"}},
    },
    "quantiles": {"middle": {"title": TEXT, "questions": ["note"]}},
    "associations": {"by_zone": {"title": TEXT, "breakdown": "zone"}},
    "verbatims": {
        "words": {"title": TEXT, "question": "verbatim",
                  "themes": {"secret": {"title": TEXT, "words": ["secret"]}}},
    },
    "sheets": {
        "regions": {"title": TEXT, "breakdown": "zone",
                    "alliances": [{"question": "avis", "answers": ["tend"]}]},
    },
}  # fmt: skip


def answers() -> list[list[str]]:
    """Return the 60 answers; who has a number that ends in 9 does not know."""
    return [
        [*row[:ANSWER], "NSP" if number % 10 == 9 else str(1 + number % 3), *row[ANSWER + 1 :]]
        for number, row in enumerate(rows())
    ]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the study with every kind of table beside the estimates; return its root."""
    root = write_tiny_study(tmp_path_factory.mktemp("tables"), waves=())
    folder = root / "schemas" / STUDY
    wave = write_tiny_study(tmp_path_factory.mktemp("one")) / "schemas" / STUDY / "waves.yaml"
    (folder / "waves.yaml").write_bytes(wave.read_bytes())
    (folder / "analyses.yaml").write_text(yaml.safe_dump(ANALYSES), "utf-8")
    scale = folder / "codelists" / "avis"
    codes = scale.with_suffix(".csv").read_text("utf-8")
    scale.with_suffix(".csv").write_text(codes.replace("NSP,", "3,Peut-être,Maybe,answer\nNSP,"))
    about = yaml.safe_load(scale.with_suffix(".yaml").read_text("utf-8"))
    about["nets"] = {"tend": {"title": TEXT, "answers": ["1", "2"]}}
    scale.with_suffix(".yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    deliver(root, answers())
    run_study(root, STUDY, Choices(released="2020-07-01"))
    return root


@pytest.fixture(scope="module")
def release(root: Path) -> Path:
    """Return the folder of the release."""
    return root / "published" / STUDY / "0.1.0"


def lines(root: Path, traced: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    return contributors(root, root / "raw", traced, tmp_path)


def by_hand(*given: str, zone: str | None = None) -> tuple[list[int], list[int]]:
    """Return the lines of the base, and those of them that gave one of some answers."""
    base = [
        line for line, row in enumerate(answers(), start=2)
        if row[ANSWER] in {"1", "2", "3"} and zone in (None, row[ZONE])
    ]  # fmt: skip
    return base, [line for line in base if answers()[line - 2][ANSWER] in given]


def test_a_net_is_made_of_the_estimates_of_its_answers_and_of_their_lines(
    root: Path, release: Path, tmp_path: Path
) -> None:
    found = trace(release, {"question": "avis", "zone": "N"}, "nets")
    assert found["table"] == "nets" and found["cell"]["answer"] == "tend"
    assert [(one["table"], one["key"]["answer"]) for one in found["made_of"]] == [
        ("estimates", "1"), ("estimates", "2"),
    ]  # fmt: skip
    shares = [float(one["figures"]["value"]) for one in found["made_of"]]
    assert float(found["cell"]["value"]) == pytest.approx(sum(shares), abs=0.011)
    assert found["columns"]["value"]["extract_columns"] == ["avis", "poids", "zone"]
    told = lines(root, found, tmp_path)
    assert told["matches"] and (told["base"], told["gave"]) == by_hand("1", "2", zone="N")
    assert len(told["base"]) == int(found["cell"]["respondents"])


def test_each_row_that_a_row_is_made_of_can_be_traced_in_turn(release: Path) -> None:
    found = trace(release, {"question": "avis", "zone": "N"}, "nets")
    for one in found["made_of"]:
        again = trace(release, one["key"], one["table"])
        assert again["cell"]["value"] == one["figures"]["value"] and again["made_of"] == []


def test_a_comparison_is_made_of_the_cell_and_the_total(
    root: Path, release: Path, tmp_path: Path
) -> None:
    found = trace(release, {"question": "avis", "answer": "3", "zone": "S"}, "comparisons")
    assert [one["key"]["zone"] for one in found["made_of"]] == ["S", "_T"]
    assert found["made_of"][0]["figures"]["value"] == found["cell"]["value"]
    told = lines(root, found, tmp_path)
    assert (told["base"], told["gave"]) == by_hand("3", zone="S")
    net = trace(release, {"question": "avis", "answer": "tend", "zone": "S"}, "comparisons")
    assert {one["table"] for one in net["made_of"]} == {"nets"}


def test_non_response_is_traced_to_who_was_asked_and_who_answered(
    root: Path, release: Path, tmp_path: Path
) -> None:
    found = trace(release, {"question": "avis"}, "item_response")
    assert found["columns"]["non_response"]["extract_columns"] == ["avis"]
    told = lines(root, found, tmp_path)
    assert told["base"] == list(range(2, 62)) and told["gave"] == by_hand()[0]
    counts = (found["cell"]["asked"], found["cell"]["respondents"])
    assert counts == (str(len(told["base"])), str(len(told["gave"])))


def test_an_association_is_made_of_its_breakdown_and_of_the_whole_base(
    root: Path, release: Path, tmp_path: Path
) -> None:
    found = trace(release, {"question": "avis"}, "associations")
    assert {one["key"]["zone"] for one in found["made_of"]} == {"N", "S", "_T"}
    assert {one["key"]["age"] for one in found["made_of"]} == {"_T"}
    assert found["columns"]["p_value"]["extract_columns"] == ["avis", "poids", "zone"]
    assert lines(root, found, tmp_path)["gave"] == by_hand()[0]


def test_a_sheet_shows_a_row_of_a_ranking_made_of_estimates(
    root: Path, release: Path, tmp_path: Path
) -> None:
    found = trace(release, {"territory": "N"}, "sheets")
    (source,) = found["made_of"]
    assert source["table"] == "alliances" and source["figures"]["value"] == found["cell"]["value"]
    behind = trace(release, source["key"], "alliances")
    assert [one["key"]["answer"] for one in behind["made_of"]] == ["1", "2"]
    assert lines(root, found, tmp_path)["gave"] == by_hand("1", "2", zone="N")[1]


def test_a_key_that_is_a_number_is_written_as_it_stands(release: Path) -> None:
    found = trace(release, {"territory": "N", "position": "1"}, "sheets")
    assert (found["cell"]["territory"], found["cell"]["position"]) == ("N", "1")
    for wrong in ("2", "first"):
        with pytest.raises(CellError, match="position="):
            trace(release, {"territory": "N", "position": wrong}, "sheets")


def test_only_the_steps_that_a_row_goes_through_are_told(release: Path) -> None:
    assert set(trace(release, {"question": "note"})["queries"]) == {
        "validation", "estimation", "disclosure", "release",
    }  # fmt: skip
    assert "analysis" in trace(release, {"territory": "N"}, "sheets")["queries"]


def test_a_ratio_is_made_of_both_estimates_and_a_quantile_of_everybody_who_gave_a_number(
    root: Path, release: Path, tmp_path: Path
) -> None:
    found = trace(release, {"question": "avis", "zone": "N"}, "ratios")
    one, other = found["made_of"]
    assert (one["key"]["answer"], other["key"]["answer"]) == ("1", "2")
    quotient = float(one["figures"]["value"]) / float(other["figures"]["value"])
    assert float(found["cell"]["value"]) == pytest.approx(quotient, abs=1e-4)
    assert lines(root, found, tmp_path)["gave"] == by_hand("1", zone="N")[1]
    middle = trace(release, {"question": "note", "zone": "N"}, "quantiles")
    assert middle["made_of"] == [] and middle["columns"]["value"]["extract_columns"] == [
        "note", "poids", "zone",
    ]  # fmt: skip
    (tmp_path / "again").mkdir()
    told = lines(root, middle, tmp_path / "again")
    assert told["base"] == told["gave"] and len(told["base"]) == int(middle["cell"]["respondents"])


def test_a_theme_is_told_by_column_and_has_no_lines(
    root: Path, release: Path, tmp_path: Path
) -> None:
    found = trace(release, {"theme": "secret"}, "themes")
    assert found["made_of"] == [] and found["counted"] is None
    assert found["columns"]["value"]["extract_columns"] == ["poids", "verbatim"]
    with pytest.raises(PhareError, match="themes"):
        lines(root, found, tmp_path)


@pytest.mark.parametrize("name", study_names(PROJECT))
def test_every_column_of_the_shipped_studies_has_its_lineage(name: str) -> None:
    study = load_study(PROJECT, name)
    for table in data_tables(study)[1:]:
        told = derived_table(study, table)
        assert set(told["columns"]) == set(table.columns)
        assert told["questions"] or study.collected or table.name == "themes"


def test_codes_and_unknown_tables_are_refused(release: Path) -> None:
    for table in ("questions", "nothing"):
        with pytest.raises(CellError, match="nets"):
            trace(release, {"question": "avis"}, table)
    with pytest.raises(CellError):
        trace(release, {"question": "avis", "respondents": "3"}, "nets")


def test_a_release_whose_lineage_does_not_tell_says_so(release: Path, tmp_path: Path) -> None:
    older = Path(shutil.copytree(release, tmp_path / "older"))
    path = older / "lineage" / "lineage.json"
    told = read(path)
    del told["nets"]
    path.chmod(0o644)
    path.write_text(json.dumps(told), "utf-8")
    assert trace(older, {"question": "note"})["made_of"] == []
    with pytest.raises(CellError, match=r"lignes de `nets`|rows of `nets`"):
        trace(older, {"question": "avis"}, "nets")


def test_lineage_and_openlineage_tell_every_column_of_every_table(
    root: Path, release: Path
) -> None:
    told = read(release / "lineage" / "lineage.json")
    event = (release / "lineage" / "openlineage.ndjson").read_text("utf-8").splitlines()[1]
    outputs = {one["name"]: one["facets"] for one in json.loads(event)["outputs"]}
    first, *others = data_tables(load_study(root, STUDY))
    assert {one.name for one in others} == set(told["tables"]) and len(others) == 9
    for table in (first, *others):
        fields = outputs[table.name]["columnLineage"]["fields"]
        assert set(fields) == set(table.columns)
        columns = told["columns"] if table is first else told["tables"][table.name]["columns"]
        for name, about in columns.items():
            assert about["about"]["fr"] and set(about["steps"]) <= set(told["steps"])
            named = {one["field"] for one in fields[name]["inputFields"]}
            assert bool(named) == (about["from"] not in ([], ["declared"])), (table.name, name)
    difference = outputs["comparisons"]["columnLineage"]["fields"]["difference"]["inputFields"]
    assert {one["field"] for one in difference} == {"age", "avis", "note", "poids", "zone"}
    assert "columnLineage" not in outputs["questions"]


def test_a_table_may_have_a_domain_and_no_question() -> None:
    lineage = {"items": [{"question": "q", "domain": "d", "actor": "_Z", "columns": ["c"]}]}
    assert _items({}, {**lineage, "roles": {}}, "concepts", {"domain": "d"}) == []


def test_a_rank_depends_on_what_it_is_ranked_among() -> None:
    items = [{"question": "q", "domain": one, "actor": actor, "columns": [one + actor]}
             for one in "de" for actor in "xy"]  # fmt: skip
    role = {"question": "q", "domain": "d", "actor": "x"}
    assert _block({"items": items}, role) == ["dx", "dy"]
    assert len(_block({"items": items}, {**role, "actor": "_Z"})) == 4
