"""Pushing: a copy elsewhere that is whole at every moment, and that can be run again."""

import shutil
from pathlib import Path

import pytest
from pyarrow import fs

from phare_data.verifier import verify
from pipelines.release import (
    LogBrokenError,
    ReleaseOutcome,
    StorageError,
    UnsoundReleaseError,
    purge,
    push,
)
from pipelines.release.remote import Remote
from pipelines.study import Study
from tests.release.made_up_release import changed_value, declared, published
from tests.tiny_study import STUDY


def pushed(study: Study, target: object):
    return push(study.root, STUDY, str(target), run_id="run-p")


def test_a_folder_receives_every_release_and_verifies(
    study: Study, first: ReleaseOutcome, tmp_path: Path
) -> None:
    done = pushed(study, tmp_path / "mirror")
    assert done.copied > 20 and verify(tmp_path / "mirror" / STUDY).is_sound
    again = pushed(study, tmp_path / "mirror")
    assert (again.copied, again.unchanged) == (0, ("0.1.0",))
    published(study, changed_value, erratum="x")
    third = pushed(study, tmp_path / "mirror")
    assert third.unchanged == ("0.1.0",) and verify(tmp_path / "mirror" / STUDY).is_sound


def test_an_interrupted_push_shows_nothing_and_is_completed(
    study: Study, first: ReleaseOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "mirror" / STUDY
    write, count = Remote.write, []

    def fail_later(self, path: str, data: bytes) -> None:
        count.append(path)
        if len(count) > 7:
            raise OSError("the line is cut")
        write(self, path, data)

    monkeypatch.setattr(Remote, "write", fail_later)
    with pytest.raises(StorageError, match="the line is cut"):
        pushed(study, tmp_path / "mirror")
    assert not (mirror / "versions.json").exists() and not (mirror / "latest.json").exists()
    assert not (mirror / "0.1.0" / "MANIFEST.sha256").exists()
    monkeypatch.undo()
    pushed(study, tmp_path / "mirror")
    assert verify(mirror).is_sound


def test_data_come_first_and_pointers_last(
    study: Study, first: ReleaseOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, order = Remote.write, []
    monkeypatch.setattr(
        Remote, "write", lambda self, path, data: (order.append(path), write(self, path, data))
    )
    pushed(study, tmp_path / "mirror")
    assert order[-3:] == ["0.1.0/MANIFEST.sha256", "versions.json", "latest.json"]


def test_a_target_with_another_history_is_left_alone(
    study: Study, first: ReleaseOutcome, tmp_path: Path
) -> None:
    other = declared(tmp_path / "other")
    published(other, run={"run_id": "run-2", "commit": "c0ffee"})
    pushed(other, tmp_path / "mirror")
    before = (tmp_path / "mirror" / STUDY / "versions.json").read_bytes()
    with pytest.raises(LogBrokenError):
        pushed(study, tmp_path / "mirror")
    assert (tmp_path / "mirror" / STUDY / "versions.json").read_bytes() == before


def test_a_damaged_release_is_not_pushed(
    study: Study, first: ReleaseOutcome, tmp_path: Path
) -> None:
    readme = first.path / "README.md"
    readme.chmod(0o644)
    readme.write_text("other")
    with pytest.raises(UnsoundReleaseError, match=r"README\.md"):
        pushed(study, tmp_path / "mirror")
    assert not (tmp_path / "mirror").exists()


def test_purged_data_are_removed_there_too(
    study: Study, first: ReleaseOutcome, tmp_path: Path
) -> None:
    pushed(study, tmp_path / "mirror")
    purge(study.root, STUDY, "0.1.0", reason="divulgation", by="A", run_id="r")
    done = pushed(study, tmp_path / "mirror")
    mirror = tmp_path / "mirror" / STUDY
    assert done.removed > 15 and not list(mirror.glob("0.1.0/data/*"))
    assert (mirror / "0.1.0.RETIRED.md").is_file() and verify(mirror).is_sound


def test_an_s3_bucket_receives_the_release_byte_for_byte_and_is_run_again(
    study: Study, first: ReleaseOutcome, bucket: str, tmp_path: Path
) -> None:
    assert pushed(study, bucket).copied > 20
    again = pushed(study, bucket)
    assert (again.copied, again.unchanged) == (0, ("0.1.0",))
    system, base = fs.FileSystem.from_uri(bucket)
    fs.copy_files(f"{base}/{STUDY}", str(tmp_path / "down"), source_filesystem=system)
    assert verify(tmp_path / "down").is_sound
    purge(study.root, STUDY, "0.1.0", reason="divulgation", by="A", run_id="r")
    assert pushed(study, bucket).removed > 15
    shutil.rmtree(tmp_path / "down")
    fs.copy_files(f"{base}/{STUDY}", str(tmp_path / "down"), source_filesystem=system)
    assert verify(tmp_path / "down").is_sound


def test_a_bucket_that_does_not_answer_is_an_error_of_ours(
    study: Study, first: ReleaseOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StorageError):
        pushed(study, "s3://nowhere/x?scheme=http&endpoint_override=127.0.0.1:9&region=us-east-1")
