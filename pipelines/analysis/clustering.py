"""Clusters of points: Ward's tree, consolidated by weighted k-means, and how far they hold.

Belongs here: partitions, their inertia, their stability under resampling, their match. Not here:
where points come from (mca.py), what the clusters are like (profiles.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment

Vector = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Partition = Callable[[Vector, Labels], Labels]

SWEEPS = 200
TREE_POINTS = 4_000  # Ward keeps n²/2 distances: 64 MB at 4,000; beyond, a seeded draw of them
RESAMPLED_POINTS = (
    500  # of a resample: 12 ms a tree, against 50 for 1,000 points and 0.4 s for 1,900
)
SEED = 20161129


def cluster(points: Vector, weight: Vector, count: int, most: int = TREE_POINTS) -> Labels:
    """Return the cluster of each point, 0 to `count` - 1, by falling weight.

    Ward's tree (Ward 1963, scipy, unweighted) gives the starting partition; k-means with the
    weights moves its centres until no point changes. The tree sees `most` points at the most, a
    seeded draw; k-means sees all of them. Fewer clusters come back where there are fewer distinct
    points.
    """
    drawn = _drawn(points.shape[0], most)
    tree = linkage(points[drawn], method="ward")
    found = fcluster(tree, t=count, criterion="maxclust").astype(np.int64) - 1
    centres = _centres(points[drawn], weight[drawn], found, int(found.max()) + 1)
    labels = _nearest(points, centres)
    for _ in range(SWEEPS):
        centres = _centres(points, weight, labels, centres.shape[0], centres)
        moved = _nearest(points, centres)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return _by_weight(labels, weight)


def _drawn(size: int, most: int) -> Labels:
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(SEED).choice(size, most, replace=False))


def _centres(
    points: Vector, weight: Vector, labels: Labels, count: int, before: Vector | None = None
) -> Vector:
    """Return the weighted centre of each cluster; an empty one stays where it was."""
    total = np.bincount(labels, weight, count)
    sums = np.stack([np.bincount(labels, weight * one, count) for one in points.T], axis=1)
    centres = sums / np.where(total > 0, total, 1.0)[:, None]
    if before is not None:
        centres[total <= 0] = before[total <= 0]
    return np.asarray(centres, dtype=np.float64)


def _nearest(points: Vector, centres: Vector) -> Labels:
    # rounded, so that a point as near to two centres goes to the first whatever the last bit
    distance = np.stack([((points - one) ** 2).sum(axis=1) for one in centres], axis=1)
    return np.asarray(np.argmin(np.round(distance, 12), axis=1), dtype=np.int64)


def _by_weight(labels: Labels, weight: Vector) -> Labels:
    """Return labels numbered by falling weight, clusters without a point left out."""
    total = np.bincount(labels, weight)
    order = [one for one in np.argsort(-np.round(total, 9), kind="stable") if total[one] > 0]
    number = np.full(total.size, -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    return number[labels]


def explained(points: Vector, weight: Vector, labels: Labels) -> float:
    """Return the inertia between clusters, in the units of the points' own inertia."""
    centres = _centres(points, weight, labels, int(labels.max()) + 1)
    middle = weight @ points / weight.sum()
    spread = ((centres[labels] - middle) ** 2).sum(axis=1)
    return float(weight @ spread / weight.sum())


@dataclass(frozen=True)
class Stability:
    """Mean Jaccard similarity of each cluster with its nearest one over the resamples."""

    jaccard: Vector
    resamples: int


def stability(labels: Labels, stratum: Labels, resamples: int, partition: Partition) -> Stability:
    """Return how far each cluster comes back when respondents are drawn again.

    Bootstrap within strata; `partition(times, drawn)` clusters anew the respondents `drawn` (each
    counted `times`) and returns their labels. Of each cluster, restricted to those drawn, the
    best Jaccard similarity with a new cluster (Hennig 2007, Computational Statistics & Data
    Analysis 52): 0.75 and more is stable, below 0.6 is not to be trusted.
    """
    draw = np.random.default_rng(SEED)
    members = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
    found = np.zeros(int(labels.max()) + 1)
    for _ in range(resamples):
        picked = np.concatenate([draw.choice(one, one.size) for one in members])
        times = np.bincount(picked, minlength=labels.size)
        drawn = np.flatnonzero(times)
        found += _best_jaccard(
            labels[drawn], partition(times[drawn].astype(np.float64), drawn), found.size
        )
    return Stability(found / resamples, resamples)


def _best_jaccard(old: Labels, new: Labels, count: int) -> Vector:
    joint = np.zeros((count, int(new.max()) + 1))
    np.add.at(joint, (old, new), 1.0)
    union = joint.sum(axis=1)[:, None] + joint.sum(axis=0)[None, :] - joint
    return np.asarray((joint / np.maximum(union, 1.0)).max(axis=1), dtype=np.float64)


def match(new: Vector, old: Vector) -> tuple[Labels, Vector]:
    """Match two sets of profiles, one row of the same figures each: the best one-to-one pairing.

    Returns for each new profile the old one (-1: none) and the correlation of their figures; pairs
    are those of the greatest sum of correlations (Hungarian method).
    """
    size = new.shape[0]
    with np.errstate(invalid="ignore"):
        correlation = np.nan_to_num(np.corrcoef(new, old)[:size, size:])
    first, second = linear_sum_assignment(-np.round(correlation, 9))
    paired = np.full(size, -1, dtype=np.int64)
    paired[first] = second
    alike = np.where(paired >= 0, correlation[np.arange(size), paired], np.nan)
    return paired, np.asarray(alike, dtype=np.float64)
