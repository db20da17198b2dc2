"""What the pages of the committed releases say, against their tables and their folders."""

import html
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from pipelines.catalogue.codebook import Codebook
from pipelines.catalogue.machine.ddi import codebook
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages import (
    collection,
    findings,
    lineage,
    quality,
    questions,
    sheets,
    versions,
)
from pipelines.catalogue.pages import study as study_page
from pipelines.catalogue.pages.environment import Site
from pipelines.catalogue.pages.study_pages import StudyPages
from pipelines.catalogue.published import Published, read_published
from pipelines.texts import Lang

PUBLISHED = Path(__file__).parents[2] / "published"
MAYORS, CLIMATE, PROGRAMME = "phare-institutions", "attitudes-climat-2019", "phare-programme"


@cache
def releases() -> Published:
    return read_published(PUBLISHED)


Make = Callable[[StudyPages], Iterator[SiteFile]]


def made(study: str, lang: Lang, make: Make) -> dict[str, str]:
    """Return the pages that a module makes of a study, by path below site/."""
    one = next(one for one in releases().studies if one.id == study)
    codes = None if one.newest.is_collection else Codebook(one.newest)
    site = Site(releases(), "https://data.example.org/", lang)
    return {path: text.decode() for path, text in make(StudyPages(site, one, codes))}


@pytest.mark.parametrize("study", [MAYORS, CLIMATE, PROGRAMME])
def test_each_version_links_to_files_that_it_has(study: str) -> None:
    for path, text in made(study, "fr", versions.files).items():
        site = PUBLISHED / "site"
        links = re.findall(rf'href="((?:\.\./)+{study}/[^"]+)"', text)
        found = {(site / path).parent.joinpath(link).resolve() for link in links}
        released = {one for one in found if not one.is_relative_to(site)}
        assert released and not [one for one in released if not one.exists()]


def test_what_a_purge_did_is_not_called_a_withdrawal() -> None:
    (text,) = made(MAYORS, "en", versions.files).values()
    assert text.count("Data removed on") == 2
    assert "Withdrawn on" not in text and "its data are removed" in text


@pytest.mark.parametrize(("lang", "words"), [("fr", "non connu ("), ("en", "not known (")])
@pytest.mark.parametrize("study", [MAYORS, CLIMATE, PROGRAMME])
def test_what_the_method_notice_does_not_know_is_said_in_words(
    study: str, lang: Lang, words: str
) -> None:
    (text,) = made(study, lang, study_page.files).values()
    assert words in text.partition('id="method"')[2]
    release = next(one for one in releases().studies if one.id == study).newest
    for told in (text, codebook(release, "https://data.example.org/").decode()):
        assert "unknown:" not in told


def test_a_gap_of_a_territory_is_called_what_it_is_from_the_rest_not_from_the_total() -> None:
    release = next(one for one in releases().studies if one.id == CLIMATE).newest
    told = [row for row in release.tables["sheets"].rows
            if row["contrast"] in ("above", "below") and row["measure"] == "share"]  # fmt: skip
    assert any(row["difference"] != row["value"] - row["national"] for row in told)
    for lang, right, wrong in (
        ("fr", "Écart au reste", "Écarts? à l&#39;ensemble"),
        ("en", "Gap to the rest", "Gaps? to the (total|whole)"),
    ):
        pages = {**made(CLIMATE, lang, sheets.files), **made(CLIMATE, lang, findings.files)}
        for path, text in pages.items():
            if "sheets/" in path or "priorities" in path:
                assert right in text and not re.search(wrong, text), path


@pytest.mark.parametrize("study", [MAYORS, CLIMATE])
def test_rows_withheld_of_all_tables_are_not_called_estimates(study: str) -> None:
    release = next(one for one in releases().studies if one.id == study).newest
    (text,) = made(study, "en", quality.files).values()
    told = re.findall(r'<span class="big">([\d,]+)</span>rows withheld, all tables together', text)
    held = {
        name: sum(row.get("status") == "withheld" for row in table.rows)
        for name, table in release.tables.items()
    }
    assert [int(one.replace(",", "")) for one in told] == [sum(held.values())]
    assert sum(held.values()) > held["estimates"]


def test_size_classes_stand_in_their_order_not_in_that_of_their_codes() -> None:
    sizes = ["Under 2,000", "2,000 to 19,999", "20,000 inhabitants and over"]
    profiles = made(MAYORS, "en", findings.files)["en/phare-institutions/profiles.html"]
    known = made(MAYORS, "en", questions.files)[
        "en/phare-institutions/questions/steering_known.html"
    ]
    totals = known.partition("Totals, ratios, quantiles")[2]
    for text, first in ((profiles, "Brittany"), (totals, "Total")):
        places = [text.index(one) for one in (first, *sizes)]
        assert places == sorted(places)


@pytest.mark.parametrize("make", [findings.files, questions.files, quality.files, sheets.files])
@pytest.mark.parametrize("study", [MAYORS, CLIMATE])
def test_punctuation_is_that_of_the_language(study: str, make: Make) -> None:
    for lang, wrong in (("en", "[ \u00a0]:[ \u00a0]"), ("fr", "(?<![\\w-])« | »| [;:?!](?=\\s)")):
        for path, text in made(study, lang, make).items():
            body = re.sub(r"<(script|style|pre|code)\b.*?</\1>", "", text, flags=re.S)
            found = re.findall(f".{{20}}(?:{wrong}).{{20}}", re.sub("<[^>]+>", "", body))
            assert found == [], path


def test_a_coloured_bar_that_no_comparison_bears_out_is_told_to_stand_alone() -> None:
    asked = made(MAYORS, "en", questions.files)
    text = asked["en/phare-institutions/questions/alliances_confidence.html"]
    assert "tone-above" in text and "No published difference exceeds" in text
    assert "Each bar is taken by itself here" in text


def test_the_steps_of_analyses_are_drawn_where_a_study_has_some() -> None:
    for study, has_some in ((MAYORS, True), (CLIMATE, True), (PROGRAMME, False)):
        (text,) = made(study, "fr", lineage.files).values()
        drawn = text.partition('<svg class="chart lineage"')[2].partition("</svg>")[0]
        assert (">protected_analyses<" in drawn) == has_some
        assert ("<code>analyses</code>" in text.partition("Extraits")[0]) == has_some


@pytest.mark.parametrize(
    ("lang", "own", "other"),
    [("fr", ("tous les maires", "page de l'étude"), ("all mayors", "study page")),
     ("en", ("all mayors", "study page"), ("tous les maires", "page de l'étude"))],
)  # fmt: skip
def test_a_figure_is_told_in_the_language_of_the_page(
    lang: Lang, own: tuple[str, ...], other: tuple[str, ...]
) -> None:
    (text,) = made(PROGRAMME, lang, collection.files).values()
    words = html.unescape(text)
    assert all(one in words for one in own) and not any(one in words for one in other)
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', text.partition("</thead>")[0])
    assert heads[-1] == "Source"  # read after the figure


def test_a_ranking_whose_question_was_not_put_says_so_and_withholds_nothing() -> None:
    study = next(one for one in releases().studies if one.id == MAYORS)
    site = Site(releases(), "https://data.example.org/", "fr")
    pages = StudyPages(site, study, Codebook(study.newest))
    rows = [{**row, "status": "not_asked"} for row in study.newest.tables["priorities"].rows[:16]]
    told = findings._ranking(pages, rows)
    assert told["not_asked"] and not (told["withheld"] or told["table"] or told["chart"])
