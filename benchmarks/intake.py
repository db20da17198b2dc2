"""How fast and how lean an extract is read and checked: a ratio to DuckDB's own CSV read.

Belongs here: one million respondents by 60 columns, each way in a process of its own. Run by
`python -m benchmarks.intake [RESPONDENTS]`. Not here: the study's generator (large_study.py).
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

from benchmarks.large_study import STUDY, WAVE, write_large_study
from pipelines.intake import read_extract
from pipelines.study import load_study
from pipelines.validation.report import check_extract

COLUMNS = 60
TRAITS = 4  # id, weight, region, size
MEMORY = "2GB"


def main() -> None:
    """Measure every way once, in turn, and print seconds, ratio and peak memory."""
    respondents = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="phare-bench-") as folder:
        extract = write_large_study(Path(folder), respondents, COLUMNS - TRAITS)
        size = extract.stat().st_size / 1e6
        print(f"{respondents:,} respondents × {COLUMNS} columns, {size:.0f} MB of CSV")
        base = None
        for way in WAYS:
            seconds, memory = _run(way, Path(folder), extract)
            base = base or seconds
            print(f"{way:14} {seconds:7.1f} s  {seconds / base:5.2f} × DuckDB  {memory:6.0f} MB")


def _run(way: str, root: Path, extract: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.intake", "--way", way, str(root), str(extract)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["megabytes"]


def _duckdb(root: Path, extract: Path) -> None:
    """Copy every cell as text into Parquet: the floor, without line numbers or questions."""
    with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        connection.execute(
            f"COPY (FROM read_csv('{extract}', all_varchar = true)) "
            f"TO '{root / 'floor.parquet'}' (COMPRESSION zstd)"
        )


def _read(root: Path, extract: Path) -> None:
    wave = load_study(root, STUDY).wave(WAVE)
    read_extract(extract, wave.extract, root / "raw.parquet")


def _check(root: Path, extract: Path) -> None:
    report = check_extract(load_study(root, STUDY), WAVE, extract, root / "report")
    if not report.is_accepted:
        raise SystemExit(report.summary_text("en"))


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "duckdb": _duckdb,
    "read_extract": _read,
    "check_extract": _check,
}


def _measured(way: str, root: Path, extract: Path) -> None:
    started = time.perf_counter()
    WAYS[way](root, extract)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        _measured(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
