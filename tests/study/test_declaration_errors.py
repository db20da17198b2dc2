"""Every mistake in a declaration is named with its file, its line and the nearest valid name."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic_core import core_schema

from pipelines import PROJECT
from pipelines.study import DeclarationError, UnknownStudyError, load_study
from pipelines.texts import messages
from tests.study.declared import STUDY

Spoilt = Callable[[str, str, str], tuple[DeclarationError, int]]

S, Q, W, F = "study.yaml", "questions.yaml", "waves.yaml", "published-figures.csv"
ZONE = "codelists/zone.csv"

# file, text replaced, its replacement, key of the message, what the error must say
UNKNOWN_NAMES = [
    (S, "citation: Essai", "citatoin: Essai", "citatoin", "citation"),
    (S, "codelist: age}", "codlist: age}", "codlist", "codelist"),
    (S, "codelist: zone, column: zone", "codelist: zonne, column: zone", "zonne", "zone"),
    (S, "codelist: zone, column: zone", "codelist: zone, column: zome", "zome", "zone"),
    (S, "{M: O}", "{M: OO}", "OO", "O"),
    (S, "{M: O}", "{Y: O}", "M", "—"),
    (S, "[zone, age]", "[zone, aje]", "aje", "age"),
    (S, "strata: [zone]", "strata: [zones]", "zones", "zone"),
    (S, "strata: [zone]", "strata: [ZONE]", "ZONE", "zone"),
    (S, "{column: poids", "{column: poid", "poid", "poids"),
    (S, "{column: poids, strata", "{column: duree, strata", "duree", "—"),
    (S, "strata: [zone]", "strata: [zone], population: frame", "zone", "—"),
    (S, "{column: poids, strata: [zone]}",
     "{calibration: {method: raking, margins: [[region, zone]]}}", "zone", "—"),
    ("codelists/accord.yaml", "['2', '1']", "['22', '1']", "22", "2"),
    (S, "codelist: age}", "codelist: aage}", "aage", "age"),
    (Q, "scale: avis", "scale: aviss", "aviss", "avis"),
    (Q, "domain: domaine", "domain: domaines", "domaines", "domaine"),
    (Q, "kind: single", "kind: singel", "singel", "single"),
    (Q, "actor: acteur", "actor: acteurs", "acteurs", "acteur"),
    (Q, "question: avis", "question: avi", "avi", "avis"),
    (Q, "answers: [oui]", "answers: [ouii]", "ouii", "oui"),
    (Q, "at_most: 2", "atmost: 2", "atmost", "at_most"),
    (W, "frame_year: 2024", "frame_year: 2025", "2025", "2024"),
    (W, "    frame_year", '    codebook: {aviss: {"1": oui}}\n    frame_year', "aviss", "avis"),
    (W, "    frame_year", '    codebook: {avis: {"1": ouii}}\n    frame_year', "ouii", "oui"),
    (W, "synthetic: true", "syntetic: true", "syntetic", "synthetic"),
    (ZONE, "aliases", "alias", "alias", "aliases"),
    ("codelists/avis.csv", "dont_know", "dontknow", "dontknow", "dont_know"),
    (F, "source,", "sources,", "sources", "source"),
    (F, "f1,2024", "f1,2025", "2025", "2024"),
    (F, "f1,2024,avis", "f1,2024,aviss", "aviss", "avis"),
    (F, "f1,2024,avis", "f1,2024,propos", "propos", "roles"),
    (F, "roles,eau,", "roles,eaux,", "eaux", "eau"),
    (F, "roles,eau,ville", "roles,eau,vile", "vile", "ville"),
    (F, "_Z,oui,share,,,", "_Z,ouii,share,,,", "ouii", "oui"),
    (F, "_Z,oui,share,,,", "_Z,nsp,share,,,", "nsp", "—"),
    (F, "oui+non", "oui+nom", "nom", "non"),
    (F, "ville,accord", "ville,acord", "acord", "accord"),
    (F, "oui,share,,,", "oui,mean,,,", "mean", "—"),
    (F, "share,zone,", "share,zonne,", "zonne", "zone"),
    (F, "zone,N,", "zone,NN,", "NN", "N"),
    (F, "age+zone,Y+N", "age+region,Y+84", "age+region", "region"),
    (F, "evidence", "evidense", "evidense", "evidence"),
    (F, "_Z,mean", "oui,mean", "oui", "—"),
]  # fmt: skip

BAD_VALUES = [
    (W, "    frame_year", '    codebook: {avis: {"O": oui, "o": non}}\n    frame_year',
     "study-bad-value", "o: non"),
    (S, "citation: Essai\n", "", "study-missing-key", "citation"),
    (S, "id: bocage", "id: bocages", "study-wrong-folder", "bocages"),
    (S, "phare: 1", "phare: 2", "study-format-version", "2"),
    (S, "citation: Essai", "citation: À COMPLÉTER", "study-to-complete", "citation"),
    (S, "citation: Essai", "citation: [Essai]", "study-bad-value", "citation"),
    (S, "id: bocage", "id: Bocage", "study-bad-value", "Bocage"),
    (S, "licence: {name", "licence: [{name", "study-bad-yaml", "expected"),
    (S, "id: bocage", "phare: 1", "study-bad-yaml", "twice"),
    (S, "id: bocage", "? [id, bocage]\n: bocage", "study-bad-yaml", "no text"),
    (S, "id: bocage", "id: bo\x07cage", "study-bad-yaml", "control characters"),
    (W, "end: 2024-01-31", "end: 2024-02-31", "study-bad-yaml", "2024-02-31"),
    (S, "role: direct_identifier", "role: weight", "study-two-roles", "`weight`; expected 0-1"),
    (S, "role: direct_identifier", "role: respondent", "study-two-roles", "expected 1."),
    (S, "column: zone}", "column: courriel}", "study-identifier-published", "courriel"),
    (S, ", codelist: age}", "}", "study-missing-key", "columns.classe.codelist"),
    (Q, "columns: note", "columns: courriel", "study-identifier-published", "courriel"),
    (Q, "columns: propos", "columns: zone", "study-identifier-published", "zone"),
    (Q, "columns: propos", "columns: note", "study-identifier-published", "note"),
    (Q, "columns: note", "columns: avis", "study-column-twice", "avis"),
    (Q, "[citee_1, citee_2]", "[eau_ville, citee_2]", "study-column-twice", "eau_ville"),
    (Q, '"{domain}_{actor}"', '"{domain}_{acteur}"', "study-bad-value", "actor"),
    (W, "    frame_year: 2024\n", "", "study-no-frame-year", "2024"),
    (W, "end: 2024-01-31", "end: 31 janvier", "study-bad-value", "31 janvier"),
    (ZONE, "label_fr,", "", "study-codelist-column", "label_fr"),
    (ZONE, "S,Sud,South", "S,,South", "study-codelist-empty", "label_fr"),
    (ZONE, "S,Sud,South", "S,TO COMPLETE,South", "study-to-complete", "label_fr"),
    (ZONE, "S,Sud,South,", "S,Sud,South,LE  NORD", "study-codelist-ambiguous", "LE  NORD"),
    (ZONE, "S,Sud,South,", "N,Sud,South,", "study-codelist-ambiguous", "N"),
    ("codelists/zone.yaml", "source: Essai\n", "", "study-missing-key", "source"),
    (S, "  insee: {role: commune}\n", "", "study-two-roles", "commune"),
    (S, "'R[0-9]+'", "'R[0-'", "study-bad-value", "regular expression"),
    (S, "'R[0-9]+'", "'R(?!0)[0-9]+'", "study-bad-value", "look-around"),
    (S, "[zone, age]", "[zone, zone]", "study-crossing-twice", "zone, zone"),
    (S, "  region: {title", "  value: {title", "study-reserved", "value"),
    (S, "  lot: {role: dropped", "  Zone: {role: dropped", "study-column-case", "zone"),
    (Q, "columns: propos", "columns: AVIS", "study-column-case", "AVIS"),
    (S, "  lot: {role: dropped", "  stratum: {role: dropped", "study-column-added", "stratum"),
    (Q, "columns: propos", "columns: weight", "study-column-added", "weight"),
    (Q, "columns: propos", "columns: by_zone", "study-column-added", "by_zone"),
    (Q, "columns: propos", "columns: _line", "study-column-added", "_line"),
    (Q, "columns: propos", "columns: _kind", "study-column-added", "_kind"),
    (Q, "columns: propos", "columns: _base 3", "study-column-added", "_base 3"),
    (Q, "columns: propos", "columns: _Base 3", "study-column-added", "_Base 3"),
    (Q, "columns: propos", "columns: By_Zone", "study-column-added", "By_Zone"),
    (Q, "columns: propos", "columns: WEIGHT", "study-column-added", "WEIGHT"),
    (Q, "columns: propos", "columns: _KIND", "study-column-added", "_KIND"),
    (S, "  lot: {role: dropped", "  frame_region: {role: dropped", "study-column-added",
     "frame_region"),
    (ZONE, "S,Sud,South,", "_T,Sud,South,", "study-reserved", "_T"),
    (Q, "columns: note", "columns: note {/10}", "study-bad-value", "written twice"),
    (Q, "columns: note", "columns: 'note {'", "study-bad-value", "written twice"),
    (Q, "columns: note", "columns: ''", "study-bad-value", "the name of a column"),
    (Q, "[citee_1, citee_2]", "[citee_1, citee_1]", "study-bad-value", "each once"),
    (Q, "[citee_1, citee_2]", "[]", "study-bad-value", "at least one"),
    (Q, "minimum: 0", "minimum: 11", "study-bad-value", "below"),
    (W, '"2024":', '"../2024":', "study-bad-value", "wave's name"),
    (W, '"2024":', "~:", "study-bad-value", "wave's name"),
    (W, "    frame_year", "    extract: {delimiters: ['||']}\n    frame_year",
     "study-bad-value", "one sign"),
    (W, "    frame_year", "    extract: {encodings: []}\n    frame_year",
     "study-bad-value", "encodings"),
    (F, "source,", "", "study-missing-key", "source"),
    (F, "f1,2024,", "f1,", "study-bad-value", "15 cells"),
    (F, "f2,", "f1,", "study-bad-value", "once"),
    (F, "f1,", ",", "study-bad-value", "figure"),
    (F, "0.50,2", "0.505,2", "study-bad-value", "decimals"),
    (F, "0.50,2", "50,2", "study-bad-value", "from 0 to 1"),
    (F, "0.50,2", "half,2", "study-bad-value", "half"),
    (F, "0.50,2", "0.50,9", "study-bad-value", "decimals"),
    (F, "1,0.1,", "1,-0.1,", "study-bad-value", "tolerance"),
    (F, " || Known, difference", "", "study-bad-value", "known_reason"),
    (F, "_Z,cout,share", "_Z,cout+temps,share", "study-bad-value", "do not add up"),
    (F, "oui+non", "oui+oui", "study-bad-value", "each answer once"),
    (F, "zone,N,", ",N,", "study-bad-value", "code"),
    (F, "Y+N", "Y", "study-bad-value", "2 codes"),
]  # fmt: skip
# provoked by test_loading below, and by tests/analysis/test_declared_analyses.py
ELSEWHERE = {
    "study-missing-file", "study-not-utf8", "study-unknown-study", "study-unknown-wave",
    "study-analysis-twice",
    "study-total-not-counted", "study-total-filtered", "study-ratio-batteries",
    "study-quantile-grain", "study-quantile-close",
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "found", "nearest"), UNKNOWN_NAMES)
def test_an_unknown_name_is_shown_with_its_line_and_the_nearest_valid_one(
    spoilt: Spoilt, folder: Path, file: str, old: str, new: str, found: str, nearest: str
) -> None:
    error, line = spoilt(file, old, new)
    assert error.key == "study-unknown-name"
    assert error.values["file"] == folder / file
    assert abs(int(str(error.values["line"])) - line) <= SPREAD.get(old, 0)
    assert (error.values["found"], error.values["nearest"]) == (found, nearest)


# What is missing, or wrong between two keys, is shown at the line of the entry that holds it.
WHOLE_ENTRY = {"study-missing-key", "study-two-roles", "study-no-frame-year", "study-bad-yaml"}
OF_TWO_KEYS = ("column pattern", "below 'maximum'", "written twice")
ENTRY_LINES = 20
# A key that names no line of its own is shown at the line of the entry that holds it.
SPREAD = {"{M: O}": 2}


@pytest.mark.parametrize(("file", "old", "new", "key", "shown"), BAD_VALUES)
def test_a_bad_value_is_shown_with_its_file_and_line_in_both_languages(
    spoilt: Spoilt, folder: Path, file: str, old: str, new: str, key: str, shown: str
) -> None:
    error, line = spoilt(file, old, new)
    assert error.key == key
    assert error.values["file"] == folder / file
    for lang in ("fr", "en"):
        assert str(folder / file) in error.text(lang)
    assert shown in error.text("en")
    off = abs(int(str(error.values.get("line", 1))) - line)
    of_entry = key in WHOLE_ENTRY or any(one in error.text("en") for one in OF_TWO_KEYS)
    assert off <= (ENTRY_LINES if of_entry else 0)


def test_every_message_of_a_declaration_has_a_bad_file_that_provokes_it() -> None:
    path = Path(__file__).parents[2] / "pipelines" / "study" / "messages.yaml"
    provoked = {"study-unknown-name", *ELSEWHERE, *(case[3] for case in BAD_VALUES)}
    written = set(yaml.safe_load(path.read_text("utf-8")))
    assert {one for one in written if one.startswith("study-")} == provoked


def test_every_word_of_an_error_is_one_that_the_code_or_pydantic_says() -> None:
    """And the other way: what code names as a kind of name or an expectation has its words."""
    code = "\n".join(path.read_text("utf-8") for path in (PROJECT / "pipelines").rglob("*.py"))
    types = {one.replace("_", "-") for one in get_args(core_schema.ErrorType)}
    for key in messages():
        prefix, _, word = key.partition("-of-" if key.startswith("name-of-") else "-")
        if prefix == "name":
            assert f'"{word.replace("-", " ")}"' in code or f'"{key}"' in code, key
        if prefix == "expected":
            assert f'"{word}"' in code or word in types, key
    assert said_in(PROJECT / "pipelines" / "study") <= set(messages())


def said_in(folder: Path) -> set[str]:
    """Return the messages whose key a call makes of a word: which argument it is, by function."""
    place = {"unknown": 2, "_known": 2, "_check": 2, "_need": 2, "known": 0, "wrong": 1}
    found = {"name-of-value"}
    for path in folder.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = (
                call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
            )
            at = 0 if name == "ExpectedError" else place.get(name, len(call.args))
            words = call.args[at : at + 1]
            if words and isinstance(words[0], ast.Constant):
                prefix = "expected" if name in {"ExpectedError", "wrong"} else "name-of"
                found.add(f"{prefix}-{words[0].value.replace(' ', '-')}")
    return found


@pytest.mark.parametrize(
    ("file", "old", "new", "french"),
    [
        (S, "id: bocage", "id: Bocage", "un nom en minuscules sans accents"),
        (S, "codelist: age", "codelist: agge", "liste de codes `agge`, nom inconnu"),
        (S, "citation: Essai", "citation: [Essai]", "Attendu : un texte"),
    ],
)
def test_an_error_is_in_french_throughout(
    spoilt: Spoilt, file: str, old: str, new: str, french: str
) -> None:
    error, _ = spoilt(file, old, new)
    assert french in error.text("fr")
    assert french not in error.text("en")


def test_a_value_that_is_none_of_those_listed_is_told_the_nearest(spoilt: Spoilt) -> None:
    error, line = spoilt(Q, "kind: single", "kind: singel")
    assert (error.key, error.values["line"]) == ("study-unknown-name", line)
    assert error.values["nearest"] == "single"
    assert "kind` `singel`" in error.text("en") and "multiple" in error.text("fr")


@pytest.mark.parametrize("name", ["2024", "2024.5", "2024-01-01", "010", "no"])
def test_a_name_without_quotes_is_the_text_that_is_written(folder: Path, name: str) -> None:
    text = (folder / W).read_text("utf-8").replace('"2024":', f"{name}:")
    (folder / W).write_text(text, "utf-8")
    (folder / F).write_text((folder / F).read_text("utf-8").replace(",2024,", f",{name},"), "utf-8")
    assert list(load_study(folder.parents[1], STUDY).waves) == [name]


def test_codes_without_quotes_are_the_texts_that_are_written(folder: Path) -> None:
    text = (folder / W).read_text("utf-8")
    book = "    codebook: {avis: {1: oui, 02: non, no: nsp}}\n    frame_year"
    (folder / W).write_text(text.replace("    frame_year", book), "utf-8")
    wave = load_study(folder.parents[1], STUDY).wave("2024")
    assert wave.codebook["avis"] == {"1": "oui", "02": "non", "no": "nsp"}


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "waves.yaml").unlink()
    with pytest.raises(DeclarationError) as refused:
        load_study(folder.parents[1], STUDY)
    assert refused.value.key == "study-missing-file"
    assert refused.value.values["file"] == folder / "waves.yaml"


def test_a_crossing_given_twice_in_another_order_is_named_where_it_comes_back(spoilt) -> None:
    error, line = spoilt(S, "[zone, age]", "[age, zone]\n  - [zone, age]")
    assert (error.key, error.values["line"]) == ("study-crossing-twice", line + 1)


def test_a_brace_written_twice_is_one_of_the_name(folder: Path) -> None:
    text = (folder / Q).read_text("utf-8").replace("columns: note", "columns: 'note {{/10}}'")
    (folder / Q).write_text(text, "utf-8")
    columns = {one.question: one.columns for one in load_study(folder.parents[1], STUDY).items}
    assert columns["note"] == ("note {/10}",)


@pytest.mark.parametrize("file", [W, "codelists/accord.csv", F])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_file_saved_in_another_encoding_is_named_with_its_line(
    folder: Path, file: str, encoding: str
) -> None:
    text = (folder / file).read_text("utf-8").replace("Texte", "Tête").replace("Non", "Né")
    (folder / file).write_bytes(text.encode(encoding))
    line = next(at for at, one in enumerate(text.splitlines(), start=1) if not one.isascii())
    with pytest.raises(DeclarationError) as refused:
        load_study(folder.parents[1], STUDY)
    assert refused.value.key == "study-not-utf8"
    assert refused.value.values["file"] == folder / file
    assert refused.value.values["line"] == (line if encoding == "cp1252" else 1)


@pytest.mark.parametrize("file", [S, W, ZONE, F])
def test_the_mark_that_a_spreadsheet_writes_before_utf8_is_no_part_of_a_name(
    folder: Path, file: str
) -> None:
    (folder / file).write_text((folder / file).read_text("utf-8"), "utf-8-sig")
    assert load_study(folder.parents[1], STUDY).codelists["zone"].names == ("N", "S")


def test_a_codelist_without_its_codes_is_named(folder: Path) -> None:
    (folder / ZONE).unlink()
    with pytest.raises(DeclarationError) as refused:
        load_study(folder.parents[1], STUDY)
    assert refused.value.key == "study-missing-file"
    assert refused.value.values["file"] == folder / ZONE


def test_an_unknown_study_or_wave_is_a_mistake_of_usage_with_the_nearest_name(folder: Path) -> None:
    with pytest.raises(UnknownStudyError) as refused:
        load_study(folder.parents[1], "bocages")
    assert refused.value.exit_code == 2
    assert refused.value.values["nearest"] == "bocage"
    with pytest.raises(UnknownStudyError) as refused:
        load_study(folder.parents[1], STUDY).wave("2023")
    assert refused.value.values["nearest"] == "2024"
    assert "2024" in refused.value.text("fr")


def test_a_key_given_twice_is_refused_instead_of_the_last_one_winning(spoilt: Spoilt) -> None:
    error, line = spoilt(
        "questions.yaml", "    kind: single", "    kind: ordinal\n    kind: single"
    )
    assert error.key == "study-bad-yaml"
    assert error.values["line"] == line + 1
    assert "'kind' twice" in error.text("en")


def test_a_bad_list_of_the_declaration_is_named_before_any_reference_to_it(spoilt: Spoilt) -> None:
    error, line = spoilt("study.yaml", "contributors: [{title: Essai}]", "contributors: []")
    assert (error.key, error.values["key"]) == ("study-bad-value", "contributors")
    assert error.values["line"] == line


@pytest.mark.parametrize(
    ("file", "old", "new", "fr", "en"),
    [
        (Q, "    minimum: 0\n", "", "trouvé les clés title,", "found the keys title,"),
        (S, "citation: Essai", "citation: [a, b]", "une liste (2 entrées)", "a list (2 entries)"),
        (S, "citation: Essai", "citation:", "trouvé rien.", "found nothing."),
        (W, "synthetic: true", "synthetic: peut-être", "'peut-être'", "'peut-être'"),
    ],
)
def test_what_was_found_is_named_as_its_writer_would(
    spoilt: Spoilt, file: str, old: str, new: str, fr: str, en: str
) -> None:
    """`found dict` told its reader of a class of Python."""
    error, _ = spoilt(file, old, new)
    assert fr in error.text("fr") and en in error.text("en")
