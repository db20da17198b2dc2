"""What a question's page says beside its estimates, against the published tables it comes from."""

import html
import re
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.catalogue.codebook import Codebook
from pipelines.catalogue.pages import questions
from pipelines.catalogue.pages.environment import Site
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Release, read_published
from pipelines.texts import Lang

PUBLISHED = Path(__file__).parents[2] / "published"
MAYORS, CLIMATE = "phare-institutions", "attitudes-climat-2019"


@cache
def pages(study: str, lang: Lang) -> dict[str, str]:
    """Return the pages of the questions of a committed release, by question."""
    published = read_published(PUBLISHED)
    one = next(one for one in published.studies if one.id == study)
    site = Site(published, "https://data.example.org/", lang)
    made = questions.files(StudyPages(site, one, Codebook(one.newest)))
    return {Path(path).stem: text.decode() for path, text in made}


def rows(study: str, table: str, question: str) -> list[dict]:
    release = next(one for one in read_published(PUBLISHED).studies if one.id == study).newest
    return [row for row in _table(release, table) if row["question"] == question]


def _table(release: Release, name: str) -> list[dict]:
    return pq.read_table(release.folder / release.tables[name].parquet.path).to_pylist()


def section(text: str, name: str) -> str:
    """Return a section of a page, from its heading to the next."""
    return text.partition(f'<h2 id="{name}">')[2].partition("<h2")[0]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    ("study", "question"), [(MAYORS, "fragility_priority"), (CLIMATE, "tax_approval")]
)
def test_every_established_difference_is_a_sentence_and_no_other_row_is(
    study: str, question: str, lang: Lang
) -> None:
    said = section(pages(study, lang)[question], "comparisons")
    kept = [row for row in rows(study, "comparisons", question)
            if row["contrast"] in ("above", "below")]  # fmt: skip
    assert kept and said.count("<li>") == len(kept)
    words = {
        "fr": "au-delà de l&#39;erreur d&#39;échantillonnage (",
        "en": "beyond sampling error (",
    }
    higher = {"fr": "plus haute, ", "en": ": higher, "}[lang] + words[lang]
    assert said.count(higher) == sum(row["contrast"] == "above" for row in kept)
    assert len(re.findall(r"p ≤ 0[.,]\d+, (?:ajusté|adjusted) ≤ 0[.,]0\d", said)) == len(kept)


@pytest.mark.parametrize("study", [MAYORS, CLIMATE])
@pytest.mark.parametrize(("lang", "percent"), [("fr", r"\d %|\d%"), ("en", r"\d\s%")])
def test_no_figure_of_a_page_breaks_from_its_unit_or_has_a_hyphen_for_a_minus(
    study: str, lang: Lang, percent: str
) -> None:
    wrong = re.compile(rf".*(?:{percent}|\d points?\b|(?<![\w.–/-])-\d).*")
    texts = [html.unescape(re.sub("<[^>]*>", "|", text)) for text in pages(study, lang).values()]
    assert any("(\u2212" in text for text in texts)
    assert [one for text in texts for one in wrong.findall(text)] == []


def test_a_long_analysis_is_counted_and_a_short_one_listed() -> None:
    long = section(pages(MAYORS, "fr")["fragility_priority"], "comparisons")
    told = rows(MAYORS, "comparisons", "fragility_priority")
    by_region = [row["contrast"] for row in told if row["analysis"] == "region_rest"]
    assert f"non établis\u00a0: {by_region.count('none')}" in long
    assert f"Retenus pour protéger les répondants\u00a0: {by_region.count(None)}" in long
    assert "<details>" not in long
    short = section(pages(CLIMATE, "fr")["tax_approval"], "comparisons")
    listed = [row for row in rows(CLIMATE, "comparisons", "tax_approval") if row["contrast"]]
    assert short.count('<tr><th scope="row">') == len(listed)


def test_where_all_is_withheld_no_difference_is_denied() -> None:
    told = rows(MAYORS, "comparisons", "dynamic_rooted")
    assert {row["status"] for row in told} == {"withheld"}
    text = section(pages(MAYORS, "fr")["dynamic_rooted"], "comparisons")
    by_region = [row for row in told if row["analysis"] == "region_rest"]
    assert f"Retenus pour protéger les répondants\u00a0: {len(by_region)}." in text
    assert "Aucun écart publié" not in text and "<li>" not in text


def test_nets_are_the_published_ones_with_their_interval() -> None:
    text = section(pages(MAYORS, "en")["fragility_priority"], "nets")
    whole = [row for row in rows(MAYORS, "nets", "fragility_priority")
             if (row["region"], row["commune_size"]) == ("_T", "_T")]  # fmt: skip
    assert len(whole) == 16
    for row in whole:
        value, low, high = (f"{row[one] * 100:.1f}%" for one in ("value", "ci_low", "ci_high"))
        assert f'<td class="n">{value}</td><td class="n">{low} – {high}</td>' in text
    assert text.count("<svg") == 2  # one for a wide page, one for a phone


def test_an_association_says_whether_answers_depend_and_withheld_ones_say_nothing() -> None:
    text = section(pages(MAYORS, "en")["fragility_priority"], "associations")
    told = rows(MAYORS, "associations", "fragility_priority")
    assert text.count("answers depend on it") == sum(x["dependence"] == "depends" for x in told)
    assert text.count("no link established") == sum(x["dependence"] == "none" for x in told)
    held = [row for row in told if row["status"] == "withheld"]
    assert held and text.count("withheld to protect respondents") == len(held)


def test_non_response_is_told_by_item_the_most_silent_first() -> None:
    text = section(pages(MAYORS, "en")["actor_role"], "non-response")
    told = rows(MAYORS, "item_response", "actor_role")
    shares = [float(one) for one in re.findall(r"(\d+\.\d)%", text)]
    assert len(shares) == len(told) and shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(100 * float(max(x["non_response"] for x in told)), abs=0.06)


def test_a_study_without_such_tables_has_no_such_section() -> None:
    text = pages(MAYORS, "fr")["alliances_confidence"]
    assert 'id="nets"' not in text and 'id="non-response"' in text


@pytest.mark.parametrize(
    ("table", "question", "said"),
    [
        ("totals", "steering_known", "Mayors who know how to steer|Communes whose mayor knows"),
        ("ratios", "steering_known", "per mayor who does not"),
        ("quantiles", "alliances_confidence", "Total, median"),
    ],
)
def test_totals_ratios_and_quantiles_are_told_row_by_row(
    table: str, question: str, said: str
) -> None:
    text = section(pages(MAYORS, "en")[question], "quantities")
    told = rows(MAYORS, table, question)
    assert re.search(said, text) and f"{table}.csv" in text
    shown = [row for row in told if row["status"] == "published"]
    assert shown
    for row in shown:
        figures = f"{row['value'].normalize():,f}".split(".")[0]
        assert re.search(rf'<td class="n">\u2212?{re.escape(figures)}', text), row
    others = [
        row for name in ("totals", "ratios", "quantiles") for row in rows(MAYORS, name, question)
    ]
    assert text.count('class="withheld"') == sum(row["status"] == "withheld" for row in others)


def test_a_ratio_is_shown_with_two_decimals_and_its_interval_no_narrower_than_published() -> None:
    text = section(pages(CLIMATE, "en")["tax_approval"], "quantities")
    told = rows(CLIMATE, "ratios", "tax_approval")
    (paris,) = [row for row in told if row["region"] == "IDF"]
    figures = [f"{paris[name]:f}" for name in ("value", "ci_low", "ci_high")]
    assert figures == ["0.2344", "0.1585", "0.3102"]
    assert re.search(r">0\.23<.{0,80}>0\.15 – 0\.32<", text, re.DOTALL)
    assert not re.search(r"\d\.\d{3}", text)
