"""Profiles: MCA against a plain reference, planted profiles found again, noise called noise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.analysis import AnalysisError
from pipelines.analysis.clustering import cluster, match, stability
from pipelines.analysis.mca import Indicators, correspondence, indicators
from pipelines.analysis.measures import measures_of, read_measures
from pipelines.analysis.portraits import Portraits, portray
from pipelines.estimation.measures import Measure
from pipelines.study import Study
from pipelines.study.analyses import Counted
from tests.analysis.made_up_study import WAVE, write_study, write_weighted
from tests.tiny_study import TEXT

STANCES = 12
REFERENCE = Path(__file__).with_name("reference") / "mca"
ANALYSES = {
    "typologies": {
        "kinds": {
            "title": TEXT,
            "active": [f"a{number}" for number in range(1, STANCES + 1)],
            "illustrative": ["tools"],
            "profiles": 5,
            "bootstrap": 20,
        }
    }
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("study"), ANALYSES, stances=STANCES)


def planted(size: int, *, clarity: float, seed: int = 11) -> tuple[pl.DataFrame, np.ndarray]:
    """Draw respondents of five kinds; each gives its kind's answer with chance `clarity`."""
    draw = np.random.default_rng(seed)
    kind = draw.choice(5, size, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    codes = np.array(["a", "b", "c", "d", "e"])
    columns = {}
    for number in range(1, STANCES + 1):
        own = (kind * number + kind) % 5  # each kind answers differently from question to question
        given = np.where(draw.random(size) < clarity, own, draw.integers(0, 5, size))
        columns[f"a{number}"] = np.where(draw.random(size) < 0.03, "nsp", codes[given])
    columns |= {"tool_temps": np.where(kind == 4, "1", "0")}
    columns |= {"zone": draw.choice(["N", "S"], size), "size": draw.choice(["s", "l"], size)}
    return pl.DataFrame({**columns, "weight": np.round(draw.uniform(0.2, 4, size), 6)}), kind


def portraits(study: Study, answers: pl.DataFrame, folder: Path) -> Portraits:
    return portray(study, WAVE, write_weighted(folder / "w.parquet", answers), "kinds", None)


def adjusted_rand(one: np.ndarray, other: np.ndarray) -> float:
    """Hubert and Arabie (1985), from the table of both partitions."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1)

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    rows, columns, total = (
        pairs(table.sum(axis=1)),
        pairs(table.sum(axis=0)),
        pairs(table.sum(keepdims=True)),
    )
    expected = rows * columns / total
    return (pairs(table) - expected) / ((rows + columns) / 2 - expected)


def random_table(seed: int = 2) -> tuple[Indicators, np.ndarray]:
    draw = np.random.default_rng(seed)
    codes = [draw.integers(0, levels, 200) for levels in (2, 3, 4, 5)]
    codes[1] = np.where(draw.random(200) < 0.6, codes[0], codes[1])
    blocks = [np.eye(one.max() + 1)[one] for one in codes]
    variable = np.repeat(np.arange(4), [one.shape[1] for one in blocks])
    matrix = np.concatenate(blocks, axis=1)
    return Indicators(matrix, variable, np.ones(variable.size, bool)), draw.uniform(0.2, 5, 200)


def test_mca_is_the_correspondence_analysis_of_the_indicator_matrix_to_1e_9() -> None:
    """The judge: plain CA by SVD of the standardised residuals of the weighted table."""
    table, weight = random_table()
    counts = table.matrix * weight[:, None]
    p = counts / counts.sum()
    r, c = p.sum(axis=1), p.sum(axis=0)
    residuals = (p - np.outer(r, c)) / np.sqrt(np.outer(r, c))
    left, singular, right = np.linalg.svd(residuals, full_matrices=False)
    found = correspondence(table, weight)
    size = found.eigenvalue.size
    assert size == table.matrix.shape[1] - 4  # categories less variables
    assert found.eigenvalue == pytest.approx(singular[:size] ** 2, abs=1e-9)
    rows = left[:, :size] * singular[:size] / np.sqrt(r)[:, None]
    columns = right[:size].T * singular[:size] / np.sqrt(c)[:, None]
    sign = np.sign((rows * found.rows).sum(axis=0))
    assert found.rows == pytest.approx(rows * sign, abs=1e-9)
    assert found.columns == pytest.approx(columns * sign, abs=1e-9)
    assert found.total == pytest.approx(table.matrix.shape[1] / 4 - 1)  # J/Q - 1


def test_mca_gives_the_values_of_factominer_to_1e_9() -> None:
    """60 respondents, four variables, weighted: reference/mca says how R computed the values."""
    answers = pl.read_csv(REFERENCE / "respondents.csv")
    weight = answers["weight"].to_numpy()
    dummies = answers.drop("weight").to_dummies()
    variable = np.array([list("abcd").index(name[0]) for name in dummies.columns])
    table = Indicators(dummies.to_numpy().astype(float), variable, np.ones(variable.size, bool))
    found = correspondence(table, weight)
    known = {
        name: pl.read_csv(REFERENCE / f"{name}.csv") for name in ("eigenvalues", "columns", "rows")
    }
    eigenvalues = known["eigenvalues"]["eigenvalue"].to_numpy()
    assert found.eigenvalue == pytest.approx(eigenvalues, abs=1e-9)
    assert [name[2:] for name in dummies.columns] == known["columns"]["category"].to_list()
    columns = known["columns"].drop("category").to_numpy()
    sign = np.sign((columns * found.columns[:, :3]).sum(axis=0))
    assert found.columns[:, :3] * sign == pytest.approx(columns, abs=1e-9)
    assert found.rows[:10, :3] * sign == pytest.approx(
        known["rows"].drop("row").to_numpy(), abs=1e-9
    )
    assert correspondence(table, weight, 3).rows == pytest.approx(found.rows[:, :3], abs=1e-9)


def test_the_burt_matrix_gives_the_same_eigenvalues() -> None:
    table, weight = random_table()
    burt = table.matrix.T @ (table.matrix * weight[:, None])
    c = burt.sum(axis=0) / burt.sum()
    scaled = (burt / burt.sum() - np.outer(c, c)) / np.sqrt(np.outer(c, c))
    found = correspondence(table, weight)
    assert np.sort(np.linalg.eigvalsh(scaled))[::-1][: found.eigenvalue.size] == pytest.approx(
        found.eigenvalue, abs=1e-9
    )


def test_a_weight_of_two_is_the_same_respondent_twice() -> None:
    table, _ = random_table()
    once, twice = np.ones(200), np.ones(200)
    twice[:50] = 2
    repeated = np.concatenate([table.matrix, table.matrix[:50]])
    found = correspondence(table, twice)
    other = correspondence(replace(table, matrix=repeated), np.concatenate([once, np.ones(50)]))
    assert found.eigenvalue == pytest.approx(other.eigenvalue, abs=1e-12)
    assert found.rows == pytest.approx(other.rows[:200], abs=1e-9)


def test_each_axis_points_to_the_category_that_makes_it() -> None:
    table, weight = random_table()
    found = correspondence(table, weight)
    mass = weight @ table.matrix / weight.sum() / 4
    strongest = np.argmax(mass[:, None] * found.columns**2, axis=0)
    assert (found.columns[strongest, np.arange(found.eigenvalue.size)] > 0).all()


def test_non_response_and_rare_answers_weigh_nothing_where_declared_passive(
    study: Study, tmp_path: Path
) -> None:
    answers, _ = planted(400, clarity=0.5)
    answers = answers.with_columns(
        a1=pl.when(pl.int_range(400) < 3).then(pl.lit("e")).otherwise("a2")
    )
    weighted = write_weighted(tmp_path / "w.parquet", answers)
    measures = [
        Measure(one.item, (answer,))
        for name in ("a1", "a2")
        for one in measures_of(study, Counted(question=name, answers=("a",)))
        for answer in "abcde"
    ]
    people = read_measures(study, WAVE, weighted, measures)
    passive = indicators(measures, people.values, people.weight, passive=True, rare=0.0)
    category = indicators(measures, people.values, people.weight, passive=False, rare=0.0)
    rare = indicators(measures, people.values, people.weight, passive=False, rare=0.3)
    assert (passive.matrix.sum(axis=1) == 2).all()
    assert (~passive.is_active).sum() == 2
    assert category.is_active.all()
    share = people.weight @ rare.matrix / people.weight.sum()
    assert rare.is_active.tolist() == (share >= 0.3).tolist()


def test_five_planted_profiles_are_found_again(study: Study, tmp_path: Path) -> None:
    answers, kind = planted(600, clarity=0.75)
    found = portraits(study, answers, tmp_path)
    labels = found.members["profile"].cast(pl.Int64).to_numpy() - 1
    index = adjusted_rand(labels, kind)
    assert index > 0.9
    assert found.support["supported"].unique().to_list() == ["yes"]
    assert found.support["verdict"].unique().to_list() == ["stable"]


def test_profiles_are_numbered_by_weight_and_sized_with_an_interval(
    study: Study, tmp_path: Path
) -> None:
    answers, kind = planted(600, clarity=0.6)
    found = portraits(study, answers, tmp_path)
    national = found.sizes.filter(pl.col("zone") == "_T", pl.col("size") == "_T")
    assert national["profile"].to_list() == ["1", "2", "3", "4", "5"]
    assert national["value"].to_list() == sorted(national["value"].to_list(), reverse=True)
    assert national["value"].sum() == pytest.approx(1)
    weight = answers["weight"].to_numpy()
    true = np.sort(np.bincount(kind, weight) / weight.sum())[::-1]
    assert (national["ci_low"].to_numpy() < true).all()
    assert (national["ci_high"].to_numpy() > true).all()
    assert found.sizes.group_by("zone", "size").agg(pl.col("value").sum())["value"].to_list() == (
        pytest.approx([1.0] * 5)
    )


def test_what_is_over_represented_is_what_was_planted(study: Study, tmp_path: Path) -> None:
    answers, kind = planted(600, clarity=0.6)
    found = portraits(study, answers, tmp_path)
    owner = found.members.with_columns(kind=pl.Series(kind)).group_by("profile").agg(
        pl.col("kind").mode().first()
    )  # fmt: skip
    last = owner.filter(pl.col("kind") == 4)["profile"].item()
    tools = found.answers.filter(pl.col("answer") == "temps")
    over = tools.filter(pl.col("represented") == "over")
    assert over["profile"].to_list() == [last]
    assert over["role"].to_list() == ["illustrative"]
    first = found.answers.filter(pl.col("profile") == last).sort("position_in_profile")
    strength = first["test_value"].abs().drop_nulls().to_list()
    assert strength == sorted(strength, reverse=True)


def test_pure_noise_is_flagged_as_unsupported(study: Study, tmp_path: Path) -> None:
    answers, _ = planted(400, clarity=0.0)
    found = portraits(study, answers, tmp_path)
    assert found.support["supported"].unique().to_list() == ["no"]
    assert found.support["chance"][0] > 0.05
    assert "unstable" in found.support["verdict"].to_list()


def test_two_runs_find_the_same_profiles(study: Study, tmp_path: Path) -> None:
    answers, _ = planted(300, clarity=0.4)
    one, other = (portraits(study, answers, tmp_path) for _ in range(2))
    for name in ("sizes", "answers", "support", "axes", "members"):
        assert getattr(one, name).equals(getattr(other, name))


def test_fewer_patterns_than_profiles_is_said(study: Study, tmp_path: Path) -> None:
    answers, _ = planted(60, clarity=0.5)
    same = answers.with_columns(pl.lit("a").alias(f"a{n}") for n in range(2, STANCES + 1))
    same = same.with_columns(
        a1=pl.when(pl.int_range(60) < 30).then(pl.lit("a")).otherwise(pl.lit("b"))
    )
    with pytest.raises(AnalysisError) as refused:
        portraits(study, same, tmp_path)
    assert "kinds" in refused.value.text("en")


def test_a_profile_keeps_its_number_from_wave_to_wave(study: Study, tmp_path: Path) -> None:
    before, _ = planted(500, clarity=0.7)
    first = portraits(study, before, tmp_path)
    first.answers.write_parquet(tmp_path / "before.parquet")
    # the kind that was largest answers half as often: alone, its number would change
    after, kind = planted(500, clarity=0.7, seed=12)
    largest = first.members.with_columns(kind=pl.Series(planted(500, clarity=0.7)[1])).filter(
        pl.col("profile") == "1"
    )["kind"].mode()[0]  # fmt: skip
    after = after.with_columns(
        weight=pl.when(pl.Series(kind == largest)).then(0.2).otherwise(pl.col("weight"))
    )
    weighted = write_weighted(tmp_path / "w2.parquet", after)
    alone = portray(study, WAVE, weighted, "kinds", None)
    second = portray(study, WAVE, weighted, "kinds", tmp_path / "before.parquet")

    def numbers_of_largest(found: Portraits) -> list[str]:
        of = found.members.with_columns(kind=pl.Series(kind)).filter(pl.col("kind") == largest)
        return of["profile"].mode().to_list()

    assert numbers_of_largest(second) == ["1"]
    assert numbers_of_largest(alone) != ["1"]
    assert second.support["continues"].sort().to_list() == ["1", "2", "3", "4", "5"]
    assert (second.support["similarity"] > 0.8).all()


def test_clusters_of_unequal_weight_have_weighted_centres() -> None:
    points = np.array([[0.0], [1.0], [10.0], [11.0]])
    labels = cluster(points, np.array([1.0, 1.0, 5.0, 5.0]), 2)
    assert labels.tolist() == [1, 1, 0, 0]  # the heavier cluster comes first


def test_a_cluster_that_never_comes_back_has_a_low_jaccard() -> None:
    labels = np.repeat([0, 1], 50)
    mixed = np.tile([0, 1], 50)

    def again(times: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        return mixed[drawn]

    assert (stability(labels, np.zeros(100, int), 20, again).jaccard < 0.4).all()

    def same(times: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        return labels[drawn]

    assert stability(labels, np.zeros(100, int), 20, same).jaccard.tolist() == [1.0, 1.0]


def test_profiles_are_matched_one_to_one_by_their_figures() -> None:
    old = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]])
    paired, alike = match(old[[2, 0, 1]] + 0.01, old)
    assert paired.tolist() == [2, 0, 1]
    assert alike == pytest.approx([1, 1, 1])
