"""The workbook: the same figures as the tables, for who works in a spreadsheet."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from pipelines.release import ReleaseOutcome, workbook
from pipelines.study import Study
from tests.release.made_up_release import changed_value, published


def test_the_workbook_holds_a_cover_notes_and_every_table(first: ReleaseOutcome) -> None:
    book = load_workbook(first.path / "tables.xlsx")
    names = [path.stem for path in (first.path / "data").glob("*.parquet")]
    assert book.sheetnames[:2] == ["Présentation - Cover", "Notes"]
    assert set(book.sheetnames[2:]) == set(names)
    cover = {row[0].value: row[1].value for row in book["Présentation - Cover"].iter_rows()}
    assert "no row describes a real respondent" in cover["Warning"]
    assert "0.1.0" in cover["Version"]
    for sheet in book.worksheets[2:]:
        assert len(sheet.tables) == 1 and not sheet.merged_cells.ranges
        assert sheet.freeze_panes == "A2"  # names of columns stay in sight


def test_its_figures_are_those_of_the_parquet_file_and_codes_stay_text(
    first: ReleaseOutcome,
) -> None:
    sheet = load_workbook(first.path / "tables.xlsx")["estimates"]
    header, *rows = sheet.iter_rows(values_only=True)
    table = pq.read_table(first.path / "data" / "estimates.parquet").to_pylist()
    expected = [
        tuple(
            value if isinstance(value, str) or value is None else float(value)
            for value in row.values()
        )
        for row in table
    ]
    assert list(header) == list(table[0])
    assert [tuple(float(v) if isinstance(v, int) else v for v in row) for row in rows] == expected
    assert isinstance(sheet.cell(2, header.index("answer") + 1).value, str)


def test_a_table_too_long_for_a_spreadsheet_is_named_and_left_out(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAXIMUM_ROWS", 5)
    path: Path = published(study).path
    book = load_workbook(path / "tables.xlsx")
    assert "estimates" not in book.sheetnames
    cover = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows()}
    assert "see the CSV" in cover["estimates"]


def test_a_new_version_has_a_new_workbook(study: Study, first: ReleaseOutcome) -> None:
    second = published(study, changed_value, erratum="x")
    assert (second.path / "tables.xlsx").read_bytes() != (first.path / "tables.xlsx").read_bytes()
