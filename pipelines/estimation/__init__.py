"""From coded responses to estimates: weights, sums, standard errors, intervals.

Belongs here: everything between a response and a figure of full precision. Not here: coding
(validation), findings drawn from figures (analysis), what may be published (disclosure).
"""

from pipelines.estimation.associations import associate
from pipelines.estimation.comparisons import compare
from pipelines.estimation.errors import CalibrationError, StratumError, WeightError
from pipelines.estimation.estimate import count_wave, estimate, nets_of_wave
from pipelines.estimation.quantities import quantiles_of_wave, ratios_of_wave
from pipelines.estimation.weighting import WeightDiagnostics, weigh

__all__ = [
    "CalibrationError",
    "StratumError",
    "WeightDiagnostics",
    "WeightError",
    "associate",
    "compare",
    "count_wave",
    "estimate",
    "nets_of_wave",
    "quantiles_of_wave",
    "ratios_of_wave",
    "weigh",
]
