"""SPSS: `.sav` and `.zsav`, codes as they are stored, user-missing codes kept.

Belongs here: naming the reader. Not here: what SPSS and Stata share (pipelines.intake.statistical).
"""

from pathlib import Path

import pyreadstat

from pipelines.intake.raw import RawWriter
from pipelines.intake.statistical import read_in_batches
from pipelines.study import ExtractFormat


def read(extract: Path, fmt: ExtractFormat, raw: RawWriter) -> None:
    """Read an SPSS file; raises ExtractError for a damaged one."""
    read_in_batches(pyreadstat.read_sav, extract, raw, "SPSS", fmt.decimal)
