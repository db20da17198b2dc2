"""A series of releases is one only where every delivery changes something."""

from pathlib import Path

from benchmarks.large_study import add_delivery, write_large_study


def test_each_delivery_has_other_answers(tmp_path: Path) -> None:
    extracts = [write_large_study(tmp_path, 200, 2)]
    extracts += [add_delivery(tmp_path, 200, 2, seed) for seed in range(2, 12)]
    assert len({path.read_bytes() for path in extracts}) == len(extracts)
