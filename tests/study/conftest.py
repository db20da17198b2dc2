"""Fixtures of the declaration tests: a study on disk, and what spoiling one text of it leads to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.study import DeclarationError, Study, load_study
from tests.study.declared import STUDY, write_declaration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a valid declaration."""
    return write_declaration(tmp_path)


@pytest.fixture
def study(folder: Path) -> Study:
    """Return the valid study, loaded."""
    return load_study(folder.parents[1], STUDY)


@pytest.fixture
def spoilt(folder: Path) -> Callable[[str, str, str], tuple[DeclarationError, int]]:
    """Replace the first `old` of a file by `new`: the error of loading it, and the changed line."""

    def spoiling(file: str, old: str, new: str) -> tuple[DeclarationError, int]:
        path = folder / file
        text = path.read_text("utf-8")
        before, found, after = text.partition(old)
        assert found, f"{file} has no {old!r}"
        path.write_text(before + new + after, "utf-8")
        with pytest.raises(DeclarationError) as refused:
            load_study(folder.parents[1], STUDY)
        return refused.value, before.count("\n") + 1

    return spoiling
