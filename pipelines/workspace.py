"""Private artefacts: where they lie, and how a step replaces its own whole or not at all.

Belongs here: folders under `.phare/`, private files written whole, second names of files, staging,
locks, digests. Not here: what a step computes (steps.py), what is published (pipelines.release).
"""

import atexit
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from pipelines import PROJECT
from pipelines.study import Study
from pipelines.study.tables import judged_tables

MEMBERS = "profile_members"  # private for ever: no published table has its rows
ITEM_COUNTS = "item_counts.parquet"  # how many were asked each item, and answered it
UNSETTLED = 100_000_000  # nanoseconds: well above the grain of file times
_DIGESTS: dict[tuple[int, int, int, int], str] = {}
CODE = ("*.py", "*.sql", "*.yaml", "*.j2", "*.json")


def private_folder(root: Path, *parts: str) -> Path:
    """Return `<root>/.phare/<parts>`, made if missing and readable by its owner alone."""
    folder = root / ".phare"
    folder.mkdir(mode=0o700, exist_ok=True)
    for part in parts:
        folder /= part
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def private_path(root: Path, *parts: str) -> Path:
    """Return where `private_folder` lies, made or not: who only reads leaves no trace."""
    return root.joinpath(".phare", *parts)


def analysis_file(table: str) -> str:
    """Return the name of the private file of a table beside the estimates, of full precision."""
    return f"analysis_{table}.parquet"


def analysis_files(study: Study) -> tuple[str, ...]:
    """Return the private files that `analyse` writes for what `study` declares."""
    members = (MEMBERS,) if study.analyses.typologies else ()
    return tuple(
        analysis_file(name) for name in (*(one.name for one in judged_tables(study)), *members)
    )


def protected_file(table: str) -> str:
    """Return the name of the file of what may be published of a table beside the estimates."""
    return f"protected_{table}.parquet"


@contextmanager
def staged(folder: Path, step: str) -> Iterator[Path]:
    """Yield an empty folder beside the artefacts of `folder`, for `step` alone.

    When the block ends its files replace those of the same name, each at once; when it raises, or
    the process ends meanwhile, nothing changes. A killed run leaves a `.step-*` folder that the
    step's next run removes: not another step's, which may be at work in another process.
    """
    prefix = f".step-{step}-"
    for left in folder.glob(f"{prefix}*"):
        shutil.rmtree(left)
    aside = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    drop = partial(shutil.rmtree, aside, ignore_errors=True)
    atexit.register(drop)  # a second process ends in the middle of a step
    try:
        yield aside
        for path in sorted(aside.iterdir()):
            path.chmod(0o600)
            path.replace(folder / path.name)
    finally:
        atexit.unregister(drop)
        drop()


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Wait for, then hold, the lock that a file is; the system drops it with the process."""
    with lock.open("a") as stream:
        lock.chmod(0o600)
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def write_private(path: Path, content: object) -> None:
    """Write a text, or what JSON can say, for its owner's eyes alone: whole or not at all."""
    text = content if isinstance(content, str) else _as_json(content)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    opened = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as stream:
        stream.write(text)
    aside.chmod(0o600)
    aside.replace(path)


def _as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def link_or_copy(standing: str | Path, place: str | Path) -> None:
    """Give a file a second name, or copy it, mode included, where the disk has no links.

    exFAT and some network drives have none, each with an error of its own. Raises FileExistsError
    when `place` is there, and leaves no half of a copy.
    """
    try:
        os.link(standing, place)
    except FileExistsError:
        raise
    except OSError:
        _copy(Path(standing), Path(place))


def _copy(standing: Path, place: Path) -> None:
    with standing.open("rb") as source:
        opened = os.open(place, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        try:
            with os.fdopen(opened, "wb") as copy:
                shutil.copyfileobj(source, copy)
            shutil.copymode(standing, place)
        except BaseException:
            place.unlink()
            raise


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal.

    Within one process a file is read once while its inode, size and time of change stay the same;
    one changed too lately for its time to tell a further change is read each time.
    """
    with path.open("rb") as stream:
        known = os.fstat(stream.fileno())
        same = (known.st_dev, known.st_ino, known.st_size, known.st_mtime_ns)
        if same not in _DIGESTS:
            is_settled = time.time_ns() - known.st_mtime_ns > UNSETTLED
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if not is_settled:
                return digest
            _DIGESTS[same] = digest
    return _DIGESTS[same]


def sha256_of_all(paths: Iterable[Path], base: Path) -> str:
    """Return one digest over files: their names below `base` and their content, in name order."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(base).as_posix()}\0{sha256_of(path)}\n".encode())
    return total.hexdigest()


@cache
def code_digest() -> str:
    """Return the digest of the pipeline's own code, queries and texts."""
    rooms = PROJECT / "pipelines"
    return sha256_of_all({path for kind in CODE for path in rooms.rglob(kind)}, PROJECT)


def declaration_digest(study: Study) -> str:
    """Return the digest of a study's declaration and of the shared codelists it may use."""
    own = sha256_of_all((path for path in study.folder.rglob("*") if path.is_file()), study.root)
    shared = PROJECT / "schemas" / "codelists"
    local = study.root / "schemas" / "codelists"
    lists = [sha256_of_all(place.glob("*.*"), place) for place in {shared, local}]
    return hashlib.sha256("\n".join([own, *sorted(lists)]).encode()).hexdigest()
