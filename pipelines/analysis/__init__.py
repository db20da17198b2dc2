"""From estimates to findings: what follows from the tables of a wave.

Belongs here: the comparison with figures published elsewhere, and the declared analyses: rankings,
roles, profiles, sheets, themes. Not here: computing estimates (estimation), withholding them
(disclosure), reading the published figures (pipelines.study).
"""

from pipelines.analysis.errors import AnalysisError
from pipelines.analysis.reconciliation import (
    Comparison,
    Reconciliation,
    count_outcomes,
    reconcile,
)

__all__ = ["AnalysisError", "Comparison", "Reconciliation", "count_outcomes", "reconcile"]
