"""Fixtures of the disclosure tests: a study declared in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.study import Study
from tests.disclosure.made_up_wave import Declared, declare


@pytest.fixture
def study_of(tmp_path: Path) -> Callable[..., Study]:
    """Declare a study under a root of its own: `study_of(regions=(…), disclosure={…})`."""

    def build(**chosen: object) -> Study:
        return declare(tmp_path / "root", Declared(**chosen))

    return build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for private files."""
    (tmp_path / "private").mkdir()
    return tmp_path / "private"
