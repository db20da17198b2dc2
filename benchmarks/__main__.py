"""Speed and scale as ratios, in one run: `python -m benchmarks [--size small 10m …]`.

Belongs here: choosing what is measured, showing it, writing docs/benchmarks.md. Not here: any
measure (compare.py, growth.py).
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import compare, growth
from benchmarks.intake import intake
from benchmarks.report import page, write
from pipelines import PROJECT

PAGE = PROJECT / "docs" / "benchmarks.md"
SIZES = ("small", "intake", "10m", "100m", "estimators", "growth", "all")


def main() -> None:
    """Measure what is asked for; the page is written only by a run of everything, or where told."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--size", choices=SIZES, nargs="+", default=["all"], help="what is measured"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side, in turn (3)")
    parser.add_argument("--out", type=Path, help="where the page goes (all: docs/benchmarks.md)")
    asked = parser.parse_args()
    sections = []
    with tempfile.TemporaryDirectory(prefix="phare-bench-") as folder:
        for section in _sections(asked.size, asked.repeats, Path(folder)):
            sections.append(section)
            print(section.text(), flush=True)
    is_all = "all" in asked.size
    out = asked.out or (PAGE if is_all else None)
    if out:
        command = f"python -m benchmarks --size {' '.join(asked.size)} --out {out}"
        title = "Growth" if asked.size == ["growth"] else "Benchmarks"
        write(out, page(title, "make bench" if is_all else command, sections))
        print(f"written: {out}", file=sys.stderr)


def _sections(sizes: list[str], repeats: int, folder: Path):
    wanted = set(SIZES) if "all" in sizes else set(sizes)
    if "small" in wanted:
        yield compare.small(folder, repeats)
    if "intake" in wanted:
        yield intake(folder / "intake", repeats=repeats)
    if "10m" in wanted:
        yield compare.large(folder, 500_000, repeats, with_peer=True)
    if "100m" in wanted:
        yield compare.large(folder, 5_000_000, max(repeats - 1, 1), with_peer=False)
    if "estimators" in wanted and (found := compare.estimators(folder)):
        yield found
    if "growth" in wanted:
        yield growth.growth(folder, PAGE.parent / "benchmarks")


if __name__ == "__main__":
    main()
