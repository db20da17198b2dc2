"""What leaves of the analyses: judged by the cells of estimates, parts with their complement."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.disclosure import EstimatesUnfitError, protect_analyses
from pipelines.disclosure.analyses import protect_analysis
from pipelines.study import Study
from pipelines.study.tables import Table, data_tables, judged_tables
from pipelines.workspace import analysis_file, protected_file
from tests.analysis.made_up_study import write_study
from tests.analysis.test_analyse import ANALYSES, respondents, run


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("study"), ANALYSES)


@pytest.fixture(scope="module")
def private(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Analyse 300 respondents; `size` s has 8 of them, below the threshold of 11."""
    folder = tmp_path_factory.mktemp("wave")
    run(study, folder, respondents(), ".")
    return folder


@pytest.fixture
def published(study: Study, private: Path, tmp_path: Path) -> dict[str, pl.DataFrame]:
    protect_analyses(
        study, private, private / "estimates.parquet", private / "protected.parquet", tmp_path
    )
    return {
        one.name: pl.read_parquet(tmp_path / protected_file(one.name))
        for one in data_tables(study)[1:]
    }


def table_of(study: Study, name: str) -> Table:
    return next(one for one in judged_tables(study) if one.name == name)


def judged(study: Study, private: Path, folder: Path, name: str, rows: pl.DataFrame):
    """Return what is published of `name` when its private rows are `rows`."""
    rows.write_parquet(folder / "rows.parquet")
    protect_analysis(
        study, table_of(study, name), folder / "rows.parquet",
        private / "estimates.parquet", private / "protected.parquet", folder / "out.parquet",
    )  # fmt: skip
    return pl.read_parquet(folder / "out.parquet")


def test_each_table_has_its_declared_columns_sorted_by_key(study: Study, published) -> None:
    for table in data_tables(study)[1:]:
        rows = published[table.name]
        assert tuple(rows.columns) == table.columns
        assert rows.height and rows.equals(rows.sort(table.primary_key))
        assert rows.select(table.primary_key).is_duplicated().sum() == 0


def test_a_row_is_published_where_its_estimates_are_and_says_the_same(
    private: Path, published
) -> None:
    estimates = pl.read_parquet(private / "protected.parquet")
    cells = estimates.filter(pl.col("answer") == "oui")
    both = published["priorities"].join(
        cells, on=["question", "domain", "zone", "size"], suffix="_known"
    )
    assert both.height == published["priorities"].height
    assert both["status"].to_list() == both["status_known"].to_list()
    assert both["status"].n_unique() == 2
    for name in ("respondents", "value", "standard_error", "ci_low", "ci_high"):
        assert both[name].to_list() == both[f"{name}_known"].to_list()


def test_a_withheld_row_has_no_figure_at_all(study: Study, published) -> None:
    for table in data_tables(study)[1:]:
        hidden = published[table.name].filter(pl.col("status") != "published")
        figures = [one.name for one in table.fields if one.is_figure]
        assert figures and hidden.select(figures).null_count().row(0) == (
            (hidden.height,) * len(figures)
        )


def test_profiles_follow_the_pattern_of_cells_and_tell_members_nationally_alone(
    published,
) -> None:
    sizes = published["profiles"]
    is_small = pl.col("size") != "_T"
    assert set(sizes.filter(is_small)["status"]) == {"withheld"}  # 8 people, and their complement
    shown = sizes.filter(~is_small)
    assert set(shown["status"]) == {"published"}
    national = pl.col("zone") == "_T"
    assert shown.filter(national)["members"].sum() == 300
    assert shown.filter(~national)["members"].null_count() == 4


def test_who_is_in_which_profile_and_what_was_said_stay_private(published, tmp_path) -> None:
    names = {path.name for path in tmp_path.iterdir()}
    assert not any("members" in name for name in names)
    for rows in published.values():
        assert "_line" not in rows.columns
    assert all(b"secret 42" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_small_profile_goes_everywhere_and_takes_the_next_smallest_with_it(
    study: Study, private: Path, tmp_path: Path
) -> None:
    sizes = pl.read_parquet(private / analysis_file("profiles"))
    third = sizes.filter(pl.col("profile") == "1").with_columns(
        profile=pl.lit("3"), members=pl.lit(4, pl.Int64)
    )
    found = judged(study, private, tmp_path, "profiles", pl.concat([sizes, third]))
    national = found.filter(pl.col("zone") == "_T", pl.col("size") == "_T")
    status = dict(national.select("profile", "status").rows())
    smaller = sizes.filter(pl.col("zone") == "_T", pl.col("size") == "_T").sort("members")
    assert status == {"3": "withheld", smaller["profile"][0]: "withheld",
                      smaller["profile"][1]: "published"}  # fmt: skip
    kept = found.filter(pl.col("status") == "published")["profile"].unique().to_list()
    assert kept == [smaller["profile"][1]]


def test_hidden_parts_reach_the_threshold_together(
    study: Study, private: Path, tmp_path: Path
) -> None:
    sizes = pl.read_parquet(private / analysis_file("profiles"))
    national = sizes.filter(pl.col("zone") == "_T", pl.col("size") == "_T").head(1)
    counts = {"1": 3, "2": 4, "3": 12, "4": 200}
    rows = pl.concat(
        national.with_columns(profile=pl.lit(name), members=pl.lit(count, pl.Int64))
        for name, count in counts.items()
    )
    found = judged(study, private, tmp_path, "profiles", rows)
    status = dict(found.select("profile", "status").rows())
    assert status == {"1": "withheld", "2": "withheld", "3": "withheld", "4": "published"}


@pytest.mark.parametrize(
    ("wrote", "mentioning", "status"),
    [
        (90, 40, "published"),
        (90, 10, "withheld"),  # too few mention it
        (90, 85, "withheld"),  # too few do not
        (90, 90, "published"),  # nobody is left out
        (10, 10, "withheld"),  # too few wrote
    ],
)
def test_a_theme_needs_the_threshold_and_so_do_those_without_it(
    study: Study, private: Path, tmp_path: Path, wrote: int, mentioning: int, status: str
) -> None:
    themes = pl.read_parquet(private / analysis_file("themes")).with_columns(
        respondents=pl.lit(wrote, pl.Int64), mentioning=pl.lit(mentioning, pl.Int64)
    )
    found = judged(study, private, tmp_path, "themes", themes)
    assert found["status"].to_list() == [status]
    assert (found["value"][0] is None) == (status == "withheld")


def test_an_order_goes_where_a_row_that_has_a_place_in_it_goes(
    study: Study, private: Path, tmp_path: Path
) -> None:
    rows = pl.read_parquet(private / analysis_file("priorities")).with_columns(
        respondents=pl.when(pl.col("domain") == "sel", pl.col("zone") == "N")
        .then(pl.lit(3, pl.Int64)).otherwise("respondents")
    )  # fmt: skip
    found = judged(study, private, tmp_path, "priorities", rows)
    north = found.filter(pl.col("zone") == "N")
    assert north["rank"].null_count() == north["tier"].null_count() == 4
    assert north["value"].null_count() == 1
    assert found.filter(pl.col("zone") == "S")["rank"].null_count() == 0


def test_figures_are_rounded_by_level_and_bounds_outwards(
    study: Study, private: Path, published
) -> None:
    rows = published["priorities"].filter(pl.col("status") == "published")
    below = rows.filter(pl.col("zone") != "_T")
    assert all(value % Decimal("0.01") == 0 for value in below["value"])
    exact = pl.read_parquet(private / analysis_file("priorities"))
    both = rows.join(exact, on=["question", "domain", "zone", "size"], suffix="_exact")
    for low, high in (("ci_low", "ci_high"), ("difference_low", "difference_high")):
        known = both.filter(pl.col(f"{low}_exact").is_not_null())
        assert (known[low].cast(pl.Float64) <= known[f"{low}_exact"] + 1e-9).all()
        assert (known[high].cast(pl.Float64) >= known[f"{high}_exact"] - 1e-9).all()


def test_a_sheet_gathers_what_is_published_of_its_territory(published) -> None:
    sheet = published["sheets"].filter(pl.col("territory") == "N")
    assert sheet["position"].to_list() == list(range(1, 4 + 12 + 2 + 1))
    assert sheet["section"].unique(maintain_order=True).to_list() == [
        "priorities", "roles", "alliances",
    ]  # fmt: skip
    source = published["priorities"].filter(pl.col("zone") == "N")
    own = sheet.filter(pl.col("section") == "priorities")
    assert own["value"].to_list() == sorted(source["value"].to_list(), reverse=True)
    national = published["priorities"].filter(pl.col("zone") == "_T", pl.col("size") == "_T")
    known = dict(national.select("domain", "value").rows())
    assert own["national"].to_list() == [known[name] for name in own["domain"]]


def test_a_table_that_does_not_say_how_it_is_judged_is_not_published(
    study: Study, private: Path, tmp_path: Path
) -> None:
    table = replace(table_of(study, "priorities"), judgement=None)
    with pytest.raises(EstimatesUnfitError, match="Judgement"):
        protect_analysis(
            study, table, private / analysis_file("priorities"), private / "estimates.parquet",
            private / "protected.parquet", tmp_path / "out.parquet",
        )  # fmt: skip
    assert not (tmp_path / "out.parquet").exists()


def test_a_cell_without_estimates_is_withheld(study: Study, private: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(private / analysis_file("priorities")).with_columns(
        domain=pl.lit("elsewhere")
    )
    rows = rows.unique(["question", "domain", "zone", "size"])
    found = judged(study, private, tmp_path, "priorities", rows)
    assert set(found["status"]) == {"withheld"}
