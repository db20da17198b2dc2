"""A received text is its code whatever differs by nothing but typing."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.study import Study, fold
from pipelines.study.codelist import read_codelist
from tests.study.declared import SIDECAR


@pytest.mark.parametrize(
    "text",
    [
        "l'État",
        "L’ÉTAT",
        "  l'état ",
        "l'E\u0301tat",
        "l‘État",
    ],
)
def test_case_accents_composed_or_not_apostrophes_and_outer_spaces_make_no_difference(
    text: str,
) -> None:
    assert fold(text) == fold("l'État")


def test_a_dash_a_no_break_space_and_a_run_of_spaces_are_plain_ones() -> None:
    assert fold("18\u201324\u00a0ans") == fold("18-24   ans")
    assert fold("2\u202f000") == fold("2 000")


def test_words_that_differ_stay_apart() -> None:
    assert fold("pêche") != fold("peche")
    assert fold("non") != fold("nons")


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_a_code_is_found_by_itself_its_labels_and_its_aliases(study: Study) -> None:
    zone = study.codelists["zone"]
    for text in ("N", "nord", "NORTH", "le Nord", "septentrion"):
        assert zone.by_text[fold(text)] == "N"
    assert fold("Est") not in zone.by_text


def test_codes_come_in_file_order_and_by_kind(study: Study) -> None:
    avis = study.codelists["avis"]
    assert avis.names == ("oui", "non", "nsp", "vide")
    assert avis.of_kind("answer") == ("oui", "non")
    assert avis.of_kind("dont_know", "missing") == ("nsp", "vide")


def test_a_label_may_repeat_its_own_code(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("code,label_fr,label_en\n84,84,84\n93,93,93\n", "utf-8")
    (tmp_path / "few.yaml").write_text(SIDECAR, "utf-8")
    assert read_codelist(tmp_path / "few.csv").names == ("84", "93")
