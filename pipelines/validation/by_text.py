"""Columns read and judged by their distinct texts: what one cell alone decides is decided once.

Belongs here: choosing the columns whose coding and rules look at nothing but their own cell, and
doing both on the few texts that they hold, batch after batch. Not here: columns that rules compare
with others (validate.py), what a text means (coding.py), the rules themselves (rules.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.validation.coding import code_of_text, is_mended
from pipelines.validation.plan import ColumnPlan
from pipelines.validation.rules import Breach, Rule, breaches, schema_of
from pipelines.validation.summary import Repair

Positions = NDArray[np.int64]


def columns_by_text(
    plans: Mapping[str, ColumnPlan], rules: Iterable[Rule], derived: Iterable[pl.Expr],
    delivered: Iterable[str],
) -> tuple[str, ...]:  # fmt: skip
    """Return the delivered columns of coded answers of which nothing else is computed.

    `derived` are the expressions that later read coded rows: a column that one of them, or a rule,
    sees together with another column is left out. In declared order.
    """
    alone = {
        name for name in delivered
        if (plan := plans.get(name)) and plan.kind in {"code", "tick"} and plan.role is None
    }  # fmt: skip
    for rule in rules:
        roots = {*rule.holds.meta.root_names(), rule.column}
        alone -= roots if len(roots) > 1 else set()
    for one in derived:
        alone -= set(one.meta.root_names())
    return tuple(name for name in plans if name in alone)


@dataclass(frozen=True)
class Judged:
    """One batch: each column as an Arrow dictionary of codes, what was mended and broken."""

    columns: dict[str, pa.DictionaryArray]
    repairs: list[Repair]
    breaches: list[Breach]


@dataclass
class TextJudge:
    """Codes columns through their distinct texts and judges each distinct code once."""

    plans: tuple[ColumnPlan, ...]
    rules: tuple[Rule, ...]
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _broken: dict[str, dict[str, tuple[Rule, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Build the pandera schema once: of the same rules as for rows."""
        self._schema = schema_of(self.rules)
        for plan in self.plans:
            self._codes[plan.name], self._broken[plan.name] = {}, {}

    def judge(self, lines: Positions, received: Mapping[str, pa.DictionaryArray]) -> Judged:
        """Read one batch; `lines` are those of its rows. Positions of breaches count its rows."""
        coded, repairs = {}, []
        for plan in self.plans:
            coded[plan.name], mended = self._code(plan, lines, received[plan.name])
            repairs += mended
        self._judge_new(coded)
        found = [one for plan in self.plans for one in self._breaches(plan.name, coded[plan.name])]
        return Judged(coded, repairs, found)

    def _code(
        self, plan: ColumnPlan, lines: Positions, cells: pa.DictionaryArray
    ) -> tuple[pa.DictionaryArray, list[Repair]]:
        known = self._codes[plan.name]
        texts = cells.dictionary.to_pylist()
        for text in texts:
            if text not in known:
                known[text] = code_of_text(text, plan)
        codes = {code: place for place, code in enumerate(dict.fromkeys(known[t] for t in texts))}
        moved = np.array([codes[known[text]] for text in texts], np.int32)
        where = cells.indices.to_numpy()
        read = pa.DictionaryArray.from_arrays(pa.array(moved[where]), pa.array(codes, pa.string()))
        repairs = []
        for place, text in enumerate(texts):
            if is_mended(text, plan) and (rows := np.flatnonzero(where == place)).size:
                first = int(lines[rows[0]])
                repairs.append(Repair(plan.name, "typing", text, known[text], rows.size, first))
        return read, repairs

    def _judge_new(self, coded: Mapping[str, pa.DictionaryArray]) -> None:
        """Run the rules on the codes not met before: a frame of them, columns filled up."""
        new = {
            name: [one for one in cells.dictionary.to_pylist() if one not in self._broken[name]]
            for name, cells in coded.items()
        }
        height = max(map(len, new.values()), default=0)
        if not height:
            return
        filled = {
            name: codes + (codes or coded[name].dictionary.to_pylist())[:1] * (height - len(codes))
            for name, codes in new.items()
        }
        found = breaches(
            self._schema, self.rules, pl.DataFrame(filled, dict.fromkeys(filled, pl.String))
        )
        for name, codes in new.items():
            self._broken[name] |= dict.fromkeys(codes, ())
        for breach in found:
            name, codes = breach.rule.column, new[breach.rule.column]
            for place in breach.positions:
                if place < len(codes):
                    self._broken[name][codes[place]] += (breach.rule,)

    def _breaches(self, name: str, cells: pa.DictionaryArray) -> list[Breach]:
        broken, codes = self._broken[name], cells.dictionary.to_pylist()
        rules = {rule.name: rule for code in codes for rule in broken[code]}
        found = []
        for rule in rules.values():
            bad = [any(one is rule for one in broken[code]) for code in codes]
            positions = np.flatnonzero(np.array(bad)[cells.indices.to_numpy()])
            if positions.size:
                found.append(Breach(rule, tuple(positions.tolist())))
        return found
