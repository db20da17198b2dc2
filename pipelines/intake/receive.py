"""Receiving a file: it is copied under raw/ with its sidecar, whole or not at all.

Belongs here: the one way by which a delivery comes to be. Not here: what the sidecar says
(sidecar.py), reading the file (extract.py).
"""

import datetime as dt
import re
import shutil
import tempfile
from pathlib import Path

from pipelines.intake.deliveries import Delivery, deliveries, wave_folder
from pipelines.intake.errors import ReceiveError
from pipelines.intake.sidecar import SIDECAR, Sidecar, write_sidecar
from pipelines.study.model import Licence, Source
from pipelines.workspace import sha256_of

_CC = "https://creativecommons.org"
LICENCES = {
    "etalab-2.0": (
        "Licence Ouverte / Open Licence 2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    ),
    "CC0-1.0": ("Creative Commons Zero 1.0", f"{_CC}/publicdomain/zero/1.0/"),
    "CC-BY-4.0": ("Creative Commons Attribution 4.0", f"{_CC}/licenses/by/4.0/"),
    "CC-BY-SA-4.0": ("Creative Commons Attribution Share-Alike 4.0", f"{_CC}/licenses/by-sa/4.0/"),
    "ODbL-1.0": ("Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
}
NAME = re.compile(r"[a-z0-9]+([-_.][a-z0-9]+)*")


def receive(
    root: Path,
    study: str,
    wave_id: str,
    file: Path,
    *,
    producer: str,
    licence: Licence | str,
    personal_data: bool,
    synthetic: bool,
    received: dt.date,
    name: str | None = None,
    source: Source | None = None,
    supersedes: str | None = None,
    note: str | None = None,
) -> Delivery:
    """Copy `file` into raw/<study>/<wave>/<name>/ with a sidecar; `name` is the date by default.

    The same bytes again change nothing: the delivery that has them is returned (and its file put
    back where a fresh clone holds the sidecar alone), unless they now supersede another delivery:
    that is a delivery of its own, or what is said would go unheard. A file of personal data is
    git-ignored before it is copied, so that only its sidecar can be committed. `licence` may be
    one of the names in LICENCES or words of the producer. Raises ReceiveError for a file that
    is not there, a name that is not plain, a name that another file has, a `supersedes` that is
    unknown or has these very bytes, or bytes already received of which another thing was said.
    """
    name = name or received.isoformat()
    _check_request(file, name)
    digest = sha256_of(file)
    known = deliveries(root, study, wave_id)
    for one in reversed(known):
        if one.sidecar.sha256 == digest:
            _check_same(one, personal_data=personal_data, synthetic=synthetic)
            if supersedes == one.name:
                raise ReceiveError("intake-receive-itself", file=file, found=one.name)
            if supersedes in (None, one.sidecar.supersedes):
                return one if one.extract.is_file() else _restore(one, file)
    _check_new(root, study, wave_id, name, supersedes, known)
    sidecar = Sidecar(
        file=_plain_name(file.name), sha256=digest, bytes=file.stat().st_size, producer=producer,
        received=received, licence=_licence(licence), personal_data=personal_data,
        synthetic=synthetic, source=source, supersedes=supersedes, note=note,
    )  # fmt: skip
    folder = wave_folder(root, study, wave_id)
    folder.mkdir(parents=True, exist_ok=True)
    if personal_data:
        _ignore(root, f"{study}/{wave_id}/{name}")
    return Delivery(_place(folder, name, file, sidecar), sidecar)


def _check_request(file: Path, name: str) -> None:
    if not file.is_file():
        raise ReceiveError("intake-receive-missing", file=file)
    if not NAME.fullmatch(name):
        raise ReceiveError("intake-receive-name", found=name)


def _check_same(delivery: Delivery, **said: bool) -> None:
    """Refuse to let what is said now go unheard: the sidecar, and what git ignores, would stay."""
    for key, value in said.items():
        found = getattr(delivery.sidecar, key)
        if found != value:
            raise ReceiveError(
                "intake-receive-otherwise",
                folder=delivery.folder, key=key, found=str(found).lower(),
                expected=str(value).lower(),
            )  # fmt: skip


def _check_new(
    root: Path,
    study_id: str,
    wave_id: str,
    name: str,
    supersedes: str | None,
    known: tuple[Delivery, ...],
) -> None:
    names = [one.name for one in known]
    if name in names:
        folder = wave_folder(root, study_id, wave_id) / name
        raise ReceiveError("intake-receive-taken", folder=folder, name=name)
    if supersedes is not None and supersedes not in names:
        raise ReceiveError(
            "intake-receive-supersedes", found=supersedes, valid=", ".join(names) or "—"
        )


def _licence(given: Licence | str) -> Licence:
    """Return a licence in full: a known one by its name, else the producer's words as title."""
    if isinstance(given, Licence):
        return given
    names = {name.casefold(): name for name in LICENCES}
    name = names.get(given.strip().casefold())
    if name is None:
        return Licence(name="other", title=given.strip(), path="")
    title, path = LICENCES[name]
    return Licence(name=name, title=title, path=path)


def _plain_name(name: str) -> str:
    """Return a file name that cannot be hidden or mistaken for a sidecar."""
    plain = name.lstrip(".") or "extract"
    return f"extract-{plain}" if plain == SIDECAR else plain


def _restore(delivery: Delivery, file: Path) -> Delivery:
    aside = delivery.folder / ".restoring"
    shutil.copyfile(file, aside)
    aside.chmod(0o600 if delivery.sidecar.personal_data else 0o644)
    aside.replace(delivery.extract)
    return delivery


def _place(folder: Path, name: str, file: Path, sidecar: Sidecar) -> Path:
    """Fill a folder aside, then give it its name: a killed copy leaves no delivery."""
    aside = Path(tempfile.mkdtemp(prefix=".receive-", dir=folder))
    try:
        copy = aside / sidecar.file
        shutil.copyfile(file, copy)
        if sha256_of(copy) != sidecar.sha256:
            raise ReceiveError("intake-receive-moving", file=file)
        copy.chmod(0o600 if sidecar.personal_data else 0o644)
        write_sidecar(aside, sidecar)
        aside.chmod(0o700 if sidecar.personal_data else 0o755)
        aside.rename(folder / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder / name


def _ignore(root: Path, delivery: str) -> None:
    """Have git ignore all of a delivery but its sidecar."""
    path = root / "raw" / ".gitignore"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    wanted = [f"/{delivery}/*", f"!/{delivery}/{SIDECAR}"]
    if all(line in lines for line in wanted):
        return
    aside = path.with_name(".gitignore.new")
    aside.write_text("\n".join([*lines, *wanted]) + "\n", "utf-8")
    aside.replace(path)
