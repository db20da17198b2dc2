"""The comparisons: the small study against its limits, the chain against the floor and the peers.

Belongs here: what is run beside what, in turn, and the lines of the table. Not here: how a child
is measured (running.py), growth (growth.py), writing the page (report.py).
"""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.large_study import STUDY, WAVE, write_large_study
from benchmarks.report import Section, seconds, times
from benchmarks.running import PHARE, Run, check_agreement, median, run
from pipelines import PROJECT

QUESTIONS = 20
SMALL = "phare-institutions"
KEYS = ("question", "answer", "region", "size")
PEERS = PROJECT / ".venv-peers" / "bin" / "python"
SVY_ROWS, SVY_QUESTIONS, SVY_MEASURED = 1_000_000, 16, 2


def small(folder: Path, repeats: int) -> Section:
    """Measure the cold start of the small study: first release, then a run that changes nothing."""
    first, again, helped, imported = [], [], [], []
    for number in range(repeats):
        root = folder / f"small-{number}"
        for part in ("schemas", "raw"):
            shutil.copytree(PROJECT / part, root / part)
        command = [PHARE, "--root", str(root), "publish", SMALL]
        first.append(run(command, folder))
        again.append(run(command, folder))
        helped.append(run([PHARE, "--help"], folder))
        imported.append(run([sys.executable, "-c", "import phare_data"], folder))
    one, two = median(first), median(again)
    protected = one.seconds - one.seconds_of("evidence", "release")
    checks = sum(part.kind in {"check", "audit", "verification"} for part in one.parts)
    rows = [
        ["raw to protected estimates", seconds(protected), "8 s"],
        [f"whole release, {checks} checks", seconds(one.seconds), "30 s"],
        ["nothing changed", seconds(two.seconds), "4 s"],
        ["`phare --help`", seconds(median(helped).seconds), "0.5 s"],
        [
            "`import phare_data`, the interpreter's start included",
            seconds(median(imported).seconds),
            "0.3 s",
        ],
    ]
    return Section(
        f"Small study ({SMALL}), cold start", ["", "wall time", "limit"], rows, steps_of(one)
    )


def large(folder: Path, respondents: int, repeats: int, *, with_peer: bool) -> Section:
    """Run floor, chain, unchanged chain and the pandas peer in turn; give medians as ratios."""
    root, out = folder / f"large-{respondents}", folder / "side"
    extract = write_large_study(root, respondents, QUESTIONS)
    sides: dict[str, list[Run]] = {}
    for _ in range(repeats):
        for side in ("floor", "pandas") if with_peer else ("floor",):
            out.mkdir()
            module = "benchmarks.floor" if side == "floor" else "benchmarks.peer_pandas"
            command = [sys.executable, "-m", module, str(extract), str(out), str(QUESTIONS)]
            sides.setdefault(side, []).append(run(command, folder))
            (out / "estimates.parquet").replace(folder / f"{side}.parquet")
            shutil.rmtree(out)
        for part in (".phare", ".dagster", "published"):
            shutil.rmtree(root / part, ignore_errors=True)
        command = [PHARE, "--root", str(root), "publish", STUDY]
        sides.setdefault("phare", []).append(run(command, folder))
        sides.setdefault("unchanged", []).append(run(command, folder))
    ours = root / ".phare" / STUDY / WAVE / "estimates.parquet"
    for side in sides.keys() & {"floor", "pandas"}:
        check_agreement(side, ours, folder / f"{side}.parquet", KEYS)
    shutil.rmtree(root)
    return _large_section(respondents, {name: median(runs) for name, runs in sides.items()})


def _large_section(respondents: int, found: dict[str, Run]) -> Section:
    floor, ours, unchanged = found["floor"], found["phare"], found["unchanged"]
    told = {
        "floor": "floor: one DuckDB script", "phare": "phare publish, extract to release",
        "unchanged": "phare publish, nothing changed",
        "pandas": "pandas + pandera.pandas + frictionless",
    }  # fmt: skip
    rows = [
        [
            told[name],
            seconds(one.seconds),
            times(one.seconds / floor.seconds),
            f"{one.megabytes:.0f} MB",
        ]
        for name, one in found.items()
    ]
    allowed = 3 * floor.seconds + unchanged.seconds
    rows.append(["phare ÷ (3 floors + nothing changed)", "", times(ours.seconds / allowed), ""])
    if "pandas" in found:
        rows.append(["pandas ÷ phare", "", times(found["pandas"].seconds / ours.seconds), ""])
    title = f"{respondents * QUESTIONS:,} answers ({respondents:,} respondents × {QUESTIONS})"
    return Section(title, ["", "wall time", "÷ floor", "peak memory"], rows, steps_of(ours))


def estimators(folder: Path, rows: int = SVY_ROWS) -> Section | None:
    """Compare the estimates of a wave with `svy`, a question at a time; None without it."""
    if not PEERS.exists():
        return None
    root = folder / "estimators"
    write_large_study(root, rows, SVY_QUESTIONS)
    ours = run([PHARE, "--root", str(root), "publish", STUDY], folder)
    estimated = next(one.seconds for one in ours.parts if one.name == "estimates")
    private = root / ".phare" / STUDY / WAVE
    names = [f"q{number:02d}" for number in range(SVY_MEASURED)]
    script = str(Path(__file__).with_name("peer_svy.py"))
    out = folder / "svy.parquet"
    command = [str(PEERS), script, str(private / "weighted.parquet"), str(out), str(rows), *names]
    idle = run([str(PEERS), "-c", "import svy, polars"], folder)
    theirs = run(command, folder)
    check_agreement("svy", private / "estimates.parquet", out, ("question", "answer", "region"))
    each, own = (theirs.seconds - idle.seconds) / SVY_MEASURED, estimated / SVY_QUESTIONS
    lines = [
        ["svy, Taylor, shares by region", seconds(each), "1", f"{theirs.megabytes:.0f} MB"],
        [
            "the step `estimates`, all crossings",
            f"{own:.3f} s",
            times(each / own),
            f"{ours.megabytes:.0f} MB",
        ],
    ]
    return Section(
        f"Estimates: {SVY_QUESTIONS} questions × 13 regions × answers, {rows:,} respondents "
        f"(svy measured on {SVY_MEASURED} of the questions, imports left out)",
        ["", "time a question", "times as fast", "peak memory of the process"], lines, (),
    )  # fmt: skip


def steps_of(one: Run) -> tuple[list[str], ...]:
    """Return the profile of a run as lines: part, wall time, processor time, peak memory."""
    return tuple(
        [
            f"{part.kind} {part.name}",
            seconds(part.seconds),
            seconds(part.cpu),
            f"{part.megabytes:.0f} MB",
        ]
        for part in one.parts
    )


def is_installed(command: list[str]) -> bool:
    """Whether a command runs here."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
