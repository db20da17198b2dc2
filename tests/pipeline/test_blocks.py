"""Blocks are read ahead in order and come in one size; what reading raises reaches who asked."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.blocks import LINE, BlockWriter, ahead, blocks_of


def test_blocks_come_in_order_and_are_read_by_another_thread() -> None:
    readers = set()

    def blocks() -> Iterator[int]:
        for number in range(50):
            readers.add(threading.get_ident())
            yield number

    with ahead(blocks()) as found:
        assert list(found) == list(range(50))
    assert readers and threading.get_ident() not in readers
    with ahead([]) as found:
        assert list(found) == []


def test_what_reading_raises_comes_after_the_blocks_before_it() -> None:
    def blocks() -> Iterator[int]:
        yield 1
        raise OSError("the disk refused")

    with ahead(blocks()) as found:
        assert next(found) == 1
        with pytest.raises(OSError, match="refused"):
            next(found)


def test_who_stops_early_leaves_no_thread_behind_however_long_the_iterator_is_kept() -> None:
    """A thread that only the collector of garbage ends may hang whoever starts the next one."""
    before, kept = threading.active_count(), []
    with pytest.raises(ValueError, match="a bad row"), ahead(iter(range(50))) as found:
        kept.append(found)
        assert next(found) == 0
        raise ValueError("a bad row")
    assert kept and threading.active_count() == before


@settings(deadline=None)  # what one example takes depends on what else the machine does
@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=9)), st.integers(1, 12))
def test_blocks_have_one_size_and_the_rows_in_their_order(
    batches: list[list[str | None]], rows: int
) -> None:
    """Each batch has a dictionary of its own, as those of different row groups do."""
    given_rows = [
        pa.record_batch({"text": pa.array(one, pa.string()).dictionary_encode()}) for one in batches
    ]
    found = list(blocks_of(given_rows, rows))
    texts = [one for block in found for one in block["text"].to_pylist()]
    assert texts == [one for batch in batches for one in batch]
    assert all(block.num_rows == rows for block in found[:-1])
    assert all(0 < block.num_rows <= rows for block in found)


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_block_that_could_not_be_written_is_told_though_it_be_the_last(
    tmp_path: Path, wrong: int
) -> None:
    blocks = [pa.table({LINE: [2], "text": ["a"]}), pa.table({LINE: [3], "text": ["b"]})]
    blocks[wrong] = pa.table({"other": [1]})
    with (
        pytest.raises(ValueError, match="schema"),
        BlockWriter(tmp_path / "x.parquet", pa.table({LINE: [2], "text": ["a"]}).schema) as writer,
    ):
        for block in blocks:
            writer.write(block)


def test_blocks_are_written_in_the_order_given(tmp_path: Path) -> None:
    blocks = [pa.table({LINE: [n], "text": [f"t{n}"]}) for n in range(20)]
    with BlockWriter(tmp_path / "x.parquet", blocks[0].schema) as writer:
        for block in blocks:
            writer.write(block)
        writer.note({b"rows": b"20"})
    found = pq.read_table(tmp_path / "x.parquet")
    assert found.to_pylist() == [row for block in blocks for row in block.to_pylist()]
    assert pq.read_metadata(tmp_path / "x.parquet").metadata[b"rows"] == b"20"
