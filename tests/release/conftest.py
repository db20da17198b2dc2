"""Fixtures of the release tests: a declared study, and its first release."""

from pathlib import Path

import pytest

from pipelines.release import ReleaseOutcome
from pipelines.study import Study
from tests.release.made_up_release import declared, published


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Return a synthetic study of one wave, in a root of its own."""
    return declared(tmp_path / "root")


@pytest.fixture
def first(study: Study) -> ReleaseOutcome:
    """Publish the study once."""
    return published(study)
