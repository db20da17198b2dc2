"""Cases 1 to 18 and 39: what a file is, before what its cells mean."""

import codecs
import io

import pytest
import xlsxwriter

from pipelines.texts import LANGUAGES
from pipelines.validation.report_questions import questions_for
from tests.intake.cases import extract as sound
from tests.intake.cases.extract import cell, column, extract, without


def test_case_00_the_sound_extract_is_accepted_unchanged(check):
    found = check(extract())
    assert found.report.is_accepted
    assert (found.repairs, found.notices, found.rejected) == (set(), {"notice-margin"}, set())


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_case_01_a_declared_single_byte_encoding_is_read(check, same, encoding):
    found = check(extract().encode(encoding), encodings=("utf-8", encoding))
    assert same(found)
    assert found.report.findings.extract.detected["encoding"] != "utf-8"


def test_case_01_an_encoding_that_is_not_declared_is_refused(check):
    found = check(extract().encode("cp1252"))
    assert found.report.findings.error.key == "intake-encoding-none"


def test_case_02_a_byte_order_mark_never_enters_the_first_name(check, same):
    found = check(codecs.BOM_UTF8 + extract().encode())
    assert same(found)
    assert found.report.findings.extract.columns[0] == "id"
    assert found.report.findings.extract.detected["byte_order_mark"] == "true"


def test_case_03_utf_16_is_read_when_declared_and_else_refused_by_name(check, same):
    content = extract().replace(";", "\t").encode("utf-16")
    assert same(check(content, encodings=("utf-8", "utf-16"), delimiters=("\t",)))
    found = check(content, delimiters=("\t",))
    assert found.report.findings.error.values["looks"] == "utf_16"


def test_case_04_two_encodings_in_one_file_are_refused_with_the_line(check):
    lines = extract().splitlines(keepends=True)
    mixed = "".join(lines[:6]).encode("cp1252") + lines[6].encode()
    error = check(mixed, encodings=("utf-8", "cp1252")).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-two-encodings", 7)


def test_case_04_a_file_wholly_in_another_encoding_is_not_taken_for_two(check):
    error = check(extract().encode(), encodings=("cp1252",)).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-utf8-undeclared", 2)


def test_case_05_text_encoded_twice_is_refused_with_the_line(check):
    twice = "L'Abergement-Clémenciat".encode().decode("cp1252")
    error = check(extract(cell(1, "nom", twice))).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-encoded-twice", 2)


def test_case_06_a_delimiter_is_taken_from_the_declared_list_alone(check, same):
    assert same(check(extract(), delimiters=("\t", ";")))
    assert check(extract(), delimiters=("\t",)).report.findings.error.key == "intake-delimiter-none"


def test_case_07_a_decimal_comma_and_spaces_are_read_in_numbers_only(check, same):
    found = check(extract(cell(1, "depense", "1\u202f234,5"), cell(4, "depense", "5\u00a0000")))
    assert same(found)
    assert found.repairs == {"spaces"}
    found = check(extract(), decimal=".")
    assert (2, "poids", "number") in found.rejected


def test_case_08_line_ends_of_carriage_returns_alone_are_read(check, same):
    found = check(extract().replace("\n", "\r"))
    assert same(found)
    assert found.report.findings.extract.detected["line_ends"] == "CR"


def test_case_09_title_rows_are_passed_over_when_declared_and_else_refused_at_line_1(check, same):
    content = "Sondage auprès des maires\nDocument confidentiel\n" + extract()
    found = check(content, title_rows=2)
    assert same(found)
    assert found.repairs == {"note-title-rows"}
    assert check(content).report.findings.error.values["line"] == 1


def test_case_10_label_rows_are_passed_over_when_declared_and_else_refused(check, same):
    header, *rows = extract().splitlines()
    labels = ";".join(f"Libellé de {name}" for name in header.split(";"))
    content = "\n".join([header, labels, *rows]) + "\n"
    found = check(content, label_rows=1)
    assert same(found)
    assert found.repairs == {"note-label-rows"}
    assert (2, "avis", "code") in check(content).rejected


def test_case_11_footer_rows_are_no_respondents(check, same):
    content = extract() + "Base : 6\nSource : institut\n"
    found = check(content, footer="Base")
    assert same(found)
    assert found.repairs == {"note-footer"}
    error = check(content).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-ragged", 8)
    total = "Total" + ";" * extract().split("\n")[0].count(";") + "\n"
    assert (8, "commune", "required") in check(extract() + total).rejected


def xlsx(*below: list[str]) -> bytes:
    """Return the sound extract as a workbook, with rows below it."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        rows = [line.split(";") for line in extract().splitlines()]
        for at, cells in enumerate([*rows, [], *below]):
            sheet.write_row(at, 0, cells)
    return stream.getvalue()


def test_case_11_a_footer_that_is_not_declared_is_told_as_one_and_asked_of_nobody(check):
    """It was one question to the institute for each column that must be filled."""
    content, sound_one = xlsx(["Base", "6"], ["Source : institut"]), check(extract()).report
    report = check(content, format="xlsx").report
    error = report.findings.error
    assert (error.key, error.values) == ("validation-footer", {"count": 2, "line": 9})
    for lang in LANGUAGES:
        assert "`footer`" in report.summary_text(lang)
        asked = questions_for(report.findings, lang)
        assert asked == questions_for(sound_one.findings, lang)
    assert check(content, format="xlsx", footer="Base").report.is_accepted


def test_case_11_a_footer_hides_no_other_refusal(check):
    stream = xlsx(["R7", *[""] * 8, "Y", "9"], ["Source : institut"])
    findings = check(stream, format="xlsx").report.findings
    assert findings.error.key == "validation-refused"
    assert findings.notices[0].key == "validation-footer"
    assert {one.lines for one in findings.refusals} == {(9,)}


def test_case_12_columns_of_the_same_name_are_refused(check):
    content = extract().replace("depense;", "note;", 1)
    error = check(content).report.findings.error
    assert (error.key, error.values["columns"]) == ("intake-header-twice", "note")


def test_case_13_order_is_free_absence_is_refused(check, same):
    assert same(check(extract(header=sound.HEADER[::-1])))
    error = check(extract(without("avis"))).report.findings.error
    assert (error.key, error.values["missing"]) == ("validation-columns-missing", "avis")
    assert error.text("en").startswith("cases, 2024: ")


def test_case_14_undeclared_columns_are_left_aside_and_listed(check, same):
    found = check(extract(column("operateur", lambda _: "x")))
    assert same(found)
    assert found.report.findings.summary.dropped_columns == ("operateur",)
    assert "operateur" in found.report.html_path.read_text("utf-8")


def test_case_15_identifiers_are_not_read_and_stand_in_no_file(check, same):
    found = check(extract(column("telephone", lambda _: sound.E_MAIL)))
    assert same(found)
    assert "courriel" not in found.responses.columns
    check(extract(cell(3, "avis", sound.E_MAIL), cell(4, "age", sound.OPEN_TEXT * 3)))


def test_case_16_a_formula_is_defused_where_a_spreadsheet_may_open_it(check):
    found = check(extract(cell(2, "avis", "=1+1"), cell(3, "age", "@x")))
    assert {(3, "avis", "code"), (4, "age", "code")} <= found.rejected
    text = found.report.rejected_csv.read_text("utf-8")
    assert "'=1+1" in text and ",=1+1" not in text
    assert ",=" not in text and ",@" not in text


def test_case_17_ragged_rows_and_open_quotes_are_refused_with_the_line(check):
    lines = extract().splitlines(keepends=True)
    ragged = "".join([*lines[:3], lines[3].replace("Ajaccio", "Ajac;cio"), *lines[4:]])
    error = check(ragged).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-ragged", 4)
    error = check(extract().replace("Ajaccio", '"Ajaccio')).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-quote-open", 4)
    error = check(extract().replace("Ajaccio", 'Aja"ccio"')).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-quote-misplaced", 4)


def test_case_17_a_file_cut_in_its_last_line_is_called_so(check):
    error = check(extract()[:-60]).report.findings.error
    assert (error.key, error.values["line"]) == ("intake-truncated", 7)


@pytest.mark.parametrize(
    ("content", "rule"),
    [("", "intake-empty"), ("\n", "intake-no-header"),
     (extract().split("\n")[0] + "\n", "intake-no-rows")],
)  # fmt: skip
def test_case_18_an_empty_file_or_a_header_alone_is_refused(check, content, rule):
    assert check(content).report.findings.error.key == rule


def workbook(sheets: dict[str, str], formula: str | None = None, value: object = "") -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    for name, text in sheets.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(text.splitlines()):
            sheet.write_row(number, 0, line.split(";"))
        if formula:
            sheet.write_formula(1, 10, formula, None, value)
        if name == "Cachée":
            sheet.hide()
    book.close()
    return stream.getvalue()


def test_case_39_the_sheet_is_declared_and_formulas_have_values(check, same):
    both = workbook({"Notice": "rien", "Cachée": extract()})
    assert same(check(both, format="xlsx", sheet="Cachée"))
    error = check(both, format="xlsx").report.findings.error
    assert (error.key, error.values["sheets"]) == ("intake-sheet-undeclared", "Notice, Cachée (*)")
    calculated = check(workbook({"Base": extract()}, '="1"', "1"), format="xlsx")
    assert same(calculated)
    assert [one.key for one in calculated.report.findings.extract.notes] == ["note-formulas"]
    error = check(workbook({"Base": extract()}, "=1/0", "#DIV/0!"), format="xlsx")
    assert error.report.findings.error.values["cells"] == "K2"
