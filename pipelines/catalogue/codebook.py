"""What the codes of a release mean, and its estimates by question: read once, used by every page.

Belongs here: labels and look-ups over the published tables. Not here: formats (numbers.py), pages.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.catalogue.charts import geometry
from pipelines.catalogue.published import Release, Row
from pipelines.study import NOT_APPLICABLE, TOTAL, Text
from pipelines.study.tables import ESTIMATES, KEY_BEFORE_BREAKDOWNS

Codes = Mapping[str, Text]  # code → label, in declared order


@dataclass(frozen=True)
class Question:
    """A published question with its codes; `domains` and `actors` are empty where it has none."""

    code: str
    title: Text
    wording: Text
    kind: str
    base: str
    unit: Text | None
    domains: Codes
    actors: Codes
    answers: Codes
    answer_kinds: Mapping[str, str]

    @property
    def is_numeric(self) -> bool:
        """Tell whether its estimates are means, not shares."""
        return self.kind in ("score", "numeric")


@dataclass(frozen=True)
class Codebook:
    """The labels of one release, and its estimates by question."""

    release: Release

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Return the questions in declared order."""
        domains, actors, answers = (self._codes(f"{one}s", one) for one in _DIMENSIONS)
        kinds: dict[str, dict[str, str]] = defaultdict(dict)
        for row in self.release.tables["answers"].rows:
            kinds[row["question"]][row["answer"]] = row["kind"]
        found = {}
        for row in _in_order(self.release.tables["questions"].rows):
            code = row["question"]
            unit = Text(fr=row["unit_fr"], en=row["unit_en"]) if row["unit_fr"] else None
            found[code] = Question(
                code, label(row), Text(fr=row["wording_fr"], en=row["wording_en"]), row["kind"],
                row["base"], unit, domains[code], actors[code], answers[code], kinds[code],
            )  # fmt: skip
        return found

    def _codes(self, table: str, column: str) -> defaultdict[str, dict[str, Text]]:
        found: defaultdict[str, dict[str, Text]] = defaultdict(dict)
        for row in _in_order(self.release.tables[table].rows):
            if row[column] != NOT_APPLICABLE:
                found[row["question"]][row[column]] = label(row)
        return found

    @cached_property
    def breakdowns(self) -> Mapping[str, tuple[Text, Codes]]:
        """Return title and codes of each breakdown, the total first, unused codes left out."""
        fields = {one.name: one for one in self.release.estimates.fields}
        found = {}
        for name in self.release.breakdowns:
            used = {row[name] for row in self.release.estimates.rows}
            rows = _in_order(self.release.tables[f"breakdown_{name}"].rows)
            codes = {row[name]: label(row) for row in rows if row[name] in used}
            found[name] = (fields[name].title, codes)
        return found

    @cached_property
    def waves(self) -> Mapping[str, Row]:
        """Return the waves by code, oldest first."""
        rows = sorted(self.release.tables["waves"].rows, key=lambda row: row["fieldwork_start"])
        return {row["wave"]: row for row in rows}

    @cached_property
    def last_wave(self) -> str:
        """Return the newest wave."""
        return list(self.waves)[-1]

    @cached_property
    def _asked_in(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.release.tables[ESTIMATES].rows:
            if row["status"] != "not_asked":
                found[row["question"]].add(row["wave"])
        return found

    def wave_of(self, question: str) -> str:
        """Return the newest wave that asked a question."""
        asked = self._asked_in.get(question, ())
        return next((one for one in reversed(list(self.waves)) if one in asked), self.last_wave)

    @cached_property
    def estimates(self) -> Mapping[str, Sequence[Row]]:
        """Return the estimates by question."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.release.tables[ESTIMATES].rows:
            found[row["question"]].append(row)
        return found

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, ...], Row]:
        key = (*KEY_BEFORE_BREAKDOWNS, *self.release.breakdowns)
        return {
            tuple(row[name] for name in key): row for row in self.release.tables[ESTIMATES].rows
        }

    def cell(
        self, question: str, answer: str, *, wave: str, domain: str = NOT_APPLICABLE,
        actor: str = NOT_APPLICABLE, **within: str,
    ) -> Row | None:  # fmt: skip
        """Return one estimate; `within` names the codes of breakdowns (others: the total)."""
        measure = "mean" if self.questions[question].is_numeric else "share"
        place = [within.get(name, TOTAL) for name in self.release.breakdowns]
        key = (
            wave, question, domain, actor, NOT_APPLICABLE if measure == "mean" else answer, measure,
        )  # fmt: skip
        return self._by_key.get((*key, *place))

    def is_national(self, row: Row) -> bool:
        """Tell whether a row is about everybody asked: no breakdown holds a code."""
        return all(row.get(name, TOTAL) == TOTAL for name in self.release.breakdowns)

    @cached_property
    def maps(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Return, for each breakdown that divides France, code → INSEE codes of its regions.

        A code is that of a region (`53`), of several (`93-94`), or its label names them ('Ouest :
        Normandie, Bretagne'), what it excludes ('sans la Corse') aside.
        """
        found = {}
        for name, (_, codes) in self.breakdowns.items():
            regions = {code: _regions_of(code, text.fr) for code, text in codes.items()}
            mapped = {code: one for code, one in regions.items() if one and code != TOTAL}
            named = [one for many in mapped.values() for one in many]
            if len(mapped) > 2 and len(named) == len(set(named)):
                found[name] = mapped
        return found


_DIMENSIONS = ("domain", "actor", "answer")


def label(row: Row) -> Text:
    """Return the label of a row of a table of codes."""
    return Text(fr=row["label_fr"], en=row["label_en"])


def _in_order(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: int(row["position"]))


def _regions_of(code: str, words: str) -> list[str]:
    regions = geometry()["regions"]
    parts = code.split("-")
    if all(part in regions for part in parts):
        return parts
    said = _plain(re.split(r",? sans ", words)[0])
    named = []
    for one in sorted(regions, key=lambda one: -len(regions[one]["name"])):
        name = _plain(regions[one]["name"])
        if name in said:
            named.append(one)
            said = said.replace(name, "")
    return sorted(named)


def _plain(words: str) -> str:
    folded = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return folded.lower().replace("'", " ")


def as_number(value: Any) -> float | None:
    """Return a published number for drawing; the Decimal itself is what tables show."""
    return None if value is None else float(value)
