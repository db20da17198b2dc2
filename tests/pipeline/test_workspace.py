"""Private files on disks of every kind: what has no links is given copies."""

import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phare_data.verifier import verify
from pipelines import publication
from pipelines.contributors.row_map import SALT, remembered_digest, row_maps
from pipelines.intake import newest_delivery
from pipelines.release.layout import RUN
from pipelines.run import Choices, run_study
from pipelines.steps import wave_folder
from pipelines.study import load_study
from pipelines.workspace import link_or_copy
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

FIRST, SECOND = Choices(released="2020-07-01"), Choices(released="2020-08-01", erratum="Corrigé.")


@pytest.fixture
def disk_without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the system refuse each link, as Linux does on exFAT."""

    def refused(standing: str | Path, place: str | Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), standing, None, place)

    monkeypatch.setattr(os, "link", refused)


def test_a_second_name_costs_no_second_file_and_gives_way_to_none(tmp_path: Path) -> None:
    standing, place = tmp_path / "standing", tmp_path / "place"
    standing.write_bytes(b"rows")
    link_or_copy(standing, place)
    assert place.samefile(standing)
    with pytest.raises(FileExistsError):
        link_or_copy(standing, place)


@pytest.mark.usefixtures("disk_without_links")
def test_a_copy_has_the_bytes_and_the_mode_and_takes_no_place_that_is_taken(
    tmp_path: Path,
) -> None:
    standing, place = tmp_path / "standing", tmp_path / "place"
    standing.write_bytes(b"rows")
    standing.chmod(0o640)
    link_or_copy(standing, place)
    assert place.read_bytes() == b"rows" and not place.samefile(standing)
    assert place.stat().st_mode & 0o777 == 0o640
    standing.write_bytes(b"others")
    with pytest.raises(FileExistsError):
        link_or_copy(standing, place)
    assert place.read_bytes() == b"rows"


@pytest.mark.usefixtures("disk_without_links")
def test_a_study_is_published_twice_on_a_disk_without_links(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    assert run_study(root, STUDY, FIRST)["version"] == "0.1.0"
    folder = wave_folder(load_study(root, STUDY), "2020")
    assert not (folder / "weighted.parquet").samefile(folder / "responses.parquet")
    assert (folder / "weighted.parquet").stat().st_mode & 0o777 == 0o600
    answers = rows()
    for row in answers[:14]:
        row[5] = "9"
    deliver(root, answers, name="2020-07-15")
    assert run_study(root, STUDY, SECOND)["published"]
    assert verify(root / "published" / STUDY / "0.1.1").is_sound


def test_of_many_that_draw_the_salt_of_a_delivery_at_once_one_draws_it_for_all(
    tmp_path: Path,
) -> None:
    root = write_tiny_study(tmp_path)
    run_study(root, STUDY, FIRST)
    study, delivery = load_study(root, STUDY), newest_delivery(root, STUDY, "2020")
    elsewhere = Path(shutil.copytree(delivery.folder, tmp_path / "delivery"))
    (elsewhere / SALT).unlink()
    delivery = replace(delivery, folder=elsewhere)
    with ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(remembered_digest, study, delivery, wave_folder(study, "2020"))
            for _ in range(8)
        ]
        assert len({one.result() for one in asked}) == 1
    assert sorted(path.name for path in elsewhere.iterdir()) == sorted(
        path.name for path in newest_delivery(root, STUDY, "2020").folder.iterdir()
    )


def test_what_is_delivered_while_a_release_is_written_does_not_key_its_row_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_tiny_study(tmp_path / "root")
    study, first = load_study(root, STUDY), newest_delivery(root, STUDY, "2020")

    def after_a_delivery(*asked: Any) -> dict[str, str]:
        deliver(root, rows(), name="2020-06-20")
        return row_maps(*asked)

    monkeypatch.setattr(publication, "row_maps", after_a_delivery)
    path = Path(run_study(root, STUDY, FIRST)["path"])
    told = json.loads((path / RUN).read_text("utf-8"))["row_maps"]
    assert told == {"2020": remembered_digest(study, first, wave_folder(study, "2020"))}
    assert not (newest_delivery(root, STUDY, "2020").folder / SALT).exists()
