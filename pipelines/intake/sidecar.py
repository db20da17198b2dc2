"""The sidecar of a delivery: what was received, from whom, under which licence.

Belongs here: its shape, reading and writing it. Not here: comparing it with the file
(deliveries.py), making a new one from a received file (receive.py).
"""

import datetime as dt
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import Field

from pipelines.study.model import Declared, Licence, Source
from pipelines.study.yaml_source import load_model

SIDECAR = "sidecar.yaml"


class Sidecar(Declared):
    """What is known of one delivered file; `supersedes` names the delivery that it corrects."""

    file: str = Field(pattern=r"^[^/\\.][^/\\]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    producer: str = Field(min_length=1)
    received: dt.date
    licence: Licence
    personal_data: bool
    synthetic: bool
    source: Source | None = None
    supersedes: str | None = None
    note: str | None = None


def read_sidecar(folder: Path) -> Sidecar:
    """Read the sidecar of a delivery; raises DeclarationError with file, line and key.

    Raises FileNotFoundError where there is none.
    """
    path = folder / SIDECAR
    return _read(path, path.read_bytes())


@lru_cache(maxsize=4096)
def _read(path: Path, content: bytes) -> Sidecar:
    """Read a sidecar once for what it says: each step asks for those of every delivery."""
    return load_model(path, Sidecar)


def write_sidecar(folder: Path, sidecar: Sidecar) -> None:
    """Write the sidecar of a delivery, keys in declared order."""
    data = sidecar.model_dump(mode="json", exclude_none=True)
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=100)
    (folder / SIDECAR).write_text(text, "utf-8")
