"""The comparisons: the small study against its limits, the chain against the floor and the peers.

Belongs here: what is run beside what, in turn, and the lines of the table. Not here: how a child
is measured (running.py), growth (growth.py), writing the page (report.py).
"""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.large_study import STUDY, WAVE, write_large_study
from benchmarks.report import Section, seconds, times
from benchmarks.running import PHARE, Run, check_agreement, median, run
from pipelines import PROJECT

QUESTIONS = 20
SMALL = "phare-institutions"
KEYS = ("question", "answer", "region", "size")
PEERS = PROJECT / ".venv-peers" / "bin" / "python"
ESTIMATED_ROWS, ESTIMATED, PEER = 1_000_000, 16, 2  # respondents, questions, those of the peers


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
    checks = sum(part.kind in {"check", "audit", "verification"} for part in one.parts)
    rows = [
        [
            "raw to protected estimates and their check, the start of Python and Dagster included",
            seconds(one.seconds_until("small_cells_withheld")),
            "8 s",
        ],
        ["… to the protected analyses", seconds(one.seconds_until("protected_analyses")), ""],
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


def estimators(folder: Path, rows: int = ESTIMATED_ROWS) -> Section | None:
    """Compare the estimates of a wave with the peers that are there, a question at a time."""
    peers = {**_svy(), **_r_survey()}
    if not peers:
        return None
    root = folder / "estimators"
    write_large_study(root, rows, ESTIMATED)
    ours = run([PHARE, "--root", str(root), "publish", STUDY], folder)
    own = (
        next(one.seconds for one in ours.parts if (one.name, one.state) == ("estimates", "done"))
        / ESTIMATED
    )
    private, names = root / ".phare" / STUDY / WAVE, [f"q{number:02d}" for number in range(PEER)]
    given, out = folder / "weighted.csv", folder / "peer.csv"
    columns = ("weight", "stratum", "by_region", "by_size", *names)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {', '.join(columns)} FROM '{private / 'weighted.parquet'}') TO '{given}'"
        )
    lines = [
        ["the step `estimates`, all crossings", f"{own:.3f} s", "1", f"{ours.megabytes:.0f} MB"]
    ]
    for name, command in peers.items():
        reading = run([*command, str(given), str(out)], folder)
        theirs = run([*command, str(given), str(out), *names], folder)
        _check_peer(name, private / "estimates.parquet", out)
        each = (theirs.seconds - reading.seconds) / PEER
        lines.append([name, seconds(each), times(each / own), f"{theirs.megabytes:.0f} MB"])
    shutil.rmtree(root)
    return Section(
        f"Estimates: {ESTIMATED} questions × 13 regions × 3 sizes × answers, {rows:,} respondents "
        f"(peers: {PEER} of the questions, this crossing alone; start and reading left out)",
        ["", "time a question", "÷ ours", "peak memory of the process"], lines, (),
    )  # fmt: skip


def _check_peer(name: str, ours: Path, theirs: Path) -> None:
    typed = theirs.with_suffix(".parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT question, answer, region, size, value::DOUBLE AS value, "
            f"standard_error::DOUBLE AS standard_error "
            f"FROM read_csv('{theirs}', all_varchar = true) WHERE answer <> 'NSP') TO '{typed}'"
        )
    check_agreement(name, ours, typed, KEYS, but="'_T' IN (region, size)")


def _svy() -> dict[str, list[str]]:
    script = str(Path(__file__).with_name("peer_svy.py"))
    return {"svy, Taylor": [str(PEERS), script]} if PEERS.exists() else {}


def _r_survey() -> dict[str, list[str]]:
    is_there = shutil.which("Rscript") and is_done(["Rscript", "-e", "library(survey)"])
    script = str(Path(__file__).with_name("peer_survey.R"))
    return {"R `survey`, svyby": ["Rscript", script]} if is_there else {}


def steps_of(one: Run) -> tuple[list[str], ...]:
    """Return the profile of a run as lines: part, wall time, processor time, peak memory."""
    return tuple(
        [
            f"{part.kind} {part.name}" + ", taken over" * (part.state == "taken-over"),
            seconds(part.seconds),
            seconds(part.cpu),
            f"{part.megabytes:.0f} MB",
        ]
        for part in one.parts
    )


def is_done(command: list[str]) -> bool:
    """Whether a command runs here to its end."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
