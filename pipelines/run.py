"""Running a study's job from this process, through Dagster, from a command or a test.

Belongs here: the Dagster instance of a root and the run of a job in it. Not here: what the job
holds (assets.py), how it is started on a schedule (automation.py), what people read (cli).
"""

import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.errors import DagsterAssetCheckFailedError
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from pipelines import PROJECT
from pipelines.ahead import IN_PROCESS
from pipelines.assets import asset_key
from pipelines.automation import job_name, wave_tags
from pipelines.definitions import definitions_of
from pipelines.evidence import CheckFailedError
from pipelines.executors import executor_name, step_failure
from pipelines.profile import measured
from pipelines.study import load_study
from pipelines.texts import messages, say
from pipelines.workspace import held, private_folder

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
SETTINGS = "dagster.yaml"
LOCK = "dagster.lock"  # private: held while the history is opened
ENGINE_MAKER = "create_engine"  # what Dagster's event log calls for every statement


@dataclass(frozen=True)
class Choices:
    """What an operator says of one run: see ReleaseConfig."""

    released: str = ""
    erratum: str = ""
    bump: str = ""


def run_study(root: Path, name: str, choices: Choices | None = None) -> dict[str, Any]:
    """Run the job of study `name` and return what became of its release, as JSON-able facts.

    Raises DeclarationError or UnknownStudyError, and whatever PhareError a step raises;
    CheckFailedError when a blocking check fails. Nothing is published then.
    """
    study = load_study(root, name)
    with measured("run", name), chdir(root), _instance(root) as instance:
        config = {"ops": {f"{_op(name)}": {"config": asdict(choices or Choices())}}}
        how: dict[str, Any] = {
            "instance": instance,
            "tags": wave_tags(study),
            "run_config": {**config, **_QUIET},
        }
        try:
            if executor_name() != IN_PROCESS:
                return _release_facts(_run_elsewhere(root, name, how), name)
            result = job_of(str(root), name).execute_in_process(**how)
        except DagsterAssetCheckFailedError as error:
            found = _with_meaning(str(error).splitlines()[-1].strip())
            raise CheckFailedError("run-check-failed", study=name, found=found) from None
        except dg.DagsterExecutionInterruptedError:  # Ctrl-C, in Dagster's words
            raise KeyboardInterrupt from None
        return _release_facts(result, name)


def _with_meaning(failed: str) -> str:
    """Return Dagster's line of failed checks (asset: check,check) with what each of ours means."""
    names = failed.partition(":")[2].replace(" ", "").split(",")
    meant = [say(f"check-{one}") for one in names if f"check-{one}" in messages()]
    return " ".join([f"{failed}.", *meant]).removesuffix(".")


def job_of(root: str, name: str) -> dg.JobDefinition:
    """Return the job of a study: what a process that runs one of its steps builds again."""
    return definitions_of(Path(root), [name]).resolve_job_def(job_name(name))


def _run_elsewhere(root: Path, name: str, how: dict[str, Any]) -> dg.JobExecutionResult:
    """Run the job through the chosen executor; raises StepFailedError for the first failed step."""
    job = dg.build_reconstructable_job(
        __name__, "job_of", reconstructable_kwargs={"root": str(root), "name": name}
    )
    with dg.execute_job(job, **how) as result:
        failed = [one for one in result.all_events if one.is_step_failure]
        if failed:
            raise step_failure(name, failed[0])
        return result


_QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def _op(name: str) -> str:
    """Return the op of a study's release, as Dagster names it."""
    return "__".join(part.replace("-", "_") for part in asset_key(name, "release").path)


def last_run(root: Path, name: str) -> str | None:
    """Return when the last run of a study's job started and how it ended; None without one."""
    if not _has_history(root):
        return None
    with chdir(root), _instance(root) as instance:
        found = instance.get_run_records(dg.RunsFilter(job_name=job_name(name)), limit=1)
    if not found:
        return None
    started = found[0].create_timestamp.isoformat(timespec="seconds")
    return f"{started} {found[0].dagster_run.status.value}"


def forget_runs(root: Path, days: int, *, dry_run: bool = False) -> list[str]:
    """Take runs that started over `days` days ago and ended out of Dagster's history.

    Returns their ids, the newest first; with `dry_run` nothing is removed. The last run of each job
    stays: `phare status` tells it. No sensor forgets a delivery: which ones it has seen stands in
    its cursor. Dagster empties the file of a run's events and leaves it, so that goes as well.
    """
    if not _has_history(root):
        return []
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    with chdir(root), _instance(root) as instance:
        ended = instance.get_runs(dg.RunsFilter(statuses=ENDED, created_before=before))
        last = {
            one.run_id
            for job in {run.job_name for run in ended}
            for one in instance.get_runs(dg.RunsFilter(job_name=job), limit=1)
        }
        gone = [run.run_id for run in ended if run.run_id not in last]
        if dry_run:
            return gone
        for run_id in gone:
            instance.delete_run(run_id)
        storage, files = instance.event_log_storage, list[Path]()
        if isinstance(storage, sqlite_event_log.SqliteEventLogStorage):
            files = [Path(storage.path_for_shard(run_id)).absolute() for run_id in gone]
    for file in files:  # once nothing holds them open: SQLite keeps two files beside an open one
        file.unlink(missing_ok=True)
    return gone


def _release_facts(
    result: dg.ExecuteInProcessResult | dg.JobExecutionResult, name: str
) -> dict[str, Any]:
    events = result.asset_materializations_for_node(_op(name))
    told = events[-1].metadata.items()
    facts = {key: value.value for key, value in told if not key.startswith("dagster/")}
    return {"study": name, "run_id": result.run_id, **facts}


def _has_history(root: Path) -> bool:
    """Whether Dagster may have kept anything of this root: to open its SQLite files makes them."""
    own = root / SETTINGS
    text = (own if own.exists() else PROJECT / SETTINGS).read_text("utf-8")
    folder = (yaml.safe_load(text) or {}).get("storage", {}).get("sqlite", {}).get("base_dir")
    return not isinstance(folder, str) or (root / folder).exists()  # no folder: kept elsewhere


def _home(root: Path) -> Path:
    return root if (root / SETTINGS).exists() else root / ".dagster"


@contextmanager
def _instance(root: Path) -> Iterator[dg.DagsterInstance]:
    """Open the root's Dagster instance; its settings are the root's own, else the project's."""
    home = _home(root)
    os.environ["DAGSTER_HOME"] = str(home)
    with _held_open(), ExitStack() as stack:
        with held(private_folder(root) / LOCK):  # two at once fail at making Dagster's tables
            if home != root:
                home.mkdir(exist_ok=True)
                shutil.copyfile(PROJECT / SETTINGS, home / SETTINGS)
            instance = stack.enter_context(dg.DagsterInstance.get())
        yield instance


@contextmanager
def _held_open() -> Iterator[None]:
    """Keep Dagster's SQLite files open while a run writes to them.

    Dagster opens and closes a connection a statement, and the last one to close copies the write-
    ahead log back and syncs it: half of a small run. Synchronous NORMAL loses at most the last
    events of the history when power fails; it never damages the file (sqlite.org/wal.html).
    It also makes an engine a statement, which compiles each again: 0.2 s of a run of 3 s.
    """
    held: dict[str, sqlite3.Connection] = {}
    engines: dict[str, Engine] = {}

    def engine_of(url: str, **settings: Any) -> Engine:
        if url not in engines:
            engines[url] = create_engine(url, **settings)
        return engines[url]

    def opened(connection: object, record: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        connection.execute("PRAGMA synchronous = NORMAL")
        path = connection.execute("PRAGMA database_list").fetchone()[2]
        if path and path not in held:
            held[path] = sqlite3.connect(path, check_same_thread=False)
        if path:  # a read, so that the log counts this connection among its own
            held[path].execute("PRAGMA schema_version").fetchone()

    event.listen(Engine, "connect", opened)
    setattr(sqlite_event_log, ENGINE_MAKER, engine_of)
    try:
        yield
    finally:
        setattr(sqlite_event_log, ENGINE_MAKER, create_engine)
        event.remove(Engine, "connect", opened)
        for connection in held.values():
            connection.close()
