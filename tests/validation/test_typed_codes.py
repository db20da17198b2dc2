"""Codes that are numbers: typed in a file they are what they are, whatever mark its texts have."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest
import xlsxwriter

from pipelines.intake import read_extract
from pipelines.study import ExtractFormat, Study
from tests.validation.conftest import GOOD, Judged, judged, replaced

CODES = "code,label_fr,label_en\n0.5,Demie,Half\n1.5,Une et demie,One and a half\n2,Deux,Two\n"
TYPED = [0.5, 1.5, 2.0, 0.5]
ROWS = [{**GOOD, "id": f"R{number}"} for number in range(1, 5)]


@pytest.fixture
def study(declare: Callable[..., Study], root: Path) -> Study:
    """Return the small study with a column `dose` whose codes are decimals."""
    lists = root / "schemas" / "bocage" / "codelists"
    (lists / "dose.csv").write_text(CODES, "utf-8")
    (lists / "dose.yaml").write_text((lists / "zone.yaml").read_text("utf-8"), "utf-8")
    column = "  dose: {role: profile, codelist: dose}\n"
    return declare("study.yaml", "  zone: {role: profile}\n", "  zone: {role: profile}\n" + column)


def read(study: Study, path: Path, codebook: dict[str, dict[str, str]] | None = None) -> Judged:
    declared = ExtractFormat(format=path.suffix[1:], decimal=",", delimiters=(";",))
    raw = path.with_name("raw.parquet")
    read_extract(path, declared, raw)
    changes = {"extract": declared, "codebook": codebook or {}}
    return judged(study, replaced(study.wave("2024"), changes), raw, path.parent)


def as_workbook(frame: pd.DataFrame, path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([frame.columns, *frame.to_numpy().tolist()]):
            sheet.write_row(line, 0, row, None)


def as_spss(frame: pd.DataFrame, path: Path) -> None:
    labels = {0.5: "Demie", 1.5: "Une et demie"}
    pyreadstat.write_sav(frame, path, variable_value_labels={"dose": labels})


def as_parquet(frame: pd.DataFrame, path: Path) -> None:
    pl.from_pandas(frame).write_parquet(path)


@pytest.mark.parametrize(
    ("fmt", "write"), [("xlsx", as_workbook), ("sav", as_spss), ("parquet", as_parquet)]
)
def test_a_typed_decimal_is_the_code_that_it_is_and_no_repair(
    study: Study, tmp_path: Path, fmt: str, write: Callable[[pd.DataFrame, Path], None]
) -> None:
    path = tmp_path / f"extract.{fmt}"
    write(pd.DataFrame(ROWS).assign(poids="1,5", dose=TYPED), path)
    found = read(study, path)
    assert found.codes("dose") == ["0.5", "1.5", "2", "0.5"] and not found.rejected
    assert not [one for one in found.summary.repairs if one.column == "dose"]


def test_a_text_with_the_declared_mark_is_that_code_too_and_any_other_is_refused(
    study: Study, tmp_path: Path
) -> None:
    texts = ["0,5", " 0,5", "0.5", "0,50"]
    path = tmp_path / "extract.csv"
    rows = pl.DataFrame(ROWS).with_columns(poids=pl.lit("1,5"), dose=pl.Series(texts))
    rows.write_csv(path, separator=";")
    found = read(study, path)
    assert found.codes("dose") == ["0.5"] * 3
    assert [(line, column, text) for line, column, text, _ in found.rejected] == [
        (5, "dose", "0,50")
    ]
    mended = [one for one in found.summary.repairs if one.column == "dose"]
    assert [(one.rule, one.found) for one in mended] == [("typing", " 0,5")]


@pytest.mark.parametrize("half", ["0.5", "0,5"])
def test_a_code_book_names_a_typed_decimal_with_either_mark(
    study: Study, tmp_path: Path, half: str
) -> None:
    path = tmp_path / "extract.parquet"
    frame = pd.DataFrame(ROWS).assign(poids=1.5, dose="0.5", avis=0.5)
    as_parquet(frame, path)
    found = read(study, path, {"avis": {half: "oui"}})
    assert found.codes("avis") == ["oui"] * 4
