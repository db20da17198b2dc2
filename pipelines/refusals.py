"""Refused extracts: which delivery of a wave was refused, remembered until another one passes.

Belongs here: the note under .phare/, for `phare status`. Not here: refusing (intake, validation),
telling anyone (alerts.py).
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.errors import ExitCode, PhareError
from pipelines.texts import LANGUAGES
from pipelines.workspace import write_private

NOTE = "refused.json"


@contextmanager
def noted(folder: Path, step: str, delivery: str) -> Iterator[None]:
    """Keep a note in `folder` when the block refuses the data; drop that of this step else."""
    try:
        yield
    except PhareError as error:
        if error.exit_code == ExitCode.DATA_REFUSED:
            _write(folder / NOTE, error, step, delivery)
        raise
    if (read_refusal(folder, delivery) or {}).get("step") == step:
        (folder / NOTE).unlink()


def read_refusal(folder: Path, delivery: str) -> dict[str, Any] | None:
    """Return step, time and message of the refusal of `delivery`; None when it was not refused."""
    path = folder / NOTE
    if not path.is_file():
        return None
    note: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return note if note["delivery"] == delivery else None


def _write(path: Path, error: PhareError, step: str, delivery: str) -> None:
    note = {
        "delivery": delivery,
        "step": step,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "message": {lang: error.text(lang) for lang in LANGUAGES},
    }
    write_private(path, note)
