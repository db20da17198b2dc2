"""What makes a wave unusable as a whole.

Belongs here: the errors of this room. Not here: breaches of single cells, which are data
(rejected_rows) and not exceptions; the words (messages.yaml).
"""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pipelines.errors import ExitCode, PhareError


class ColumnsMissingError(PhareError):
    """The extract lacks columns that the study declares."""

    exit_code = ExitCode.DATA_REFUSED


class WaveRefusedError(PhareError):
    """More rows break a rule than the study accepts."""

    exit_code = ExitCode.DATA_REFUSED


class FooterError(PhareError):
    """Rows are refused, and all of them look like notes below the table that nobody declared."""

    exit_code = ExitCode.DECLARATION


class NothingCheckedError(PhareError):
    """A validation that ran no rule, or saw no row: it must never pass for a success."""

    exit_code = ExitCode.DATA_REFUSED


class CorrectionError(PhareError):
    """A declared correction that no longer fits the extract."""

    exit_code = ExitCode.DECLARATION

    @classmethod
    def unknown_column(cls, file: Path, name: str, found: str, valid: Iterable[str]) -> Self:
        """Name a column that the extract lacks, and the nearest one."""
        near = difflib.get_close_matches(found, list(valid), n=1, cutoff=0.5)
        return cls(
            "validation-correction-column",
            file=file, name=name, found=found, nearest=near[0] if near else "—",
        )  # fmt: skip


class LabelsError(PhareError):
    """A file whose value labels say another thing than the declared codelist."""

    exit_code = ExitCode.DATA_REFUSED
