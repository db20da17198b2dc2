"""How a process of Phare is set up and ended: what it need not load, look for or take apart.

Belongs here: settings of the interpreter, each with what it saves. Not here: what the process
does (cli, beside.py).
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import NoReturn

NEW_OBJECTS = 1_000_000  # between two looks of the garbage collector, instead of 700


def without_extras() -> None:
    """Make the import of pandas and hypothesis fail from now on in this process.

    No verb uses them, but pyarrow and pandera load them wherever they find them: a third of a
    second, and a twentieth.
    """
    sys.meta_path.insert(0, _WithoutExtras())


class _WithoutExtras(MetaPathFinder):
    """Answers for those two as where they are not installed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> None:
        """Refuse those two; leave every other module to those who know it."""
        if name in {"pandas", "hypothesis"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def collect_rarely() -> None:
    """Let the garbage collector look less often: it goes over all of Dagster each time, in vain.

    To the end of the process: one look just before it, at all that is there, takes 0.02 s.
    """
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def tidy_when_ended() -> None:
    """Take the end that a system asks for (SIGTERM, SIGHUP) as Ctrl-C: temporary files go with it.

    What was told to ignore it (nohup) still does.
    """
    for one in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(one) is signal.SIG_DFL:
            signal.signal(one, signal.default_int_handler)


def end_process(code: int) -> NoReturn:
    """End the process once what was asked for at exit is done.

    An interpreter that holds Dagster takes a second to take itself apart, which frees nothing that
    the end of the process does not.
    """
    atexit._run_exitfuncs()  # logs, temporary folders, threads
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed by whoever started it
        stream.flush()
    os._exit(code)
