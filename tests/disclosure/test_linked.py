"""Tables of analyses are part of the attack: each fault planted in one is found."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.disclosure import examine, protect_analyses
from pipelines.disclosure.linked import linked_tables
from pipelines.study import Study
from pipelines.study.tables import data_tables
from pipelines.workspace import protected_file
from tests.analysis.made_up_study import write_study
from tests.analysis.test_analyse import ANALYSES, respondents, run
from tests.tiny_study import TEXT

COMPARED = {"zones_compared": {"title": TEXT, "breakdown": "zone", "against": "rest"}}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("study"), {**ANALYSES, "comparisons": COMPARED})


@pytest.fixture(scope="module")
def written(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every table of a wave as a release writes it, Parquet and CSV."""
    private = tmp_path_factory.mktemp("wave")
    run(study, private, respondents(), ".")
    protect_analyses(
        study, private, private / "estimates.parquet", private / "protected.parquet", private
    )
    data = tmp_path_factory.mktemp("data")
    for table in data_tables(study):
        source = "protected.parquet" if table.name == "estimates" else protected_file(table.name)
        rows = pl.read_parquet(private / source)
        rows.write_parquet(data / f"{table.name}.parquet")
        rows.write_csv(data / f"{table.name}.csv")
    return data


def examined(study: Study, data: Path):
    return examine(study, [data / "estimates.parquet", data / "estimates.csv"])


def test_what_protection_writes_passes_and_profiles_are_attacked_with_it(study, written) -> None:
    report = examined(study, written)
    assert report.findings == []
    alone = examine(study, [_alone(written)])
    profiles = [one for one in linked_tables(study) if one.part]
    assert len(profiles) == 1
    assert report.items == alone.items + 1


def _alone(written: Path) -> Path:
    folder = written.parent / "alone"
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(written / "estimates.parquet", folder / "estimates.parquet"))


def planted(written: Path, folder: Path, name: str, change: pl.Expr, suffix: str) -> Path:
    data = Path(shutil.copytree(written, folder / "data"))
    path = data / f"{name}{suffix}"
    rows = pl.read_parquet(written / f"{name}.parquet").with_columns(change)
    rows.write_parquet(path) if suffix == ".parquet" else rows.write_csv(path)
    return data


HIDDEN, SHOWN = pl.col("status") == "withheld", pl.col("status") == "published"


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize(
    ("table", "change", "fault"),
    [
        ("priorities", pl.when(HIDDEN).then(7).otherwise("respondents").alias("respondents"),
         "priorities: figure in a withheld row"),
        ("alliances", pl.when(HIDDEN).then(0.25).otherwise("value").alias("value"),
         "alliances: figure in a withheld row"),
        ("roles", pl.when(HIDDEN).then(pl.lit("published")).otherwise("status").alias("status"),
         "roles: published beside a withheld cell"),
        ("priorities", pl.col("respondents") + 1, "priorities: another base than the cell"),
        ("comparisons", pl.col("respondents") + 1, "comparisons: another base than the cell"),
        ("themes", pl.lit("secret").alias("status"), "themes: status"),
    ],
)  # fmt: skip
def test_a_fault_in_a_table_of_analyses_is_found_in_either_format(
    study, written, tmp_path, table, change, fault, suffix
) -> None:
    rows = pl.read_parquet(written / f"{table}.parquet")
    if "withheld" in fault:
        assert rows.filter(HIDDEN).height
    found = examined(study, planted(written, tmp_path, table, change, suffix)).findings
    assert fault in {one.where for one in found if one.kind == "rows"}


def test_the_profile_of_a_lone_withheld_cell_is_worked_out(study, written, tmp_path) -> None:
    is_north = (pl.col("zone") == "N") & (pl.col("size") == "_T")
    figures = ("members", "respondents", "value", "standard_error", "ci_low", "ci_high")
    data = Path(shutil.copytree(written, tmp_path / "data"))
    for suffix in (".parquet", ".csv"):
        rows = pl.read_parquet(written / "profiles.parquet").with_columns(
            pl.when(is_north).then(pl.lit("withheld")).otherwise("status").alias("status"),
            *(pl.when(~is_north).then(pl.col(one)).alias(one) for one in figures),
        )
        path = data / f"profiles{suffix}"
        rows.write_parquet(path) if suffix == ".parquet" else rows.write_csv(path)
    found = examined(study, data).findings
    assert {one.item[0] for one in found} == {"profiles|kinds"}
    assert {"respondents", "share"} <= {one.kind for one in found}


@pytest.mark.parametrize(("hidden", "is_worked_out"), [(["2", "3"], False), (["2"], True)])
def test_hidden_profiles_share_what_the_shown_ones_leave_in_each_cell(
    study, written, tmp_path, hidden, *, is_worked_out
) -> None:
    """Of two, each stays open by half of that; a lone one is read off, to the rounding."""
    profiles = pl.read_parquet(written / "profiles.parquet")
    figures = ("members", "respondents", "value", "standard_error", "ci_low", "ci_high")
    gone = profiles.filter(profile="2").with_columns(
        *(pl.lit(None, profiles.schema[one]).alias(one) for one in figures),
        status=pl.lit("withheld"),
    )
    most = pl.when(zone="N").then(0.95).when(zone="S").then(0.94).otherwise(0.944)
    shown = profiles.filter(profile="1").with_columns(
        value=pl.when(status="published").then(most.cast(profiles.schema["value"]))
    )
    rows = pl.concat([shown, *(gone.with_columns(profile=pl.lit(one)) for one in hidden)])
    data = Path(shutil.copytree(written, tmp_path / "data"))
    rows.write_parquet(data / "profiles.parquet")
    rows.write_csv(data / "profiles.csv")
    found = [one.kind for one in examined(study, data).findings if one.item[0] == "profiles|kinds"]
    assert ("share" in found) == is_worked_out
