"""How long protection takes, by the number of linked cells: seconds, and ratios to the smallest.

Belongs here: two crossed breakdowns with their margins, counts drawn around the threshold, one
pattern for all items; then the attack on it; then both ends of every withheld cell, asked of
scipy's `linprog` and of HiGHS kept from one goal to the next. Run by
`python -m benchmarks.disclosure`. Not here: the time of a whole study (compare.py).
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog

from pipelines.disclosure.attack import Attack
from pipelines.disclosure.axes import Axis
from pipelines.disclosure.bases import Flags
from pipelines.disclosure.pattern import Demand, cheapest_pattern, is_safe
from pipelines.disclosure.structure import Structure, structure_of

SIZES = ((13, 3), (13, 5), (18, 10), (18, 15))
THRESHOLD = 11.0
SEEDS = (1, 2, 3)


def main() -> None:
    """Print, for each size, the median seconds to choose a pattern and to attack it."""
    base: float | None = None
    print(
        f"{'cells':>6} {'unsafe':>7} {'withheld':>9} {'choose':>9} {'attack':>9} {'ratio':>7} "
        f"{'linprog':>8}"
    )
    for rows, columns in SIZES:
        found = [_measure(rows, columns, seed) for seed in SEEDS]
        cells, unsafe, withheld, choose, attack, other = np.median(np.array(found), axis=0)
        base = base or choose
        print(
            f"{cells:6.0f} {unsafe:7.0f} {withheld:9.0f} {choose:7.2f} s {attack:7.2f} s "
            f"{choose / base:6.1f}x {other:7.1f}x"
        )


def _measure(rows: int, columns: int, seed: int) -> tuple[float, ...]:
    structure, demand = _table(rows, columns, seed)
    choose, withheld = _timed(lambda: cheapest_pattern(structure, demand, len(structure.cells)))
    attack, safe = _timed(lambda: is_safe(structure, demand, withheld))
    assert safe
    told = (len(structure.cells), demand.unsafe.sum(), withheld.sum(), choose, attack)
    return (*told, _linprog_to_ours(structure, demand, withheld))


def _linprog_to_ours(structure: Structure, demand: Demand, withheld: Flags) -> float:
    """Return how many times longer `linprog` takes for the same ends, which must agree."""
    cells, rows = np.flatnonzero(withheld), structure.incidence.toarray()
    known = {
        "A_eq": structure.incidence[np.flatnonzero(~withheld)],
        "b_eq": demand.values[~withheld],
    }

    def ours() -> list[float]:
        attack = Attack(structure, demand.values, demand.ceiling, withheld)
        return [attack.bound(cell, sign).value for cell in cells for sign in (-1, 1)]

    def theirs() -> list[float]:
        found = (linprog(-sign * rows[cell], **known) for cell in cells for sign in (-1, 1))
        return [float(rows[cell] @ one.x) for one, cell in zip(found, cells.repeat(2), strict=True)]

    (mine, values), (other, judged) = _timed(ours), _timed(theirs)
    assert np.allclose(values, judged)
    return other / mine


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _table(rows: int, columns: int, seed: int) -> tuple[Structure, Demand]:
    """Draw a table of respondents and its margins; cells below the threshold are unsafe."""
    draw = np.random.default_rng(seed)
    inner = draw.negative_binomial(1.2, 0.03, (rows, columns)).astype(np.float64)
    values = np.zeros((rows + 1, columns + 1))
    values[1:, 1:] = inner
    values[1:, 0], values[0, 1:], values[0, 0] = inner.sum(1), inner.sum(0), inner.sum()
    codes = [["_T", *(f"{at:02}" for at in range(size))] for size in (rows, columns)]
    cells = tuple((one, other) for one in codes[0] for other in codes[1])
    structure = structure_of((Axis((0,)), Axis((1,))), cells)
    flat = values.ravel()
    total = np.arange(flat.size) == 0
    unsafe = (flat < THRESHOLD) & ~total
    demand = Demand(flat, unsafe, total, np.full(flat.size, np.inf), np.full(flat.size, THRESHOLD))
    return structure, demand


if __name__ == "__main__":
    main()
