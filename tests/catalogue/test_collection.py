"""The site shows a collection: its figures by concept, its dictionary, no page of a survey."""

from pathlib import Path

import pytest

from pipelines.run import Choices, run_study
from tests.pipeline.test_collection import ENTRIES, STUDY, about, declare, deliver


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("collection")
    declare(root, about())
    deliver(root, ENTRIES)
    run_study(root, STUDY, Choices(released="2020-07-01"))
    return root / "published" / "site"


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("", ("comparable\u00a0: même formulation", "formulation proche", "non comparable")),
        ("en", ("comparable: same wording", "close wording", "not comparable")),
    ],
)
def test_each_language_has_the_figures_and_their_verdicts_in_words(
    site: Path, lang: str, words: tuple[str, ...]
) -> None:
    text = (site / lang / STUDY / "collection.html").read_text("utf-8")
    assert all(one in text for one in words)
    assert "74" in text and "not_comparable" not in text and ">_Z<" not in text


def test_a_collection_has_its_own_pages_and_those_of_no_survey(site: Path) -> None:
    made = {path.stem for path in (site / STUDY).glob("*.html")}
    assert {"index", "collection", "dictionary", "versions"} <= made
    assert not made & {"explorer", "priorities", "roles", "profiles", "sheets"}
    index = (site / STUDY / "index.html").read_text("utf-8")
    assert "collection.html" in index and "data/figures.csv" in index
