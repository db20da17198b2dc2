"""Stata: `.dta`, codes as they are stored, extended missing values (`a` to `z`) kept.

Belongs here: naming the reader. Not here: what SPSS and Stata share (pipelines.intake.statistical).
"""

from pathlib import Path

import pyreadstat

from pipelines.intake.raw import RawWriter
from pipelines.intake.statistical import read_in_batches
from pipelines.study import ExtractFormat


def read(extract: Path, fmt: ExtractFormat, raw: RawWriter) -> None:
    """Read a Stata file; raises ExtractError for a damaged one."""
    read_in_batches(pyreadstat.read_dta, extract, raw, "Stata", fmt.decimal)
