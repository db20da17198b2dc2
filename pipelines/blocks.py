"""Large private Parquet files, block by block: one is written, and one read, beside the work.

Belongs here: the one way in which steps write rows of respondents, in bounded memory and with the
same bytes for the same blocks; reading ahead, and in blocks of one size. Not here: published files
(pipelines.release), what the rows are.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

LINE = "_line"
Block = TypeVar("Block")


@contextmanager
def ahead(blocks: Iterable[Block]) -> Iterator[Iterator[Block]]:
    """Give the blocks, the next one being read by a thread of its own while the caller works.

    At most two are in memory. What reading raises is raised where the block would be given. The
    thread ends with the context: were it left to the collector of garbage, that may run while
    another thread starts, and each would wait for the other for ever.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        yield _given(thread, iter(blocks))


class _End:
    """What comes after the last block."""


def _given(thread: ThreadPoolExecutor, source: Iterator[Block]) -> Iterator[Block]:
    coming: Future[Block | _End] = thread.submit(next, source, _End())
    while not isinstance(block := coming.result(), _End):
        coming = thread.submit(next, source, _End())
        yield block


def blocks_of(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Give blocks of `rows` rows, the last of fewer, of batches that end where row groups do."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        left = batch
        while count + left.num_rows >= rows:
            yield _together([*held, left.slice(0, rows - count)])
            left = left.slice(rows - count)
            held, count = [], 0
        if left.num_rows:
            held.append(left)
            count += left.num_rows
    if held:
        yield _together(held)


def _together(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    found: pa.RecordBatch = (
        pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()[0]
    )
    return found


class BlockWriter:
    """Writes tables of one schema into one file, in the order given.

    One block is written by a thread of its own while the caller makes the next: at most two are
    in memory. Columns may be Arrow dictionaries; the file holds plain texts (no Arrow schema is
    kept in it), and no statistics: nothing looks rows up by them; it is compressed for speed, being
    private and soon read again. `distinct` names the columns
    whose values hardly come back. An error of the disk is raised
    by the next `write`, or at the end. Used as a context, it leaves no thread behind.
    """

    def __init__(self, path: Path, schema: pa.Schema, distinct: Sequence[str] = ()) -> None:
        self.schema = schema
        self._writer = pq.ParquetWriter(
            path, schema, compression="lz4", store_schema=False, write_statistics=False,
            use_dictionary=[one for one in schema.names if one != LINE and one not in distinct],
            column_encoding={LINE: "DELTA_BINARY_PACKED"} if LINE in schema.names else None,
        )  # fmt: skip
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; after an error of the caller, what was written is of no use."""
        try:
            if error is None:
                self._wait()
        finally:
            self._thread.shutdown()
            self._writer.close()

    def write(self, block: pa.Table) -> None:
        """Add rows; returns while they are being written."""
        self._wait()
        self._pending = self._thread.submit(self._writer.write_table, block)

    def note(self, metadata: dict[bytes, bytes]) -> None:
        """Keep key-value metadata in the file."""
        self._wait()
        self._writer.add_key_value_metadata(metadata)

    def _wait(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()
