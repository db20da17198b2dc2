"""How often the 95% intervals hold the truth: repeated samples from a known population."""

import numpy as np
import pytest

from pipelines.estimation.groups import Groups
from pipelines.estimation.intervals import share_interval
from pipelines.estimation.variance import Sums, ratio_estimates

SAMPLES = 2000
# Communes of three sizes, in one region and elsewhere; a third of the sample in each size.
UNITS = np.array([[3600, 25839], [600, 4314], [60, 393]])
SAMPLED = np.array([101, 101, 100])


def drawn(share: float, rng: np.random.Generator) -> tuple[Sums, Sums, float, float]:
    """Draw samples; return sums of the whole and of the region, and the true share of each."""
    # sizes differ in what they answer, by half a standard deviation each
    chance = np.clip(share + np.array([-0.2, 0.5, 1.0]) * share * (1 - share), 0.01, 0.99)
    yes = np.round(chance[:, None] * UNITS).astype(int)
    truth = yes.sum() / UNITS.sum(), yes[:, 0].sum() / UNITS[:, 0].sum()
    kinds = np.stack(
        [yes[:, 0], UNITS[:, 0] - yes[:, 0], yes[:, 1], UNITS[:, 1] - yes[:, 1]], axis=1
    )
    counts = np.stack(
        [rng.multivariate_hypergeometric(kinds[h], SAMPLED[h], size=SAMPLES) for h in range(3)],
        axis=1,
    ).astype(float)
    weight = UNITS.sum(axis=1) / SAMPLED
    return (
        sums_of(counts.sum(axis=2), counts[:, :, 0] + counts[:, :, 2], weight),
        sums_of(counts[:, :, 0] + counts[:, :, 1], counts[:, :, 0], weight), *truth,
    )  # fmt: skip


def sums_of(people: np.ndarray, yes: np.ndarray, weight: np.ndarray) -> Sums:
    w, w2 = weight * yes, weight**2 * yes
    return Sums(people, yes, weight * people, weight**2 * people, w, w2, w2, w)


def covered(sums: Sums, truth: float) -> float:
    sampled, units = SAMPLED.astype(float), UNITS.sum(axis=1).astype(float)
    groups = Groups(
        ("a", "b", "c"), np.arange(3), sampled, units, units**2 / sampled, sampled, units
    )
    found = ratio_estimates(sums, groups, is_share=np.ones(SAMPLES, dtype=bool))
    low, high = share_interval(
        found.value, found.variance, found.respondents, found.effective, found.degrees_of_freedom
    )
    return float(np.mean((low <= truth) & (truth <= high)))


# In a region of 35 whose effective size is about 14, a share of 5% often shows as 0: intervals are
# then wider than they must be. 98% is passed there, and said so in docs/estimation.md.
MOST = {0.5: (0.98, 0.98), 0.3: (0.98, 0.98), 0.05: (0.98, 0.995)}


@pytest.mark.parametrize("share", MOST)
def test_intervals_hold_the_truth_in_93_to_98_of_100_samples(
    share: float, request: pytest.FixtureRequest
) -> None:
    whole, region, of_all, of_region = drawn(share, np.random.default_rng(20161003))
    assert 30 < region.n.sum(axis=1).mean() < 40
    found = covered(whole, of_all), covered(region, of_region)
    said = f"share {share:.0%}: {found[0]:.1%} nationally, {found[1]:.1%} in a region of 35"
    request.node.user_properties.append(("coverage", said))
    for coverage, most in zip(found, MOST[share], strict=True):
        assert 0.93 <= coverage <= most, said
