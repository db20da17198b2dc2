"""A small published tree with a history: what the catalogue's tests read."""

from pathlib import Path

import pytest

from pipelines.release import withdraw
from pipelines.study import Study
from tests.release.made_up_release import changed_value, declared, published
from tests.tiny_study import STUDY


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Return a study with three versions: superseded, withdrawn, current with an erratum."""
    study = declared(tmp_path / "root")
    published(study)
    published(study, lambda rows: rows[:-1])
    published(study, changed_value, erratum="Un poids était faux.")
    withdraw(
        study.root, STUDY, "0.2.0", reason="lignes perdues", by="A. Nom", run_id="run-w",
        replaced_by="0.3.0",
    )  # fmt: skip
    return study
