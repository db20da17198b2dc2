"""Running one side of a comparison in a process of its own, and refusing sides that differ.

Belongs here: wall time, processor time and peak memory of a child; medians; agreement of tables.
Not here: what is run (floor.py, peer_*.py, the pipeline), the table of results (report.py).
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.profile import SETTING, Measure, measures

PHARE = str(Path(sys.executable).with_name("phare"))
TOLERANCE = 1e-9


class DisagreementError(Exception):
    """Two sides found different results: no ratio of their times means anything."""


@dataclass(frozen=True)
class Run:
    """What one command cost, with the process beside it; `parts` are the pipeline's own measures.

    `started` is the moment of its launch, by the clock of `Measure.ended`.
    """

    seconds: float
    cpu: float
    megabytes: float
    started: float
    parts: tuple[Measure, ...] = ()

    def cpu_of(self, kind: str) -> float:
        """Return the processor time of the parts of one kind."""
        return sum(one.cpu for one in self.parts if one.kind == kind)

    def seconds_until(self, name: str) -> float:
        """Return the wall time from the launch to the end of the last part of that name."""
        return max(one.ended for one in self.parts if one.name == name) - self.started


def run(command: Sequence[str], folder: Path, **settings: str) -> Run:
    """Run a command, with `settings` in its environment, to its end.

    Raises CalledProcessError with what it wrote when it fails.
    """
    profile, log = folder / "profile.jsonl", folder / "log.txt"
    profile.unlink(missing_ok=True)
    environment = {**os.environ, SETTING: str(profile), "PHARE_LANG": "en", **settings}
    started = time.monotonic()
    with log.open("wb") as stream:
        child = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, log.read_text("utf-8"))
    parts = measures(profile) if profile.exists() else ()
    peak = max(usage.ru_maxrss / 1e3, _peaks(parts))
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak, started, parts)


def _peaks(parts: Sequence[Measure]) -> float:
    """Return the peaks of all processes together: at most that much was needed at one moment.

    Measuring a part starts the system's own record of the peak again: the parts keep theirs.
    """
    peaks: dict[int, float] = {}
    for one in parts:
        peaks[one.process] = max(peaks.get(one.process, 0.0), one.megabytes)
    return sum(peaks.values())


def median(runs: Sequence[Run]) -> Run:
    """Return the run of median wall time (the lower of two)."""
    middle = statistics.median_low(one.seconds for one in runs)
    return next(one for one in runs if one.seconds == middle)


def check_agreement(
    what: str, ours: Path, theirs: Path, keys: Sequence[str], *, but: str = "false"
) -> int:
    """Return how many estimates both sides have; raises DisagreementError unless all agree.

    Same keys on both sides (of `ours`, only totals of breakdowns that `theirs` does not have, and
    not what the condition `but` names), value and standard error within TOLERANCE.
    """
    named = ", ".join(keys)
    totals = " AND ".join(f"{one} = '_T'" for one in ("region", "size") if one not in keys)
    query = f"""
        WITH o AS (FROM '{ours}' WHERE ({totals or "true"}) AND NOT ({but})),
        t AS (FROM '{theirs}')
        SELECT count(*) FILTER (o.value IS NULL OR t.value IS NULL
            OR abs(o.value - t.value) > {TOLERANCE}
            OR coalesce(abs(o.standard_error - t.standard_error) > {TOLERANCE},
                o.standard_error IS DISTINCT FROM t.standard_error)) AS wrong, count(*) AS seen
        FROM (SELECT * FROM o {"WHERE question IN (SELECT question FROM t)"}) AS o
        FULL JOIN t USING ({named})"""
    with duckdb.connect() as connection:
        wrong, seen = connection.execute(query).fetchall()[0]
    if wrong or not seen:
        raise DisagreementError(f"{what}: {wrong} of {seen} estimates differ; no ratio is given")
    return int(seen)
