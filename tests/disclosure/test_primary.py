"""The primary rules at their thresholds: the last value that is unsafe, the first that is not."""

import numpy as np
import pytest

from pipelines.disclosure.bases import UNKNOWN, Bases
from pipelines.disclosure.primary import unsafe_bases, unsafe_cells
from pipelines.study.model import Disclosure

RULES = Disclosure()


def one_cell(respondents: int, population: int, *, extreme: bool = False) -> Bases:
    """Return the bases of one item in one cell."""
    return Bases(
        ("zone",), (("q", "_Z", "_Z", "share"),), (("A",),),
        np.array([[respondents]]), np.array([population]), np.array([[extreme]]), np.array([True]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("respondents", "population", "is_unsafe"),
    [
        (10, 1000, True), (11, 1000, False),  # respondents
        (0, 1000, True), (0, 0, False),  # nobody answered; nobody to ask
        (11, 22, False), (12, 23, True), (500, 1000, False), (501, 1000, True),  # part asked
        (10, UNKNOWN, True), (11, UNKNOWN, False),  # no frame counts the cell
    ],
)  # fmt: skip
def test_a_cell_is_unsafe_below_its_thresholds_and_not_at_them(
    respondents: int, population: int, *, is_unsafe: bool
) -> None:
    assert unsafe_cells(one_cell(respondents, population), RULES).tolist() == [is_unsafe]


@pytest.mark.parametrize(("population", "is_unsafe"), [(19, True), (20, False)])
def test_a_cell_of_fewer_units_than_declared_is_unsafe(population: int, *, is_unsafe: bool) -> None:
    rules = Disclosure(minimum_respondents=5, maximum_fraction=1.0)
    assert unsafe_cells(one_cell(15, population), rules).tolist() == [is_unsafe]


@pytest.mark.parametrize(
    ("respondents", "population", "extreme", "is_unsafe"),
    [
        (10, 1000, False, True), (11, 1000, False, False),
        (11, 22, True, True), (11, 22, False, False), (11, 23, True, False),
        (11, UNKNOWN, True, False), (10, 0, False, False), (UNKNOWN, 1000, True, False),
    ],
)  # fmt: skip
def test_a_base_is_unsafe_when_few_answered_or_most_units_gave_one_answer(
    respondents: int, population: int, *, extreme: bool, is_unsafe: bool
) -> None:
    bases = one_cell(respondents, population, extreme=extreme)
    assert unsafe_bases(bases, RULES).tolist() == [[is_unsafe]]
