"""Lineage and run evidence: complete, of the right shape, and telling nothing of a respondent."""

import json
from pathlib import Path

import pytest

from phare_data.manifest import files_of, sha256_of
from phare_data.verifier import verify
from pipelines.release import ReleaseOutcome
from pipelines.release.lineage import extract_columns, transformation
from pipelines.study import Study, load_study
from pipelines.study.tables import data_tables, estimates_table
from tests.release.made_up_release import source


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def test_every_published_column_is_traced_to_the_extract_with_its_formula(
    study: Study, first: ReleaseOutcome
) -> None:
    found = read(first.path / "lineage" / "lineage.json")
    assert tuple(found["columns"]) == estimates_table(study).columns
    for column in found["columns"].values():
        assert column["about"]["fr"] and column["about"]["en"]
        assert column["kind"] in {"DIRECT", "INDIRECT"} and column["steps"]
        assert set(column["steps"]) <= set(found["steps"])
    assert found["inputs"][0]["sha256"] == source(study).sha256
    assert found["items"][0]["columns"] == ["avis"]


def test_the_sql_of_every_step_is_there_as_it_ran(first: ReleaseOutcome) -> None:
    found = read(first.path / "lineage" / "lineage.json")
    project = Path(__file__).parents[2]
    queries = [query for step in found["steps"].values() for query in step["queries"]]
    assert len(queries) >= 4
    for query in queries:
        assert query["sql"] == (project / query["file"]).read_text("utf-8")


def test_a_value_depends_on_answers_weight_and_breakdowns(study: Study) -> None:
    assert extract_columns(study, "value") == ["age", "avis", "note", "poids", "zone"]
    assert extract_columns(study, "zone") == ["zone"]
    assert extract_columns(study, "wave") == []


@pytest.mark.parametrize("name", ["attitudes-climat-2019", "phare-institutions", "phare-programme"])
def test_every_column_of_every_table_of_the_shipped_studies_is_traced(name: str) -> None:
    study = load_study(Path(__file__).parents[2], name)
    tables = data_tables(study)
    assert len(tables) >= 2
    for table in tables:
        for column in table.fields:
            about = transformation(study, column, table)
            assert about["type"] in {"DIRECT", "INDIRECT"} and about["description"]
            assert extract_columns(study, column.name, table) or about["subtype"] == "IDENTITY"


def test_the_openlineage_event_names_run_inputs_outputs_and_columns(
    study: Study, first: ReleaseOutcome
) -> None:
    lines = (first.path / "lineage" / "openlineage.ndjson").read_text("utf-8").splitlines()
    start, event = map(json.loads, lines)
    assert (start["eventType"], event["eventType"]) == ("START", "COMPLETE")
    assert start["run"] == event["run"] and start["eventTime"] <= event["eventTime"]
    assert {"eventTime", "producer", "schemaURL", "run", "job", "inputs", "outputs"} <= set(event)
    outputs = {one["name"]: one for one in event["outputs"]}
    assert len(outputs) == len(list((first.path / "data").glob("*.parquet")))
    columns = outputs["estimates"]["facets"]["columnLineage"]["fields"]
    assert set(columns) == set(estimates_table(study).columns)
    assert {one["field"] for one in columns["value"]["inputFields"]} == {
        "age", "avis", "note", "poids", "zone",
    }  # fmt: skip
    facets = [*outputs["estimates"]["facets"].values(), *event["run"]["facets"].values()]
    assert all({"_producer", "_schemaURL"} <= set(facet) for facet in facets)


def test_the_crate_states_the_digest_of_every_file(first: ReleaseOutcome) -> None:
    graph = {one["@id"]: one for one in read(first.path / "ro-crate-metadata.json")["@graph"]}
    listed = {name for name, one in graph.items() if one["@type"] == "File"}
    assert listed == set(files_of(first.path)) - {"ro-crate-metadata.json"}
    for name in listed:
        assert graph[name]["sha256"] == sha256_of(first.path / name)
    assert graph["#run"]["@type"] == "CreateAction" and graph["#run"]["identifier"] == "run-1"


def test_a_crate_that_states_another_digest_is_found(first: ReleaseOutcome) -> None:
    path = first.path / "ro-crate-metadata.json"
    path.chmod(0o644)
    digest = sha256_of(first.path / "README.md")
    path.write_text(path.read_text("utf-8").replace(digest, "0" * 64), "utf-8")
    found = {(one.check, one.found) for one in verify(first.path).findings}
    assert ("crate-digest", "README.md") in found
    path.write_text("{}")
    assert "crate-unreadable" in {one.check for one in verify(first.path).findings}
