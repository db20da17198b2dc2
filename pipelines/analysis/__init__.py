"""From estimates to findings: what follows from the tables of a wave.

Belongs here: the comparison with figures published elsewhere, and the declared analyses: rankings,
roles, profiles, sheets, themes. Not here: computing estimates (estimation), withholding them
(disclosure), reading the published figures (pipelines.study).
"""

from pipelines.analysis.analyse import AnalysisSummary, analyse
from pipelines.analysis.collected import collect
from pipelines.analysis.errors import AnalysisError
from pipelines.analysis.quantities import totals_as_published
from pipelines.analysis.reconciliation import (
    Comparison,
    Reconciliation,
    reconcile,
)
from pipelines.analysis.sheets import gather_sheets

__all__ = [
    "AnalysisError",
    "AnalysisSummary",
    "Comparison",
    "Reconciliation",
    "analyse",
    "collect",
    "gather_sheets",
    "reconcile",
    "totals_as_published",
]
