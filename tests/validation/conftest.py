"""Fixtures of the validation tests: rows as an institute sends them, and what validating gives."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.study import Study, Wave, load_study
from pipelines.validation import ValidationSummary
from pipelines.validation.errors import WaveRefusedError
from pipelines.validation.validate import validate
from tests.study.declared import STUDY, write_declaration

Row = Mapping[str, str]
GOOD: Row = {
    "id": "R1", "poids": "1.5", "insee": "01004", "zone": "N", "classe": "Y",
    "region_dite": "84", "taille_dite": "2000-19999", "jour": "2024-01-15", "duree": "600",
    "avis": "Oui", "raison_cout": "1", "raison_temps": "0", "raison_autre": "0",
    "eau_ville": "2", "eau_etat": "1", "bois_ville": "0", "bois_etat": "NSP",
    "citee_1": "Coût", "citee_2": "", "note": "7", "propos": "secret",
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What a validation left behind."""

    summary: ValidationSummary
    responses: list[dict[str, Any]]
    rejected: list[tuple[int, str, str, str]]
    refused: WaveRefusedError | None

    def codes(self, column: str) -> list[Any]:
        """Return a column of the responses."""
        return [row[column] for row in self.responses]

    @property
    def rules(self) -> set[tuple[str, str]]:
        """Return the (column, rule) pairs that were broken."""
        return {(column, rule) for _, column, _, rule in self.rejected}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root with the small valid study."""
    write_declaration(tmp_path)
    return tmp_path


@pytest.fixture
def declare(root: Path) -> Callable[..., Study]:
    """Load the small study with texts of its files replaced: `declare("study.yaml", old, new)`."""

    def declaring(*changes: str) -> Study:
        for file, old, new in zip(changes[::3], changes[1::3], changes[2::3], strict=True):
            path = root / "schemas" / STUDY / file
            text = path.read_text("utf-8")
            assert old in text
            path.write_text(text.replace(old, new, 1), "utf-8")
        return load_study(root, STUDY)

    return declaring


@pytest.fixture
def judge(declare: Callable[..., Study], tmp_path: Path) -> Callable[..., Judged]:
    """Validate rows given by what differs from the good row; ids are R1, R2… unless given."""

    def judging(
        *rows: Row, study: Study | None = None, columns: Sequence[str] = (), **wave: Any
    ) -> Judged:
        study = study or declare()
        folder = tmp_path / "private"
        folder.mkdir(exist_ok=True)
        cells = [{**GOOD, "id": f"R{number}", **row} for number, row in enumerate(rows, start=1)]
        raw = write_raw(cells, folder / "raw.parquet", columns)
        return judged(study, replaced(study.wave("2024"), wave), raw, folder)

    return judging


def replaced(wave: Wave, changes: Mapping[str, Any]) -> Wave:
    return wave.model_copy(update=dict(changes))


def write_raw(rows: Sequence[Row], path: Path, columns: Sequence[str] = ()) -> Path:
    """Write rows as intake does: `_line` from 2, every cell a text."""
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row)) or list(GOOD)
    frame = pl.DataFrame(
        {name: [row.get(name, "") for row in rows] for name in names},
        schema=dict.fromkeys(names, pl.String),
    )
    frame.with_row_index("_line", offset=2).cast({"_line": pl.Int64}).write_parquet(path)
    return path


def judged(study: Study, wave: Wave, raw: Path, folder: Path) -> Judged:
    """Validate and read back what was written, whether the wave was accepted or refused."""
    refused = None
    try:
        summary = validate(study, wave, raw, folder)
    except WaveRefusedError as error:
        refused = error
        summary = ValidationSummary.load(folder / "validation.json")
    assert summary.read == json.loads((folder / "validation.json").read_text("utf-8"))["read"]
    return Judged(
        summary,
        pl.read_parquet(folder / "responses.parquet").to_dicts(),
        pl.read_parquet(folder / "rejected_rows.parquet").rows(),
        refused,
    )
