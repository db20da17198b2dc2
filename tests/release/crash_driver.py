"""Publishes and kills itself: run by test_crash.py in a process of its own.

Arguments: a folder that holds copies of one root, named by the number of the file operation before
which the publication is to be killed with SIGKILL. A copy named `all` is published to the end.
Prints the file operations of that one, a line each. The hook listens to Python's own audit events,
so that the code under test runs as it is.
"""

import os
import signal
import sys
from pathlib import Path

from pipelines.release import publish
from pipelines.study import load_study
from tests.release.made_up_release import QUALITY, RELEASED, changed_value, files_of, source
from tests.tiny_study import STUDY

OPERATIONS = ("open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main(cases: Path) -> None:
    for root in sorted(cases.iterdir()):
        child = os.fork()
        if child == 0:
            run(root, int(root.name) if root.name.isdigit() else None)
            os._exit(0)
        os.waitpid(child, 0)


def run(root: Path, kill_before: int | None) -> None:
    study = load_study(root, STUDY)
    files = files_of(study, changed_value)
    seen: list[str] = []

    def hook(name: str, arguments: tuple) -> None:
        if name not in OPERATIONS or not str(arguments[0]).startswith(str(root)):
            return
        if name == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return
        seen.append(f"{name} {Path(str(arguments[0])).relative_to(root)}")
        if len(seen) - 1 == kill_before:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    publish(
        study, root, files, released=RELEASED, sources=[source(study)], quality=QUALITY,
        run={"run_id": f"killed-{root.name}"}, erratum="corrected",
    )  # fmt: skip
    if kill_before is None:
        sys.stdout.write("\n".join(seen) + "\n")
        sys.stdout.flush()  # the child ends without what an interpreter does at its end


main(Path(sys.argv[1]))
