"""Phare: from respondent-level survey extracts to verified, versioned open data.

Rooms import one way only: study, sql, intake, validation, estimation, analysis, disclosure,
release, catalogue, then the Dagster modules and the command line. ARCHITECTURE.md draws it.
"""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
