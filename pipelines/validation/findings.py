"""All that a check of one extract found, as one object.

Belongs here: the findings and what is derived from them alone. Not here: finding them
(report.py), writing them down (report_files.py, report_page.py).
"""

from dataclasses import dataclass

from pipelines.errors import ExitCode, PhareError
from pipelines.intake import Extract, Note
from pipelines.study import Study
from pipelines.texts import Lang, messages
from pipelines.validation.comparison import Comparison
from pipelines.validation.corrections import Corrected
from pipelines.validation.margins import Margin
from pipelines.validation.summary import ValidationSummary

EXAMPLES = 8


@dataclass(frozen=True)
class Refusal:
    """One rule that one column broke: how many cells, and the lines of the first ones."""

    rule: str
    column: str
    cells: int
    lines: tuple[int, ...]


def remedy_key(study: Study, rule: str, column: str) -> str:
    """Return the message that says what to do: the rule's own one for the column's role, if any."""
    declared = study.about.columns.get(column)
    of_role = f"remedy-{rule}-{declared.role}" if declared else ""
    return of_role if of_role in messages() else f"remedy-{rule}"


@dataclass(frozen=True)
class RepairGroup:
    """All that one rule mended in one column; `examples` are (received, read as), first ones."""

    column: str
    rule: str
    cells: int
    first_line: int
    kinds: int
    examples: tuple[tuple[str, str], ...]


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

    @property
    def repair_groups(self) -> tuple[RepairGroup, ...]:
        """The repairs by column and rule, in the order of columns."""
        repairs = self.summary.repairs if self.summary else ()
        keys = dict.fromkeys((one.column, one.rule) for one in repairs)
        groups = {key: [one for one in repairs if (one.column, one.rule) == key] for key in keys}
        return tuple(
            RepairGroup(
                *key, sum(one.rows for one in ones), min(one.first_line for one in ones),
                len(ones), tuple((one.found, one.replaced) for one in ones if one.found)[:EXAMPLES],
            )
            for key, ones in groups.items()
        )  # fmt: skip

    @property
    def is_institutes_fault(self) -> bool:
        """Whether the error is one of the file: a wrong declaration is ours to mend."""
        return self.error is not None and self.error.exit_code == ExitCode.DATA_REFUSED

    def error_text(self, lang: Lang | None = None) -> str:
        """Return what is wrong with the wave, without the path of the folder that holds it."""
        text = self.error.text(lang) if self.error else ""
        return text.replace(f"{self.study.root}/", "")
