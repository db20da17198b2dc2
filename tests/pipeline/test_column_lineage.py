"""What Dagster's store tells of columns: all that each asset writes, back to the extract."""

import json
import re
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest
import yaml

from pipelines import PROJECT
from pipelines.assets import column_metadata, columns_written
from pipelines.release.lineage import extract_columns
from pipelines.run import Choices, run_study
from pipelines.steps import steps_of, wave_folder
from pipelines.study import load_study
from tests.pipeline import test_collection
from tests.tiny_study import STUDY, TEXT, write_tiny_study

Lineage = dict[str, dict[str, set[tuple[str, str]]]]
ANALYSES = {
    "comparisons": {"zones": {"title": TEXT, "against": "rest", "breakdown": "zone"}},
    "quantiles": {"marks": {"title": TEXT, "questions": ["note"], "probabilities": [0.5]}},
    "sheets": {
        "pages": {
            "title": TEXT, "breakdown": "zone",
            "alliances": [{"question": "avis", "answers": ["1"]}],
        }
    },
}  # fmt: skip


def told(root: Path, study: str) -> Lineage:
    """Return what Dagster keeps of a study: asset → column → (asset, column) it depends on."""
    found: Lineage = {}
    names = [one.name for one in steps_of(load_study(root, study))]
    with chdir(root), dg.DagsterInstance.get() as instance:
        for name in (*names, "release"):
            event = instance.get_latest_materialization_event(dg.AssetKey([study, name]))
            assert event and event.asset_materialization
            metadata = event.asset_materialization.metadata
            if "dagster/column_lineage" not in metadata:
                continue
            lineage = metadata["dagster/column_lineage"].value.deps_by_column
            shown = [one.name for one in metadata["dagster/column_schema"].value.columns]
            assert sorted(shown) == sorted(lineage), name
            found[name] = {
                column: {(dep.asset_key.path[-1], dep.column_name) for dep in deps}
                for column, deps in lineage.items()
            }
    return found


def walked(found: Lineage, asset: str, column: str) -> set[str]:
    """Return the columns of the extract where the walk back from a column ends."""
    ends = set()
    for before, name in found[asset][column]:
        ends |= {name} if before == "raw_extract" else walked(found, before, name)
    return ends


def released(path: Path, first: str) -> Mapping[str, set[str]]:
    """Return what a release itself says, column of a table → columns of the extract."""
    line = (path / "lineage" / "openlineage.ndjson").read_text("utf-8").splitlines()[-1]
    return {
        name if table["name"] == first else f"{table['name']}.{name}": {
            one["field"] for one in about["inputFields"]
        }
        for table in json.loads(line)["outputs"]
        for name, about in table["facets"].get("columnLineage", {"fields": {}})["fields"].items()
    }


def test_every_column_that_a_survey_publishes_is_walked_back_as_its_release_says(
    tmp_path: Path,
) -> None:
    root = write_tiny_study(tmp_path)
    path = root / "schemas" / STUDY / "analyses.yaml"
    path.write_text(yaml.safe_dump(ANALYSES), "utf-8")
    outcome = run_study(root, STUDY, Choices(released="2020-07-01"))
    found, expected = told(root, STUDY), released(Path(outcome["path"]), "estimates")
    assert {"estimates", "analyses", "protected_estimates", "protected_analyses"} < set(found)
    assert {one.partition(".")[0] for one in expected if "." in one} == {
        "alliances", "comparisons", "item_response", "quantiles", "sheets",
    }  # fmt: skip
    assert {one: walked(found, "release", one) for one in found["release"]} == expected
    assert {**found["protected_estimates"], **found["protected_analyses"]}.keys() == set(expected)
    assert found["release"]["sheets.value"] == {("protected_analyses", "sheets.value")}
    assert found["protected_analyses"]["quantiles.value"] == {("analyses", "quantiles.value")}


@pytest.mark.parametrize("step", ["analyses", "protected_analyses"])
def test_columns_told_of_an_asset_of_many_tables_are_those_of_its_files(
    tmp_path: Path, step: str
) -> None:
    root = write_tiny_study(tmp_path)
    (root / "schemas" / STUDY / "analyses.yaml").write_text(yaml.safe_dump(ANALYSES), "utf-8")
    run_study(root, STUDY, Choices(released="2020-07-01"))
    study = load_study(root, STUDY)
    files = next(one for one in steps_of(study) if one.name == step).all_outputs(study)
    written = set()
    for name in files:
        if name.endswith(".parquet"):
            table = name.removesuffix(".parquet").partition("_")[2]
            columns = pq.read_schema(wave_folder(study, "2020") / name).names
            written |= {f"{table}.{column}" for column in columns}
    columns_told = set(told(root, STUDY)[step])
    if step == "analyses":  # at full precision some more is kept, never published
        assert columns_told < written
    else:
        assert columns_told == written


@pytest.mark.parametrize("name", ["attitudes-climat-2019", "phare-institutions"])
def test_columns_of_a_battery_go_by_their_pattern_and_no_other_is_named(name: str) -> None:
    study = load_study(PROJECT, name)
    batteries = [str(one.columns) for one in study.questions.values() if "{" in str(one.columns)]
    patterns = {one: re.compile(re.sub(r"\{\w+\}", r"\\w+", one)) for one in batteries}
    found: Lineage = {
        step: {
            column: {(dep.asset_key.path[-1], dep.column_name) for dep in deps}
            for column, deps in lineage.deps_by_column.items()
        }
        for step in (*(one.name for one in steps_of(study)), "release")
        if (lineage := column_metadata(study, step)["dagster/column_lineage"])
    }
    for column, (table, one) in columns_written(study, "release").items():
        ends = walked(found, "release", column)
        for source in extract_columns(study, one.name, table):
            named = {source, *(name for name, kind in patterns.items() if kind.fullmatch(source))}
            assert named & ends, (column, source)
        plain = ends - patterns.keys()
        assert plain <= set(extract_columns(study, one.name, table)), column
    assert batteries and sum(map(len, found["analyses"].values())) < 2000


def test_the_comparison_of_a_collection_is_walked_back_too(tmp_path: Path) -> None:
    name = test_collection.STUDY
    test_collection.declare(tmp_path, test_collection.about())
    test_collection.deliver(tmp_path, test_collection.ENTRIES)
    outcome = run_study(tmp_path, name, test_collection.RELEASED)
    found, expected = told(tmp_path, name), released(Path(outcome["path"]), "figures")
    assert {one: walked(found, "release", one) for one in found["release"]} == expected
    assert walked(found, "release", "concept_comparisons.reason") == {
        "doubt", "idea", "said", "unit",
    }  # fmt: skip
