"""From coded responses to estimates: weights, sums, standard errors, intervals.

Belongs here: everything between a response and a figure of full precision. Not here: coding
(validation), findings drawn from figures (analysis), what may be published (disclosure).
"""

from pipelines.estimation.errors import CalibrationError, StratumError, WeightError
from pipelines.estimation.estimate import estimate
from pipelines.estimation.weighting import WeightDiagnostics, weigh

__all__ = [
    "CalibrationError",
    "StratumError",
    "WeightDiagnostics",
    "WeightError",
    "estimate",
    "weigh",
]
