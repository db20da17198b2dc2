"""Blocks are read ahead in order, and what reading raises reaches who asked for them."""

import threading
from collections.abc import Iterator

import pytest

from pipelines.blocks import ahead


def test_blocks_come_in_order_and_are_read_by_another_thread() -> None:
    readers = set()

    def blocks() -> Iterator[int]:
        for number in range(50):
            readers.add(threading.get_ident())
            yield number

    assert list(ahead(blocks())) == list(range(50))
    assert readers and threading.get_ident() not in readers
    assert list(ahead([])) == []


def test_what_reading_raises_comes_after_the_blocks_before_it() -> None:
    def blocks() -> Iterator[int]:
        yield 1
        raise OSError("the disk refused")

    found = ahead(blocks())
    assert next(found) == 1
    with pytest.raises(OSError, match="refused"):
        next(found)


def test_who_stops_early_leaves_no_thread_and_no_open_source() -> None:
    closed = []

    def blocks() -> Iterator[int]:
        try:
            yield from range(50)
        finally:
            closed.append(True)

    before = threading.active_count()
    source = blocks()
    found = ahead(source)
    assert next(found) == 0
    found.close()
    source.close()
    assert closed and threading.active_count() == before
