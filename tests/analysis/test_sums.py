"""Sums of answers: estimated with the answers, shown as computed, leaving where these do."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.disclosure import examine, protect_analyses
from pipelines.study import Study
from pipelines.study.sums import codes_of, sum_name, sums_of
from pipelines.study.tables import data_tables
from pipelines.workspace import analysis_file, protected_file
from tests.analysis.made_up_study import write_study
from tests.analysis.test_analyse import ANALYSES, respondents, run
from tests.tiny_study import TEXT

EITHER, AGREE, ALL = ("temps", "argent"), ("a", "b", "c"), ("a", "b", "c", "d", "e")
COUNTED = [
    {"question": "tools", "answers": [*EITHER]}, {"question": "a1", "answers": [*AGREE]},
    {"question": "a1", "answers": [*ALL]}, {"question": "tools", "answers": ["temps"]},
]  # fmt: skip
SHEETS = {"zones": {"title": TEXT, "breakdown": "zone", "alliances": COUNTED}}
KEY = ["question", "zone", "size"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("study"), {**ANALYSES, "sheets": SHEETS})


@pytest.fixture(scope="module")
def folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the private folder of a wave, every table protected."""
    found, draw = tmp_path_factory.mktemp("wave"), np.random.default_rng(8)
    people = respondents()
    answers = people.with_columns(
        pl.Series("tool_argent", draw.choice(["0", "1"], people.height, p=[0.6, 0.4])),
        pl.Series("a1", draw.choice(["a", "b", "c", "d", "e"], people.height)),
    )
    run(study, found, answers, ".")
    protect_analyses(study, found, found / "estimates.parquet", found / "protected.parquet", found)
    return found


def test_a_sum_has_one_name_and_is_neither_one_answer_nor_all_that_each_gave_one_of(
    study: Study,
) -> None:
    assert sums_of(study) == {
        "tools": {sum_name(EITHER): EITHER}, "a1": {sum_name(AGREE): AGREE},
    }  # fmt: skip
    assert codes_of(sum_name(EITHER)) == EITHER and codes_of("temps") == ("temps",)


def test_sums_are_what_the_tables_show_by_way_of_single_respondents(folder: Path) -> None:
    ours = pl.read_parquet(folder / "sums.parquet").filter(pl.col("respondents") > 0)
    told = pl.read_parquet(folder / analysis_file("alliances"))
    theirs = told.filter(pl.col("answers").is_in(["+".join(EITHER), "+".join(AGREE)]))
    both = ours.join(theirs, on=KEY, suffix="_shown")
    assert both.height == ours.height >= 10
    for name in ("respondents", "value", "standard_error"):
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_shown"].to_numpy(), abs=1e-9)
    assert ours["design_effect"].null_count() == ours.height


def test_whoever_gives_two_answers_of_a_multiple_choice_counts_once(folder: Path) -> None:
    estimates, sums = (
        pl.read_parquet(folder / f"{name}.parquet").filter(zone="_T", size="_T")
        for name in ("estimates", "sums")
    )
    for question, codes, is_union in (("tools", EITHER, True), ("a1", AGREE, False)):
        parts = estimates.filter(pl.col("answer").is_in(codes), question=question)["value"]
        together = sums.filter(question=question)["value"].item()
        assert parts.max() < together
        assert (
            (together < parts.sum() - 0.1) if is_union else together == pytest.approx(parts.sum())
        )


def test_a_sum_leaves_where_its_answers_do_and_nowhere_else(study: Study, folder: Path) -> None:
    shown = pl.read_parquet(folder / "protected.parquet")
    assert set(codes_of(sum_name(EITHER))) <= set(shown["answer"])
    cells = shown.select(*KEY, "status").unique()
    sums = pl.read_parquet(folder / protected_file("alliances")).join(cells, on=KEY, suffix="_cell")
    assert set(sums["status"]) == {"published", "withheld"}
    assert (sums["status"] == sums["status_cell"]).all()


def test_a_union_of_one_region_gives_the_answers_in_it_away(
    study: Study, folder: Path, tmp_path: Path
) -> None:
    """The small ones are withheld; were their union shown as 3 %, so would be each answer."""
    for table in data_tables(study):
        source = "protected.parquet" if table.name == "estimates" else protected_file(table.name)
        rows = pl.read_parquet(folder / source)
        rows.write_parquet(tmp_path / f"{table.name}.parquet")
    assert examine(study, [tmp_path / "estimates.parquet"]).findings == []
    is_small = (pl.col("question") == "tools") & (pl.col("size") == "s")
    rows = pl.read_parquet(tmp_path / "alliances.parquet")
    assert set(rows.filter(is_small)["status"]) == {"withheld"}
    rows.with_columns(
        value=pl.when(is_small).then(0.03).otherwise("value"),
        respondents=pl.when(is_small).then(40).otherwise("respondents"),
    ).write_parquet(tmp_path / "alliances.parquet")
    found = examine(study, [tmp_path / "estimates.parquet"]).findings
    shares = [one for one in found if one.kind == "share"]
    assert {one.item[0] for one in shares} == {"tools"}
    assert len(shares) >= 3 and all(one.high <= 0.035 + 1e-6 for one in shares)
