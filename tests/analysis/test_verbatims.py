"""Open answers are counted by declared words, and no text comes out."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.analysis.verbatims import count_themes
from pipelines.study import Study
from tests.analysis.made_up_study import WAVE, write_study, write_weighted
from tests.tiny_study import TEXT

THEMES = {
    "network": {"title": TEXT, "words": ["réseau*", "tiers-lieu"]},
    "means": {"title": TEXT, "words": ["moyens"], "without": ["pas de moyens", "d'aucuns moyens"]},
    "nobody": {"title": TEXT, "words": ["licorne"]},
}
ANALYSES = {"verbatims": {"words": {"title": TEXT, "question": "said", "themes": THEMES}}}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("study"), ANALYSES)


def themes(study: Study, folder: Path, said: list[str]) -> dict[str, tuple[int, int, float]]:
    """Return respondents, mentioning and share of each theme, weights 1, 2, 3…

    A last respondent says nothing: nobody is alone in a stratum.
    """
    said = [*said, ""]
    weight = [float(n) for n in range(1, len(said) + 1)]
    weighted = write_weighted(folder / "w.parquet", pl.DataFrame({"said": said, "weight": weight}))
    found = count_themes(study, WAVE, weighted, "words")
    assert "said" not in found.columns
    return {
        row["theme"]: (row["respondents"], row["mentioning"], row["value"])
        for row in found.iter_rows(named=True)
    }


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("Un RÉSEAU d'acteurs", "network"),
        ("des re\u0301seaux locaux", "network"),
        ("en reseau", "network"),
        ("un tiers\u2011lieu", "network"),
        ("les\u00a0moyens, surtout", "means"),
        ("moyens", "means"),
    ],
)
def test_words_are_found_whatever_case_accents_and_signs(
    study: Study, tmp_path: Path, text: str, theme: str
) -> None:
    found = themes(study, tmp_path, [text])
    assert {name for name, (_, count, _) in found.items() if count} == {theme}


@pytest.mark.parametrize(
    "text",
    ["préréseau", "moyenne", "nous n'avons  pas de moyens", "d\u2019aucuns moyens", "tiers lieu"],
)
def test_parts_of_words_and_excluded_phrases_are_not(
    study: Study, tmp_path: Path, text: str
) -> None:
    assert all(count == 0 for _, count, _ in themes(study, tmp_path, [text]).values())


def test_the_base_is_who_wrote_and_shares_are_weighted(study: Study, tmp_path: Path) -> None:
    found = themes(study, tmp_path, ["réseaux et moyens", "", "_U", "moyens", "autre"])
    assert found["network"] == (3, 1, pytest.approx(1 / 10))  # weights 1, 4, 5
    assert found["means"] == (3, 2, pytest.approx(5 / 10))
    assert found["nobody"] == (3, 0, 0)


def test_a_wave_that_did_not_ask_has_no_figure(study: Study, tmp_path: Path) -> None:
    weighted = write_weighted(tmp_path / "w.parquet", pl.DataFrame({"said": ["réseau"] * 2}))
    pl.read_parquet(weighted).drop("said").write_parquet(weighted)
    found = count_themes(study, WAVE, weighted, "words")
    assert found["respondents"].to_list() == [0, 0, 0]
    assert found["value"].null_count() == 3
