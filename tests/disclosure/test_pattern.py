"""The cheapest safe pattern: examples of the literature, known defects of tools, enumeration."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pipelines.disclosure.attack import Attack
from pipelines.disclosure.axes import Axis
from pipelines.disclosure.errors import PatternImpossibleError, PatternTooLargeError
from pipelines.disclosure.pattern import Demand, cheapest_pattern, is_safe
from pipelines.disclosure.structure import structure_of


def table_of(counts):
    """Return the structure and the values of one table with all its margins."""
    counts = np.array(counts)
    axes = tuple(Axis((at,)) for at in range(counts.ndim))
    codes = [[*map(str, range(size)), "_T"] for size in counts.shape]
    cells = tuple(sorted(itertools.product(*codes)))
    return structure_of(axes, cells), np.array([value_of(counts, cell) for cell in cells], float)


def value_of(counts, cell):
    return counts[tuple(slice(None) if code == "_T" else int(code) for code in cell)].sum()


def interval(structure, values, withheld, cell):
    """Return the least and the most that a cell may be, attacked as an outsider would."""
    attack = Attack(structure, values, np.full(values.size, np.inf), withheld)
    at = structure.cells.index(cell)
    return round(attack.bound(at, -1).value, 6), round(attack.bound(at, 1).value, 6)


def flags(structure, *cells):
    return np.array([cell in cells for cell in structure.cells])


def demand_of(structure, values, k, **more):
    total = flags(structure, ("_T",) * len(structure.cells[0]))
    none = np.full(values.size, np.inf)
    about = {"unsafe": (values < k) & ~total, "fixed": total, "ceiling": none}
    about |= {"width": np.full(values.size, float(k))}
    return Demand(values, **{**about, **more})


def test_the_interval_of_geurts_example_is_3_to_6():
    # Geurts (1992), in the Handbook on SDC 4.3.1: X11 + X12 = 6, X21 + X22 = 3 (rows),
    # X11 + X21 = 6, X12 + X22 = 3 (columns); the rest is published.
    structure, values = table_of([[4, 2, 1], [2, 1, 3], [4, 5, 6]])
    hidden = flags(structure, ("0", "0"), ("0", "1"), ("1", "0"), ("1", "1"))
    assert interval(structure, values, hidden, ("0", "0")) == (3, 6)


INVESTMENT = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]  # activities I-III x regions A-C
II_C = ("1", "2")


def test_the_investment_table_is_protected_at_cost_37_with_ii_c_in_5_to_30():
    # Willenborg and de Waal (2001); Fischetti and Salazar (2001), with their own pattern.
    structure, values = table_of(INVESTMENT)
    zeros = np.zeros(values.size)
    demand = demand_of(
        structure, values, 0,
        unsafe=flags(structure, II_C), width=zeros, protects_complements=False,
        above=np.where(flags(structure, II_C), 8, 0), below=np.where(flags(structure, II_C), 10, 0),
    )  # fmt: skip
    withheld = cheapest_pattern(structure, demand, 300)
    complements = withheld & ~demand.unsafe
    assert values[complements].sum() == 37
    assert {structure.cells[at] for at in np.flatnonzero(complements)} == {
        ("1", "0"),
        ("2", "0"),
        ("2", "2"),
    }
    assert interval(structure, values, withheld, II_C) == (5, 30)


def test_one_unsafe_cell_of_a_cube_takes_its_2_to_the_k_corners_with_it():
    structure, values = table_of(np.full((3, 3, 3), 40) - 37 * cube_corner())
    withheld = cheapest_pattern(structure, demand_of(structure, values, 5), 300)
    assert withheld.sum() == 2**3


def cube_corner():
    corner = np.zeros((3, 3, 3), int)
    corner[0, 0, 0] = 1
    return corner


def test_a_single_unsafe_cell_of_a_line_takes_the_cheapest_other_with_it():
    structure, values = table_of([3, 40, 25, 60])
    withheld = cheapest_pattern(structure, demand_of(structure, values, 11), 300)
    assert [structure.cells[at][0] for at in np.flatnonzero(withheld)] == ["0", "2"]


def test_two_withheld_a_line_that_are_still_exact_are_not_accepted():
    # Each row and each column through the three hides two, yet 0,0 is what the others leave.
    structure, values = table_of([[2, 3, 30], [30, 4, 30], [3, 30, 30]])
    demand = demand_of(structure, values, 5)
    lonely = demand.unsafe.copy()
    assert not is_safe(structure, demand, lonely)
    withheld = cheapest_pattern(structure, demand, 300)
    assert is_safe(structure, demand, withheld)


def test_a_sum_of_zeros_leaves_no_room_so_a_larger_cell_goes_too():
    # 15 = 10 + 5 + x + x: both x are 0 and known to be, unless something else is hidden.
    structure, values = table_of([10, 5, 0, 0, 30])
    demand = demand_of(structure, values, 3)
    withheld = cheapest_pattern(structure, demand, 300)
    assert withheld.sum() == 3
    low, high = interval(structure, values, withheld, ("2",))
    assert high - low >= 3


def test_a_sum_of_ones_does_not_give_each_contributor_the_other():
    # 15 = 10 + 3 + x + x with both x = 1: each of the two knows the other at once.
    structure, values = table_of([10, 3, 1, 1])
    withheld = cheapest_pattern(structure, demand_of(structure, values, 3), 300)
    assert withheld.sum() >= 3
    for mine in (("2",), ("3",)):
        known = withheld & ~flags(structure, mine)
        other = ("3",) if mine == ("2",) else ("2",)
        low, high = interval(structure, values, known, other)
        assert high - low >= 1


def test_three_singletons_of_a_table_do_not_undo_one_another():
    structure, values = table_of([[1, 1, 20], [1, 20, 20], [20, 20, 20]])
    demand = demand_of(structure, values, 3)
    withheld = cheapest_pattern(structure, demand, 300)
    for insider in itertools.product("01", "01"):
        if values[structure.cells.index(insider)] != 1:
            continue
        known = withheld & ~flags(structure, insider)
        for other in (("0", "0"), ("0", "1"), ("1", "0")):
            shares_a_line = sum(a == b for a, b in zip(insider, other, strict=True)) == 1
            if shares_a_line:
                low, high = interval(structure, values, known, other)
                assert high - low >= 1


def test_a_cell_known_approximately_counts_as_known():
    # Two hidden cells of 3 and 4 leave 0 to 7: not exact, but narrower than the 11 asked for.
    structure, values = table_of([3, 4, 30, 60])
    demand = demand_of(structure, values, 11)
    assert not is_safe(structure, demand, demand.unsafe)
    assert cheapest_pattern(structure, demand, 300).sum() == 3


def test_tables_that_share_a_margin_are_protected_together():
    # The region hidden in region x size is hidden in region x sex as well, or it would be a sum.
    axes = tuple(Axis((at,)) for at in range(3))
    counts = np.full((3, 2, 2), 20)
    counts[0] = [[1, 2], [2, 1]]
    codes = [["0", "1", "2", "_T"], ["0", "1", "_T"], ["0", "1", "_T"]]
    crossed = ((0,), (1,), (2,), (0, 1), (0, 2), ())
    cells = tuple(
        sorted(
            cell
            for cell in itertools.product(*codes)
            if tuple(at for at, code in enumerate(cell) if code != "_T") in crossed
        )
    )
    structure = structure_of(axes, cells)
    values = np.array([value_of(counts, cell) for cell in cells], float)
    demand = demand_of(structure, values, 11)
    withheld = cheapest_pattern(structure, demand, 300)
    for cell in np.flatnonzero(withheld):
        low, high = interval(structure, values, withheld, cells[cell])
        assert high - low >= 11 - 1e-6


def test_a_zone_and_its_regions_are_one_system():
    # North = R1 + R2: hiding R1 and R3 would leave R1 = North - R2.
    regions = (("N", "R1"), ("N", "R2"), ("S", "R3"), ("S", "R4"))
    axis = Axis((0, 1), regions)
    cells = [("_T", "_T"), ("N", "_T"), ("S", "_T"), *(("_T", region) for _, region in regions)]
    counts = {"R1": 4, "R2": 50, "R3": 20, "R4": 60, "N": 54, "S": 80, "_T": 134}
    structure = structure_of((axis,), tuple(sorted(cells)))
    values = np.array(
        [counts[zone if region == "_T" else region] for zone, region in structure.cells], float
    )
    withheld = cheapest_pattern(structure, demand_of(structure, values, 11), 300)
    assert flags(structure, ("_T", "R1"), ("_T", "R2"))[withheld].all()
    assert withheld.sum() == 2


def test_a_ceiling_that_everyone_knows_limits_what_company_is_worth():
    # 2 + 12 alone: whoever knows that the first place has 5 units finds 9 to 14 in the second.
    structure, values = table_of([2, 12, 40])
    ceiling = np.array([5.0, 20.0, 300.0, np.inf])
    blind = cheapest_pattern(structure, demand_of(structure, values, 11), 300)
    aware = cheapest_pattern(structure, demand_of(structure, values, 11, ceiling=ceiling), 300)
    assert (blind.sum(), aware.sum()) == (2, 3)


def test_too_many_cells_are_refused_not_approximated():
    structure, values = table_of(np.full((5, 5), 3))
    with pytest.raises(PatternTooLargeError, match="at most 20"):
        cheapest_pattern(structure, demand_of(structure, values, 11), 20)


def test_a_table_that_nothing_can_protect_is_refused():
    structure, values = table_of([1, 10])
    with pytest.raises(PatternImpossibleError, match="group codes"):
        cheapest_pattern(structure, demand_of(structure, values, 11), 300)


def test_ties_are_broken_by_the_order_of_the_cells():
    structure, values = table_of([3, 20, 20, 20])
    patterns = {
        tuple(cheapest_pattern(structure, demand_of(structure, values, 11), 300)) for _ in range(3)
    }
    assert patterns == {(True, True, False, False, False)}


small_tables = st.integers(2, 3).flatmap(
    lambda rows: st.lists(
        st.lists(st.integers(0, 30), min_size=2, max_size=2), min_size=rows, max_size=rows
    )
)


@settings(max_examples=40, deadline=None)
@given(small_tables, st.sampled_from([3, 5, 11]))
def test_no_cheaper_pattern_is_safe_on_tables_small_enough_to_enumerate(counts, k):
    structure, values = table_of(counts)
    demand = demand_of(structure, values, k)
    try:
        withheld = cheapest_pattern(structure, demand, 300)
    except PatternImpossibleError:
        assert not is_safe_or_impossible(structure, demand, ~demand.fixed)
        return
    assert is_safe(structure, demand, withheld)
    best = cost_of(values, withheld)
    choice = np.flatnonzero(~demand.unsafe & ~demand.fixed)
    for size in range(choice.size + 1):
        for more in itertools.combinations(choice, size):
            other = demand.unsafe.copy()
            other[list(more)] = True
            if cost_of(values, other) < best:
                assert not is_safe(structure, demand, other)


def is_safe_or_impossible(structure, demand, withheld):
    try:
        return is_safe(structure, demand, withheld)
    except PatternImpossibleError:
        return False


def cost_of(values, withheld):
    return np.maximum(1, values[withheld]).sum()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=5),
    st.sampled_from([3, 5, 11]),
)
def test_every_pattern_leaves_every_withheld_cell_as_wide_as_asked(counts, k):
    structure, values = table_of(counts)
    try:
        withheld = cheapest_pattern(structure, demand_of(structure, values, k), 300)
    except PatternImpossibleError:
        return
    everything = ~flags(structure, ("_T", "_T"))
    for at in np.flatnonzero(withheld):
        low, high = interval(structure, values, withheld, structure.cells[at])
        free = interval(structure, values, everything, structure.cells[at])
        assert high - low >= min(k, free[1] - free[0]) - 1e-6


def test_the_structure_leaves_out_what_a_published_table_shows_to_be_empty():
    cells = tuple(sorted([("_T", "_T"), ("0", "_T"), ("1", "_T"), ("_T", "a"), ("0", "a")]))
    structure = structure_of((Axis((0,)), Axis((1,))), cells)
    assert isinstance(structure.incidence, csr_array)
    assert structure.incidence.shape[1] == 1  # only ('0', 'a') has a row in the crossing
