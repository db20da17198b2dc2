"""One study in five formats: each gives the responses of the CSV, to the byte."""

import datetime as dt
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest
import xlsxwriter

from pipelines import PROJECT
from pipelines.intake import newest_delivery, read_extract
from pipelines.study import ExtractFormat, Study, load_study
from pipelines.validation import ValidationSummary
from pipelines.validation.errors import LabelsError
from pipelines.validation.validate import validate

STUDY, WAVE = "phare-institutions", "2016"
NUMBERS = {"poids", "duree_secondes", "confiance_alliances"}
DATE = "date_entretien"


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(PROJECT, STUDY)


@pytest.fixture(scope="module")
def received(study: Study, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The shipped extract as text, one column per column."""
    raw = tmp_path_factory.mktemp("raw") / "raw.parquet"
    extract = newest_delivery(PROJECT, STUDY, WAVE).extract
    read_extract(extract, study.wave(WAVE).extract, raw)
    return pl.read_parquet(raw).drop("_line")


def number(text: str) -> float | None:
    """Return a number as a statistical package holds it, None for a word among numbers."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def as_workbook(rows: pl.DataFrame, path: Path) -> None:
    """Write weights, durations and scores as numbers, dates as dates, the rest as text."""
    book = xlsxwriter.Workbook(path)
    sheet, day = book.add_worksheet("Base"), book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, rows.columns)
    for line, row in enumerate(rows.iter_rows(named=True), start=1):
        for place, (name, text) in enumerate(row.items()):
            value = number(text) if name in NUMBERS else None
            if name == DATE and text:
                sheet.write_datetime(line, place, date(text), day)
            elif value is not None:
                sheet.write_number(line, place, value)
            elif text:
                sheet.write_string(line, place, text)
    book.close()


def date(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%d/%m/%Y" if "/" in text else "%Y-%m-%d")


def typed(rows: pl.DataFrame) -> pd.DataFrame:
    """Return columns of numbers as numbers, dates as dates, the rest as text."""
    frame = pd.DataFrame(rows.to_dict(as_series=False))
    for name in rows.columns:
        numbers = [number(text) for text in rows[name]]
        if name in NUMBERS and None not in numbers:
            frame[name] = numbers
    frame[DATE] = [date(text).date() for text in rows[DATE]]
    return frame


def as_spss(rows: pl.DataFrame, path: Path) -> None:
    pyreadstat.write_sav(typed(rows), path)


def as_stata(rows: pl.DataFrame, path: Path) -> None:
    """Write what the SPSS file holds under names that Stata admits (32 characters at most)."""
    pyreadstat.write_dta(typed(rows).rename(columns=short_names(rows)), path)


def short_names(rows: pl.DataFrame) -> dict[str, str]:
    return {name: f"v{place}" for place, name in enumerate(rows.columns)}


def as_parquet(rows: pl.DataFrame, path: Path) -> None:
    """Write weights and durations as numbers, dates as dates, the rest as text."""
    rows.with_columns(
        pl.col("poids", "duree_secondes").str.replace(",", ".").cast(pl.Float64),
        pl.Series(DATE, [date(text).date() for text in rows[DATE]]),
    ).write_parquet(path)


def responses(
    study: Study, extract: Path, fmt: ExtractFormat, folder: Path,
    renamed: dict[str, str] | None = None,
) -> bytes:  # fmt: skip
    folder.mkdir()
    raw = folder / "raw.parquet"
    read_extract(extract, fmt, raw)
    wave = study.wave(WAVE).model_copy(update={"extract": fmt, "renamed": renamed or {}})
    validate(study, wave, raw, folder)
    return (folder / "responses.parquet").read_bytes()


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    ("fmt", "write"),
    [("xlsx", as_workbook), ("sav", as_spss), ("dta", as_stata), ("parquet", as_parquet)],
)
def test_each_format_gives_the_same_responses_whatever_mark_its_texts_have(
    study, received, tmp_path, fmt, write, decimal
):
    path = tmp_path / f"extract.{fmt}"
    write(received, path)
    shipped = newest_delivery(PROJECT, STUDY, WAVE).extract
    expected = responses(study, shipped, study.wave(WAVE).extract, tmp_path / "csv")
    names = {new: old for old, new in short_names(received).items()} if fmt == "dta" else {}
    declared = ExtractFormat(format=fmt, decimal=decimal)
    found = responses(study, path, declared, tmp_path / fmt, names)
    assert found == expected


def test_labels_of_an_spss_file_that_turn_codes_round_are_refused(study, received, tmp_path):
    scale = study.codelists[str(study.questions["alliances_innovation"].scale)]
    first, second = scale.codes[0], scale.codes[1]
    column = str(study.questions["alliances_innovation"].columns)
    frame = pd.DataFrame(received.to_dict(as_series=False))
    path = tmp_path / "x.sav"
    pyreadstat.write_sav(
        frame, path,
        variable_value_labels={column: {first.code: second.label.fr, "inconnu": "autre"}},
    )  # fmt: skip
    fmt = ExtractFormat(format="sav", encodings=("utf-8",), decimal=",")
    with pytest.raises(LabelsError) as caught:
        responses(study, path, fmt, tmp_path / "sav")
    assert caught.value.values["column"] == column


def test_codes_of_an_spss_file_are_read_by_its_own_labels_and_listed(study, received, tmp_path):
    name = str(study.questions["alliances_innovation"].columns)
    frame = pd.DataFrame(received.to_dict(as_series=False))
    labels = {float(place): text for place, text in enumerate(sorted(set(frame[name])), start=101)}
    codes = {text: code for code, text in labels.items()}
    frame[name] = [codes[text] for text in frame[name]]
    path = tmp_path / "x.sav"
    pyreadstat.write_sav(frame, path, variable_value_labels={name: labels})
    fmt = ExtractFormat(format="sav", encodings=("utf-8",), decimal=",")
    found = responses(study, path, fmt, tmp_path / "sav")
    shipped = newest_delivery(PROJECT, STUDY, WAVE).extract
    assert found == responses(study, shipped, study.wave(WAVE).extract, tmp_path / "csv")
    summary = ValidationSummary.load(tmp_path / "sav" / "validation.json")
    listed = {one.found: one.replaced for one in summary.repairs if one.rule == "label"}
    assert listed == {str(int(code)): text for code, text in labels.items()}
