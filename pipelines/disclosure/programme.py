"""Linear programmes over conditions that stay, solved for one goal after another.

Belongs here: the conversation with HiGHS, the solver behind scipy's `linprog`, which is asked
directly so that each goal starts from where the last one ended: an attack asks hundreds of them of
one system. Not here: the systems (outsider.py, attack.py) and what their answers mean.
"""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

Floats = npt.NDArray[np.float64]
PRIMAL_SIMPLEX = 4  # what met the conditions still does when only the goal changes


class NoPointError(RuntimeError):
    """No point meets the conditions."""


@dataclass(frozen=True)
class Optimum:
    """The best of a goal: its `value` (infinite: no end), a `point` that attains it, and `prices`.

    `prices` say by how much the value moves per unit of each equality's right side.
    """

    value: float
    point: Floats | None
    prices: Floats


class Programme:
    """Conditions on unknowns u: `equal` · u = `sums`, `less` · u <= `limits`, u >= `floor`."""

    def __init__(
        self, equal: csr_array, sums: Floats, less: csr_array, limits: Floats,
        floor: float = 0.0,
    ) -> None:  # fmt: skip
        rows = csr_array(vstack([equal, less]))
        self._equalities = sums.size
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = rows.shape
        model.col_cost_ = np.zeros(rows.shape[1])
        model.col_lower_ = np.full(rows.shape[1], floor)
        model.col_upper_ = np.full(rows.shape[1], np.inf)
        model.row_lower_ = np.concatenate([sums, np.full(limits.size, -np.inf)])
        model.row_upper_ = np.concatenate([sums, limits])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = rows.indptr
        model.a_matrix_.index_ = rows.indices
        model.a_matrix_.value_ = rows.data
        self._unknowns = np.arange(rows.shape[1], dtype=np.int32)
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call] # of highspy
        for option, value in (
            ("output_flag", False), ("threads", 1), ("simplex_strategy", PRIMAL_SIMPLEX),
        ):  # fmt: skip
            self._solver.setOptionValue(option, value)
        self._solver.passModel(model)

    def change(self, row: int, unknowns: npt.NDArray[np.integer[Any]], coefficient: float) -> None:
        """Give some unknowns a coefficient in one condition (equalities come first)."""
        for unknown in map(int, unknowns):
            self._solver.changeCoeff(row, unknown, coefficient)

    def best(self, goal: Floats, sign: int) -> Optimum:
        """Return the most (`sign` 1) or the least (-1) of `goal` · u.

        Raises NoPointError when no point meets the conditions.
        """
        self._solver.changeColsCost(self._unknowns.size, self._unknowns, -sign * goal)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kUnbounded:
            return Optimum(sign * np.inf, None, np.zeros(self._equalities))
        if status != highspy.HighsModelStatus.kOptimal:
            raise NoPointError(self._solver.modelStatusToString(status))
        found = self._solver.getSolution()
        point = np.array(found.col_value)
        prices = -sign * np.array(found.row_dual)[: self._equalities]
        return Optimum(float(goal @ point), point, prices)
