"""The estimators as a statistician calls them from a notebook, judged by rows and by R."""

import re
import runpy
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.estimation.design import Design
from pipelines.estimation.errors import StratumError, UnsupportedDesignError
from pipelines.estimation.quantiles import quantiles
from pipelines.estimation.survey import design_of, means, ratio, shares
from pipelines.estimation.tabulate import Sample, tabulate
from tests.estimation.mayors import PROJECT, read_mayors

SAMPLE = Sample(weight="w_rake", strata=("size",), population="stratum_N")
# R 4.2.2, survey 4.1-1, mayors_s1 with strata size, weights w_rake, fpc stratum_N:
# svyquantile(~q05_score, d, c(.25, .5, .75), ci = TRUE, na.rm = TRUE), and of region 84
QUANTILES = {
    None: [(2.2, 1.8, 2.5), (3.3, 2.8, 4.1), (5.2, 4.7, 5.8)],
    "84": [(1.9, 0.8, 3.1), (3.1, 2.1, 4.1), (4.1, 3.4, 6.8)],
}
# svyratio(~q05_score, ~q02_security, d, na.rm = TRUE)
RATIO = (18.58862281399402, 3.46175451239354)


@pytest.fixture(scope="module")
def mayors() -> pl.DataFrame:
    return read_mayors("mayors_s1")


@pytest.fixture(scope="module")
def design(mayors: pl.DataFrame) -> Design:
    return design_of(mayors.to_arrow(), weight="w_rake", strata=["size"], population="stratum_N")


@pytest.mark.parametrize("region", QUANTILES)
def test_quantiles_and_woodruff_intervals_are_those_of_r(
    mayors: pl.DataFrame, design: Design, region: str | None
) -> None:
    inside = None if region is None else (mayors["region"] == region).to_numpy()
    found = quantiles(mayors.to_arrow(), design, "q05_score", inside=inside)
    assert found.select("value", "low", "high").rows() == QUANTILES[region]


def test_a_bound_beyond_what_was_observed_is_not_made_up(design: Design) -> None:
    few = pl.DataFrame({"y": [1.0, 2.0, 3.0], "w": [1.0, 1.0, 1.0]}).to_arrow()
    found = quantiles(few, design_of(few, weight="w"), "y", [0.5])
    assert found.row(0)[1:4] == (2.0, None, None)


def test_a_ratio_is_that_of_r(mayors: pl.DataFrame, design: Design) -> None:
    found = ratio(mayors.to_arrow(), design, "q05_score", "q02_security")
    assert found.value[0] == pytest.approx(RATIO[0], rel=1e-9)
    assert found.standard_error[0] == pytest.approx(RATIO[1], rel=1e-7)


def test_every_cell_at_once_is_each_cell_alone(mayors: pl.DataFrame, design: Design) -> None:
    table = pl.from_arrow(
        tabulate(
            mayors.to_arrow(), SAMPLE, shares=["q04_satisfaction"], means=["q05_score"],
            by=[[], ["region"], ["region", "size"]],
        )
    )  # fmt: skip
    judged = 0
    for region, size in [("_T", "_T"), ("84", "_T"), ("11", "_T"), ("84", "C_ge20000")]:
        inside = ((mayors["region"] == region) | (region == "_T")).to_numpy()
        inside &= ((mayors["size"] == size) | (size == "_T")).to_numpy()
        cell = table.filter(region=region, size=size)
        for by_rows, question in ((shares, "q04_satisfaction"), (means, "q05_score")):
            judge = by_rows(mayors.to_arrow(), design, question, inside=inside)
            for at, name in enumerate(judge.names):
                answer = name if question == "q04_satisfaction" else "_Z"
                ours = cell.filter(question=question, answer=answer).row(0, named=True)
                assert ours["value"] == pytest.approx(judge.value[at], rel=1e-9)
                assert ours["standard_error"] == pytest.approx(judge.standard_error[at], rel=1e-7)
                assert ours["ci_low"] == pytest.approx(judge.low[at], abs=1e-6)
                assert ours["ci_high"] == pytest.approx(judge.high[at], abs=1e-6)
                assert ours["respondents"] == judge.respondents
                judged += 1
    assert judged == 20


def test_a_parquet_file_and_an_arrow_table_are_the_same(
    mayors: pl.DataFrame, tmp_path: Path
) -> None:
    mayors.write_parquet(tmp_path / "m.parquet")
    asked = {"shares": ["q06_priority"], "by": [[], ["size"]]}
    of_file = tabulate(tmp_path / "m.parquet", SAMPLE, **asked)
    assert of_file.equals(tabulate(mayors.to_arrow(), SAMPLE, **asked))


def test_what_is_not_supported_is_refused(mayors: pl.DataFrame) -> None:
    with pytest.raises(UnsupportedDesignError, match="BRR"):
        Sample(weight="w", replicates=("r1", "r2"))
    with pytest.raises(UnsupportedDesignError, match="psu"):
        Sample(weight="w", stages=("psu", "ssu"))
    with pytest.raises(UnsupportedDesignError, match="BRR"):
        design_of(mayors.to_arrow(), weight="w_rake", replicate_weights=["w_norm"])
    long = mayors.with_columns(q05_score=pl.col("q05_score") + 0.00001)
    with pytest.raises(UnsupportedDesignError, match="q05_score"):
        tabulate(long.to_arrow(), SAMPLE, means=["q05_score"])


def test_strata_of_one_or_of_more_respondents_than_units_are_refused(mayors: pl.DataFrame) -> None:
    is_first = pl.int_range(pl.len()) == 0
    lone = mayors.with_columns(size=pl.when(is_first).then(pl.lit("x")).otherwise("size"))
    with pytest.raises(StratumError, match="x"):
        tabulate(lone.to_arrow(), SAMPLE, shares=["q01_services"])
    few = mayors.with_columns(stratum_N=pl.lit(5))
    with pytest.raises(StratumError):
        tabulate(few.to_arrow(), SAMPLE, shares=["q01_services"])


def test_the_examples_of_the_documentation_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (PROJECT / "docs" / "estimation.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 2
    read_mayors("mayors_s1").rename(
        {"w_rake": "w", "stratum_N": "units", "q04_satisfaction": "opinion", "q05_score": "score"}
    ).write_parquet(tmp_path / "answers.parquet")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    page = tmp_path / "example.py"
    for example in examples:
        page.write_text(example, "utf-8")
        names = runpy.run_path(str(page), names)
    assert "plutot" in capsys.readouterr().out
    assert names["table"].num_rows > 100
