"""The files of a release, written into an empty folder.

Belongs here: which files there are and in which order they are made. Not here: where the folder
lies (store.py), its version (publish.py), checking it (verify.py).
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phare_data.layout import CRATE, DATAPACKAGE
from phare_data.manifest import sha256_of
from pipelines import sql
from pipelines.release.crate import crate
from pipelines.release.descriptor import FileFacts, as_json, descriptor
from pipelines.release.inputs import Release
from pipelines.release.lineage import LINEAGE, lineage
from pipelines.release.manifest import write_manifest
from pipelines.release.openlineage import OPENLINEAGE, events
from pipelines.release.pages import Page, write_pages
from pipelines.release.writing import write_csv, write_parquet

RUN = "lineage/run.json"
EVIDENCE = (RUN, OPENLINEAGE, CRATE)  # varies from run to run; bound by the manifest alone


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Told:
    """What one run says of a release besides its data: public, but not part of the content id."""

    quality: Mapping[str, Any]
    run: Mapping[str, Any]
    row_maps: Callable[[], Mapping[str, str]] = dict  # asked last: there are rows to go over
    started: str = field(default_factory=_now)


def write_data(release: Release, folder: Path) -> FileFacts:
    """Write the tables below `folder`/data and return the digest and size of each file."""
    data = folder / "data"
    data.mkdir()
    about = release.study.about
    keep = {"title": about.title.fr, "licence": about.licence.name, "citation": about.citation}
    with sql.connect() as connection:
        for table, rows in release.tables:
            texts = {"table": table.name, "description": table.description.fr, **keep}
            write_parquet(rows, data / f"{table.name}.parquet", texts)
            write_csv(connection, rows, data / f"{table.name}.csv")
    files = {f"data/{path.name}": path for path in sorted(data.iterdir())}
    return {name: (sha256_of(path), path.stat().st_size) for name, path in files.items()}


def write_descriptor(
    release: Release, folder: Path, version: str, files: FileFacts
) -> dict[str, Any]:
    """Write datapackage.json and return what it says."""
    content = descriptor(release, version, files)
    write_text(folder / DATAPACKAGE, as_json(content))
    return content


def write_rest(folder: Path, page: Page, told: Told, files: FileFacts) -> str:
    """Write pages, lineage, evidence and, last, the manifest; returns the manifest's digest.

    The workbook lies there already. The clock is read for the evidence of the run, which no
    content id covers.
    """
    release, run = page.release, {**told.run, "row_maps": told.row_maps()}
    ended = _now()
    write_pages(folder, page)
    write_text(folder / "quality" / "report.json", as_json(told.quality))
    write_text(folder / LINEAGE, as_json(lineage(release)))
    write_text(folder / RUN, as_json(run))
    times = (told.started, ended)
    write_text(folder / OPENLINEAGE, events(release, page.version, files, run, times))
    write_text(folder / CRATE, as_json(crate(folder, page, run, ended)))
    return write_manifest(folder)


def write_text(path: Path, text: str) -> None:
    """Write a text file of a release: UTF-8, as it is."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())


def read_json(path: Path) -> Any:
    """Return what a JSON file of a release says."""
    return json.loads(path.read_bytes())
