"""Where the steps of a run are executed: one setting chooses Dagster's executor.

Belongs here: the executors there are, and what a step that failed in another process raises in
this one. Not here: jobs (automation.py), starting a run (run.py), the name of the setting, which is
read before Dagster is loaded (ahead.py).
"""

import os
from collections.abc import Iterator

import dagster as dg

from pipelines.ahead import EXECUTOR, IN_PROCESS
from pipelines.errors import ExitCode, PhareError
from pipelines.texts import say

EXECUTORS = {IN_PROCESS: dg.in_process_executor, "multiprocess": dg.multiprocess_executor}


class ExecutorError(PhareError):
    """PHARE_EXECUTOR names no executor."""

    exit_code = ExitCode.USAGE


class StepFailedError(PhareError):
    """A step failed in a process of its own; `found` is its message where that is one of ours."""

    def __init__(self, study: str, step: str, found: str, code: ExitCode) -> None:
        super().__init__("run-step-failed", study=study, step=step, found=found)
        self.exit_code = code  # that of the error in the other process


def executor_name() -> str:
    """Return the chosen executor; raises ExecutorError for one that is not known."""
    name = os.environ.get(EXECUTOR) or IN_PROCESS
    if name not in EXECUTORS:
        valid = ", ".join(EXECUTORS)
        raise ExecutorError("run-executor-unknown", setting=EXECUTOR, found=name, valid=valid)
    return name


def executor() -> dg.ExecutorDefinition:
    """Return the chosen executor: steps in this process (the default), or in one each.

    The default suits small studies, done before a second process has started.
    """
    return EXECUTORS[executor_name()]


def step_failure(study: str, event: dg.DagsterEvent) -> PhareError:
    """Return what a failed step of another process raises here.

    Only messages of PhareError are passed on: others may hold a respondent's value.
    """
    data = event.step_failure_data
    error = data.error.cause or data.error if data.error else None
    kind = kinds().get(error.cls_name or "") if error else None
    if kind is not None and error is not None:
        found = error.message.strip().removeprefix(f"{kind.__module__}.{kind.__name__}: ")
        return StepFailedError(study, event.step_key or "", found, kind.exit_code)
    name = (error.cls_name if error else None) or say("run-step-unknown")
    return StepFailedError(study, event.step_key or "", name, ExitCode.FAILED)


def kinds() -> dict[str, type[PhareError]]:
    """Return every class of errors whose words are ours, by name."""

    def below(kind: type[PhareError]) -> Iterator[type[PhareError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return {one.__name__: one for one in below(PhareError)}
