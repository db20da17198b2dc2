"""Fixtures of the intake tests: a file from bytes, and what reading it gives."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.intake import Extract, ExtractError, read_extract
from pipelines.study import ExtractFormat

Read = Callable[..., tuple[Extract, pl.DataFrame]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read bytes (or a path) with a declared format: the extract and its rows."""

    def reading(content: bytes | Path, **declared: object) -> tuple[Extract, pl.DataFrame]:
        fmt = ExtractFormat(**declared)
        path = content if isinstance(content, Path) else tmp_path / f"extract.{fmt.format}"
        if isinstance(content, bytes):
            path.write_bytes(content)
        extract = read_extract(path, fmt, tmp_path / "raw.parquet")
        return extract, pl.read_parquet(tmp_path / "raw.parquet")

    return reading


@pytest.fixture
def refused(read: Read, tmp_path: Path) -> Callable[..., ExtractError]:
    """Read what must be refused: the error; nothing may be left behind."""

    def reading(content: bytes | Path, **declared: object) -> ExtractError:
        with pytest.raises(ExtractError) as caught:
            read(content, **declared)
        assert not (tmp_path / "raw.parquet").exists()
        assert not list(tmp_path.glob(".raw*"))
        assert caught.value.text("fr") != caught.value.text("en")
        return caught.value

    return reading
