"""Phare: from respondent-level survey extracts to verified, versioned open data.

Rooms import one way only: study, sql, intake, validation, estimation, analysis, disclosure,
release, catalogue, then the Dagster modules and the command line. ARCHITECTURE.md draws it.
"""

import os
from pathlib import Path

# Read when Arrow and OpenBLAS are loaded. The system's own allocator needs a fifth less memory in
# the same time; a second thread of OpenBLAS spins while it waits, and may add in another order.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PROJECT = Path(__file__).resolve().parents[1]
