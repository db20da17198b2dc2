"""Checking one changed extract: its report, and its responses where it is accepted."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines.intake import read_extract
from pipelines.study import ExtractFormat, Study, load_study
from pipelines.validation.report import CheckReport, check_extract
from pipelines.validation.validate import validate
from tests.intake.cases import extract as sound

ROOT = Path(__file__).parent
WAVE = "2024"


@dataclass(frozen=True)
class Outcome:
    """What became of an extract."""

    report: CheckReport
    responses: pl.DataFrame

    @property
    def repairs(self) -> set[str]:
        """Rules of the repairs made, and keys of what was passed over as declared."""
        summary, read = self.report.findings.summary, self.report.findings.extract
        assert summary is not None and read is not None
        return {one.rule for one in summary.repairs} | {
            one.key for one in read.notes if one.is_repair
        }

    @property
    def notices(self) -> set[str]:
        """Keys of the warnings."""
        return {one.key for one in self.report.findings.notices}

    @property
    def rejected(self) -> set[tuple[int, str, str]]:
        """Line, column and rule of each rejected cell, as the list of them says."""
        cells = pl.read_csv(self.report.rejected_csv, infer_schema=False)
        for one in cells.iter_rows(named=True):
            assert one["file"] and one["fr"] and one["en"] and one["fr"] != one["en"]
        return {
            (int(line), name, rule) for line, name, rule in cells["line", "column", "rule"].rows()
        }


Check = Callable[..., Outcome]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Check an extract of the small study, the wave's format changed as given."""

    def checking(
        content: str | bytes, *, wave: dict[str, object] | None = None,
        study: Callable[[Study], Study] = lambda one: one, **fmt: object,
    ) -> Outcome:  # fmt: skip
        declared = study(load_study(ROOT, "cases"))
        before = declared.waves[WAVE]
        form = ExtractFormat(**(before.extract.model_dump() | fmt))
        changed = before.model_copy(update={"extract": form} | (wave or {}))
        declared = dataclasses.replace(declared, waves=declared.waves | {WAVE: changed})
        path = tmp_path / f"extrait.{form.format}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        report = check_extract(declared, WAVE, path, tmp_path / "report")
        _nothing_leaks(report)
        responses = pl.DataFrame()
        if report.is_accepted:
            raw = tmp_path / "raw.parquet"
            read_extract(path, form, raw)
            validate(declared, changed, raw, tmp_path)
            responses = pl.read_parquet(tmp_path / "responses.parquet")
        return Outcome(report, responses)

    return checking


def _nothing_leaks(report: CheckReport) -> None:
    """No identifier and no open text in any file of the report, nor in what is printed."""
    texts = [path.read_text("utf-8") for path in (report.html_path, report.json_path)]
    texts += [report.rejected_csv.read_text("utf-8"), report.summary_text("fr")]
    for text in texts:
        assert sound.E_MAIL not in text
        assert sound.OPEN_TEXT not in text


@pytest.fixture
def same(check: Check) -> Callable[[Outcome], bool]:
    """Tell whether an accepted extract gives the responses of the sound one, lines aside."""
    expected = check(sound.extract()).responses

    def is_same(outcome: Outcome) -> bool:
        assert outcome.report.is_accepted, outcome.report.summary_text("en")
        return outcome.responses.drop("_line").equals(expected.drop("_line"))

    return is_same
