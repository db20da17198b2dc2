"""What errors and intervals cost beyond counting: ratio to the bare grouping query.

Belongs here: 16 domains × 13 regions × 5 sizes × 4 answers over ten million answers, each way in a
process of its own. Run by `python -m benchmarks.estimation [ANSWERS]`. Not here: the chain as a
whole (compare.py).
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from pipelines.estimation.tabulate import Sample, tabulate

DOMAINS = [f"d{number:02d}" for number in range(16)]
REGIONS, SIZES, ANSWERS = 13, 5, 4
REPEATS = 3
CROSSINGS: list[list[str]] = [[], ["region"], ["size"], ["region", "size"]]
MEMORY = "2GB"


def main() -> None:
    """Measure every way in turn, several times; print median seconds, ratio and peak memory."""
    answers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory(prefix="phare-bench-") as folder:
        table = Path(folder) / "answers.parquet"
        _write(table, answers // len(DOMAINS))
        print(f"{answers:,} answers, {table.stat().st_size / 1e6:.0f} MB of Parquet")
        runs: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(REPEATS):
            for way in WAYS:
                runs[way].append(_run(way, table))
        base = sorted(runs["grouping"])[REPEATS // 2][0]
        for way, found in runs.items():
            seconds, memory = sorted(found)[REPEATS // 2]
            print(f"{way:10} {seconds:7.2f} s  {seconds / base:5.2f} × grouping  {memory:6.0f} MB")


def _write(path: Path, respondents: int) -> None:
    picked = [
        *(f"CAST(1 + hash(i, '{one}') % {ANSWERS} AS UTINYINT) AS {one}" for one in DOMAINS),
        f"CAST(hash(i, 'r') % {REGIONS} AS VARCHAR) AS region",
        f"CAST(hash(i, 's') % {SIZES} AS VARCHAR) AS size",
    ]
    query = f"""
        SELECT CAST(0.2 + (hash(i, 'w') % 2600) / 1000.0 AS DECIMAL(18, 9)) AS weight,
            {", ".join(picked)}
        FROM range({respondents}) AS rows(i)"""
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (COMPRESSION zstd)")


def _run(way: str, table: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.estimation", "--way", way, str(table)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["megabytes"]


def _grouping(table: Path) -> int:
    """Count and weigh every answer in every cell: no error, no interval, no empty answer."""
    names = ", ".join(DOMAINS)
    query = f"""
        SELECT item, answer, region, size, count(*), sum(weight)
        FROM (UNPIVOT (FROM '{table}') ON {names} INTO NAME item VALUE answer)
        GROUP BY item, answer, GROUPING SETS ((), (region), (size), (region, size))"""
    with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        return int(connection.sql(query).to_arrow_table().num_rows)


def _tabulate(table: Path) -> int:
    sample = Sample(weight="weight", strata=("size",))
    found = tabulate(table, sample, shares=DOMAINS, by=CROSSINGS)
    pq.write_table(found, table.with_name("estimates.parquet"))
    return int(found.num_rows)


WAYS: dict[str, Callable[[Path], int]] = {"grouping": _grouping, "tabulate": _tabulate}


def _measured(way: str, table: Path) -> None:
    started = time.perf_counter()
    rows = WAYS[way](table)
    expected = len(DOMAINS) * ANSWERS * (1 + REGIONS + SIZES + REGIONS * SIZES)
    if rows != expected:
        raise SystemExit(f"{way}: {rows} rows, {expected} expected")
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        _measured(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
