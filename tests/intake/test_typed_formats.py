"""Parquet, SPSS and Stata: typed cells become the texts a CSV would have."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest


def test_parquet_cells_become_text(read, tmp_path):
    table = pa.table(
        {
            "id": ["1", None],
            "entier": [1, None],
            "nombre": [1001.0, 0.1],
            "exact": [Decimal("1.50"), Decimal("2.00")],
            "jour": [dt.date(2024, 11, 5), None],
            "oui": [True, False],
            "code": pa.array(["a", "b"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    _, rows = read(tmp_path / "x.parquet", format="parquet")
    assert rows.rows() == [
        (2, "1", "1", "1001", "1.50", "2024-11-05", "TRUE", "a"),
        (3, "", "", "0.1", "2.00", "", "FALSE", "b"),
    ]


def test_a_parquet_time_at_midnight_on_every_row_is_a_day(read, tmp_path):
    day, hour = dt.datetime(2024, 11, 5), dt.datetime(2024, 11, 5, 10)
    table = pa.table({"jour": [day, None], "heure": [day, hour]})
    pq.write_table(table, tmp_path / "x.parquet")
    _, rows = read(tmp_path / "x.parquet", format="parquet")
    assert rows["jour"].to_list() == ["2024-11-05", ""]
    assert rows["heure"][1].startswith("2024-11-05 10:00")


def test_numbers_are_written_with_the_mark_that_texts_are_read_with(read, tmp_path):
    numbers = {"nombre": [0.5, 1e-7], "exact": [Decimal("1.50"), Decimal("2.00")]}
    pq.write_table(pa.table(numbers), tmp_path / "x.parquet")
    _, rows = read(tmp_path / "x.parquet", format="parquet", decimal=",")
    assert rows.rows() == [(2, "0,5", "1,50"), (3, "0,0000001", "2,00")]


def test_a_nested_parquet_column_is_refused(refused, tmp_path):
    pq.write_table(pa.table({"id": ["1"], "x": [[{"a": 1}]]}), tmp_path / "x.parquet")
    error = refused(tmp_path / "x.parquet", format="parquet")
    assert (error.rule, error.values["column"]) == ("intake-column-type", "x")


@pytest.mark.parametrize("fmt", ["parquet", "sav", "dta"])
def test_a_damaged_file_is_refused(refused, fmt):
    assert refused(b"ni PAR1 ni $FL2, rien de tel", format=fmt).rule == "intake-damaged"


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["a1", "a2", "a3"],
            "q1": [1.0, 99.0, None],
            "poids": [0.1, 1001.0, 2.5],
            "jour": [dt.date(2024, 11, 5), None, dt.date(2024, 11, 6)],
        }
    )


ROWS = [
    (2, "a1", "1", "0.1", "2024-11-05"),
    (3, "a2", "99", "1001", ""),
    (4, "a3", "", "2.5", "2024-11-06"),
]


def test_spss_codes_arrive_as_stored_with_user_missing_ones_and_labels(read, tmp_path):
    path = tmp_path / "x.sav"
    pyreadstat.write_sav(
        frame(), path,
        variable_value_labels={"q1": {1: "D'accord", 99: "NSP"}},
        missing_ranges={"q1": [99]},
    )  # fmt: skip
    extract, rows = read(path, format="sav")
    assert rows.rows() == ROWS
    assert extract.labels == {"q1": {"1": "D'accord", "99": "NSP"}}


def test_stata_codes_arrive_as_stored(read, tmp_path):
    path = tmp_path / "x.dta"
    pyreadstat.write_dta(frame(), path, variable_value_labels={"q1": {1: "D'accord"}})
    extract, rows = read(path, format="dta")
    assert rows.rows() == ROWS
    assert extract.labels == {"q1": {"1": "D'accord"}}


def test_rows_beyond_one_batch_keep_their_numbers(read, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.intake.statistical.BATCH_ROWS", 7)
    pyreadstat.write_sav(pd.DataFrame({"id": [str(n) for n in range(50)]}), tmp_path / "x.sav")
    _, rows = read(tmp_path / "x.sav", format="sav")
    assert rows.rows() == [(n + 2, str(n)) for n in range(50)]


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"PK\x03\x04", "xlsx"), (b"$FL2@(#)", "sav"), (b"<stata_dta><header>", "dta"),
     (b"PAR1", "parquet"), (b"\xd0\xcf\x11\xe0\xa1\xb1", "xls")],
)  # fmt: skip
def test_a_file_of_another_format_than_declared_is_called_by_its_name(refused, content, found):
    error = refused(content, format="csv")
    assert (error.rule, error.values["found"]) == ("intake-other-format", found)
