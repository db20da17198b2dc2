"""An outsider: the files of a release, the public declaration of its codes, the frame, a solver.

Belongs here: reading every published table that speaks of respondents into statements, and what
their rows say one by one. Not here: what follows from all of them together (outsider_attacks.py).
Nothing of pipelines.disclosure is used, and no private file.

A statement is (item, answers counted as one, cell) with a base or a share right to half a unit of
its last printed digit.
"""

import csv
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

TOTAL, NOBODY = "_T", "not_applicable"
SHARE_TABLES = ("estimates", "nets", "comparisons", "priorities", "roles", "alliances", "profiles")
# They print no share: totals and ratios follow from printed ones (not_implied); quantiles are
# statements about the share at or below a number (distributions).
QUANTITIES = ("totals", "ratios", "quantiles")

Cell = tuple[str, ...]
Item = tuple[str, ...]  # question, domain, actor; of profiles: 'profiles', analysis, _Z
Series = tuple[Item, frozenset[str]]  # and the answers counted together


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def half_of(text: str, decimals: int) -> float:
    """Return half a unit of the last digit; a file that prints more than declared helps us."""
    printed = len(text.partition(".")[2].rstrip("0")) if "." in text else 0
    return 0.5 * 10.0 ** -max(printed, decimals)


@dataclass
class Release:
    """All that one wave of a release says; `nets` and `counted`: which answers count as one."""

    folder: Path
    wave: str
    breakdowns: tuple[str, ...]
    answers_of: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    units: dict[Cell, float] = field(default_factory=dict)  # of the frame, by cell; empty: unknown

    @cached_property
    def rules(self) -> dict:
        method = json.loads((self.folder / "datapackage.json").read_text("utf-8"))["pub:method"]
        return method["disclosure"]

    @cached_property
    def analyses(self) -> dict:
        method = json.loads((self.folder / "datapackage.json").read_text("utf-8"))["pub:method"]
        return method["analyses"]

    def table(self, name: str) -> list[dict[str, str]]:
        path = self.folder / "data" / f"{name}.csv"
        rows = read(path) if path.exists() else []
        return [row for row in rows if row["wave"] == self.wave]

    @property
    def total(self) -> Cell:
        return (TOTAL,) * len(self.breakdowns)

    def decimals(self, cell: Cell, measure: str) -> int:
        where = "national_" if cell == self.total else ""
        return self.rules["precision"][f"{where}{measure}"]

    def item(self, table: str, row: dict[str, str]) -> Item:
        if table == "profiles":
            return ("profiles", row["analysis"], "_Z")
        return (row["question"], row.get("domain", "_Z"), row.get("actor", "_Z"))

    def counted(self, table: str, row: dict[str, str]) -> frozenset[str]:
        """Return the answers that a row counts together, from published lists and the codelists."""
        if table == "profiles":
            return frozenset({row["profile"]})
        if "answer" in row:
            named = row["answer"]
        elif table == "alliances":
            named = row["answers"]
        else:
            named = self.listed[row["analysis"]]
        parts = [self.answers_of.get((row["question"], one), {one}) for one in named.split("+")]
        return frozenset().union(*parts)

    @cached_property
    def listed(self) -> dict[str, str]:
        return {row["analysis"]: row["answers"] for row in read_optional(self.folder, "analyses")}

    def rows(self) -> Iterator[tuple[str, dict[str, str], Item, frozenset[str], Cell]]:
        """Give (table, row, item, answers, cell) of every row that is about a cell of an item."""
        for table in SHARE_TABLES:
            for row in self.table(table):
                cell = tuple(row[name] for name in self.breakdowns)
                yield table, row, self.item(table, row), self.counted(table, row), cell
        for row in self.table("sheets"):
            yield from self._of_sheet(row)

    def placed(self) -> Iterator[tuple[str, dict[str, str], Item, Cell]]:
        """Give (table, row, item, cell) of every row that is about a cell, of a share or not."""
        yield from ((table, row, item, cell) for table, row, item, _, cell in self.rows())
        for table in QUANTITIES:
            for row in self.table(table):
                cell = tuple(row[name] for name in self.breakdowns)
                yield table, row, self.item(table, row), cell
                if "of_question" in row:
                    yield table, row, (row["of_question"], row["domain"], row["actor"]), cell

    def _of_sheet(self, row):
        """A row of a sheet is one of another table at its territory; `national` is at the total."""
        by = self.analyses[row["analysis"]]["breakdown"]
        cell = tuple(row["territory"] if name == by else TOTAL for name in self.breakdowns)
        named = row["answers"] if row["answers"] != "_Z" else self.listed.get(row["source"], "_Z")
        if row["section"] == "profiles":
            item, counted = ("profiles", row["source"], "_Z"), frozenset({row["answers"]})
        else:
            item = (row["question"], row["domain"], row["actor"])
            parts = [self.answers_of.get((item[0], one), {one}) for one in named.split("+")]
            counted = frozenset().union(*parts)
        yield "sheets", row, item, counted, cell
        if row["national"]:
            told = {"value": row["national"], "measure": row["measure"], "status": "published"}
            yield "sheets", {**dict.fromkeys(row, ""), **told}, item, counted, self.total

    @cached_property
    def bases(self) -> dict[Item, dict[Cell, set[int]]]:
        """Return every number of respondents that any table tells, of each item and cell."""
        found: dict[Item, dict[Cell, set[int]]] = defaultdict(lambda: defaultdict(set))
        for table, row, item, _, cell in self.rows():
            if row.get("respondents"):
                found[item][cell].add(int(row["respondents"]))
            if table == "comparisons" and row["other_respondents"] and row["against"] == "rest":
                whole = int(row["respondents"]) + int(row["other_respondents"])
                found[item][self.total].add(whole)
        return found

    @cached_property
    def status(self) -> dict[Item, dict[Cell, set[str]]]:
        """Return what the estimates (of profiles: their table) say of each item and cell."""
        found: dict[Item, dict[Cell, set[str]]] = defaultdict(lambda: defaultdict(set))
        for table, row, item, _, cell in self.rows():
            if table in {"estimates", "profiles"}:
                found[item][cell].add(row["status"])
        return found

    def withheld(self, item: Item) -> list[Cell]:
        return [cell for cell, seen in self.status[item].items() if "withheld" in seen]

    @cached_property
    def weighted(self) -> dict[Item, dict[Cell, float]]:
        """Return the weighted bases printed, each right to half a unit."""
        found: dict[Item, dict[Cell, float]] = defaultdict(dict)
        for row in self.table("estimates"):
            if row["weighted_base"]:
                cell = tuple(row[name] for name in self.breakdowns)
                found[self.item("estimates", row)][cell] = float(row["weighted_base"])
        widest = max(self.status, key=lambda item: max(self.bases[item].get(self.total, {0})))
        for item in self.status:
            if item[0] == "profiles":  # everyone has a profile
                found[item] = found[widest]
        return found

    @cached_property
    def shares(self) -> dict[Series, dict[Cell, tuple[float, float]]]:
        """Return the narrowest (low, high) that any table prints of each series and cell."""
        found: dict[Series, dict[Cell, tuple[float, float]]] = defaultdict(dict)

        def note(series, cell, low, high):
            least, most = found[series].get(cell, (0.0, 1.0))
            found[series][cell] = max(low, least), min(high, most)

        rows = [one for one in self.rows() if one[1].get("measure", "share") == "share"]
        rows = [one for one in rows if one[1].get("value")]
        for _, row, item, counted, cell in rows:
            half = half_of(row["value"], self.decimals(cell, "share"))
            value = float(row["value"])
            note((item, counted), cell, value - half, value + half)
        for _, row, item, counted, cell in rows:
            if row.get("difference") and item in self.weighted:
                self._by_difference(found, note, (item, counted), cell, row)
        return found

    def distributions(self, item: Item) -> dict[tuple[float, Cell], tuple[float, float]]:
        """Return (threshold, cell) → least and most the share at or below it, from quantiles."""
        found: dict[tuple[float, Cell], tuple[float, float]] = {}
        for row in self.table("quantiles"):
            if row["value"] and self.item("quantiles", row) == item:
                cell = tuple(row[name] for name in self.breakdowns)
                half = (self.analyses[row["analysis"]]["grain"] or 1) / 2  # a score: one mark
                value, part = float(row["value"]), float(row["probability"])
                for level, low, high in ((value + half, part, 1.0), (value - half, 0.0, part)):
                    least, most = found.get((level, cell), (0.0, 1.0))
                    found[level, cell] = max(low, least), min(high, most)
        return found

    def _by_difference(self, found, note, series, cell, row):
        """A cell's share is that of the rest and the difference: narrower if printed finer."""
        whole, base = self.weighted[series[0]].get(self.total), self.weighted[series[0]].get(cell)
        national = found[series].get(self.total)
        if row.get("against") == "wave" or cell == self.total or None in (whole, base, national):
            return
        half = half_of(row["difference"], self.decimals(cell, "share"))
        # A difference of printed figures is off by what these are, unless it is printed finer.
        exact = half < 0.5 * 10.0 ** -self.decimals(cell, "share")
        if exact:
            part = (whole - base) / whole
            low = national[0] + part * (float(row["difference"]) - half)
            high = national[1] + part * (float(row["difference"]) + half)
            note(series, cell, low - 1e-4, high + 1e-4)


def read_optional(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / "data" / f"{name}.csv"
    return read(path) if path.exists() else []


KEYS = {
    "wave", "analysis", "question", "domain", "actor", "answer", "answers", "measure", "against",
    "profile", "axis", "theme", "of_question", "of_answer", "probability", "by", "role",
    "territory", "position", "section", "source", "status",
}  # fmt: skip
COUNTS = ("respondents", "other_respondents", "asked", "members", "mentioning")
NAMES = ("codes", "names", "breakdown_", "questions", "answers", "domains", "actors", "waves")


def judged_tables(release: Release) -> dict[str, list[dict[str, str]]]:
    """Return every table that has a status: those that speak of respondents."""
    found = {}
    for path in sorted((release.folder / "data").glob("*.csv")):
        rows = read(path)
        if rows and "status" in rows[0]:
            found[path.stem] = [row for row in rows if row["wave"] == release.wave]
    return found


def figures_beside_withheld(release: Release) -> list[tuple[str, dict[str, str]]]:
    """Return the rows that say something of what is withheld, in any table.

    A figure in a row that is not published; a row published where its item's cell is withheld.
    """
    keys = KEYS | set(release.breakdowns)
    found = [
        (table, row)
        for table, rows in judged_tables(release).items()
        for row in rows
        if row["status"] != "published" and any(row[name] for name in row if name not in keys)
    ]
    for table, row, item, cell in release.placed():
        hidden = "withheld" in release.status[item].get(cell, set())
        if hidden and row["status"] == "published":
            found.append((table, row))
    return found


def not_implied(release: Release) -> list[tuple[str, str, str]]:
    """Return (table, column, text) of totals and ratios that no reader finds from the estimates.

    What does follow from printed figures may have as many digits as it likes.
    """
    names = ("question", "domain", "actor", "answer", *release.breakdowns)
    told = {
        tuple(row[name] for name in names): float(row["value"])
        for table in ("estimates", "nets")
        for row in release.table(table)
        if row["value"]
    }
    found = []
    for row in release.table("totals"):
        share = told.get(tuple(row[name] for name in names))
        if row["value"] and not _is_near(row, share, float(row["units"]), 0.5):
            found.append(("totals", "value", row["value"]))
    for row in release.table("ratios"):
        share = told.get(tuple(row[name] for name in names))
        of = {**row, "question": row["of_question"], "answer": row["of_answer"]}
        divided = told.get(tuple(of[name] for name in names))
        if row["value"] and not _is_near(row, share, 1 / divided if divided else None, 5e-5):
            found.append(("ratios", "value", row["value"]))
    return found


def _is_near(row: dict[str, str], share: float | None, times: float | None, half: float) -> bool:
    known = share is not None and times is not None
    return known and abs(float(row["value"]) - share * times) <= half + 1e-6


def too_fine(release: Release) -> list[tuple[str, str, str]]:
    """Return (table, column, text) of shares, means and errors printed finer than declared."""
    columns = ("value", "difference", "standard_error", "ci_low", "ci_high", "national", "overall",
               "difference_low", "difference_high")  # fmt: skip
    found = not_implied(release)
    for table, rows in judged_tables(release).items():
        for row in rows if table not in {"totals", "ratios"} else ():
            measure = row.get("measure", "share")
            codes = [row[name] for name in release.breakdowns if name in row]
            codes += [row["territory"]] if "territory" in row else []
            by_profile = ["profile"] if table == "profile_answers" else []
            is_national = set(codes) <= {TOTAL} and not by_profile
            for name in columns:
                level = "national_" if is_national or name in {"national", "overall"} else ""
                most = release.rules["precision"][f"{level}{measure}"]
                text = row.get(name, "")
                if len(text.partition(".")[2].rstrip("0")) > most:
                    found.append((table, name, text))
    return found


def nested_by_few(release: Release) -> list[tuple[Item, Cell, int]]:
    """Return item, cell and how many people its base is short of one that contains it."""
    least, found = release.rules["minimum_difference"], []
    for item, by_cell in release.bases.items():
        for inner, outer in itertools.permutations(by_cell, 2):
            if all(big in (TOTAL, small) for small, big in zip(inner, outer, strict=True)):
                for one, other in itertools.product(by_cell[inner], by_cell[outer]):
                    if 0 < other - one < least:
                        found.append((item, inner, other - one))
    return found


def changed_by_few(before: Release, after: Release) -> list[tuple[str, tuple[str, ...], int]]:
    """Return the counts, in any table, that differ by a few people between two releases."""
    least, found = after.rules["minimum_difference"], []
    keys = sorted(KEYS - {"status", "position"} | set(after.breakdowns))
    then = {
        (table, *(row.get(name, "") for name in keys)): row
        for table, rows in judged_tables(before).items()
        for row in rows
    }
    for table, rows in judged_tables(after).items():
        for row in rows:
            key = (table, *(row.get(name, "") for name in keys))
            for name in COUNTS:
                was, now = then.get(key, {}).get(name), row.get(name)
                if was and now and 0 < abs(int(now) - int(was)) < least:
                    found.append((table, key, int(now) - int(was)))
    return found
