"""The trend of a study with three waves: what changed, what did not, what is withheld.

Answers are made so that 'yes' falls between the first two waves by far more than its error and
stays where it is after; `age` Y has 9 respondents in the first wave and is withheld there.
"""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from playwright.sync_api import Page

from pipelines.catalogue import build_site
from pipelines.run import Choices, run_study
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study
from tests.web.conftest import Open

pytestmark = pytest.mark.browser
WAVES = ("2020", "2021", "2022")
ANSWER, AGE, NOTE = 4, 3, 5  # columns of the extract
TREND = f"{STUDY}/explorer.html?q=avis&answer=1&view=trend"


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the three waves, build the site and return published/."""
    root = write_tiny_study(tmp_path_factory.mktemp("waves"), waves=WAVES[:1])
    path = root / "schemas" / STUDY / "waves.yaml"
    declared = yaml.safe_load(path.read_text("utf-8"))["waves"][WAVES[0]]
    of_year = {
        year: {**declared, "start": f"{year}-01-01", "end": f"{year}-02-01",
               "title": {"fr": f"Vague de {year}", "en": f"Wave of {year}"}}
        for year in WAVES
    }  # fmt: skip
    of_year["2021"]["not_asked"] = ["note"]
    path.write_text(yaml.safe_dump({"waves": of_year}, allow_unicode=True), "utf-8")
    for year in WAVES[1:]:
        answers = [
            [*row[:AGE], "Y" if number % 2 else "O", "1" if number % 5 == 0 else "2",
             "" if year == "2021" else row[NOTE], *row[NOTE + 1 :]]
            for number, row in enumerate(rows())
        ]  # fmt: skip
        deliver(root, answers, wave=year)
    run_study(root, STUDY, Choices(released="2026-11-24"))
    build_site(root)
    return root / "published"


@pytest.fixture
def trend(visit: Open, waves: Path):
    """Return a function that opens the trend, with more choices in its address."""

    def opened(more: str = "", **settings: object) -> Page:
        page = visit(TREND + more, address=f"{waves.as_uri()}/site/", **settings)
        page.wait_for_selector("#explorer[data-ready] table tbody tr")
        return page

    return opened


def cells(waves: Path, **within: str) -> dict[str, dict]:
    """Return the published share of 'yes' by wave."""
    table = pq.read_table(next(waves.glob(f"{STUDY}/*/data/estimates.parquet"))).to_pylist()
    wanted = {"question": "avis", "answer": "1", "zone": "_T", "age": "_T", **within}
    return {
        row["wave"]: row for row in table if all(row[name] == code for name, code in wanted.items())
    }


def test_a_change_beyond_its_error_is_a_full_line_and_one_within_it_is_not(
    trend, waves: Path
) -> None:
    told = cells(waves)
    assert told["2020"]["ci_low"] > told["2021"]["ci_high"]
    page = trend()
    kinds = page.eval_on_selector_all("#chart .trend", "all => all.map(x => x.className.baseVal)")
    assert kinds == ["trend", "trend unsure"]
    dashes = page.eval_on_selector_all(
        "#chart .trend", "all => all.map(x => getComputedStyle(x).strokeDasharray)"
    )
    assert dashes[0] == "none" != dashes[1]
    listed = page.locator("#table tbody tr th").all_inner_texts()
    assert listed == [f"Vague de {year}" for year in WAVES]


def test_each_point_stands_at_its_value_with_its_interval(trend, waves: Path) -> None:
    page, told = trend(), cells(waves)
    grid = page.eval_on_selector_all("#chart .grid", "all => all.map(x => +x.getAttribute('y1'))")
    ticks = page.locator("#chart .tick").all_text_contents()
    top = max(int(one.partition("\u00a0")[0]) for one in ticks if "%" in one) / 100
    dots = page.eval_on_selector_all("#chart .dot", "all => all.map(x => +x.getAttribute('cy'))")
    ends = page.eval_on_selector_all(
        "#chart .whisker", "all => all.map(x => [+x.getAttribute('y1'), +x.getAttribute('y2')])"
    )

    def height(value: float) -> float:
        return max(grid) - (max(grid) - min(grid)) * float(value) / top

    assert dots == pytest.approx([height(told[year]["value"]) for year in WAVES], abs=0.1)
    whiskers = [one for one in ends if one[0] != one[1]]  # the others are their caps
    for year, (low, high) in zip(WAVES, whiskers, strict=True):
        assert low == pytest.approx(height(told[year]["ci_low"]), abs=0.1)
        assert high == pytest.approx(height(told[year]["ci_high"]), abs=0.1)


def test_a_withheld_wave_is_hatched_said_and_leads_nowhere(trend, waves: Path) -> None:
    assert cells(waves, age="Y")["2020"]["status"] == "withheld"
    page = trend("&age=Y")
    assert page.locator("#chart .withheld").count() == 1
    assert "retenu" in page.locator("#chart .note").all_text_contents()
    assert "hachuré : retenu" in page.locator("#view-note").inner_text()
    assert page.locator("#chart .dot").count() == 2
    kinds = page.eval_on_selector_all("#chart .trend", "all => all.map(x => x.className.baseVal)")
    assert kinds == ["trend unsure"]  # between the last two alone
    assert "retenu" in page.locator("#table tbody tr").first.inner_text()


def test_a_wave_that_did_not_ask_is_said_and_not_hatched(visit: Open, waves: Path) -> None:
    site = f"{waves.as_uri()}/site/"
    page = visit(f"{STUDY}/explorer.html?q=note&view=trend", address=site)
    page.wait_for_selector("#explorer[data-ready] table tbody tr")
    assert page.locator("#chart .withheld").count() == 0
    assert "non posée" in page.locator("#chart .note").all_text_contents()
    assert page.locator("#chart .dot").count() == 2
    assert page.locator("#chart .trend").count() == 0  # no line across a wave that did not ask
    row = page.locator("#table tbody tr").nth(1)
    assert "question non posée dans cette vague" in row.inner_text()
    assert_legible(page)


BOXES = """all => all.map(x => {
    const b = x.getBBox(); return [b.x, b.y, b.width, b.height, x.textContent]; })"""


def assert_legible(page: Page) -> None:
    """Check that no word of the chart leaves it or covers another."""
    boxes = page.eval_on_selector_all("#chart text", BOXES)
    wide, high = page.eval_on_selector(
        "#chart svg", "x => [x.viewBox.baseVal.width, x.viewBox.baseVal.height]"
    )
    assert len(boxes) > 6
    for at, (x, y, w, h, words) in enumerate(boxes):
        assert x >= 0 and x + w <= wide and y >= 0 and y + h <= high, words
        for a, b, c, d, others in boxes[:at]:
            apart = x + w <= a or a + c <= x or y + h <= b or b + d <= y
            assert apart, f"{words} covers {others}"


@pytest.mark.parametrize("width", [360, 1120])
@pytest.mark.parametrize("more", ["", "&age=Y"])
def test_no_word_of_the_chart_leaves_it_or_covers_another(trend, width: int, more: str) -> None:
    assert_legible(trend(more, viewport={"width": width, "height": 800}))


@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize("same_day", [True, False])
def test_a_dozen_waves_or_two_of_one_day_stay_legible(trend, narrow: bool, same_day: bool) -> None:
    page = trend()
    page.evaluate(
        """([narrow, sameDay]) => {
            const points = [...Array(12).keys()].map(at => ({
                label: "Vague de " + (2010 + at), time: sameDay ? 0 : at * 365, value: 0.5,
                low: 0.4, high: 0.6, text: "50,0 %", status: at === 4 ? "withheld" : "published",
                changed: at === 7 }));
            const ticks = [0, 0.5, 1].map(value => ({value, text: value * 100 + " %"}));
            document.getElementById("chart").innerHTML =
                PhareCharts.trend({label: "x", points, domain: [0, 1], ticks}, narrow); }""",
        [narrow, same_day],
    )
    assert page.locator("#chart .dot").count() == 11
    places = page.eval_on_selector_all("#chart .dot", "all => all.map(x => x.cx.baseVal.value)")
    assert len(set(places)) == 11
    assert_legible(page)


def test_the_question_page_reads_the_newest_wave(visit: Open, waves: Path) -> None:
    page = visit(f"{STUDY}/questions/avis.html", address=f"{waves.as_uri()}/site/")
    value = float(cells(waves)["2022"]["value"]) * 100
    assert f"{value:.1f}".replace(".", ",") in page.locator("table").first.inner_text()
