"""The estimates of a study: bases, cells, uncertainty, and the rows judged by a plain path."""

import itertools
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.estimation import StratumError, WeightError, estimate, weigh
from pipelines.estimation.groups import populations
from pipelines.estimation.survey import design_of, means, shares
from pipelines.study import Study, load_study
from pipelines.validation.design import design_columns
from tests.tiny_study import STUDY, write_tiny_study

TOTAL = "_T"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load_study(write_tiny_study(tmp_path_factory.mktemp("study")), STUDY)


def responses(rows: list[tuple[str, float, str, str, str, str]]) -> pl.DataFrame:
    """Return coded responses: id, weight, zone, age, avis, note."""
    return pl.DataFrame(
        rows, schema=["id", "poids", "by_zone", "by_age", "avis", "note"], orient="row"
    ).with_columns(
        pl.col("poids").cast(pl.Decimal(18, 9)),
        pl.int_range(2, pl.len() + 2).alias("_line"),
    )


def estimated(study: Study, frame: pl.DataFrame, folder: Path) -> pl.DataFrame:
    paths = [folder / name for name in ("r.parquet", "w.parquet", "e.parquet")]
    frame.with_columns(**design_columns(study)).write_parquet(paths[0])
    weigh(study, "2020", paths[0], paths[1])
    estimate(study, "2020", paths[1], paths[2])
    return pl.read_parquet(paths[2])


def one(
    table: pl.DataFrame, question: str, answer: str, zone: str = TOTAL, age: str = TOTAL
) -> dict:
    found = table.filter(question=question, answer=answer, zone=zone, age=age)
    assert found.height == 1
    return found.row(0, named=True)


PEOPLE = [
    ("R1", 1.5, "N", "Y", "1", "10"),
    ("R2", 0.5, "N", "O", "2", "4"),
    ("R3", 1.0, "S", "O", "1", "_U"),
    ("R4", 2.0, "S", "O", "NSP", "7"),
]


def test_a_share_is_taken_of_those_who_answered(study: Study, tmp_path: Path) -> None:
    table = estimated(study, responses(PEOPLE), tmp_path)
    yes = one(table, "avis", "1")
    assert yes["value"] == pytest.approx((1.5 + 1.0) / (1.5 + 0.5 + 1.0))
    assert (yes["respondents"], yes["answering"]) == (3, 2)
    assert yes["weighted_base"] == pytest.approx(3.0)
    assert table.filter(question="avis", answer="NSP").height == 0


def test_a_mean_leaves_out_who_gave_no_number(study: Study, tmp_path: Path) -> None:
    mean = one(estimated(study, responses(PEOPLE), tmp_path), "note", "_Z")
    assert mean["measure"] == "mean"
    assert mean["value"] == pytest.approx((1.5 * 10 + 0.5 * 4 + 2.0 * 7) / 4.0)
    assert mean["respondents"] == 3


def test_an_empty_cell_has_its_row_and_no_figure(study: Study, tmp_path: Path) -> None:
    nobody = one(estimated(study, responses(PEOPLE[1:]), tmp_path), "avis", "1", age="Y")
    assert nobody["respondents"] == 0
    figures = ("value", "standard_error", "ci_low", "design_effect", "reliability")
    assert all(nobody[name] is None for name in figures)


def test_people_of_unknown_breakdown_have_a_row_of_their_own(study: Study, tmp_path: Path) -> None:
    known = responses(PEOPLE)
    assert known.height and "_Z" not in estimated(study, known, tmp_path)["zone"].to_list()
    unknown = responses([*PEOPLE, ("R5", 1.0, "_Z", "O", "1", "3")])
    table = estimated(study, unknown, tmp_path)
    assert one(table, "avis", "1", zone="_Z")["respondents"] == 1


def test_a_share_of_nought_or_all_has_an_interval_all_the_same(
    study: Study, tmp_path: Path
) -> None:
    everyone = [(f"R{i}", 1.0, "N", "O", "1", "5") for i in range(40)]
    table = estimated(study, responses(everyone), tmp_path)
    yes, no = one(table, "avis", "1"), one(table, "avis", "2")
    assert (yes["value"], yes["ci_high"], no["value"], no["ci_low"]) == (1.0, 1.0, 0.0, 0.0)
    assert no["ci_high"] == pytest.approx(1 - 0.025 ** (1 / 40))
    assert yes["ci_low"] == pytest.approx(0.025 ** (1 / 40))


def test_the_flag_follows_the_declared_thresholds(study: Study, tmp_path: Path) -> None:
    many = [(f"R{i}", 1.0, "N", "O", str(1 + i % 2), "5") for i in range(400)]
    few = [(f"S{i}", 1.0, "S", "O", str(1 + i % 2), "5") for i in range(12)]
    table = estimated(study, responses([*many, *few]), tmp_path)
    assert one(table, "avis", "1", zone="N")["reliability"] == "A"
    assert one(table, "avis", "1", zone="S")["reliability"] == "C"


def test_weights_further_apart_than_declared_are_refused(study: Study, tmp_path: Path) -> None:
    far = [("R1", 0.001, "N", "O", "1", "5"), ("R2", 5.0, "N", "O", "1", "5")]
    with pytest.raises(WeightError, match="5000"):
        estimated(study, responses(far), tmp_path)


def test_no_response_is_no_estimate(study: Study, tmp_path: Path) -> None:
    with pytest.raises(WeightError):
        estimated(study, responses(PEOPLE).clear(), tmp_path)


def with_strata(study: Study, policy: str) -> Study:
    weights = study.about.weights.model_copy(
        update={"strata": ("zone",), "single_respondent_stratum": policy}
    )
    about = study.about.model_copy(update={"weights": weights})
    return Study(study.root, about, study.questions, study.waves, study.codelists)


LONE = [*((f"R{i}", 1.0, "N", "O", str(1 + i % 2), "5") for i in range(20)),
        ("S1", 1.0, "S", "O", "1", "5")]  # fmt: skip


def test_a_stratum_of_one_stops_the_estimation_unless_declared(
    study: Study, tmp_path: Path
) -> None:
    with pytest.raises(StratumError):
        estimated(with_strata(study, "fail"), responses(LONE), tmp_path)
    certain = one(
        estimated(with_strata(study, "certainty"), responses(LONE), tmp_path), "avis", "1"
    )
    centred = one(estimated(with_strata(study, "centered"), responses(LONE), tmp_path), "avis", "1")
    assert 0 < certain["standard_error"] < centred["standard_error"]


def test_the_population_of_strata_comes_from_the_frame_and_must_hold_the_sample() -> None:
    mayors = load_study(Path(__file__).parents[2], "phare-institutions")
    known = populations(mayors, "2016", {"LT2000": 102, "2000-19999": 101, "GE20000": 101})
    # 29,439 communes under 2,000 inhabitants, less the six destroyed in 1916 that have none
    assert known == {"LT2000": 29433.0, "2000-19999": 4914.0, "GE20000": 453.0}
    with pytest.raises(StratumError):
        populations(mayors, "2016", {"GE20000": 454})


people = st.lists(
    st.tuples(
        st.integers(10, 4000), st.sampled_from("NS"), st.sampled_from(["Y", "O", "_Z"]),
        st.sampled_from(["1", "2", "NSP", "_U"]), st.sampled_from([*map(str, range(11)), "_U"]),
    ),
    min_size=4, max_size=60,
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=people)
def test_sums_and_rows_give_the_same_estimates(
    study: Study, tmp_path: Path, drawn: list[tuple[int, str, str, str, str]]
) -> None:
    rows = [
        (f"R{i}", w / 1000, zone, age, avis, note)
        for i, (w, zone, age, avis, note) in enumerate(drawn)
    ]
    stratified = with_strata(study, "certainty")
    frame = responses(rows)
    table = estimated(stratified, frame, tmp_path)
    plain = frame.with_columns(
        pl.col("poids").cast(pl.Float64).alias("w"),
        pl.col("avis").replace({"NSP": None, "_U": None}),
        pl.col("note").replace({"_U": None}).cast(pl.Float64),
    )
    design = design_of(plain.to_arrow(), weight="w", strata=["by_zone"], single="certainty")
    for zone in (TOTAL, "N", "S"):
        inside = (
            np.ones(frame.height, bool) if zone == TOTAL else (frame["by_zone"] == zone).to_numpy()
        )
        for question, by_rows in (("avis", shares), ("note", means)):
            if not plain.filter(pl.Series(inside))[question].drop_nulls().len():
                continue
            judge = by_rows(plain.to_arrow(), design, question, inside=inside)
            for at, name in enumerate(judge.names):
                ours = one(table, question, name if question == "avis" else "_Z", zone=zone)
                assert ours["value"] == pytest.approx(judge.value[at], rel=1e-12)
                assert ours["standard_error"] == pytest.approx(
                    judge.standard_error[at], rel=1e-6, abs=1e-7
                )
                assert ours["respondents"] == judge.respondents
                assert ours["degrees_of_freedom"] == judge.degrees_of_freedom
    exclusive = table.filter((pl.col("question") == "avis") & (pl.col("respondents") > 0))
    total = exclusive.group_by("zone", "age").agg(pl.col("value").sum())
    assert all(abs(value - 1) < 1e-12 for value in total["value"])


def test_bytes_depend_on_neither_threads_nor_the_order_of_rows(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    rows = [
        (f"R{i}", round(float(rng.uniform(0.1, 3)), 6), "NS"[i % 2], "YO"[i % 3 % 2],
         str(1 + i % 5 % 2), str(i % 11))
        for i in range(5000)
    ]  # fmt: skip
    frame = responses(rows)
    found = set()
    for threads, shuffled in itertools.product(("1", "2"), (False, True)):
        monkeypatch.setenv("PHARE_THREADS", threads)
        ordered = frame.sample(fraction=1, shuffle=True, seed=3) if shuffled else frame
        estimated(study, ordered, tmp_path)
        found.add((tmp_path / "e.parquet").read_bytes())
    assert len(found) == 1


def test_a_multiple_choice_counts_people_once_and_ticks_each(tmp_path: Path) -> None:
    mayors = load_study(Path(__file__).parents[2], "phare-institutions")
    multiple = next(item for item in mayors.items if item.is_multiple)
    assert multiple.ticks
    columns = {column for item in mayors.items for column in item.columns}
    frame = pl.DataFrame(
        {
            "_line": [2, 3, 4, 5],
            "poids": [1.0, 2.0, 3.0, 4.0],
            "by_region": ["11", "11", "24", "24"],
            "by_commune_size": ["LT2000"] * 4,
            **{name: ["_U"] * 4 for name in sorted(columns)},
        }
    ).with_columns(pl.col("poids").cast(pl.Decimal(18, 9)))
    first, second = multiple.columns[:2]
    frame = frame.with_columns(
        pl.Series(first, ["1", "1", "0", "_U"]), pl.Series(second, ["1", "0", "0", "_U"])
    )
    frame.with_columns(**design_columns(mayors)).write_parquet(tmp_path / "r.parquet")
    weigh(mayors, "2016", tmp_path / "r.parquet", tmp_path / "w.parquet")
    estimate(mayors, "2016", tmp_path / "w.parquet", tmp_path / "e.parquet")
    rows = duckdb.sql(
        f"SELECT answer, respondents, answering, value FROM '{tmp_path}/e.parquet' "
        f"WHERE question = '{multiple.question}' AND region = '_T' AND commune_size = '_T'"
    ).fetchall()
    by_answer = {answer: rest for answer, *rest in rows}
    assert by_answer[multiple.ticks[0]] == [3, 2, pytest.approx((1 + 2) / 6)]
    assert by_answer[multiple.ticks[1]] == [3, 1, pytest.approx(1 / 6)]
