"""The second process: what it does, and that nothing is lost where it cannot."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines import beside, sql
from pipelines.beside import (
    Job,
    ProcessesError,
    hand_over,
    is_wanted,
    meanwhile,
    second_process,
)
from pipelines.errors import ExitCode
from pipelines.workspace import staged

PROJECT = str(Path(__file__).parents[2])


def double(number: int) -> int:
    return 2 * number


def own_pid() -> int:
    return os.getpid()


def only_in(pid: int) -> int:
    """Fail everywhere but in the process `pid`."""
    if os.getpid() != pid:
        raise RuntimeError("not here")
    return pid


def end_this_process() -> None:
    os._exit(1)


def lambda_of(number: int) -> Callable[[], int]:
    return lambda: number


class Unreadable:
    """What cannot be loaded in another process."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return refuse_to_load, ()


def refuse_to_load() -> None:
    raise ValueError("planted")


def unreadable() -> Unreadable:
    return Unreadable()


def nap(seconds: float, path: Path) -> None:
    time.sleep(seconds)
    path.write_text("awake")


def refuse(text: str) -> None:
    raise ValueError(text)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for a second process, which finds the jobs of this file."""
    monkeypatch.setenv(beside.SETTING, "2")
    monkeypatch.setenv("PYTHONPATH", PROJECT)


@pytest.fixture
def second(two: None) -> Iterator[None]:
    with second_process():
        yield


@pytest.mark.usefixtures("second")
def test_jobs_are_done_in_another_process_in_the_order_given() -> None:
    jobs = [hand_over(double, number) for number in range(5)]
    pid = hand_over(own_pid)
    assert pid.result() not in {os.getpid(), None}
    assert [one.result() for one in reversed(jobs)] == [8, 6, 4, 2, 0]
    assert jobs[2].is_over() and jobs[2].result() == 4, "asked again"


@pytest.mark.usefixtures("second")
def test_a_job_that_fails_there_is_done_here() -> None:
    job = hand_over(only_in, os.getpid())
    assert job.result_there() is None
    assert hand_over(only_in, os.getpid()).result() == os.getpid()
    assert hand_over(double, 4).result() == 8, "the next one is done there all the same"


@pytest.mark.usefixtures("second")
def test_what_a_job_raises_is_raised_here_in_its_own_words() -> None:
    with pytest.raises(ValueError, match="planted"):
        hand_over(refuse, "planted").result()


@pytest.mark.usefixtures("second")
def test_a_second_process_that_dies_takes_no_job_with_it() -> None:
    jobs: list[Job[int]] = [hand_over(double, 1)]
    lost = hand_over(end_this_process)
    jobs += [hand_over(double, number) for number in (2, 3)]
    assert lost.result_there() is None
    assert [one.result() for one in jobs] == [2, 4, 6]
    assert all(one.is_over() for one in jobs)
    assert hand_over(double, 5).result() == 10


@pytest.mark.usefixtures("second")
def test_what_cannot_be_pickled_is_done_here_and_the_next_job_there() -> None:
    assert hand_over(len, [lambda: 1]).result() == 1
    assert hand_over(lambda_of, 3).result()() == 3
    assert hand_over(own_pid).result() != os.getpid()


@pytest.mark.usefixtures("second")
def test_a_result_that_cannot_be_read_is_found_here() -> None:
    jobs = [hand_over(unreadable), hand_over(unreadable)]
    for job in (*jobs, *jobs):
        assert isinstance(job.result(), Unreadable)


@pytest.mark.usefixtures("second")
def test_each_side_reads_while_the_other_writes() -> None:
    """More than sockets hold waits on both sides at once."""
    much = bytes(8 << 20)
    jobs = [hand_over(bytes.upper, much) for _ in range(3)]
    assert [one.result() for one in reversed(jobs)] == [much] * 3


@pytest.mark.usefixtures("second")
def test_what_ends_a_whole_group_of_processes_is_left_to_the_first() -> None:
    pid = hand_over(own_pid).result()
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, one)
    assert hand_over(own_pid).result() == pid


def test_where_the_system_refuses_a_second_process_there_is_none(
    two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with second_process():
        assert hand_over(own_pid).result() == os.getpid()


@pytest.mark.parametrize("told", ["0", "three", "2 "])
def test_a_setting_that_says_neither_is_refused(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(beside.SETTING, told)
    with pytest.raises(ProcessesError, match="Expected: 1, 2") as caught, second_process():
        pass
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(("count", "is_there"), [(1, False), (4, True), (None, False)])
def test_where_a_system_does_not_tell_whose_processors_they_are_all_count(
    count: int | None, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(beside.SETTING, raising=False)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert is_wanted() is is_there


def test_without_a_second_process_a_job_is_done_when_its_result_is_asked_for() -> None:
    job = hand_over(own_pid)
    assert job.is_over() and job.result_there() is None
    assert job.result() == os.getpid()


@pytest.mark.parametrize(("told", "is_there"), [("1", False), ("2", True)])
@pytest.mark.usefixtures("two")
def test_the_setting_decides(told: str, is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(beside.SETTING, told)
    assert is_wanted() is is_there
    with second_process():
        assert (hand_over(own_pid).result() != os.getpid()) is is_there


def test_without_a_setting_the_processors_of_the_machine_decide() -> None:
    code = "import os; os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]}); "
    code += "from pipelines.beside import is_wanted; print(is_wanted())"
    environment = {key: value for key, value in os.environ.items() if key != beside.SETTING}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "False"


@pytest.mark.usefixtures("second")
def test_nobody_works_at_a_job_any_more_once_its_block_has_ended(tmp_path: Path) -> None:
    with meanwhile(nap, 0.2, tmp_path / "one"):
        pass
    assert (tmp_path / "one").read_text() == "awake"
    with pytest.raises(ValueError, match="of the block"), meanwhile(nap, 0.2, tmp_path / "two"):
        refuse("of the block")
    assert (tmp_path / "two").read_text() == "awake"
    with pytest.raises(ValueError, match="of the job"), meanwhile(refuse, "of the job"):
        pass


@pytest.mark.usefixtures("second")
def test_whoever_breaks_the_run_off_does_not_wait_for_the_job(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), meanwhile(nap, 60, tmp_path / "late"):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.usefixtures("two")
def test_the_end_of_the_block_ends_a_busy_process_and_its_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_stopped: bool
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with second_process():
        pid = hand_over(own_pid).result()
        assert hand_over(start_engine).result()
        assert list(tmp_path.glob("phare-spill-*"))
        hand_over(be_at_a_step, tmp_path)
        while not list(tmp_path.glob(".step-*/rows")):
            time.sleep(0.01)
        if is_stopped:
            os.kill(pid, signal.SIGSTOP)
    assert not is_alive(pid)
    assert not list(tmp_path.iterdir())


def be_at_a_step(folder: Path) -> None:
    with staged(folder, "estimates") as aside:
        (aside / "rows").write_text("respondents")
        time.sleep(60)


def start_engine() -> bool:
    with sql.connect() as connection:
        return connection.execute("SELECT true").fetchall() == [(True,)]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_second_process_does_not_outlive_the_first(how: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from pathlib import Path\n"
        "from pipelines.beside import hand_over, second_process\n"
        "from tests.pipeline.test_beside import nap, own_pid\n"
        "with second_process():\n"
        "    print(hand_over(own_pid).result(), flush=True)\n"
        f"    hand_over(nap, 60, Path({str(tmp_path / 'late')!r}))\n"
        "    time.sleep(60)\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
        env={**os.environ, beside.SETTING: "2", "PYTHONPATH": PROJECT},
    )  # fmt: skip
    assert first.stdout is not None
    pid = int(first.stdout.readline())
    assert is_alive(pid)
    first.send_signal(how)
    first.wait()
    first.stdout.close()
    deadline = time.monotonic() + 20
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and was not waited for does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
