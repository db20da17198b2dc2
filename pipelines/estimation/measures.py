"""What one respondent's answers count for, as SQL over the weighted responses.

Belongs here: an item and the answers that count → 1, 0 or a number. Not here: sums over respondents
(cube.py, quantities.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines import sql
from pipelines.study import Item


@dataclass(frozen=True)
class Measure:
    """The share of those who gave one of `answers` to `item`; its mean where there are none."""

    item: Item
    answers: tuple[str, ...]

    @property
    def kind(self) -> Literal["share", "mean"]:
        """What `value` will hold."""
        return "mean" if self.item.is_numeric else "share"

    @property
    def chosen(self) -> str:
        """Whether one respondent gave any of the answers, as a condition."""
        item = self.item
        if item.ticks:
            counted = [sql.name(item.columns[item.ticks.index(one)]) for one in self.answers]
            return " OR ".join(f"{column} = '1'" for column in counted)
        return " OR ".join(f"{sql.name(one)} IN ({_list(self.answers)})" for one in item.columns)

    @property
    def expression(self) -> str:
        """1, 0 or NULL (a number or NULL for a mean) for one respondent, as a DOUBLE."""
        if self.item.is_numeric:
            return f"TRY_CAST({sql.name(self.item.columns[0])} AS DOUBLE)"
        is_in, gave = base_of(self.item), self.chosen
        return f"CASE WHEN {is_in} THEN CASE WHEN {gave} THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END END"


def base_of(item: Item) -> str:
    """Whether one respondent is in an item's base, as a condition.

    Who gave a published answer (a tick or none), or a number.
    """
    if item.is_numeric:
        return f"TRY_CAST({sql.name(item.columns[0])} AS DOUBLE) IS NOT NULL"
    codes = _list(("0", "1") if item.ticks else item.answers)
    return " OR ".join(f"{sql.name(one)} IN ({codes})" for one in item.columns)


def _list(codes: Sequence[str]) -> str:
    return ", ".join(map(sql.literal, codes))
