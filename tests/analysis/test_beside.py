"""Nets, item non-response, comparisons, associations: made, judged, silent where withheld."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from pipelines.analysis import analyse
from pipelines.disclosure import protect, protect_analyses
from pipelines.estimation import estimate
from pipelines.study import Study, load_study
from pipelines.study.tables import judged_tables
from pipelines.workspace import analysis_file, protected_file
from tests.analysis.made_up_study import DOMAINS, STUDY, WAVE, write_study, write_weighted
from tests.tiny_study import TEXT

ANALYSES = {
    "comparisons": {
        "zones": {"title": TEXT, "breakdown": "zone", "against": "rest"},
        "sizes": {"title": TEXT, "breakdown": "size", "against": "total", "questions": ["a1"]},
        "before": {"title": TEXT, "against": "wave", "questions": ["a1", "score"]},
    },
    "associations": {
        "by_zone": {"title": TEXT, "breakdown": "zone"},
        "by_size": {"title": TEXT, "breakdown": "size"},
    },
}
NETS = {"nets": {"agree": {"title": TEXT, "answers": ["a", "b"]}}}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("study")
    write_study(root, ANALYSES)
    about = root / "schemas" / STUDY / "codelists" / "stance.yaml"
    known = yaml.safe_load(about.read_text("utf-8"))
    about.write_text(yaml.safe_dump({**known, **NETS}), "utf-8")
    return load_study(root, STUDY)


def people(seed: int = 1, size: int = 400) -> pl.DataFrame:
    """Northerners say `a` more often; `s` has 8 people, below the threshold."""
    draw = np.random.default_rng(seed)
    north = draw.random(size) < 0.5
    stance = np.where(
        draw.random(size) < np.where(north, 0.7, 0.2), "a", draw.choice([*"bcde"], size)
    )
    return pl.DataFrame(
        {
            "a1": np.where(draw.random(size) < 0.05, "nsp", stance),
            "score": draw.integers(0, 11, size).astype(str),
            **{f"urgent_{one}": draw.choice(["oui", "non"], size) for one in DOMAINS},
            "tool_temps": draw.choice(["0", "1"], size),
            "zone": np.where(north, "N", "S"),
            "size": np.where(np.arange(size) < 8, "s", "l"),
            "weight": np.round(draw.uniform(0.2, 3, size), 6),
        }
    )


def chain(study: Study, folder: Path, answers: pl.DataFrame, before: Path | None = None) -> Path:
    """Estimate, protect, analyse and protect the analyses, into `folder`."""
    folder.mkdir()
    weighted = write_weighted(folder / "weighted.parquet", answers)
    estimates, protected = folder / "estimates.parquet", folder / "protected.parquet"
    sums = folder / "sums.parquet"
    estimate(study, WAVE, weighted, estimates, sums)
    protect(study, WAVE, estimates, protected, sums)
    analyse(study, WAVE, weighted, estimates, protected, folder, before=before)
    protect_analyses(study, folder, estimates, protected, folder)
    return folder


@pytest.fixture(scope="module")
def first(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chain(study, tmp_path_factory.mktemp("first") / "wave", people())


def private(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / analysis_file(table))


def published(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / protected_file(table))


def test_a_net_is_the_sum_of_its_answers_with_an_error_of_its_own(
    study: Study, first: Path
) -> None:
    estimates = pl.read_parquet(first / "estimates.parquet").filter(question="a1")
    nets = private(first, "nets")
    assert set(nets["answer"]) == {"agree"}
    for net in nets.rows(named=True):
        cell = estimates.filter(zone=net["zone"], size=net["size"])
        parts = cell.filter(pl.col("answer").is_in(["a", "b"]))
        assert net["value"] == pytest.approx(parts["value"].sum())
        assert net["respondents"] == parts["respondents"][0]
    # those who gave neither: the same error, from the other side
    whole = nets.filter(zone="_T", size="_T").row(0, named=True)
    assert whole["standard_error"] < parts["standard_error"].sum()


def test_item_non_response_counts_those_asked_who_gave_no_answer(first: Path) -> None:
    counted = published(first, "item_response").filter(question="a1").row(0, named=True)
    missing = people().filter(pl.col("a1") == "nsp").height
    assert (counted["asked"], counted["respondents"]) == (400, 400 - missing)
    assert float(counted["non_response"]) == pytest.approx(missing / 400, abs=5.1e-4)
    assert published(first, "item_response").filter(question="role")["status"].unique().item()


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not(first: Path) -> None:
    zones = published(first, "comparisons").filter(analysis="zones")
    north = zones.filter(question="a1", answer="a", zone="N").row(0, named=True)
    assert (north["contrast"], float(north["p_adjusted"])) == ("above", 0.01)
    assert float(north["difference"]) == pytest.approx(0.4, abs=0.12)
    south = zones.filter(question="a1", answer="a", zone="S").row(0, named=True)
    assert south["contrast"] == "below"
    urgent = zones.filter(pl.col("question") == "urgent")
    assert set(urgent["contrast"]) == {"none"}


def test_a_withheld_cell_is_compared_with_nothing_and_nothing_with_it(
    study: Study, first: Path
) -> None:
    sizes = published(first, "comparisons").filter(analysis="sizes")
    assert set(sizes["status"]) == {"withheld"}  # s is too small, and l would tell it
    figures = [
        field.name
        for table in judged_tables(study)
        if table.name == "comparisons"
        for field in table.fields
        if field.is_figure
    ]
    assert sizes.select(figures).null_count().row(0) == (sizes.height,) * len(figures)
    assert set(published(first, "associations").filter(by="size")["status"]) == {"withheld"}
    assert "published" in set(published(first, "associations").filter(by="zone")["status"])


def test_a_published_difference_is_found_from_the_published_shares_alone(first: Path) -> None:
    """It is no second look at the share of a cell: nobody learns more from it."""
    estimates = pl.read_parquet(first / "protected.parquet")
    rows = published(first, "comparisons").filter(analysis="zones", status="published")
    judged = 0
    for row in rows.filter(pl.col("question") == "a1").rows(named=True):
        of_answer = estimates.filter(question="a1", answer=row["answer"], size="_T")
        if of_answer.is_empty():
            continue  # a net
        cell, whole = (
            of_answer.filter(zone=zone).row(0, named=True) for zone in (row["zone"], "_T")
        )
        base, all_of_it = float(cell["weighted_base"]), float(whole["weighted_base"])
        rest = (all_of_it * float(whole["value"]) - base * float(cell["value"])) / (
            all_of_it - base
        )
        assert float(row["difference"]) == pytest.approx(float(cell["value"]) - rest, abs=0.00501)
        judged += 1
    assert judged == 10


def test_published_probabilities_are_coarse_and_never_nought(first: Path) -> None:
    shown = published(first, "comparisons").filter(status="published")
    for name in ("p_value", "p_adjusted"):
        p = shown[name].cast(pl.Float64)
        assert p.min() >= 0.01
        assert (p.filter(p > 0.1) * 10 - (p.filter(p > 0.1) * 10).round()).abs().max() < 1e-9
        raw = private(first, "comparisons").join(
            shown, on=["analysis", "question", "domain", "actor", "answer", "zone", "size"]
        )
        assert (raw[f"{name}_right"].cast(pl.Float64) >= raw[name] - 1e-9).all()


def test_a_wave_is_compared_with_what_the_wave_before_publishes(
    study: Study, first: Path, tmp_path: Path
) -> None:
    assert private(first, "comparisons").filter(analysis="before").is_empty()
    moved = people(seed=2).with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("e")).otherwise("a1").alias("a1")
    )
    second = chain(study, tmp_path / "second", moved, before=first)
    rows = published(second, "comparisons").filter(analysis="before")
    fall = rows.filter(question="a1", answer="a").row(0, named=True)
    assert (fall["contrast"], fall["against"]) == ("below", "wave")
    assert rows.filter(question="a1", answer="agree").height == 1
    hidden = pl.read_parquet(first / "protected.parquet").with_columns(
        pl.when(question="a1").then(pl.lit("withheld")).otherwise("status").alias("status")
    )
    hidden.write_parquet(first / "protected.parquet")
    third = chain(study, tmp_path / "third", moved, before=first)
    rows = published(third, "comparisons").filter(analysis="before")
    assert set(rows.filter(question="a1")["status"]) == {"withheld"}
    assert set(rows.filter(question="score")["status"]) == {"published"}
