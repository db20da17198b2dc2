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
from benchmarks.report import Section, seconds, times
from pipelines.intake import read_extract
from pipelines.study import load_study
from pipelines.validation.report import check_extract

COLUMNS = 60
TRAITS = 4  # id, weight, region, size
RESPONDENTS = 1_000_000
MEMORY = "2GB"
WORDS = {
    "duckdb": "DuckDB: every cell as text into Parquet",
    "read_extract": "reading: encoding, quotes, lines, every cell as text with its line",
    "check_extract": "`phare check`: reading, every rule on every row, warnings, report",
}


def main() -> None:
    """Measure and print the section."""
    respondents = int(sys.argv[1]) if len(sys.argv) > 1 else RESPONDENTS
    with tempfile.TemporaryDirectory(prefix="phare-bench-") as folder:
        print(intake(Path(folder), respondents, repeats=1).text())


def intake(folder: Path, respondents: int = RESPONDENTS, repeats: int = 3) -> Section:
    """Return seconds, ratio to DuckDB and peak memory of each way: medians of runs in turn."""
    extract = write_large_study(folder, respondents, COLUMNS - TRAITS)
    size = extract.stat().st_size / 1e6
    runs: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way in WAYS:
            runs[way].append(_run(way, folder, extract))
    found = {way: sorted(ones)[(repeats - 1) // 2] for way, ones in runs.items()}
    base = found["duckdb"][0]
    return Section(
        f"Intake: {respondents:,} respondents × {COLUMNS} columns, {size:.0f} MB of CSV",
        ["what", "time", "ratio to DuckDB's CSV read", "peak memory"],
        [
            [WORDS[way], seconds(took), times(took / base), f"{memory:.0f} MB"]
            for way, (took, memory) in found.items()
        ],
    )


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
