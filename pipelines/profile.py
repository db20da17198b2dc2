"""Where the time of a run goes: wall time, processor time and peak memory of each part of it.

Belongs here: taking these measures where PHARE_PROFILE names a file to add them to, reading them
back, the table that people read. Not here: what is measured. Steps in other processes add to the
same file, so that any executor can be profiled; without PHARE_PROFILE nothing is measured.
"""

import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.texts import say

SETTING = "PHARE_PROFILE"
PROCESS = Path("/proc/self")
_PEAKS: list[float] = []  # of the parts that contain the one now measured


@dataclass
class Measure:
    """One part of a run. `seconds` is wall time, `cpu` processor time, `megabytes` peak memory.

    `ended` is a moment of the monotonic clock that all processes of a machine share, `process` the
    one that was measured. `state` says of a step whether it ran ('done'), was reused, or was taken
    over from the second process, of a check whether it passed.
    """

    kind: str
    name: str
    wave: str = "—"
    state: str = "done"
    seconds: float = 0.0
    cpu: float = 0.0
    megabytes: float = 0.0
    ended: float = 0.0
    process: int = 0


@contextmanager
def measured(kind: str, name: str, wave: str = "—") -> Iterator[Measure]:
    """Measure the block; the block may set `state`. A block that raises is kept as 'failed'."""
    measure = Measure(kind, name, wave, process=os.getpid())
    target = os.environ.get(SETTING)
    if not target:
        yield measure
        return
    if _PEAKS:
        _PEAKS[-1] = max(_PEAKS[-1], _peak())
    _PEAKS.append(0.0)
    _forget_peak()
    started, cpu = time.perf_counter(), time.process_time()
    try:
        yield measure
    except BaseException:
        measure.state = "failed"
        raise
    finally:
        measure.seconds = time.perf_counter() - started
        measure.cpu = time.process_time() - cpu
        measure.ended = time.monotonic()
        measure.megabytes = max(_PEAKS.pop(), _peak())
        if _PEAKS:
            _PEAKS[-1] = max(_PEAKS[-1], measure.megabytes)
        _add(Path(target), measure)


@contextmanager
def profiling() -> Iterator[Path]:
    """Measure what the block runs; yields the file of measures, which the block may read.

    Where PHARE_PROFILE already names a file, that one is used and stays.
    """
    given = os.environ.get(SETTING)
    with tempfile.TemporaryDirectory(prefix="phare-profile-") as folder:
        path = Path(given or f"{folder}/measures")
        os.environ[SETTING] = str(path)
        try:
            yield path
        finally:
            if not given:
                del os.environ[SETTING]


def measures(path: Path) -> tuple[Measure, ...]:
    """Return what was measured, in the order in which it ended."""
    return tuple(Measure(**json.loads(line)) for line in path.read_text("utf-8").splitlines())


def profile_text(found: tuple[Measure, ...]) -> str:
    """Return the measures as a table in the reader's language, in the order they ended."""
    lines = [say("profile-title"), say("profile-columns")]
    for one in found:
        what = say(f"profile-{one.kind}", None, name=one.name)
        spent = f"{one.seconds:8.2f} {one.cpu:8.2f} {one.megabytes:8.0f}"
        lines.append(f"{one.wave:10} {what:44} {spent}  {say(f'profile-state-{one.state}')}")
    return "\n".join(lines)


def _peak() -> float:
    """Return the peak resident memory of this process since it was last forgotten, in MB.

    Where /proc does not tell (not Linux), the peak since the process began.
    """
    try:
        text = (PROCESS / "status").read_text("ascii")
        return int(text.split("VmHWM:")[1].split()[0]) / 1e3
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _forget_peak() -> None:
    """Start the peak again from what is resident now, where the system lets us."""
    try:
        (PROCESS / "clear_refs").write_text("5", "ascii")
    except OSError:
        return


def _add(path: Path, measure: Measure) -> None:
    line = json.dumps(asdict(measure), ensure_ascii=False) + "\n"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())  # one write: lines of other processes do not mix
    finally:
        os.close(descriptor)
