"""The verifier: whether a release, or a study's folder, is what was published.

Belongs here: looking for faults, offline, with pyarrow; what needs more runs where it is installed
and is named where it is not. Not here: loading tables (loading.py), fetching them (download.py).
"""

from phare_data.verifier.findings import Finding, NotRun, Verification
from phare_data.verifier.published import verify, verify_all, verify_release

__all__ = ["Finding", "NotRun", "Verification", "verify", "verify_all", "verify_release"]
