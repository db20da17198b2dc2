"""Rankings say no more than the sample supports: against estimates, by hand, and by simulation."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.analysis.domains import Cell, benjamini_hochberg, contrast, estimate_cell, holm
from pipelines.analysis.measures import Respondents, measures_of, read_measures
from pipelines.analysis.rankings import _tiers, leads, order_of, rank
from pipelines.estimation import estimate
from pipelines.study import Study
from pipelines.study.analyses import Counted
from tests.analysis.made_up_study import ACTORS, DOMAINS, WAVE, write_study, write_weighted
from tests.tiny_study import TEXT

ANALYSES = {
    "priorities": {"urgent": {"title": TEXT, "question": "urgent", "answers": ["oui"]}},
    "roles": {"expected": {"title": TEXT, "question": "role", "answers": ["oui"]}},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("study"), ANALYSES)


def answers(size: int, shares: dict[str, float], seed: int = 1) -> pl.DataFrame:
    """Draw respondents whose answer to each column is `oui` with its chance; 5% do not say."""
    draw = np.random.default_rng(seed)
    columns = {
        name: np.where(
            draw.random(size) < 0.05, "nsp", np.where(draw.random(size) < share, "oui", "non")
        )
        for name, share in shares.items()
    }
    columns |= {"score": draw.integers(0, 11, size).astype(str)}
    columns |= {"zone": draw.choice(["N", "S"], size), "size": draw.choice(["s", "l"], size)}
    return pl.DataFrame({**columns, "weight": np.round(draw.uniform(0.2, 3, size), 6)})


@pytest.fixture
def weighted(study: Study, tmp_path: Path) -> Path:
    shares = {f"urgent_{domain}": 0.2 + 0.2 * n for n, domain in enumerate(DOMAINS)}
    roles = {f"role_{d}_{a}": 0.3 + 0.3 * (a == "etat") for d in DOMAINS for a in ACTORS}
    return write_weighted(tmp_path / "weighted.parquet", answers(400, shares | roles))


@pytest.mark.parametrize(("section", "name"), [("priorities", "urgent"), ("roles", "expected")])
def test_a_ranking_has_the_values_errors_and_bounds_of_the_estimates(
    study: Study, weighted: Path, tmp_path: Path, section: str, name: str
) -> None:
    estimate(study, WAVE, weighted, tmp_path / "estimates.parquet")
    known = pl.read_parquet(tmp_path / "estimates.parquet").filter(pl.col("answer") == "oui")
    found = rank(study, WAVE, weighted, name, getattr(study.analyses, section)[name], section)
    key = ["question", "domain", "actor", "zone", "size"]
    figures = ["value", "standard_error", "ci_low", "ci_high", "respondents"]
    both = found.join(known, on=key, suffix="_known", validate="1:1")
    assert both.height == found.height == {"priorities": 4, "roles": 12}[section] * 5
    for one in figures:
        assert both[one].to_numpy() == pytest.approx(both[f"{one}_known"].to_numpy(), abs=1e-11)


def test_a_score_is_ranked_by_its_mean(study: Study, weighted: Path, tmp_path: Path) -> None:
    estimate(study, WAVE, weighted, tmp_path / "estimates.parquet")
    known = pl.read_parquet(tmp_path / "estimates.parquet").filter(pl.col("measure") == "mean")
    found = rank(study, WAVE, weighted, "x", Counted(question="score"), "alliances")
    assert found["rank"].null_count() == found.height == 5
    both = found.join(known, on=["zone", "size"], suffix="_known")
    assert both["value"].to_numpy() == pytest.approx(both["value_known"].to_numpy())
    assert both["ci_low"].to_numpy() == pytest.approx(both["ci_low_known"].to_numpy())


def test_the_covariance_of_two_shares_is_that_of_the_formula(study: Study, weighted: Path) -> None:
    """Written out stratum by stratum: C = Σ n/(n-1) [Σ u v - Σu Σv / n], no correction."""
    people = _urgent(study, weighted)
    inside = people.breakdowns["size"] == "s"
    cell = estimate_cell(people, inside)
    expected = 0.0
    for stratum in (0, 1):
        here = people.stratum == stratum
        u, v = (_linearised(people, inside, one)[here] for one in (0, 1))
        n = here.sum()
        expected += n / (n - 1) * ((u * v).sum() - u.sum() * v.sum() / n)
    assert cell.covariance[0, 1] == pytest.approx(expected, rel=1e-12)


def test_the_difference_from_the_rest_counts_the_covariance_of_disjoint_cells(
    study: Study, weighted: Path
) -> None:
    people = _urgent(study, weighted)
    inside = people.breakdowns["size"] == "s"
    difference, error, _ = contrast(people, inside)
    own, rest = estimate_cell(people, inside), estimate_cell(people, ~inside)
    u, v = _linearised(people, inside, 0), _linearised(people, ~inside, 0)
    between = sum(
        -u[here].sum() * v[here].sum() / (here.sum() - 1)
        for here in (people.stratum == 0, people.stratum == 1)
    )
    variance = own.covariance[0, 0] + rest.covariance[0, 0] - 2 * between
    assert difference[0] == pytest.approx(own.value[0] - rest.value[0])
    assert error[0] == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert abs(between) > 1e-9


def test_a_cell_has_a_degree_of_freedom_a_respondent_less_one_a_stratum_and_one_at_least(
    study: Study, weighted: Path
) -> None:
    people = _urgent(study, weighted)
    answered = ~np.isnan(people.values[:, 0])
    north, south = (np.flatnonzero(answered & (people.stratum == one)) for one in (0, 1))
    for lines, freedom in (
        ([*north[:5], *south[:4]], 7), (north[:5], 4), ([north[0], *south[:2]], 1),
        ([north[0], south[0]], 1), ([], 1),
    ):  # fmt: skip
        inside = np.zeros(answered.size, dtype=np.bool_)
        inside[np.array(lines, dtype=int)] = True
        assert estimate_cell(people, inside).freedom[0] == freedom


def _urgent(study: Study, weighted: Path) -> Respondents:
    measures = measures_of(study, study.analyses.priorities["urgent"])
    return read_measures(study, WAVE, weighted, measures)


def _linearised(people: Respondents, inside: np.ndarray, one: int) -> np.ndarray:
    is_base = inside & ~np.isnan(people.values[:, one])
    weight = np.where(is_base, people.weight, 0)
    given = np.where(is_base, people.values[:, one], 0)
    share = (weight * given).sum() / weight.sum()
    return weight * (given - share) / weight.sum()


def _cell(value: list[float], error: float, correlation: float = 0.0, size: int = 500) -> Cell:
    shape = (len(value), len(value))
    covariance = error**2 * (correlation * np.ones(shape) + (1 - correlation) * np.eye(shape[0]))
    same = np.full(len(value), float(size))
    return Cell(np.array(value), covariance, same, same, same, same - 1)


def test_places_that_cannot_be_told_apart_share_a_range_and_a_tier() -> None:
    order = order_of(_cell([0.80, 0.79, 0.50, 0.20], 0.02), 3, is_share=True)
    assert order.place.tolist() == [1, 2, 3, 4]
    assert (order.low.tolist(), order.high.tolist()) == ([1, 1, 3, 4], [2, 2, 3, 4])
    assert order.tier.tolist() == [1, 1, 2, 3]
    assert leads(order) == ["shared", "shared", "behind", "behind"]


def test_a_lead_within_sampling_error_is_no_lead() -> None:
    assert leads(order_of(_cell([0.62, 0.55, 0.30], 0.04), 3, is_share=True))[0] == "shared"
    assert leads(order_of(_cell([0.80, 0.55, 0.30], 0.04), 3, is_share=True))[0] == "alone"


def test_positive_covariance_lets_close_shares_be_told_apart() -> None:
    apart = order_of(_cell([0.60, 0.54], 0.03, correlation=0.9), 3, is_share=True)
    assert apart.high.tolist() == [1, 2]
    assert order_of(_cell([0.60, 0.54], 0.03), 3, is_share=True).high.tolist() == [2, 2]


def test_a_share_of_everybody_in_a_tiny_base_is_not_certain_to_be_first() -> None:
    cell = _cell([1.0, 0.8], 0.15, size=11)
    cell.covariance[0, 0] = 0.0
    assert order_of(cell, 2, is_share=True).low.tolist() == [1, 1]


def test_values_equal_as_published_share_a_place() -> None:
    order = order_of(_cell([0.504, 0.496, 0.3], 0.02), 2, is_share=True)
    assert order.place.tolist() == [1, 1, 3]


def test_holm_and_benjamini_hochberg_agree_with_worked_examples() -> None:
    # 0.05/4, 0.05/3, 0.05/2 and 0.05: the third fails, so the fourth is not looked at
    assert holm(np.array([0.04, 0.011, 0.012, 0.026])).tolist() == [False, True, True, False]
    # 1/5, 2/5 … of 0.05 = 0.01 … 0.05: the fourth passes, and carries those before it
    p = np.array([0.0395, 0.009, 0.9, 0.025, 0.038])
    assert benjamini_hochberg(p).tolist() == [True, True, False, True, True]
    assert benjamini_hochberg(np.array([0.3, 0.02])).tolist() == [False, True]
    assert not benjamini_hochberg(np.array([0.3, 0.04])).any()
    assert holm(np.array([0.05])).all() and benjamini_hochberg(np.array([0.05])).all()


def test_what_cannot_be_told_apart_from_the_first_of_a_tier_is_in_it() -> None:
    apart = np.zeros((4, 4), dtype=bool)
    apart[0, 2] = apart[2, 0] = apart[0, 3] = apart[3, 0] = True
    assert _tiers(np.array([0.9, 0.8, 0.5, 0.4]), apart).tolist() == [1, 1, 2, 2]


def test_the_ranges_of_all_ranks_hold_the_true_ranks_together_as_often_as_promised() -> None:
    """2,000 samples drawn from known values: all ranges right at once in at least 95% (± 3 σ)."""
    truth = np.array([0.62, 0.60, 0.55, 0.48, 0.40, 0.39])
    right = narrow = 0
    draw = np.random.default_rng(7)
    covariance = _cell(truth.tolist(), 0.025, correlation=0.3).covariance
    for values in draw.multivariate_normal(truth, covariance, size=2000):
        order = order_of(_cell(values.tolist(), 0.025, correlation=0.3), 3, is_share=True)
        places = np.arange(1, truth.size + 1)
        right += bool(((order.low <= places) & (places <= order.high)).all())
        narrow += int((order.high - order.low).sum())
    assert right / 2000 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert narrow / 2000 < 0.6 * truth.size * (truth.size - 1)  # and they do say something


def test_each_range_covers_the_ranks_that_resampling_the_respondents_gives(
    study: Study, tmp_path: Path
) -> None:
    """An independent route: bootstrap respondents, rank each time; 95% of ranks fall inside."""
    chances = zip(DOMAINS, (0.6, 0.55, 0.5, 0.2), strict=True)
    shares = {f"urgent_{domain}": chance for domain, chance in chances}
    weighted = write_weighted(tmp_path / "w.parquet", answers(300, shares, seed=3))
    people = _urgent(study, weighted)
    order = order_of(estimate_cell(people, np.ones(300, bool)), 3, is_share=True)
    draw = np.random.default_rng(5)
    inside = np.zeros(4)
    for _ in range(400):
        picked = draw.integers(0, 300, 300)
        weight, values = people.weight[picked, None], people.values[picked]
        base = np.where(np.isnan(values), 0, weight)
        share = np.nansum(base * values, axis=0) / base.sum(axis=0)
        place = 1 + (share[None, :] > share[:, None]).sum(axis=1)
        inside += (order.low <= place) & (place <= order.high)
    assert (inside / 400 >= 0.95).all()
    assert order.low[3] == order.high[3] == 4


def test_a_cell_too_small_is_not_set_against_the_rest(study: Study, tmp_path: Path) -> None:
    few = answers(60, {f"urgent_{domain}": 0.5 for domain in DOMAINS}).with_columns(
        size=pl.when(pl.int_range(60) < 8).then(pl.lit("s")).otherwise(pl.lit("l"))
    )
    weighted = write_weighted(tmp_path / "w.parquet", few)
    found = rank(study, WAVE, weighted, "urgent", study.analyses.priorities["urgent"], "priorities")
    assert found.filter(pl.col("size") == "s")["difference"].null_count() == 4
    assert found.filter(pl.col("size") == "l")["difference"].null_count() == 4
    assert found.filter(pl.col("zone") == "N")["difference"].null_count() == 0


def test_what_sets_a_cell_apart_is_found_and_nothing_else(study: Study, tmp_path: Path) -> None:
    drawn = answers(600, {f"urgent_{domain}": 0.5 for domain in DOMAINS}).with_columns(
        urgent_sel=pl.when(pl.col("zone") == "N").then(pl.lit("oui")).otherwise("urgent_sel")
    )
    weighted = write_weighted(tmp_path / "w.parquet", drawn)
    found = rank(study, WAVE, weighted, "urgent", study.analyses.priorities["urgent"], "priorities")
    apart = found.filter(pl.col("contrast").is_in(["above", "below"]))
    assert apart.select("domain", "zone", "contrast").rows() == [
        ("sel", "N", "above"), ("sel", "S", "below")
    ]  # fmt: skip
