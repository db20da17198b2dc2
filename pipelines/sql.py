"""The one place where SQL text is put together: files are read, names quoted, values bound.

Belongs here: reading a `.sql` file, filling its slots with quoted names, opening a connection.
Not here: any query (they live in `.sql` files beside the module that runs them).
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import duckdb

ROOMS = Path(__file__).parent
DEFAULT_MEMORY = "2GB"
_NUMBERS = count()  # one for each database of this process


def name(identifier: str) -> str:
    """Quote one declared name for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def names(identifiers: Iterable[str], prefix: str = "") -> str:
    """Quote declared names as a comma-separated list, each behind `prefix` (such as `r.`)."""
    return ", ".join(prefix + name(one) for one in identifiers)


def literal(text: str) -> str:
    """Quote a declared constant: only for places where DuckDB takes no bound value."""
    return "'" + text.replace("'", "''") + "'"


def grouping_sets(crossings: Sequence[Sequence[str]], always: Sequence[str] = ()) -> str:
    """Return the list inside GROUPING SETS (…): `always` and one crossing a set."""
    return ", ".join(f"({names([*always, *crossing])})" for crossing in crossings)


def totals(identifiers: Iterable[str], total: str) -> str:
    """Return names as a list in which a name that a grouping set sums over reads `total`."""
    return ", ".join(
        f"CASE WHEN grouping({name(one)}) = 1 THEN {literal(total)} ELSE {name(one)} END "
        f"AS {name(one)}"
        for one in identifiers
    )


def which_grouped(identifiers: Iterable[str]) -> str:
    """Return the name that a grouping set groups by, for sets that hold one of them each."""
    cases = " ".join(f"WHEN grouping({name(one)}) = 0 THEN {literal(one)}" for one in identifiers)
    return f"CASE {cases} END"


def same(left: str, right: str, identifiers: Iterable[str]) -> str:
    """Return the condition that two relations agree on every name."""
    return " AND ".join(f"{left}.{name(one)} = {right}.{name(one)}" for one in identifiers)


@cache
def _text(path: str) -> str:
    """Return the query of `path` without its comment lines.

    They name the slots, and a name with a line break filled in there would end the comment.
    """
    lines = (ROOMS / path).read_text("utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.lstrip().startswith("--"))


def read(path: str, /, **slots: str) -> str:
    """Return the query of `path` (below pipelines/) with its `{slots}` filled.

    Slots take the output of `name`, `names`, `literal` or `grouping_sets`, never a raw value:
    values are bound with `$name` when the query runs. Raises KeyError for a slot left open.
    """
    return _text(path).format_map(slots)


@contextmanager
def connect(spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory DuckDB with a memory limit, a spill folder and no network.

    PHARE_MEMORY and PHARE_THREADS set the limits. No file is shared between steps, so that
    parallel runs never wait for one another's lock. Without `spill`, for what is small, it is an
    empty database of its own in the one engine of this process: starting an engine takes as long
    as such a query does.
    """
    if spill is None:
        with _database(*_limits()) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="phare-spill-", dir=spill) as folder:
        connection = _engine(*_limits(), folder)
        try:
            yield connection
        finally:
            connection.close()


def _limits() -> tuple[str, int]:
    return (
        os.environ.get("PHARE_MEMORY", DEFAULT_MEMORY),
        int(os.environ.get("PHARE_THREADS", os.cpu_count() or 1)),
    )


def _engine(memory: str, threads: int, folder: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


@cache
def _shared(memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """Return the engine of this process for such limits; its spill folder goes when that ends."""
    folder = tempfile.mkdtemp(prefix="phare-spill-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return _engine(memory, threads, folder)


@contextmanager
def _database(memory: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    engine, alias = _shared(memory, threads), f"own_{next(_NUMBERS)}"
    connection = engine.cursor()
    connection.execute(f"ATTACH ':memory:' AS {alias}")
    connection.execute(f"USE {alias}")
    try:
        yield connection
    finally:
        connection.close()
        engine.cursor().execute(f"DETACH {alias}")
