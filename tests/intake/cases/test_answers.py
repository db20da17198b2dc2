"""Cases 30 to 38, 40 and 42: respondents, weights and answers."""

import dataclasses
import datetime as dt
import io
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
import xlsxwriter

from tests.intake.cases.conftest import ROOT
from tests.intake.cases.extract import HEADER, again, cell, column, extract, without


@pytest.mark.parametrize("cells", [{}, {"avis": "2"}])
def test_case_30_a_respondent_on_two_lines_is_refused_on_both(check, cells):
    found = check(extract(again(5, **cells)))
    assert {(6, "id", "unique"), (8, "id", "unique")} <= found.rejected


def test_case_30_a_copy_that_breaks_another_rule_still_takes_the_first_one_down(check):
    found = check(extract(again(5, avis="peut-être")))
    assert {(6, "id", "unique"), (8, "id", "unique"), (8, "avis", "code")} <= found.rejected


def with_an_earlier_wave(table):
    """Put another wave below this one: it numbered its own respondents from R1 too."""
    table += [row | {"jour": row["jour"].replace("2024", "2022"), "age": "O"} for row in table]


def test_case_30_ids_that_are_unique_only_within_a_wave_are_refused_in_a_file_of_two(check):
    assert check(extract()).report.is_accepted
    twice = {(line, "id", "unique") for line in range(2, 14)}
    earlier = {(line, "jour", "fieldwork") for line in range(8, 14)}
    assert check(extract(with_an_earlier_wave)).rejected == twice | earlier


@pytest.mark.parametrize(
    ("weight", "rule"),
    [("0", "weight"), ("-1", "weight"), ("lourd", "number"), ("", "required"),
     ("NaN", "number"), ("inf", "number"), ("1e12", "weight"), ("1e-12", "weight")],
)  # fmt: skip
def test_case_31_a_weight_that_is_no_positive_number_is_refused(check, weight, rule):
    assert check(extract(cell(2, "poids", weight))).rejected == {(3, "poids", rule)}


def test_case_31_extreme_weights_and_their_sum_are_warnings(check):
    found = check(extract(cell(2, "poids", "1000000")))
    assert found.report.is_accepted
    assert {"notice-weight-sum", "notice-design-effect", "notice-weight-ratio"} <= found.notices


@pytest.mark.parametrize(
    ("name", "answer", "rule"),
    [("note", "11", "range"), ("note", "-1", "range"), ("note", "huit", "number"),
     ("note", "8,5", "whole"), ("avis", "3", "code"), ("avis", "un", "code")],
)  # fmt: skip
def test_case_32_an_answer_off_the_scale_is_refused(check, name, answer, rule):
    found = check(extract(cell(2, name, answer)))
    assert found.rejected == {(3, name, rule)}
    assert found.repairs == set()


@pytest.mark.parametrize(
    ("written", "code", "is_typing"),
    [("NSP", "NSP", False), ("Ne se prononce pas", "NSP", False), ("(NR)", "NSP", False),
     ("99", "NSP", False), ("Sans réponse", "SR", False), ("Refus", "REF", False),
     (" nsp ", "NSP", True), ("Ne\u00a0se prononce  pas", "NSP", True), ("REFUS", "REF", True)],
)  # fmt: skip
def test_case_33_words_for_no_answer_are_kept_apart(check, written, code, is_typing):
    found = check(extract(cell(2, "avis", written)))
    assert found.report.is_accepted
    assert found.responses["avis"][1] == code
    assert found.repairs == ({"typing"} if is_typing else set())


def test_case_34_not_asked_is_not_the_same_as_no_answer(check):
    found = check(extract(cell(1, "raison", "")))
    assert found.responses["raison"].to_list() == ["_U", "_Z", "_Z", "b", "_Z", "_Z"]


def test_case_34_a_question_that_a_wave_did_not_ask_is_declared_as_such(check):
    for content in (extract(column("note", lambda _: "")), extract(without("note"))):
        found = check(content, wave={"not_asked": ("note",)})
        assert found.report.is_accepted, found.report.summary_text("en")
        assert set(found.responses["note"]) == {"_Z"}
    assert (2, "note", "required") in check(extract(column("note", lambda _: ""))).rejected
    assert check(extract(), wave={"not_asked": ("note",)}).rejected == {
        (line, "note", "asked") for line in range(2, 8)
    }


def test_case_35_codes_or_labels_and_a_renamed_column_are_read_by_wave(check, same):
    labels = {"1": "D'accord", "2": "Pas d'accord – du tout", "NSP": "NSP", "REF": "Refusal"}
    assert same(check(extract(column("avis", labels.__getitem__))))
    renamed = extract().replace("avis;", "Q1_opinion;", 1)
    assert same(check(renamed, wave={"renamed": {"Q1_opinion": "avis"}}))
    assert check(renamed).report.findings.error.key == "validation-columns-missing"


def test_case_35_a_wave_that_turned_its_codes_round_is_read_by_its_own_code_book(check, same):
    turned = {"1": "2", "2": "1", "NSP": "8", "REF": "9"}
    content = extract(column("avis", turned.__getitem__))
    book = {"2": "1", "1": "2", "8": "NSP", "9": "REF"}
    found = check(content, wave={"codebook": {"avis": book}})
    assert same(found)
    assert found.repairs == set()
    ages = {"Y": "1", "O": "2"}
    content = extract(column("age", ages.__getitem__))
    assert same(check(content, wave={"codebook": {"age": {"1": "Y", "2": "O"}}}))


def test_case_35_what_the_code_book_of_a_wave_does_not_list_is_refused_whatever_the_list_says(
    check,
):
    book = {"2": "1", "1": "2", "8": "NSP"}
    found = check(extract(cell(1, "avis", "8")), wave={"codebook": {"avis": book}})
    assert {(4, "avis", "code"), (6, "avis", "code")} <= found.rejected


def test_case_36_mentions_may_come_in_any_order_but_not_twice_nor_a_fourth_time(check, same):
    twice = check(extract(cell(1, "aide_1", "gaz")))
    assert twice.rejected == {(2, "aide_1", "repeated")}
    ticks = check(extract(cell(2, "manque_air", "1")))
    assert ticks.rejected == {(3, "manque_eau", "at_most")}
    fourth = check(extract(column("aide_4", lambda _: "")))
    assert same(fourth)
    assert fourth.report.findings.summary.dropped_columns == ("aide_4",)


@pytest.mark.parametrize(
    "written",
    ["Pas d’accord - du tout", "PAS D'ACCORD — DU TOUT", "Pas d'accord\u202f–\u00a0du tout"],
)
def test_case_37_apostrophes_dashes_and_accents_do_not_tell_texts_apart(check, same, written):
    found = check(extract(cell(2, "avis", written)))
    assert same(found)
    assert found.repairs == {"typing"}


def test_case_37_composed_and_decomposed_accents_are_one(check):
    found = check(extract(cell(2, "avis", unicodedata.normalize("NFD", "Sans réponse"))))
    assert found.responses["avis"][1] == "SR"


@pytest.mark.parametrize("written", ["5-oct", "2024-10-05", "05/10/2024", "oct-05"])
def test_case_38_a_size_class_that_became_a_date_is_refused(check, written):
    assert (2, "taille", "code") in check(extract(cell(1, "taille", written))).rejected


def test_case_38_a_size_class_that_a_workbook_holds_as_a_date_is_refused(check):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Base")
    for number, line in enumerate(extract().splitlines()):
        sheet.write_row(number, 0, line.split(";"))
    day = book.add_format({"num_format": "d-mmm"})
    sheet.write_datetime(1, HEADER.index("taille"), dt.datetime(2024, 10, 5), day)
    book.close()
    assert check(stream.getvalue(), format="xlsx").rejected == {(2, "taille", "code")}


def test_case_40_a_date_outside_the_fieldwork_is_refused_and_a_number_of_rows_noted(check):
    found = check(extract(cell(1, "jour", "2024-12-01"), cell(2, "jour", "05/11/2024")))
    assert found.rejected == {(2, "jour", "fieldwork")}
    found = check(extract(lambda table: table.pop()))
    assert found.report.is_accepted
    assert "notice-respondents" in found.notices


def test_case_42_an_answer_from_someone_who_was_not_asked_is_refused(check):
    assert check(extract(cell(2, "raison", "a"))).rejected == {(3, "raison", "asked")}


def published_elsewhere(folder, shares):
    """Return the study with published shares of one question, declared in `folder`."""
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    lines = [
        "figure,wave,question,domain,actor,answer,measure,breakdown,code,published,decimals,"
        "tolerance,kind,source,known_reason",
        *(
            f"avis-{answer},2024,avis,_Z,_Z,{answer},share,,,{share},2,,evidence,Presse,"
            for answer, share in shares.items()
        ),
    ]
    path = folder / "schemas" / "cases" / "published-figures.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return lambda study: dataclasses.replace(study, root=folder)


@pytest.mark.parametrize(
    ("shares", "is_said"), [({"1": "0.68", "2": "0.68"}, True), ({"1": "0.67", "2": "0.33"}, False)]
)
def test_case_41_published_figures_that_do_not_add_up_are_called_inconsistent(
    check, tmp_path, shares, is_said
):
    found = check(extract(), study=published_elsewhere(tmp_path / "root", shares))
    assert found.report.is_accepted
    assert ("notice-published" in found.notices) is is_said
    assert (" 136 %" in found.report.html_path.read_text("utf-8")) is is_said


def test_each_of_the_42_cases_has_a_test():
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert {int(number) for number in re.findall(r"def test_case_(\d\d)_", text)} == set(range(43))
