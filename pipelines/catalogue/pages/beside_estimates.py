"""What a release says of a question beside its estimates: nets, totals, comparisons, silence.

Belongs here: those sections of a question's page, from the published tables of the newest
wave. Not here: the estimates themselves (questions.py), the analyses that have pages of their own
(findings.py), the words of a comparison (../words.py).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Any

from pipelines import numbers
from pipelines.catalogue.charts import draw
from pipelines.catalogue.codebook import Question, label
from pipelines.catalogue.pages.environment import COLON
from pipelines.catalogue.pages.figures import axis, bar, decimals, interval, shown
from pipelines.catalogue.pages.findings import analyses, cell_name, cell_order
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Row
from pipelines.catalogue.words import in_words
from pipelines.study import TOTAL, Text
from pipelines.study.estimation_tables import ASSOCIATIONS, COMPARISONS, ITEM_RESPONSE, NETS
from pipelines.study.quantity_tables import QUANTILES, RATIOS, TOTALS

MOST_ROWS = 60  # of an analysis listed whole; of longer ones the page says how many there are
WHOLE = Text(fr="Ensemble", en="Total")
MEDIAN = Text(fr="médiane", en="median")
QUANTILE = Text(fr="quantile à", en="quantile at")
FIGURES = ("value", "ci_low", "ci_high")
QUANTITIES = (TOTALS, RATIOS, QUANTILES)
# A ratio is a quotient of published figures of two or three digits: of the four decimals of the
# file, which its error far exceeds, a page shows two.
RATIO_PLACES = {RATIOS: 2}
Section = list[dict[str, Any]]


@dataclass(frozen=True)
class BesideEstimates:
    """The tables beside the estimates, by question: read once for all pages of a study."""

    pages: StudyPages

    def of(self, question: Question) -> dict[str, Any]:
        """Return what a question's page shows of each table; an empty list where it has nothing."""
        return {
            "comparisons": self._comparisons(question), "nets": self._nets(question),
            "associations": self._associations(question), "responses": self._responses(question),
            "quantities": self._quantities(question),
        }  # fmt: skip

    @cached_property
    def _by_question(self) -> Mapping[tuple[str, str], Sequence[Row]]:
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for table in (COMPARISONS, NETS, ASSOCIATIONS, ITEM_RESPONSE, *QUANTITIES):
            for row in self.pages.rows(table):
                if row["wave"] == self.pages.codes.wave_of(row["question"]):
                    found[table, row["question"]].append(row)
        return found

    @cached_property
    def _net_names(self) -> Mapping[tuple[str, str], Text]:
        rows = self.pages.rows("net_names")
        return {(row["question"], row["answer"]): label(row) for row in rows}

    def _rows(self, table: str, question: Question) -> Sequence[Row]:
        return self._by_question.get((table, question.code), ())

    def _say(self, text: Text) -> str:
        return str(getattr(text, self.pages.lang))

    def _item(self, question: Question, row: Row) -> str:
        """Return the words of an item: its domain and actor, '' for a question without either."""
        parts = (question.domains.get(row["domain"]), question.actors.get(row["actor"]))
        return ", ".join(self._say(one) for one in parts if one)

    def _answer(self, question: Question, row: Row) -> str:
        """Return the words of the item and of the answer or net that a row is about."""
        found = question.answers.get(row["answer"])
        found = found or self._net_names.get((question.code, row["answer"]))
        words = (self._item(question, row), self._say(found) if found else "")
        return ", ".join(one for one in words if one) or self._say(question.title)

    def _codes(self, row: Row) -> list[str]:
        return [row[name] for name in self.pages.release.breakdowns]

    def _cell(self, row: Row) -> str:
        return cell_name(self.pages, self._codes(row)) or self._say(WHOLE)

    def _comparisons(self, question: Question) -> Section:
        rows, found = self._rows(COMPARISONS, question), []
        for analysis, title in analyses(self.pages, COMPARISONS).items():
            own = [row for row in rows if row["analysis"] == analysis]
            if not own:
                continue
            said = Counter(row["contrast"] or _silence(row) for row in own)
            told = [row for row in own if row["contrast"] is not None]
            kept = [row for row in told if row["contrast"] != "none"]
            kept.sort(key=lambda row: -abs(row["difference"]))
            rest = told if len(told) <= MOST_ROWS else ()
            found.append(
                {
                    "title": title, "published": len(told),
                    "unproven": said["none"], "withheld": said["withheld"],
                    "not_asked": said["not_asked"],
                    "proven": [self._comparison(question, row) for row in kept],
                    "all": [self._comparison(question, row) for row in rest],
                }
            )  # fmt: skip
        return found

    def _comparison(self, question: Question, row: Row) -> dict[str, Any]:
        lang, cell, answer = self.pages.lang, self._cell(row), self._answer(question, row)
        figures = ("difference", "difference_low", "difference_high")
        gap, low, high = (self._gap(row, name) for name in figures)
        return {
            "row": row, "words": in_words(row, cell, answer, lang), "cell": cell, "answer": answer,
            "value": shown(self.pages.codes, row, lang), "gap": gap,
            "interval": f"{low} – {high}" if lang == "en" else f"{low} à {high}",
            "p_value": chance(row, "p_value", self.pages),
            "p_adjusted": chance(row, "p_adjusted", self.pages),
        }  # fmt: skip

    def _gap(self, row: Row, name: str) -> str:
        kept, lang = decimals(self.pages.codes, row), self.pages.lang
        if row["measure"] == "share":
            return numbers.points(row[name], kept, lang)
        return numbers.number(row[name], kept, lang)

    def _nets(self, question: Question) -> Section:
        """Return the nets of everybody: each over the items of a battery, or all by breakdown."""
        rows = [{**row, "measure": "share"} for row in self._rows(NETS, question)]
        whole = [row for row in rows if self.pages.codes.is_national(row)]
        if question.domains or question.actors:
            return [
                self._net_part(title, [(self._item(question, row), row) for row in whole
                                       if row["answer"] == net])
                for (code, net), title in self._net_names.items() if code == question.code
            ]  # fmt: skip
        parts = [self._net_part(WHOLE, [(self._answer(question, row), row) for row in whole])]
        for name, (title, codes) in self.pages.codes.breakdowns.items():
            colon = self._say(COLON)
            cells = [
                (f"{self._say(codes[row[name]])}{colon}{self._answer(question, row)}", row)
                for row in rows if row[name] != TOTAL and self._is_by_one(row)
            ]  # fmt: skip
            if any(row["status"] == "published" for _, row in cells):
                parts.append({**self._net_part(title, cells), "is_folded": True})
        return parts if whole else []

    def _is_by_one(self, row: Row) -> bool:
        return [row[name] for name in self.pages.release.breakdowns].count(TOTAL) == (
            len(self.pages.release.breakdowns) - 1
        )

    def _net_part(self, title: Text, named: Sequence[tuple[str, Row]]) -> dict[str, Any]:
        codes, lang = self.pages.codes, self.pages.lang
        bars = [bar(codes, row, name, lang) for name, row in named]
        about = ", ".join(one["label"] for one in bars[:3])
        table = [
            {"label": name, "row": row, "value": shown(codes, row, lang),
             "interval": interval(codes, row, lang)} for name, row in named
        ]  # fmt: skip
        chart = draw("bars", {"label": about, "rows": bars, **axis(bars, lang)})
        return {"title": title, "is_folded": False, "chart": chart, "table": table}

    def _quantities(self, question: Question) -> Section:
        """Return each analysis of totals, ratios or quantiles: everybody first, then by cell."""
        found = []
        for table in QUANTITIES:
            for analysis, title in analyses(self.pages, table).items():
                rows = [row for row in self._rows(table, question) if row["analysis"] == analysis]
                rows.sort(key=lambda row: cell_order(self.pages, self._codes(row)))
                if rows:
                    told = self._quantity_rows(question, rows, RATIO_PLACES.get(table))
                    found.append({"title": title, "table": table, "rows": told})
        return found

    def _quantity_rows(
        self, question: Question, rows: Sequence[Row], most: int | None = None
    ) -> Section:
        places = max((numbers.places(row[name]) for row in rows for name in FIGURES), default=0)
        places = places if most is None else min(places, most)
        has_answers = len({row.get("answer") for row in rows}) > 1
        told = []
        for row in rows:
            words = [self._cell(row), self._item(question, row)]
            words += [self._answer(question, row)] if has_answers else []
            words += [self._quantile(row["probability"])] if "probability" in row else []
            value, low, high = (
                numbers.number(one, places, self.pages.lang) for one in _outward(row, places)
            )
            span = f"{low} – {high}" if self.pages.lang == "en" else f"{low} à {high}"
            told.append(
                {"label": ", ".join(one for one in words if one), "row": row, "value": value,
                 "interval": span}
            )  # fmt: skip
        return told

    def _quantile(self, probability: Any) -> str:
        if Decimal(str(probability)) == Decimal("0.5"):
            return self._say(MEDIAN)
        share = numbers.percent(
            probability, max(numbers.places(probability) - 2, 0), self.pages.lang
        )
        return f"{self._say(QUANTILE)} {share}"

    def _associations(self, question: Question) -> Section:
        titles = {name: text for name, (text, _) in self.pages.codes.breakdowns.items()}
        return [
            {
                "row": row, "by": titles[row["by"]], "item": self._answer(question, row),
                "p_value": chance(row, "p_value", self.pages),
                "p_adjusted": chance(row, "p_adjusted", self.pages),
            }
            for row in self._rows(ASSOCIATIONS, question)
        ]  # fmt: skip

    def _responses(self, question: Question) -> Section:
        told = [
            {"row": row, "item": self._item(question, row) or self._say(question.title)}
            for row in self._rows(ITEM_RESPONSE, question)
        ]
        return sorted(told, key=lambda one: -(one["row"]["non_response"] or 0))


def _outward(row: Row, places: int) -> list[Decimal | None]:
    """Return value and bounds with some decimals, the bounds rounded away from the value."""
    ways = (ROUND_HALF_EVEN, ROUND_FLOOR, ROUND_CEILING)
    step = Decimal(1).scaleb(-places)
    return [
        None if row[name] is None else Decimal(str(row[name])).quantize(step, way)
        for name, way in zip(FIGURES, ways, strict=True)
    ]


def chance(row: Row, name: str, pages: StudyPages) -> str:
    """Return a p-value as published: rounded up, to hundredths up to 0.1 and tenths above."""
    value = row[name]
    if value is None:
        return "—"
    return f"≤ {numbers.number(value, 2 if float(value) <= 0.1 else 1, pages.lang)}"


def _silence(row: Row) -> str:
    """Return why a comparison says nothing: one of its waves did not ask, or it is withheld."""
    return "not_asked" if row["status"] == "not_asked" else "withheld"
