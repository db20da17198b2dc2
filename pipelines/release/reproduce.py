"""Rebuilding a release from the recorded commit and the extracts, and saying what differs.

Belongs here: the code and the root that the rebuild needs, running it, the comparison. Not here:
the pipeline itself, which is that of the commit and runs in a process of its own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phare_data.content_id import content_id, said
from phare_data.layout import CSV_SUFFIX, DATAPACKAGE
from phare_data.log import releases
from pipelines import PROJECT
from pipelines.errors import ExitCode
from pipelines.intake import corrections_path, deliveries
from pipelines.release.diff import read_descriptor
from pipelines.release.errors import ReproductionError
from pipelines.release.layout import RUN
from pipelines.release.log import read_log
from pipelines.release.store import Store

RUN_PHARE = "from pipelines.cli import main; main()"
NOT_LIBRARIES = {"run_id", "commit", "code_sha256", "lock_sha256", "platform", "row_maps"}


@dataclass(frozen=True)
class Reproduction:
    """What a rebuild gave.

    `differing` names what is not the same: tables (schema or values) and descriptor keys; it is
    empty where the content ids are equal. `libraries` names those of another version than in the
    recorded run: a difference that they make is no fault of the data. `is_declared_today` tells
    that the declaration was the one that the root has now, which no commit holds: it may have
    changed since the release.
    """

    version: str
    recorded: str
    rebuilt: str
    differing: tuple[str, ...]
    libraries: tuple[str, ...]
    is_declared_today: bool

    @property
    def is_same(self) -> bool:
        """Whether the rebuild says exactly what was published."""
        return self.recorded == self.rebuilt


def reproduce(
    root: Path, study_id: str, version: str, *, work: Path, code: Path = PROJECT,
    clean: bool = False,
) -> Reproduction:  # fmt: skip
    """Rebuild `version` below `work` (an empty folder) and compare its content with the log.

    The code is that of the recorded commit, taken from the git repository of `code`; the extracts
    are those of the release, found below `root`/raw by their digest; the declaration is that of
    the commit, or, where `root` is not `code`, the one that `root` has now. With `clean` the
    locked dependencies are installed anew, else the present ones are used.

    Raises ReproductionError when commit or extract is not at hand, or the run fails.
    """
    store = Store(root, study_id)
    entry = next(
        (one for one in releases(read_log(store.public)) if one["version"] == version), None
    )
    if entry is None or not (store.folder(version) / "data").is_dir():
        raise ReproductionError("release-reproduce-version", study=study_id, found=version)
    published = store.folder(version)
    _check_out(code, str(entry["commit"]), work / "code")
    _copy_inputs(root, study_id, read_descriptor(published), code, work)
    rebuilt = _run(study_id, str(entry["released"]), work, clean=clean)
    return Reproduction(
        version, entry["content_id"], content_id(read_descriptor(rebuilt)),
        differing_parts(read_descriptor(published), read_descriptor(rebuilt)),
        _other_libraries(published, rebuilt), is_declared_today=_is_apart(root, code),
    )  # fmt: skip


def differing_parts(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what two descriptors say differently: tables and keys, not versions or files."""
    before, after = said(one), said(other)
    keys = sorted({*before, *after} - {"resources"})
    found = [key for key in keys if before.get(key) != after.get(key)]
    olds, news = _tables(one), _tables(other)
    return (*found, *(name for name in sorted({*olds, *news}) if olds.get(name) != news.get(name)))


def _tables(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    return {
        one["name"].removesuffix(CSV_SUFFIX): (one["schema"], one["hash"])
        for one in descriptor["resources"]
        if one["name"].endswith(CSV_SUFFIX)
    }


def _check_out(code: Path, commit: str, place: Path) -> None:
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise ReproductionError("release-reproduce-commit", found=commit, code=code)
    place.mkdir(parents=True)
    archive = place.with_suffix(".zip")  # a tar is unpacked safely from Python 3.11.4 on alone
    command = ["git", "-C", str(code), "archive", "-o", str(archive), commit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReproductionError("release-reproduce-commit", found=commit, code=code)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(place)


def _copy_inputs(
    root: Path, study_id: str, descriptor: Mapping[str, Any], code: Path, work: Path
) -> None:
    """Copy the declaration and, per wave, the deliveries up to the one that was published."""
    own = root if _is_apart(root, code) else work / "code"
    shutil.copytree(own / "schemas", work / "root" / "schemas")
    for source in (one for one in descriptor["sources"] if "pub:sha256" in one):
        wave, digest = source["pub:wave"], source["pub:sha256"]
        known = deliveries(root, study_id, wave)
        day = source["pub:received"]  # a file may have come twice
        chosen = [
            at for at, one in enumerate(known)
            if (one.sidecar.sha256, one.sidecar.received.isoformat()) == (digest, day)
        ]  # fmt: skip
        if not chosen:
            raise ReproductionError("release-reproduce-extract", wave=wave, found=digest)
        for one in known[: chosen[-1] + 1]:
            place = work / "root" / "raw" / study_id / wave / one.folder.name
            shutil.copytree(one.folder, place)
        corrections = corrections_path(own, study_id, wave)
        if corrections.is_file():
            shutil.copy(corrections, work / "root" / "raw" / study_id / wave)


def _is_apart(root: Path, code: Path) -> bool:
    """Return whether `root` is a folder of its own, whose declaration no commit of `code` holds."""
    return root.resolve() != code.resolve()


def _run(study_id: str, released: str, work: Path, *, clean: bool) -> Path:
    """Publish with the checked-out code in a process of its own; return the release's folder."""
    code, root = work / "code", work / "root"
    python = sys.executable
    if clean:
        _call(["make", "-C", str(code), "setup"], code)
        python = str(code / ".venv" / "bin" / "python")
    publish = ["--root", str(root), "publish", study_id, "--date", released]
    _call([python, "-c", RUN_PHARE, *publish], code)
    places = (f"published/{study_id}/*/", f".phare/{study_id}/release/candidates/*/*/")
    found = [path.parent for one in places for path in root.glob(one + DATAPACKAGE)]
    if len(found) != 1:
        raise ReproductionError("release-reproduce-run", found=f"{len(found)} releases")
    return found[0]


def _call(command: list[str], code: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    environment = {**kept, "PYTHONPATH": _import_path(code)}
    done = subprocess.run(
        command, cwd=code, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (ExitCode.DONE, ExitCode.HELD):
        told = (done.stderr or done.stdout).strip().splitlines()
        raise ReproductionError("release-reproduce-run", found=told[-1] if told else "—")


def _import_path(code: Path) -> str:
    """Return where the code of a commit is imported from: its own packages, not installed ones."""
    return os.pathsep.join([str(code), str(code / "clients" / "python" / "src")])


def _other_libraries(published: Path, rebuilt: Path) -> tuple[str, ...]:
    before, after = (json.loads((one / RUN).read_bytes()) for one in (published, rebuilt))
    names = sorted({*before, *after} - NOT_LIBRARIES)
    return tuple(
        f"{name} {before.get(name)} → {after.get(name)}"
        for name in names
        if before.get(name) != after.get(name)
    )
