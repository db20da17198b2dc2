"""What a validation found, in numbers: kept as JSON beside the responses.

Belongs here: the summary objects and their JSON form. Not here: finding things (validate.py),
showing them to a person (report.py). The summary holds no respondent's value and no file line but
the first of each rule, and stays in the private area all the same.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Repair:
    """A reading that is more than declared coding: `rows` cells of a column, by one rule."""

    column: str
    rule: str
    found: str
    replaced: str
    rows: int
    first_line: int


@dataclass(frozen=True)
class RuleResult:
    """How one rule fared on one column."""

    rule: str
    column: str
    rows_seen: int
    failures: int
    first_line: int | None


@dataclass(frozen=True)
class ValidationSummary:
    """A wave's validation: accepted + rejected = read, always."""

    read: int
    accepted: int
    rejected: int
    rules: tuple[RuleResult, ...]
    repairs: tuple[Repair, ...]
    dropped_columns: tuple[str, ...]

    @property
    def rules_run(self) -> int:
        """Number of rules that looked at at least one row."""
        return sum(one.rows_seen > 0 for one in self.rules)

    def write(self, path: Path) -> None:
        """Write the summary as JSON with a fixed key order."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> "ValidationSummary":
        """Read what `write` wrote."""
        data = json.loads(path.read_text("utf-8"))
        data["rules"] = tuple(RuleResult(**one) for one in data["rules"])
        data["repairs"] = tuple(Repair(**one) for one in data["repairs"])
        data["dropped_columns"] = tuple(data["dropped_columns"])
        return cls(**data)
