"""The page of results: docs/benchmarks.md, written by the run that measured them.

Belongs here: sections, tables, the machine. Not here: measuring; no figure is written by hand.
"""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

SEE_ALSO = {
    "Benchmarks": "`phare publish` has two processes: its memory is the peaks of both, added, "
    "where the second worked.\n"
    "How costs grow with respondents, questions, releases: [growth.md](growth.md).",
    "Growth": "Runs in one process, whose parts then hold the whole cost.\n"
    "Measured against a floor, peers and limits: [benchmarks.md](benchmarks.md).",
}
LIBRARIES = ("duckdb", "polars", "pandera", "pyarrow", "dagster", "pandas", "frictionless")


@dataclass(frozen=True)
class Section:
    """A comparison: a title, a table, and the profile of our run."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    steps: Sequence[Sequence[str]] = ()
    pictures: Sequence[str] = ()

    def text(self) -> str:
        """Return the section as Markdown."""
        parts = [f"## {self.title}", ""]
        if self.rows:
            parts += [table(self.columns, self.rows), ""]
        if self.steps:
            header = ["part of our run", "wall time", "processor", "peak memory"]
            parts += ["<details><summary>Where the time went</summary>", ""]
            parts += [table(header, self.steps), "", "</details>", ""]
        parts += [f"![{one}](benchmarks/{one}.svg)" for one in self.pictures]
        return "\n".join(parts).rstrip() + "\n"


def seconds(value: float) -> str:
    """Return a duration as the table shows it."""
    return f"{value:.2f} s"


def times(value: float) -> str:
    """Return a ratio as the table shows it."""
    return f"{value:.2f} ×"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(title: str, command: str, sections: Sequence[Section]) -> str:
    """Return the whole page."""
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    head = f"""# {title}

Written by `{command}`: every figure on this page is of that one run, both sides of a ratio in turn
on the same machine; a ratio is only given where both sides found the same results.

Machine: {os.cpu_count()} processors, {memory:.0f} GB of memory, {platform.system()} \
{platform.machine()}, Python {platform.python_version()}; load average at the end {load:.1f} \
(above {os.cpu_count()}, others were using it too and only the ratios say something).
Libraries: {libraries}.

{SEE_ALSO[title]}
"""
    return "\n".join([head, *(one.text() for one in sections)])


def write(path: Path, text: str) -> None:
    """Write the page whole."""
    aside = path.with_suffix(".new")
    aside.write_text(text, "utf-8")
    aside.replace(path)
