"""The solver is asked directly; what it answers is what scipy's `linprog` answers.

The systems are written here a second time, from the tables alone: counts as cells that add up,
shares as the root of a linear goal, found by halving, so that no step of the audit vouches for
itself.
"""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from pipelines.disclosure.outsider import (
    Numerators,
    Printed,
    count_intervals,
    respondents_system,
)
from pipelines.disclosure.programme import NoPointError, Programme
from pipelines.disclosure.sums import Sums

small = st.integers(-3, 3)
QUICK = settings(max_examples=60, deadline=None)


@QUICK
@given(st.data())
def test_the_best_of_any_goal_is_that_of_linprog(data):
    """Random conditions, empty and endless ones too; the goal changes, then a coefficient."""
    unknowns = data.draw(st.integers(1, 5))
    numbers = st.lists(small, min_size=unknowns, max_size=unknowns)
    equal = np.array(data.draw(st.lists(numbers, min_size=1, max_size=3)), float)
    less = np.array(data.draw(st.lists(numbers, min_size=1, max_size=4)), float)
    sums = np.array([data.draw(small) for _ in equal], float)
    limits = np.array([data.draw(st.integers(0, 9)) for _ in less], float)
    programme = Programme(csr_array(equal), sums, csr_array(less), limits)
    for _ in range(2):
        for sign, goal in itertools.product((1, -1), data.draw(st.lists(numbers, max_size=3))):
            check(programme, np.array(goal, float), sign, equal, sums, less, limits)
        row, column = (
            data.draw(st.integers(0, len(equal) - 1)),
            data.draw(st.integers(0, unknowns - 1)),
        )
        equal[row, column] = data.draw(small)
        programme.change(row, np.array([column]), equal[row, column])


def check(programme, goal, sign, equal, sums, less, limits):
    conditions = {"A_eq": equal, "b_eq": sums, "A_ub": less, "b_ub": limits, "method": "highs"}
    if linprog(np.zeros(goal.size), **conditions).status == 2:
        with pytest.raises(NoPointError):
            programme.best(goal, sign)
        return
    judge = linprog(-sign * goal, **conditions)
    found = programme.best(goal, sign)
    if judge.status != 0:  # no end: not infeasible, since a point was found
        assert found.value == sign * np.inf and found.point is None
        return
    assert found.value == pytest.approx(-sign * judge.fun, abs=1e-6)
    assert equal @ found.point == pytest.approx(sums, abs=1e-6)
    assert (less @ found.point <= limits + 1e-6).all() and (found.point >= -1e-6).all()


def table(counts):
    """Return the cells of a two-way table with its margins, as rows over the inner cells."""
    rows, columns = counts.shape
    inner = np.eye(rows * columns)
    places = inner.reshape(rows, columns, -1)
    members = np.vstack([inner, places.sum(1), places.sum(0), inner.sum(0)])
    return members, members @ counts.ravel()


def by_linprog(members, values, hidden, ceiling):
    """Return cell -> least and most respondents, in whole people."""
    known = {"A_eq": members[~hidden], "b_eq": values[~hidden]}
    capped = hidden & np.isfinite(ceiling)
    known |= {"A_ub": members[capped], "b_ub": ceiling[capped]} if capped.any() else {}
    ends = {}
    for cell in np.flatnonzero(hidden):
        low, high = (linprog(sign * members[cell], **known, method="highs") for sign in (1, -1))
        ends[int(cell)] = (np.ceil(low.fun - 1e-6), np.floor(-high.fun + 1e-6))
    return ends


def by_audit(members, values, hidden, ceiling):
    sums = Sums(csr_array(members), csr_array((0, members.shape[1])))
    shown = np.where(hidden, np.nan, values)
    system = respondents_system(sums, shown, ceiling)
    wanted = np.full(values.size, np.inf)  # nothing is wide enough: each cell is attacked itself
    found = count_intervals(system, sums, np.flatnonzero(hidden), wanted)
    return {cell: (one.low, one.high) for cell, one in found.items()}


shapes = st.sampled_from([(2, 2), (3, 2), (3, 3), (4, 3)])


@QUICK
@given(shapes, st.randoms(use_true_random=False), st.booleans())
def test_intervals_of_respondents_are_those_of_linprog(shape, chance, has_ceiling):
    counts = np.array([[chance.randint(0, 15) for _ in range(shape[1])] for _ in range(shape[0])])
    members, values = table(counts)
    hidden = np.array([chance.random() < 0.6 for _ in values])
    hidden[-1] = False
    ceiling = np.full(values.size, np.inf)
    if has_ceiling:
        ceiling = values + np.array([chance.randint(0, 8) for _ in values])
    assert by_audit(members, values, hidden, ceiling) == by_linprog(
        members, values, hidden, ceiling
    )


WORKED = {
    # Geurts (1992), Handbook on SDC 4.3.1: X11 lies in [3, 6].
    "Geurts": ([[4, 2, 1], [2, 1, 3], [4, 5, 6]], [0, 1, 3, 4], 0, (3, 6)),
    # Willenborg and de Waal (2001), Fischetti and Salazar (2001): II/C lies in [5, 30].
    "investment": ([[20, 50, 10], [8, 19, 22], [17, 32, 12]], [3, 5, 6, 8], 5, (5, 30)),
}


@pytest.mark.parametrize("name", WORKED)
def test_worked_examples_have_their_published_interval_by_both_ways(name):
    counts, cells, cell, expected = WORKED[name]
    members, values = table(np.array(counts))
    hidden = np.isin(np.arange(values.size), cells)
    ceiling = np.full(values.size, np.inf)
    for found in (by_audit, by_linprog):
        assert found(members, values, hidden, ceiling)[cell] == expected


def printed_shares(chance, shape, decimals, kind):
    """Draw three answers and what two of them are together; print them, some cells withheld.

    `kind` single: each gave one answer, the two add up; multiple: whoever gave either counts once.
    """
    atoms, is_multiple = shape[0] * shape[1], kind == "multiple"
    members, _ = table(np.zeros(shape))
    bases = np.array([chance.uniform(20, 200) for _ in range(atoms)])
    shares = np.array([[chance.uniform(0.1, 0.9) for _ in range(atoms)] for _ in range(3)])
    shares = shares if is_multiple else shares / shares.sum(axis=0)
    either = np.minimum(shares[:2].sum(axis=0), 1.0) if is_multiple else shares[:2].sum(axis=0)
    base = members @ bases
    values = np.vstack([shares, either]) * bases @ members.T / base
    hidden = np.array([chance.random() < 0.5 for _ in base])
    hidden[-1] = False
    half = np.full(base.size, 0.5 * 10.0**-decimals)
    union = np.array([[1.0, 1.0, 0.0, -1.0]])
    printed = Printed(
        np.where(hidden, np.nan, np.round(values, decimals)), half,
        np.where(hidden, np.nan, np.round(base)), np.where(hidden, base + 0.2, np.nan),
        np.eye(4) if is_multiple else np.vstack([np.eye(3), [1.0, 1.0, 0.0]]),
        union if is_multiple else np.zeros((0, 3)), adds_up=not is_multiple,
    )  # fmt: skip
    return Sums(csr_array(members), csr_array((0, atoms))), printed, np.flatnonzero(hidden)


def share_by_halving(members, printed, series, cell, sign):
    """Return the least (1) or most (-1) share of a series: a root, found by halving.

    Unknowns are numerators and bases themselves, of three answers and of the two together: the
    least of T - s W falls through 0 at the least share (Dinkelbach 1967). No division of unknowns
    by one another, and no sum written as one, unlike the audit.
    """
    atoms = members.shape[1]
    unit, rows, limits = np.eye(5 * atoms), [], []

    def of(at, weights):  # a sum over atoms of one of the five kinds of unknowns
        return weights @ unit[at * atoms : (at + 1) * atoms]

    known = np.where(np.isnan(printed.bases), printed.believed, printed.bases)
    for at, base in enumerate(known):
        rows += [of(4, members[at]), -of(4, members[at])]
        limits += [base + 0.5, -(base - 0.5)]
        for place, value in enumerate(printed.values[:, at]):
            if not np.isnan(value):
                most, least = value + printed.half[at], value - printed.half[at]
                rows += [of(place, members[at]) - most * of(4, members[at]),
                         least * of(4, members[at]) - of(place, members[at])]  # fmt: skip
                limits += [0, 0]
    for one in np.eye(atoms):
        first, second, third, either, base = (of(at, one) for at in range(5))
        together = first + second
        rows += [first - base, second - base, third - base, either - base, either - together]
        rows += [first - either, second - either]
        rows += [together - either, either + third - base, base - either - third] * printed.adds_up
    limits += [0] * (len(rows) - len(limits))
    low, high = 0.0, 1.0
    for _ in range(26):
        middle = (low + high) / 2
        goal = of(series, members[cell]) - middle * of(4, members[cell])
        best = linprog(sign * goal, A_ub=np.array(rows), b_ub=limits, method="highs")
        assert best.status == 0
        reaches = best.fun <= 0
        if sign == 1:
            low, high = (low, middle) if reaches else (middle, high)
        else:
            low, high = (middle, high) if reaches else (low, middle)
    return (low + high) / 2


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from([(2, 2), (3, 2)]), st.randoms(use_true_random=False), st.integers(1, 3),
    st.sampled_from(["single", "multiple"]), st.integers(0, 3),
)  # fmt: skip
def test_intervals_of_shares_are_those_of_linprog_by_another_way(
    shape, chance, decimals, kind, series
):
    sums, printed, hidden = printed_shares(chance, shape, decimals, kind)
    assume(hidden.size)
    system, members = Numerators(sums, printed), sums.members.toarray()
    for cell in map(int, hidden[:2]):
        interval, _ = system.interval(series, cell)
        ends = [share_by_halving(members, printed, series, cell, sign) for sign in (1, -1)]
        assert [interval.low, interval.high] == pytest.approx(ends, abs=1e-5)
