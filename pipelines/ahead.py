"""What the second process does of a study's run, while this one loads Dagster and keeps its books.

Belongs here: which steps are handed over, and what an asset asks of them. Not here: the second
process (beside.py), the steps and when one may be skipped (steps.py). An asset that finds its step
done ahead takes it over as it takes over one of an earlier run: where code, declaration and inputs
are the same and the outputs are the bytes that were written; else it works itself.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from pipelines.beside import Job, hand_over
from pipelines.errors import PhareError
from pipelines.intake import newest_delivery
from pipelines.steps import delivered_waves, run_step, steps_of, would_reuse
from pipelines.study import load_study

ROW_MAPS = "row_maps"  # what a release asks of the rows besides the steps
# What a release and the site need, the longest to load first: loaded while there is to wait.
MEANWHILE = (
    "pipelines.catalogue.pages", "phare_data.verifier", "jsonschema_rs", "pyarrow.dataset",
)  # fmt: skip
EXECUTOR = "PHARE_EXECUTOR"
IN_PROCESS = "in_process"
_HANDED_OVER: dict[tuple[Path, str, str, str], Job[float]] = {}
# In the second process: studies of which it ran a step, and of which a step failed.
_WORKED_AT: set[tuple[Path, str]] = set()
_STOPPED: set[tuple[Path, str]] = set()


class StoppedError(Exception):
    """Something of a study failed in the second process before: it does nothing more of it."""


def work_ahead(root: Path, name: str) -> None:
    """Hand over the steps of a study's delivered waves, in the order in which assets ask for them.

    A declaration that cannot be loaded has none; whoever runs the study tells what is wrong. Where
    another executor is chosen, steps have processes of their own.
    """
    if (os.environ.get(EXECUTOR) or IN_PROCESS) != IN_PROCESS:
        return
    try:
        study = load_study(root, name)
    except PhareError:
        return
    waves = delivered_waves(study)
    for step in steps_of(study):
        for wave in waves:
            job = hand_over(_work, root, name, wave, step.name)
            _HANDED_OVER[root, name, wave, step.name] = job
    _HANDED_OVER[root, name, "", ROW_MAPS] = hand_over(_map_rows, root, name)
    hand_over(_load, root, name)


def await_ahead(root: Path, name: str, step: str, wave: str = "") -> float:
    """Wait until what was handed over is done; return for how many seconds it was worked at."""
    job = _HANDED_OVER.pop((root, name, wave, step), None)
    if job is None:
        return 0
    for module in MEANWHILE:
        if job.is_over():
            break
        import_module(module)
    return job.result_there() or 0


def _work(root: Path, name: str, wave: str, step_name: str) -> float:
    """Run a step in the second process; raises what it raises, and StoppedError after that."""
    started = time.monotonic()
    with _stopping(root, name):
        study = load_study(root, name)
        step = next(one for one in steps_of(study) if one.name == step_name)
        if would_reuse(study, wave, step):
            return 0
        _WORKED_AT.add((root, name))
        run_step(study, wave, step)
    return time.monotonic() - started


def _map_rows(root: Path, name: str) -> float:
    from pipelines.contributors import row_maps

    if (root, name) not in _WORKED_AT:  # what is remembered holds, or nothing is to be released
        return 0
    started = time.monotonic()
    with _stopping(root, name):
        study = load_study(root, name)
        waves = delivered_waves(study)
        row_maps(study, {one: newest_delivery(root, name, one) for one in waves})
    return time.monotonic() - started


@contextmanager
def _stopping(root: Path, name: str) -> Iterator[None]:
    """Do nothing more of a study once something failed: what follows would work on older bytes."""
    if (root, name) in _STOPPED:
        raise StoppedError(name)
    try:
        yield
    except BaseException:
        _STOPPED.add((root, name))
        raise


def _load(root: Path, name: str) -> bool:
    """Load what a release will hand over, where something new is to be released."""
    return (root, name) in _WORKED_AT and all(import_module(one) for one in MEANWHILE)
