"""A second process beside this one: jobs handed over to it are done while this one goes on.

Belongs here: its start and its end, handing a job over, asking what became of it. Not here: the
jobs themselves (ahead.py, release, catalogue). A job that the second process could not do, for
whatever reason, is done by this one when its result is asked for: so errors are raised here, in
their own words, and where there is no second process everything still works.
"""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from pipelines.errors import ExitCode, PhareError
from pipelines.process import collect_rarely, end_process, without_extras

SETTING = "PHARE_PROCESSES"
VALID = ("1", "2")
PATIENCE = 10  # seconds that the second process has to tidy up after itself
_CURRENT: list["_Second"] = []
Result = TypeVar("Result")


class ProcessesError(PhareError):
    """PHARE_PROCESSES is no number of processes that there can be."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Job(Generic[Result]):
    """A call `function(*arguments)`, handed over or not."""

    function: Callable[..., Result]
    arguments: tuple[Any, ...]
    second: "_Second | None" = None
    number: int = 0

    def is_over(self) -> bool:
        """Return whether asking for the result will not wait for the second process."""
        return (
            "_answer" in vars(self) or self.second is None or self.second.has_answered(self.number)
        )

    def result_there(self) -> Result | None:
        """Wait for the second process; return what it found, None where it did not do the job."""
        return self._answer[0] if self._answer else None

    def result(self) -> Result:
        """Return what the second process found; what it did not do is done now, in this one."""
        return self._answer[0] if self._answer else self.function(*self.arguments)

    @cached_property
    def _answer(self) -> tuple[Result] | None:
        return self.second.answer(self.number) if self.second else None


def hand_over(function: Callable[..., Result], *arguments: Any) -> Job[Result]:
    """Give a job to the second process, which does them in the order given.

    The function is one of a module, it and what it takes and gives can be pickled, and a call that
    was broken off can be made again. Where there is no second process, `Job.result` does it.
    """
    second = _CURRENT[-1] if _CURRENT else None
    number = second.take(function, arguments) if second else None
    if number is None:
        return Job(function, arguments)
    return Job(function, arguments, second, number)


@contextmanager
def meanwhile(function: Callable[..., Any], *arguments: Any) -> Iterator[None]:
    """Have a job of `hand_over` done while the block runs; after it, nobody works at it any more.

    What the job raises is raised after the block, unless that has raised itself. Whoever breaks the
    run off does not wait for the job, which ends with the second process.
    """
    job = hand_over(function, *arguments)
    try:
        yield
    except Exception:
        job.result_there()
        raise
    job.result()


@contextmanager
def second_process(*modules: str) -> Iterator[None]:
    """Have a second process while the block runs, where `is_wanted` says so.

    It loads `modules` at once: what its first jobs will need. Where the system refuses one there is
    none. Raises ProcessesError.
    """
    second = None
    if is_wanted():
        with suppress(OSError):
            second = _Second(modules)
    if second is None:
        yield
        return
    _CURRENT.append(second)
    try:
        yield
    finally:
        _CURRENT.remove(second)
        second.end()


def is_wanted() -> bool:
    """Return whether a second process may be started: PHARE_PROCESSES, else two processors.

    Raises ProcessesError where the setting says neither of what it may.
    """
    told = os.environ.get(SETTING)
    if told:
        if told not in VALID:
            valid = ", ".join(VALID)
            raise ProcessesError("run-processes-unknown", setting=SETTING, found=told, valid=valid)
        return told == "2"
    if not hasattr(os, "sched_getaffinity"):  # not Linux
        return (os.cpu_count() or 1) > 1
    return len(os.sched_getaffinity(0)) > 1


class _Second:
    """The second process as this one sees it."""

    def __init__(self, modules: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        self._answers: dict[int, tuple[Any] | None] = {}
        self._handed_over = 0
        self._is_lost = False
        with theirs:
            self._process = subprocess.Popen(
                # -P: of the folder where somebody happens to stand nothing is imported
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), *modules],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def take(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> int | None:
        """Send a job and return its number; None when the process is gone, or it cannot be sent."""
        try:
            self._connection.send((function, arguments))
        except OSError:
            self._is_lost = True
            return None
        except Exception:  # it cannot be pickled: nothing was sent
            return None
        self._handed_over += 1
        return self._handed_over

    def has_answered(self, number: int) -> bool:
        """Return whether the answer to a job is here, or none will come."""
        while not self._is_lost and number not in self._answers and self._connection.poll():
            self._receive()
        return self._is_lost or number in self._answers

    def answer(self, number: int) -> tuple[Any] | None:
        """Wait for what a job gave and return it, once; None for a job that was not done."""
        while not self._is_lost and number not in self._answers:
            self._receive()
        return self._answers.pop(number, None)

    def _receive(self) -> None:
        self._is_lost = True  # unless a whole answer comes, which can be read
        with suppress(Exception):
            number, answer = self._connection.recv()
            self._answers[number] = answer
            self._is_lost = False

    def end(self) -> None:
        """End it, whatever it is doing: each job leaves its place as it was until it is done."""
        self._is_lost = True
        self._connection.close()  # which it hears, and takes its temporary files with it
        self._process.send_signal(signal.SIGCONT)  # one that somebody stopped hears nothing
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main(descriptor: int, modules: Sequence[str]) -> None:
    """Do jobs until the process that hands them over is gone."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            one, signal.SIG_IGN
        )  # the other one hears it too: its end is that of this one
    without_extras()
    collect_rarely()
    connection = Connection(descriptor)
    jobs: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, jobs), daemon=True).start()
    for module in modules:
        import_module(module)
    number = 0
    while True:
        function, arguments = jobs.get()
        number += 1
        try:
            connection.send((number, (function(*arguments),)))
        except Exception:  # the other process does it again, and raises what it meets
            connection.send((number, None))


def _listen(connection: Connection, jobs: queue.SimpleQueue[Any]) -> None:
    """Take jobs in, loading what they need while others are done; end with the other process."""
    while True:
        try:
            jobs.put(connection.recv())
        except BaseException:  # the other one is gone, or asks for what cannot be loaded here
            end_process(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
