"""What disclosure control did: a private account, and the part of it that may be printed.

Belongs here: the report of `protect`. Not here: deciding (primary.py).
"""

from dataclasses import asdict, dataclass

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class ProtectionReport:
    """The outcome of `protect`, in cells (item × cell) by table and status.

    `tables` maps a table (its breakdowns joined by ' x ', '' for the total) to the number of its
    cells by status; `rules_run` and `rules_not_run` name the rules. `reasons` is private: how many
    cells the `rules` withhold, how many the `attack` on the table as written, how many only `cover`
    those. Nothing else here tells an unsafe cell from one withheld to cover it, and nothing counts
    respondents.
    """

    study: str
    wave: str
    minimum_respondents: int
    tables: Counts
    rules_run: tuple[str, ...]
    rules_not_run: tuple[str, ...]
    reasons: dict[str, int]

    def cells(self, status: str) -> int:
        """Return how many cells (item × cell) have `status`."""
        return sum(counts.get(status, 0) for counts in self.tables.values())

    def public(self) -> dict[str, object]:
        """Return what may be printed or published: counts of cells, never of people."""
        return {name: told for name, told in asdict(self).items() if name != "reasons"}

    def private(self) -> dict[str, object]:
        """Return everything, for the private folder."""
        return asdict(self)
