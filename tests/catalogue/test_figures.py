"""How figures are written and drawn: formats, rankings, maps, and what a withheld cell shows."""

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines import numbers
from pipelines.catalogue import charts
from pipelines.catalogue.codebook import Codebook, _regions_of
from pipelines.catalogue.pages.figures import (
    against,
    axis,
    interval,
    mean_limits,
    places,
    shown,
)
from pipelines.catalogue.published import read_published
from pipelines.study import Text
from pipelines.texts import LANGUAGES, Lang

VIEWS = Path(charts.__file__).parent / "static" / "explorer-views.js"


def cell(value: str, error: str = "0.010", **other: object) -> dict[str, object]:
    low, high = Decimal(value) - 2 * Decimal(error), Decimal(value) + 2 * Decimal(error)
    return {
        "value": Decimal(value), "standard_error": Decimal(error), "ci_low": low, "ci_high": high,
        "status": "published", **other,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("share", "decimals", "fr", "en"),
    [
        ("0.184", 1, "18,4\u00a0%", "18.4%"),
        ("1", 0, "100\u00a0%", "100%"),
        ("0.005", 1, "0,5\u00a0%", "0.5%"),
        (None, 1, "—", "—"),
    ],
)
def test_shares_are_written_as_each_language_does(
    share: str | None, decimals: int, fr: str, en: str
) -> None:
    value = None if share is None else Decimal(share)
    assert numbers.percent(value, decimals, "fr") == fr
    assert numbers.percent(value, decimals, "en") == en


def test_numbers_dates_and_sizes_are_too() -> None:
    assert numbers.number(Decimal("-1234.5"), 1, "fr") == "\u22121\u202f234,5"
    assert numbers.number(Decimal("-1234.5"), 1, "en") == "\u22121,234.5"
    assert numbers.date(dt.date(2026, 11, 24), "fr") == "24\u00a0novembre 2026"
    assert numbers.date(dt.date(2026, 8, 1), "fr") == "1er\u00a0août 2026"
    assert numbers.size(39622, "fr") == "40\u00a0ko"
    assert numbers.points(Decimal("-0.120"), 0, "fr") == "\u221212\u00a0pts"


@pytest.mark.parametrize(
    ("difference", "decimals", "fr", "en"),
    [
        ("0", 0, "0 pt", "0 pts"),
        ("-0.01", 0, "\u22121 pt", "\u22121 pt"),
        ("0.015", 1, "+1,5 pt", "+1.5 pts"),
        ("0.0196", 1, "+2,0 pts", "+2.0 pts"),
    ],
)
def test_points_are_plural_from_2_on_in_french_and_but_for_1_in_english(
    difference: str, decimals: int, fr: str, en: str
) -> None:
    told = [numbers.points(Decimal(difference), decimals, lang) for lang in LANGUAGES]
    assert [one.replace("\u00a0", " ") for one in told] == [fr, en]


def test_a_figure_in_a_sentence_stays_with_its_sign_and_its_unit() -> None:
    assert numbers.signed(Decimal("-0.5"), 1, "fr") == "\u22120,5"
    assert [numbers.signed(Decimal(one), 0, "en") for one in (3, 0)] == ["+3", "0"]
    assert [numbers.places(one) for one in (Decimal("-1.50"), 0.25, 40, None)] == [1, 2, 0, 0]
    assert numbers.unbroken("95 % : +2 points") == "95\u00a0%\u00a0: +2\u00a0points"
    assert numbers.unbroken("« oui » ; et ?") == "«\u00a0oui\u00a0»\u00a0; et\u00a0?"
    assert numbers.unbroken("a != b, c :: d, « e") == "a != b, c :: d, «\u00a0e"
    assert numbers.unbroken("12 pointed hats, a % b") == "12 pointed hats, a % b"
    row = {"label": "50 %", "value": None, "low": None, "high": None, "status": "withheld",
           "text": "retenu"}  # fmt: skip
    drawn = charts.draw("bars", {"label": "", "rows": [row], "domain": [0, 1], "ticks": []})
    assert "50\u00a0%" in drawn


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_browser_writes_numbers_as_the_build_does(lang: Lang) -> None:
    engine = charts._engine()
    engine.eval(VIEWS.read_text("utf-8"))
    for thousandths in [0, 5, 123, 500, 999, 1000]:
        share = Decimal(thousandths) / 1000
        told = engine.eval(f"PhareViews.percent({float(share)}, 1, {json.dumps(lang)})")
        assert told == numbers.percent(share, 1, lang)
    for value in [0, 11, 304, 3002, 34746]:
        told = engine.eval(f"PhareViews.format({value}, 0, {json.dumps(lang)})")
        assert told == numbers.number(value, 0, lang)


RANKED = ["0.500", "0.480", "0.475", "0.465", "0.100"]  # two differ from 0.028 on
POSSIBLE = ["1–3", "1–4", "1–4", "2–4", "5"]


def test_an_item_may_hold_every_place_that_the_sample_does_not_exclude() -> None:
    told = places([cell(one) for one in RANKED])
    assert [place for place, _ in told] == POSSIBLE
    assert [group for _, group in told] == [0, 0, 0, 1, 2]


def test_two_items_differ_beyond_1_96_errors_of_their_difference() -> None:
    error = 0.01 * 2**0.5  # of the difference of two figures that each have 0.01
    near, far = f"{0.5 - 1.95 * error:.4f}", f"{0.5 - 1.97 * error:.4f}"
    assert [place for place, _ in places([cell("0.5"), cell(near)])] == ["1–2", "1–2"]
    assert [place for place, _ in places([cell("0.5"), cell(far)])] == ["1", "2"]


def test_the_axis_holds_every_interval_and_ends_at_a_round_share() -> None:
    def domain(*highs: float | None) -> list[float]:
        rows = [{"value": 0.1, "high": high} for high in highs]
        return list(axis(rows, "en")["domain"])

    assert domain(0.2) == [0, 0.2] and domain(0.1, 0.21) == [0, 0.4]
    assert domain(None) == [0, 0.2] and domain(1.0) == [0, 1.0] and domain() == [0, 1.0]
    assert [one["text"] for one in axis([{"value": 0.1, "high": 0.35}], "en")["ticks"]] == [
        "0%", "10%", "20%", "30%", "40%",
    ]  # fmt: skip
    assert mean_limits([{"value": 3, "high": 9.5}]) == (0.0, 10.0)
    assert mean_limits([{"value": 14, "high": None}]) == (0.0, 20.0)


def test_the_explorer_ranks_as_the_pages_do() -> None:
    engine = charts._engine()
    engine.eval(VIEWS.read_text("utf-8"))
    rows = [{**cell(one), "domain": one, "actor": "_Z", "answer": "oui", "wave": "1"}
            for one in RANKED]  # fmt: skip
    codes = {
        "breakdowns": [], "precision": {"national_share": 3},
        "questions": {"q": {"kind": "single", "domains": [{"code": one, "fr": one}
                                                          for one in RANKED]}},
    }  # fmt: skip
    state = {"q": "q", "view": "rank:domain", "wave": "1", "actor": "_Z", "answer": "oui"}
    told = (json.dumps(one, default=float) for one in (codes, rows, state))
    lines = engine.eval(f"JSON.stringify(PhareViews.of({', '.join(told)}, 'fr').lines)")
    assert [one["place"] for one in json.loads(lines)] == POSSIBLE


def test_the_axis_of_a_breakdown_reaches_the_total_where_all_else_is_withheld() -> None:
    engine = charts._engine()
    engine.eval(VIEWS.read_text("utf-8"))
    kept = {"wave": "1", "domain": "_Z", "actor": "_Z", "answer": "oui"}
    held = {**dict.fromkeys(cell("0")), "status": "withheld"}
    rows = [{**cell("0.760"), **kept, "region": "_T"}, {**held, **kept, "region": "11"}]
    codes = {
        "breakdowns": [{"name": "region", "codes": [{"code": "_T", "fr": "Ensemble"},
                                                    {"code": "11", "fr": "Île-de-France"}]}],
        "precision": {"national_share": 3, "share": 2}, "questions": {"q": {"kind": "single"}},
    }  # fmt: skip
    state = {**kept, "q": "q", "view": "breakdown:region"}
    told = (json.dumps(one, default=float) for one in (codes, rows, state))
    drawn = engine.eval(f"JSON.stringify(PhareViews.of({', '.join(told)}, 'fr').spec)")
    spec = json.loads(drawn)
    assert [one["status"] for one in spec["rows"]] == ["withheld"]
    assert spec["reference"]["value"] <= spec["domain"][1]


def test_on_a_phone_a_place_counts_in_the_length_of_its_line() -> None:
    row = {"label": "Compensation pour les ménages contraints dans leur usage de la voiture",
           "value": 0.5, "low": 0.4, "high": 0.6, "status": "published", "text": "50 %",
           "place": "5 (4–5)"}  # fmt: skip
    drawn = str(charts.draw("bars", {"label": "", "rows": [row], "domain": [0, 1], "ticks": []}))
    lines = re.findall(r'class="label">([^<]+)<', drawn.partition("narrow")[2])
    assert lines[0].startswith("5 (4–5)") and max(map(len, lines)) <= 46


def test_a_cell_is_above_or_below_only_beyond_its_interval() -> None:
    whole = cell("0.500")
    assert against(cell("0.510"), whole) == "none"
    assert against(cell("0.530"), whole) == "above"
    assert against(cell("0.470"), whole) == "below"
    assert against(cell("0.520"), whole) == against(cell("0.480"), whole) == "none"  # touch it
    assert against({**cell("0.900"), "status": "withheld"}, whole) == "none"
    assert against(cell("0.900"), {**whole, "status": "withheld"}) == "none"


@pytest.mark.parametrize(
    ("code", "label", "regions"),
    [
        ("53", "Bretagne", ["53"]),
        ("93-94", "Provence-Alpes-Côte d'Azur et Corse", ["93", "94"]),
        ("Ouest", "Ouest : Normandie, Bretagne", ["28", "53"]),
        ("PACA", "Provence-Alpes-Côte d'Azur, sans la Corse", ["93"]),
        ("autre", "Autre", []),
    ],
)
def test_a_breakdown_is_mapped_by_code_or_by_the_regions_its_label_names(
    code: str, label: str, regions: list[str]
) -> None:
    assert _regions_of(code, label) == regions


def test_a_withheld_row_is_hatched_and_has_no_bar_and_words_are_escaped() -> None:
    row = {"label": "a <b> & c", "value": None, "low": None, "high": None, "status": "withheld",
           "text": "retenu"}  # fmt: skip
    drawn = charts.draw("bars", {"label": 'x "y"', "rows": [row], "domain": [0, 1], "ticks": []})
    assert drawn.count("<svg") == 2 and drawn.count('class="withheld"') == 2
    assert 'class="bar' not in drawn and "<b>" not in drawn and "&lt;b&gt;" in drawn


def test_a_change_within_its_error_is_no_full_line() -> None:
    points = [
        {"label": str(at), "time": at, "value": 0.5, "low": 0.4, "high": 0.6, "text": "50 %",
         "status": "published", "changed": changed} for at, changed in enumerate([0, True, False])
    ]  # fmt: skip
    spec = {"label": "x", "points": points, "domain": [0, 1], "ticks": []}
    drawn = charts.draw("trend", spec)
    assert drawn.count('class="trend"') == 2 and drawn.count('class="trend unsure"') == 2


@pytest.mark.parametrize("study", ["phare-institutions", "attitudes-climat-2019"])
def test_every_estimate_is_shown_with_the_figures_it_was_published_with(study: str) -> None:
    published = read_published(Path(__file__).parents[2] / "published")
    release = next(one for one in published.studies if one.id == study).newest
    codes, decimals_of = Codebook(release), {"share": (0, 1), "mean": (1, 2)}
    for row in release.tables["estimates"].rows:
        is_national = all(row[name] == "_T" for name in release.breakdowns)
        assert codes.is_national(row) is is_national
        if row["status"] != "published":
            assert (shown(codes, row, "en"), shown(codes, row, "fr")) == ("withheld", "retenu")
            assert interval(codes, row, "en") == "—"
            continue
        told = [shown(codes, row, "en"), *interval(codes, row, "en").split(" – ")]
        numbers_told = [Decimal(one.strip("%").replace("\u2212", "-")) for one in told]
        scale = 100 if row["measure"] == "share" else 1
        known = [row[name] * scale for name in ("value", "ci_low", "ci_high")]
        assert numbers_told == known
        places_told = {-int(one.as_tuple().exponent) for one in numbers_told}
        assert places_told == {decimals_of[row["measure"]][is_national]}
        within = {name: row[name] for name in release.breakdowns if row[name] != "_T"}
        place = {name: row[name] for name in ("wave", "domain", "actor")}
        assert codes.cell(row["question"], row["answer"], **place, **within) is row


def test_what_was_not_asked_is_not_called_withheld() -> None:
    row = {"status": "not_asked", "measure": "share", "value": None}
    release: Any = SimpleNamespace(breakdowns=())
    assert shown(Codebook(release), row, "fr") == "non posée"


def test_a_question_is_shown_for_the_newest_wave_that_put_it() -> None:
    waves = [{"wave": name, "fieldwork_start": dt.date(year, 1, 1)}
             for name, year in (("b", 2020), ("c", 2022), ("a", 2018))]  # fmt: skip
    estimates = [
        {"question": "q", "wave": wave, "status": status}
        for wave, status in (("a", "published"), ("b", "withheld"), ("c", "not_asked"))
    ]
    tables = {name: SimpleNamespace(rows=rows)
              for name, rows in (("waves", waves), ("estimates", estimates))}  # fmt: skip
    release: Any = SimpleNamespace(tables=tables)
    codes = Codebook(release)
    assert list(codes.waves) == ["a", "b", "c"] and codes.last_wave == "c"
    assert codes.wave_of("q") == "b" and codes.wave_of("new") == "c"


@pytest.mark.parametrize(("south", "is_mapped"), [("93-94", True), ("84-93", False)])
def test_a_breakdown_that_has_a_region_twice_is_no_map_and_codes_are_in_their_order(
    south: str, is_mapped: bool
) -> None:
    codes = ["32", south, "84", *map(str, range(100, 110))]
    rows = [
        {"zone": code, "label_fr": "x", "label_en": "x", "position": at}
        for at, code in enumerate(codes, start=1)
    ]
    estimates = SimpleNamespace(
        rows=rows, fields=[SimpleNamespace(name="zone", title=Text(fr="x", en="x"))]
    )
    tables = {"breakdown_zone": SimpleNamespace(rows=rows[::-1])}
    release: Any = SimpleNamespace(breakdowns=("zone",), estimates=estimates, tables=tables)
    assert list(Codebook(release).breakdowns["zone"][1]) == codes
    assert list(Codebook(release).maps) == (["zone"] if is_mapped else [])
