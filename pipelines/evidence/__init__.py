"""Evidence: the checks that a release depends on, and their results bound to exact artefacts.

Belongs here: what must hold of each step's artefacts, recording a result with the digests it was
found on, and refusing a release without them. Not here: rules on single cells (validation), the
audit of disclosure (pipelines.disclosure), showing results in Dagster (checks.py).
"""

from pipelines.evidence.checks import (
    CHECKS,
    COLLECTION_CHECKS,
    Check,
    Finding,
    checks_of,
)
from pipelines.evidence.errors import CheckFailedError, ChecksMissingError
from pipelines.evidence.record import evaluate, required_findings

__all__ = [
    "CHECKS",
    "COLLECTION_CHECKS",
    "Check",
    "CheckFailedError",
    "ChecksMissingError",
    "Finding",
    "checks_of",
    "evaluate",
    "required_findings",
]
