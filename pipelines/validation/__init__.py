"""From texts to responses: the declaration as rules, run on every row of a wave.

Belongs here: coding, rules, the summary and the report a person reads. Not here: reading files
(intake), weights and estimates (estimation).
"""

from pipelines.validation.plan import MISSING, NOT_ASKED, TICKED
from pipelines.validation.summary import RuleResult, ValidationSummary
from pipelines.validation.validate import validate

__all__ = [
    "MISSING",
    "NOT_ASKED",
    "TICKED",
    "RuleResult",
    "ValidationSummary",
    "validate",
]
