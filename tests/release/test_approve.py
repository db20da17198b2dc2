"""Approval: a study may ask that someone looks before anything becomes public."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from phare_data.manifest import files_of
from phare_data.verifier import verify
from pipelines.errors import ExitCode
from pipelines.release import (
    CandidateError,
    ErratumNeededError,
    HeldError,
    ReleaseOutcome,
    UnsoundReleaseError,
    approve,
    release_state,
)
from pipelines.release.log import read_log
from pipelines.study import Study
from tests.release.made_up_release import RELEASED, changed_value, declared, edit, published
from tests.tiny_study import STUDY


@pytest.fixture
def cautious(tmp_path: Path) -> Study:
    """Return a study whose releases must be approved."""
    root = tmp_path / "root"
    declared(root)
    return edit(root, "study", lambda file: file.update(publication={"publish": "approved"}))


def approved(study: Study, held: ReleaseOutcome, **more: object) -> ReleaseOutcome:
    facts = {"by": "A. Nom", "today": RELEASED, "run_id": "run-a", **more}
    return approve(study, study.root, held.path.name, **facts)


def test_a_candidate_waits_in_private_state_and_nothing_is_public(cautious: Study) -> None:
    held = published(cautious)
    assert (held.published, held.reason, held.version) == (False, "held", "0.1.0")
    assert ".phare" in held.path.parts
    assert list((cautious.root / "published" / STUDY).iterdir()) == []
    state = release_state(cautious, cautious.root, RELEASED)
    assert [one["candidate"] for one in state["candidates"]] == [held.path.name]
    assert verify(held.path / "0.1.0").is_sound
    assert held.path.parent.stat().st_mode & 0o777 == 0o700


def test_approving_publishes_exactly_the_bytes_that_waited(cautious: Study) -> None:
    held = published(cautious)
    waiting = held.path / "0.1.0"
    before = {name: (waiting / name).read_bytes() for name in files_of(waiting)}
    outcome = approved(cautious, held)
    assert outcome.published and outcome.version == "0.1.0"
    assert {name: (outcome.path / name).read_bytes() for name in files_of(outcome.path)} == before
    entry = read_log(outcome.path.parent)[-1]
    assert entry["approved_by"] == "A. Nom"
    assert verify(outcome.path).is_sound
    assert not held.path.exists()


def test_the_same_content_is_one_candidate(cautious: Study) -> None:
    first = published(cautious)
    inode = (first.path / "candidate.json").stat().st_ino
    assert published(cautious).path == first.path
    assert (first.path / "candidate.json").stat().st_ino == inode


def test_changed_values_are_approved_only_with_an_erratum(cautious: Study) -> None:
    approved(cautious, published(cautious))
    held = published(cautious, changed_value)
    known = release_state(cautious, cautious.root, RELEASED)["candidates"][0]
    page = Path(known["preview"]).read_text("utf-8")
    assert known["needs_erratum"] and "row changes its values: an erratum is needed." in page
    with pytest.raises(ErratumNeededError):
        approved(cautious, held)
    outcome = approved(cautious, held, erratum="Saisie corrigée.")
    assert read_log(outcome.path.parent)[-1]["erratum"] == "Saisie corrigée."


def test_a_candidate_prepared_before_the_log_grew_is_refused(
    cautious: Study, tmp_path: Path
) -> None:
    approved(cautious, published(cautious))
    old = published(cautious, changed_value)
    kept = Path(shutil.copytree(old.path, tmp_path / "kept"))
    approved(cautious, published(cautious, lambda rows: rows[:-1]))
    shutil.copytree(kept, old.path)
    assert release_state(cautious, cautious.root, RELEASED)["candidates"][0]["stale"]
    with pytest.raises(CandidateError, match="before the latest version"):
        approved(cautious, old, erratum="x")


def test_an_unknown_candidate_is_refused_with_those_that_there_are(cautious: Study) -> None:
    held = published(cautious)
    with pytest.raises(CandidateError, match=held.path.name) as caught:
        approve(cautious, cautious.root, "9.9.9-x", by="A", today=RELEASED, run_id="r")
    assert caught.value.exit_code == ExitCode.USAGE


def test_an_unfinished_candidate_is_none(cautious: Study) -> None:
    held = published(cautious)
    (held.path / "candidate.json").unlink()
    with pytest.raises(CandidateError):
        approved(cautious, held)


def test_a_candidate_that_was_touched_is_refused(cautious: Study) -> None:
    held = published(cautious)
    data = held.path / "0.1.0" / "data" / "estimates.csv"
    data.write_bytes(data.read_bytes().replace(b"0.688", b"0.999"))
    with pytest.raises(UnsoundReleaseError):
        approved(cautious, held)
    assert list((cautious.root / "published" / STUDY).iterdir()) == []


def test_an_embargo_holds_an_automatic_release_until_its_day(tmp_path: Path) -> None:
    root = tmp_path / "root"
    declared(root)
    day = dt.date(2020, 9, 1)
    study = edit(root, "study", lambda file: file.update(publication={"not_before": day}))
    held = published(study)
    assert held.reason == "held"
    with pytest.raises(HeldError) as caught:
        approved(study, held)
    assert caught.value.exit_code == ExitCode.HELD
    state = release_state(study, root, RELEASED)
    assert state["candidates"][0]["embargoed_until"] == "2020-09-01"
    assert published(study, released=day).published


def test_release_state_lists_versions_leftovers_and_size(
    study: Study, first: ReleaseOutcome
) -> None:
    published(study, changed_value, erratum="x")
    (first.path.parent / ".staging-dead").mkdir()
    (first.path.parent / "7.0.0").mkdir()
    state = release_state(study, study.root, RELEASED)
    assert [(one["version"], one["status"]) for one in state["versions"]] == [
        ("0.1.0", "superseded"), ("0.1.1", "current"),
    ]  # fmt: skip
    assert state["leftovers"] == [".staging-dead", "7.0.0"] and state["bytes"] > 0
    json.dumps(state)
