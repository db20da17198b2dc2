"""The deliveries of a wave: which there are, which one is used, whether one has changed.

Belongs here: finding and checking what lies under raw/. Not here: adding to it (receive.py),
reading the files (extract.py).
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.intake.errors import DeliveryChangedError, DeliveryError
from pipelines.intake.sidecar import SIDECAR, Sidecar, read_sidecar
from pipelines.workspace import sha256_of


@dataclass(frozen=True)
class Delivery:
    """A delivered file and its sidecar; both lie in `folder`, whose name is the delivery's."""

    folder: Path
    sidecar: Sidecar

    @property
    def name(self) -> str:
        """The delivery's name within its wave."""
        return self.folder.name

    @property
    def extract(self) -> Path:
        """The file as received."""
        return self.folder / self.sidecar.file


def wave_folder(root: Path, study_id: str, wave_id: str) -> Path:
    """Return where the deliveries of a wave lie."""
    return root / "raw" / study_id / wave_id


def corrections_path(root: Path, study_id: str, wave_id: str) -> Path:
    """Return where the corrections of a wave are declared: beside its deliveries."""
    return wave_folder(root, study_id, wave_id) / "corrections.yaml"


def is_delivered(root: Path, study_id: str, wave_id: str) -> bool:
    """Whether a wave has a delivery, without a look into it."""
    return any(_folders(root, study_id, wave_id))


def deliveries(root: Path, study_id: str, wave_id: str) -> tuple[Delivery, ...]:
    """Return the deliveries of a wave, oldest first; the last one is the one to use.

    Order: date received, then name; one that no other supersedes comes after all that are
    superseded. Raises DeliveryError for a folder without sidecar, for `supersedes` that names no
    delivery and for deliveries that supersede one another in a circle.
    """
    folders = sorted(_folders(root, study_id, wave_id), key=lambda one: one.name)
    found = [_delivery(path) for path in folders]
    found.sort(key=lambda one: (one.sidecar.received, one.name))
    names = [one.name for one in found]
    superseded = {_superseded(one, names) for one in found if one.sidecar.supersedes is not None}
    old = [one for one in found if one.name in superseded]
    new = [one for one in found if one.name not in superseded]
    if found and not new:
        raise DeliveryError("intake-supersedes-circle", folder=wave_folder(root, study_id, wave_id))
    return (*old, *new)


def newest_delivery(root: Path, study_id: str, wave_id: str) -> Delivery:
    """Return the delivery of a wave that counts; raises DeliveryError when it has none."""
    found = deliveries(root, study_id, wave_id)
    if not found:
        folder = wave_folder(root, study_id, wave_id)
        raise DeliveryError("intake-no-delivery", study=study_id, wave=wave_id, folder=folder)
    return found[-1]


def check_delivery(delivery: Delivery) -> None:
    """Check that the file is there and is byte for byte the one that the sidecar describes.

    Raises DeliveryError when it is missing, or holds personal data and is tracked by git;
    DeliveryChangedError naming both digests when it has changed.
    """
    check_untracked(delivery)
    sidecar, extract = delivery.sidecar, delivery.extract
    if not extract.is_file():
        raise DeliveryError(
            "intake-file-missing", file=extract, sidecar=SIDECAR, expected=sidecar.sha256
        )
    size, digest = extract.stat().st_size, sha256_of(extract)
    if (size, digest) != (sidecar.bytes, sidecar.sha256):
        raise DeliveryChangedError(
            "intake-file-changed",
            file=extract, found=digest, found_bytes=size,
            expected=sidecar.sha256, expected_bytes=sidecar.bytes,
        )  # fmt: skip


def is_tracked(delivery: Delivery) -> bool:
    """Whether git tracks the delivered file: it must not when that holds personal data."""
    listed = subprocess.run(
        ["git", "ls-files", "--error-unmatch", "--", delivery.sidecar.file],
        cwd=delivery.folder, capture_output=True, check=False,
    )  # fmt: skip
    return listed.returncode == 0


def check_untracked(delivery: Delivery) -> None:
    """Raise DeliveryError when git tracks a file of personal data."""
    if delivery.sidecar.personal_data and is_tracked(delivery):
        raise DeliveryError("intake-personal-tracked", file=delivery.extract)


def _folders(root: Path, study_id: str, wave_id: str) -> Iterator[Path]:
    """Yield the folder of each delivery of a wave."""
    folder = wave_folder(root, study_id, wave_id)
    if folder.is_dir():
        with os.scandir(folder) as found:
            yield from (
                Path(one.path) for one in found if one.is_dir() and not one.name.startswith(".")
            )


def _delivery(folder: Path) -> Delivery:
    try:
        return Delivery(folder, read_sidecar(folder))
    except FileNotFoundError:
        raise DeliveryError("intake-no-sidecar", folder=folder, sidecar=SIDECAR) from None


def _superseded(delivery: Delivery, names: Sequence[str]) -> str:
    named = str(delivery.sidecar.supersedes)
    if named not in names:
        raise DeliveryError(
            "intake-supersedes-unknown",
            file=delivery.folder / SIDECAR, found=named, valid=", ".join(names),
        )  # fmt: skip
    return named
