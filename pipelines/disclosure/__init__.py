"""Disclosure control: what may be published of the estimates, and the proof that it is enough.

Belongs here: primary rules, the withholding pattern, published precision, the audit of what was
written. Not here: computing estimates (estimation), writing releases (release).
"""

from pipelines.disclosure.advice import Advice, advise
from pipelines.disclosure.analyses import protect_analyses
from pipelines.disclosure.audit import AuditReport, audit, examine
from pipelines.disclosure.errors import (
    DisclosureAuditError,
    EstimatesUnfitError,
    NoAccountError,
    NotPublishableError,
    PatternImpossibleError,
    PatternTooLargeError,
)
from pipelines.disclosure.protect import protect
from pipelines.disclosure.publishable import check_publishable
from pipelines.disclosure.report import ProtectionReport

__all__ = [
    "Advice",
    "AuditReport",
    "DisclosureAuditError",
    "EstimatesUnfitError",
    "NoAccountError",
    "NotPublishableError",
    "PatternImpossibleError",
    "PatternTooLargeError",
    "ProtectionReport",
    "advise",
    "audit",
    "check_publishable",
    "examine",
    "protect",
    "protect_analyses",
]
