"""All that a check of one extract found, as one object.

Belongs here: the findings and what is derived from them alone. Not here: finding them
(report.py), writing them down (report_files.py, report_page.py).
"""

from dataclasses import dataclass

from pipelines.errors import PhareError
from pipelines.intake import Extract, Note
from pipelines.study import Study
from pipelines.validation.comparison import Comparison
from pipelines.validation.corrections import Corrected
from pipelines.validation.margins import Margin
from pipelines.validation.summary import ValidationSummary


@dataclass(frozen=True)
class Refusal:
    """One rule that one column broke: how many cells, and the lines of the first ones."""

    rule: str
    column: str
    cells: int
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Findings:
    """What a check found. `error` is what keeps the wave from being taken in, if anything does.

    Nothing in it holds a respondent's value, but for commune codes and declared texts among the
    repairs: it stays in the private area.
    """

    study: Study
    wave_id: str
    file: str
    error: PhareError | None = None
    extract: Extract | None = None
    summary: ValidationSummary | None = None
    refusals: tuple[Refusal, ...] = ()
    notices: tuple[Note, ...] = ()
    corrections: tuple[Corrected, ...] = ()
    margins: tuple[Margin, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether the wave would be taken in as it stands."""
        return self.error is None

    @property
    def repairs(self) -> int:
        """Number of cells mended by a declared rule, and of lines passed over as declared."""
        cells = sum(one.rows for one in self.summary.repairs) if self.summary else 0
        notes = self.extract.notes if self.extract else ()
        return cells + sum(one.is_repair for one in notes)
