"""A ratio is given only where both sides found the same."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.running import DisagreementError, check_agreement

KEYS = ("question", "answer", "region", "size")
SAME = {
    "question": ["q", "q"], "answer": ["a", "b"], "region": ["_T", "_T"], "size": ["_T", "_T"],
    "value": [0.25, 0.75], "standard_error": [0.01, None],
}  # fmt: skip


def written(folder: Path, name: str, **changed: list) -> Path:
    path = folder / f"{name}.parquet"
    pl.DataFrame({**SAME, **changed}).write_parquet(path)
    return path


def test_sides_that_agree_are_counted(tmp_path: Path) -> None:
    one, other = written(tmp_path, "one"), written(tmp_path, "other", value=[0.25, 0.75 + 1e-12])
    assert check_agreement("x", one, other, KEYS) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"value": [0.25, 0.7500001]}, {"value": [0.25, None]}, {"answer": ["a", "c"]},
        {"standard_error": [0.0101, None]}, {"standard_error": [None, None]},
    ],
)  # fmt: skip
def test_no_ratio_is_given_where_sides_differ(tmp_path: Path, changed: dict) -> None:
    one, other = written(tmp_path, "one"), written(tmp_path, "other", **changed)
    with pytest.raises(DisagreementError, match="no ratio"):
        check_agreement("x", one, other, KEYS)


def test_nothing_compared_is_no_agreement(tmp_path: Path) -> None:
    one = written(tmp_path, "one")
    nothing = tmp_path / "nothing.parquet"
    pl.read_parquet(one).clear().write_parquet(nothing)
    with pytest.raises(DisagreementError):
        check_agreement("x", one, nothing, KEYS)
