"""The cube's sums on a local Spark cluster are DuckDB's: decimals to the last digit."""

import shutil
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipelines import PROJECT, sql
from pipelines.errors import ExitCode
from pipelines.estimation import estimate
from pipelines.estimation.cube import COUNTED, counted_queries
from pipelines.estimation.errors import EngineError
from pipelines.estimation.spark import MASTER, MOST_COUNTED, count_answers, translated
from pipelines.steps import STEPS, run_step, wave_folder
from pipelines.study import Study, load_study
from pipelines.study.sums import Together, sum_name, sums_of

CLUSTER = "local-cluster[2,1,1024]"  # two workers, processes of their own
STUDIES = ("phare-institutions", "attitudes-climat-2019")
NEEDED = ("raw_extract", "responses", "weighted_responses")
EXACT = ("respondents", "answering", "weighted_base", "degrees_of_freedom")
CLOSE = ("value", "standard_error", "ci_low", "ci_high", "design_effect", "effective_respondents")


@pytest.fixture(scope="module", params=STUDIES)
def weighted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, str, Path]:
    """Return a study of the repository, its wave and its weighted responses, made by the chain."""
    root = tmp_path_factory.mktemp("root")
    for part in ("schemas", "raw"):
        shutil.copytree(PROJECT / part, root / part)
    study = load_study(root, request.param)
    wave = next(iter(study.waves))
    for step in STEPS:
        if step.name in NEEDED:
            run_step(study, wave, step)
    return study, wave, wave_folder(study, wave) / "weighted.parquet"


def together(study: Study) -> Together:
    """Return the sums of answers that a study shows, and one of each multiple choice."""
    found = dict(sums_of(study))
    for item in study.items:
        if item.is_multiple:
            found[item.question] = {sum_name(item.answers[:2]): item.answers[:2]}
    return found


def counted(query: str, path: Path) -> pa.Table:
    with sql.connect() as connection:
        connection.execute(query, {"weighted": str(path)})
        return connection.sql(f"FROM {COUNTED}").to_arrow_table()


@pytest.mark.spark
@pytest.mark.timeout(900)
def test_sums_equal_duckdbs_and_shares_too(
    weighted: tuple[Study, str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark", reason="an extra, in .venv-spark alone: make test-spark")
    monkeypatch.setenv(MASTER, CLUSTER)
    study, wave, path = weighted
    sums = together(study)
    ours = counted(counted_queries(study, sums)[0], path)
    theirs = count_answers(counted_queries(study, sums, MOST_COUNTED), path)
    assert any(name.startswith("_sum ") for name in ours["column"].unique().to_pylist()) == any(
        item.is_multiple for item in study.items
    )
    order = [(name, "ascending") for name in ours.column_names if name not in {"n", "w", "w2"}]
    ours, theirs = ours.sort_by(order), theirs.sort_by(order)
    assert ours.column_names == theirs.column_names and ours.num_rows == theirs.num_rows > 100
    for name in ours.column_names:  # decimals are compared as decimals
        assert ours[name].to_pylist() == theirs[name].to_pylist(), name

    here, there = tmp_path / "here.parquet", tmp_path / "there.parquet"
    estimate(study, wave, path, here)
    about = study.about.model_copy(update={"engine": "spark"})
    on_spark = Study(
        study.root, about, study.questions, study.waves, study.codelists, study.analyses
    )
    estimate(on_spark, wave, path, there)
    a, b = pl.read_parquet(here), pl.read_parquet(there)
    key = [name for name in a.columns if a[name].dtype == pl.String and name != "reliability"]
    assert a.select(key).equals(b.select(key))
    for name in EXACT:
        assert a[name].equals(b[name]), name
    for name in CLOSE:
        assert a[name].is_null().equals(b[name].is_null())
        assert ((a[name] - b[name]).abs().fill_null(0) <= 1e-9).all(), name


@pytest.mark.spark
def test_what_is_not_a_table_of_a_query_is_not_translated() -> None:
    pytest.importorskip("sqlglot", reason="an extra, in .venv-spark alone: make test-spark")
    with pytest.raises((ValueError, AttributeError)):
        translated("SELECT 1")


def test_without_pyspark_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)  # not installed, wherever this runs
    with pytest.raises(EngineError, match="extra `spark`") as caught:
        count_answers([], tmp_path)
    assert caught.value.exit_code == ExitCode.USAGE
