"""A small published tree with a history: what the catalogue's tests read."""

from pathlib import Path

import pytest

from pipelines.study import Study
from tests.release.made_up_release import with_a_history


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Return a study with three versions: superseded, withdrawn, current with an erratum."""
    return with_a_history(tmp_path / "root")
