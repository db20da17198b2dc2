"""Disclosure control: what may be published of the estimates, and the proof that it is enough.

Belongs here: primary rules, the withholding pattern, published precision, the audit of what was
written. Not here: computing estimates (estimation), writing releases (release).
"""

from pipelines.disclosure.errors import EstimatesUnfitError
from pipelines.disclosure.protect import protect
from pipelines.disclosure.report import ProtectionReport

__all__ = ["EstimatesUnfitError", "ProtectionReport", "protect"]
