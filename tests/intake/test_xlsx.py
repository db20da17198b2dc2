"""Workbooks: which sheet, which cells, and what a workbook may not hold."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import xlsxwriter

from pipelines.intake import xlsx_scan

Fill = Callable[[xlsxwriter.Workbook], None]


def workbook(fill: Fill) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    fill(book)
    book.close()
    return stream.getvalue()


def sheet_of(*rows: list[object], **options: object) -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Données")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return workbook(fill)


def test_each_cell_arrives_as_a_person_sees_it(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "commune", "poids", "oui", "jour", "heure", "calcul"])
        sheet.write_row(1, 0, ["1", "01001", 0.1234567891, True])
        sheet.write_datetime(1, 4, dt.datetime(2024, 11, 5), book.add_format({"num_format": "d"}))
        sheet.write_datetime(
            1, 5, dt.datetime(2024, 11, 5, 9, 30), book.add_format({"num_format": "d hh:mm"})
        )
        sheet.write_formula(1, 6, "=1+1", None, 2)
        sheet.write_row(3, 0, [2, 1001, 1e15, False, "x", "", -0.5])

    extract, rows = read(workbook(fill), format="xlsx")
    assert rows.rows() == [
        (2, "1", "01001", "0.1234567891", "TRUE", "2024-11-05", "2024-11-05 09:30:00", "2"),
        (4, "2", "1001", "1000000000000000", "FALSE", "x", "", "-0.5"),
    ]
    assert {note.key for note in extract.notes} == {"note-formulas", "note-blank-lines"}


def test_a_number_beside_texts_with_a_decimal_comma_is_the_number_that_it_is(read):
    rows = read(sheet_of(["poids"], [1.5], ["1,5"], ["1.5"]), format="xlsx", decimal=",")[1]
    assert rows["poids"].to_list() == ["1,5", "1,5", "1.5"]  # the last is no number: as in a CSV


def test_title_label_and_footer_rows_are_no_respondents_and_are_listed(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.merge_range("A1:B1", "Sondage confidentiel")
        for row, cells in enumerate(
            [["id", "a"], ["Numéro", "Réponse"], ["1", "x"], ["2", "y"], ["Base : 2"], ["Source"]],
            start=1,
        ):
            sheet.write_row(row, 0, cells)

    extract, rows = read(workbook(fill), format="xlsx", title_rows=1, label_rows=1, footer="Base")
    assert rows.rows() == [(4, "1", "x"), (5, "2", "y")]
    assert [note.values for note in extract.notes] == [
        {"count": 1}, {"count": 1}, {"count": 2, "line": 6}
    ]  # fmt: skip


def test_a_table_that_starts_away_from_the_corner_keeps_its_row_numbers(read):
    def fill(book):
        sheet = book.add_worksheet()
        for row, cells in enumerate([["id", "a"], ["1", "x"]], start=3):
            sheet.write_row(row, 2, cells)

    _, rows = read(workbook(fill), format="xlsx")
    assert rows.rows() == [(5, "1", "x")]


def two_sheets(book):
    for name, value in (("Lisez-moi", "non"), ("Base", "oui"), ("Cachée", "non")):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["id", "a"])
        sheet.write_row(1, 0, ["1", value])
        if name == "Cachée":
            sheet.hide()


def test_the_declared_sheet_is_read_and_the_others_listed(read):
    extract, rows = read(workbook(two_sheets), format="xlsx", sheet="Base")
    assert rows.rows() == [(2, "1", "oui")]
    assert extract.notes[0].values["sheets"] == "Lisez-moi, Base, Cachée (*)"


def test_several_sheets_without_a_declared_one_are_refused(refused):
    assert refused(workbook(two_sheets), format="xlsx").rule == "intake-sheet-undeclared"


def test_a_declared_sheet_that_is_not_there_is_refused(refused):
    error = refused(workbook(two_sheets), format="xlsx", sheet="Feuil1")
    assert error.rule == "intake-sheet-missing"


def test_a_formula_that_was_never_calculated_is_refused_with_its_cell(refused):
    book = openpyxl.Workbook()
    book.active.append(["id", "a"])
    book.active.append(["1", "=1+1"])
    stream = io.BytesIO()
    book.save(stream)
    error = refused(stream.getvalue(), format="xlsx")
    assert (error.rule, error.values["cells"], error.values["line"]) == (
        "intake-formula-uncalculated", "B2", 2
    )  # fmt: skip


def test_an_error_cell_is_refused_with_its_cell(refused):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "a"])
        sheet.write_row(1, 0, ["1", "x"])
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")

    error = refused(workbook(fill), format="xlsx")
    assert (error.rule, error.values["cells"]) == ("intake-cell-error", "B3")


def test_merged_cells_among_the_answers_are_refused(refused):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "a"])
        sheet.write_row(1, 0, ["1", "x"])
        sheet.merge_range("B3:B4", "y")

    error = refused(workbook(fill), format="xlsx")
    assert (error.rule, error.values["cells"]) == ("intake-merged", "B3:B4")


def test_a_value_beside_the_header_is_refused(refused):
    error = refused(sheet_of(["id", "a"], ["1", "x"], ["2", "y", "z"]), format="xlsx")
    assert (error.rule, error.values["line"]) == ("intake-beyond-header", 3)


def test_a_title_that_is_not_declared_is_told_with_the_key_that_declares_it(refused):
    """The remedy was that of a CSV: texts in quotes."""

    def fill(book):
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "Enquête 2024")
        for row, cells in enumerate([["id", "a", "b"], ["1", "x", "y"]], start=1):
            sheet.write_row(row, 0, cells)

    error = refused(workbook(fill), format="xlsx")
    assert (error.rule, error.values["line"]) == ("intake-beyond-header", 2)
    for lang in ("fr", "en"):
        assert "1" in error.text(lang) and "`title_rows`" in error.text(lang)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (sheet_of(["id", "a"]), "intake-no-rows"),
        (sheet_of(), "intake-no-header"),
        (sheet_of(["id", "id"], ["1", "2"]), "intake-header-twice"),
        (b"PK\x03\x04 pas un classeur", "intake-damaged"),
        (sheet_of(["id", "a"], ["1", "x"])[:-100], "intake-damaged"),
        (b"id,a\n1,x\n", "intake-damaged"),
    ],
)
def test_what_is_no_table_is_refused(refused, content, rule):
    assert refused(content, format="xlsx").rule == rule


def repacked(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", 8) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == part else data)
    return stream.getvalue()


def test_a_file_that_unpacks_beyond_the_limit_is_refused(refused, monkeypatch):
    monkeypatch.setattr(xlsx_scan, "MAXIMUM_BYTES", 10 << 20)
    bomb = repacked(
        sheet_of(["id", "a"], ["1", "x"]), "docProps/app.xml", lambda data: data + b" " * (11 << 20)
    )
    assert len(bomb) < 30_000
    assert refused(bomb, format="xlsx").rule == "intake-xlsx-size"


def test_one_cell_at_the_far_corner_is_refused_before_memory_is_taken(refused):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "a"])
        sheet.write(1_048_575, 16_383, "x")

    assert refused(workbook(fill), format="xlsx").rule == "intake-xlsx-cells"


def test_a_workbook_that_declares_entities_is_refused(refused):
    content = repacked(
        sheet_of(["id", "a"], ["1", "x"]),
        "xl/workbook.xml",
        lambda data: data.replace(
            b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n', 1
        ),
    )  # fmt: skip
    assert refused(content, format="xlsx").rule == "intake-damaged"
