"""From texts to responses: the declaration as rules, run on every row of a wave.

Belongs here: coding, rules, the summary and the report a person reads. Not here: reading files
(intake), weights and estimates (estimation). Who only reads what was found loads the summary alone:
`validate` is asked of its module, which loads polars and duckdb.
"""

from pipelines.validation.summary import RuleResult, ValidationSummary

__all__ = ["RuleResult", "ValidationSummary"]
