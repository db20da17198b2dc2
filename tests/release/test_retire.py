"""Withdrawing and purging: what readers are told, what stays, what goes."""

import json
from pathlib import Path

import pytest

from phare_data.verifier import verify
from pipelines.catalogue.published import read_published
from pipelines.release import (
    ErratumNeededError,
    ReleaseOutcome,
    VersionError,
    approve,
    newest_entry,
    newest_releases,
    purge,
    release_state,
    withdraw,
)
from pipelines.release.log import read_log
from pipelines.study import Study
from tests.release.made_up_release import RELEASED, changed_value, edit, published
from tests.tiny_study import STUDY

FACTS = {"by": "A. Nom", "run_id": "run-w"}


def test_a_withdrawn_version_keeps_its_files_and_leaves_latest(
    study: Study, first: ReleaseOutcome
) -> None:
    published(study, changed_value, erratum="x")
    done = withdraw(study.root, STUDY, "0.1.1", reason="fausse", replaced_by="0.1.0", **FACTS)
    public = first.path.parent
    assert json.loads((public / "latest.json").read_text())["version"] == "0.1.0"
    assert (public / "0.1.1" / "data" / "estimates.csv").exists()
    assert "fausse" in done.tombstone.read_text("utf-8")
    found = verify(public / "0.1.1")
    assert found.is_sound and found.status == "withdrawn"
    assert newest_releases(study.root) == [first.path]
    assert verify(public).is_sound


def test_the_number_of_a_withdrawn_version_is_never_given_again(
    study: Study, first: ReleaseOutcome
) -> None:
    withdraw(study.root, STUDY, "0.1.0", reason="fausse", **FACTS)
    assert newest_entry(study.root, STUDY) is None
    latest = json.loads((first.path.parent / "latest.json").read_text())
    assert latest["version"] is None
    again = published(study, erratum="x")
    assert again.published and again.version == "0.2.0" and verify(again.path.parent).is_sound
    newest, oldest = (again.path / "CHANGELOG.md").read_text("utf-8").split("## 0.1.0")
    assert "the earlier versions are withdrawn" in newest and "First release." in oldest


def test_a_version_is_compared_with_the_newest_valid_one(
    study: Study, first: ReleaseOutcome
) -> None:
    published(study, lambda rows: rows[:-1])
    withdraw(study.root, STUDY, "0.2.0", reason="rows lost", **FACTS)
    back = published(study)
    assert (back.published, back.version) == (False, "0.1.0")


def test_a_purge_removes_data_and_leaves_what_was_said_of_them(
    study: Study, first: ReleaseOutcome
) -> None:
    second = published(study, changed_value, erratum="x")
    done = purge(study.root, STUDY, "0.1.0", reason="divulgation", replaced_by="0.1.1", **FACTS)
    assert {path.name for path in first.path.iterdir()} == {
        "datapackage.json", "LICENSE", "CITATION.cff", "MANIFEST.sha256",
    }  # fmt: skip
    assert done.compared == ("0.1.1",)
    assert "divulgation" in done.tombstone.read_text("utf-8")
    for path in (first.path.parent, first.path, second.path):
        assert verify(path).is_sound, verify(path).text("en")
    assert verify(first.path).status == "purged"
    assert read_log(first.path.parent)[-1]["by"] == "A. Nom"


@pytest.mark.parametrize("act", [withdraw, purge])
def test_what_was_taken_back_is_not_published_again_without_a_word(
    study: Study, first: ReleaseOutcome, act
) -> None:
    """A schedule runs by itself: the same extract must not bring back what leaked or was wrong."""
    act(study.root, STUDY, "0.1.0", reason="divulgation", **FACTS)
    for change in (None, lambda rows: rows[:-1]):
        with pytest.raises(ErratumNeededError, match=r"0\.1\.0.*divulgation"):
            published(study, change)
    assert newest_entry(study.root, STUDY) is None
    again = published(study, erratum="cells grouped")
    assert again.version == "0.2.0" and published(study).reason == "unchanged"


def test_an_approver_too_says_what_is_corrected_after_a_withdrawal(
    study: Study, first: ReleaseOutcome
) -> None:
    withdraw(study.root, STUDY, "0.1.0", reason="fausse", **FACTS)
    asked = edit(study.root, "study", lambda one: one.update(publication={"publish": "approved"}))
    held = published(asked)
    (waits,) = release_state(asked, study.root, RELEASED)["candidates"]
    assert waits["needs_erratum"] and "--erratum" in (held.path / "preview.html").read_text("utf-8")
    how = {"by": "A. Nom", "today": RELEASED, "run_id": "run-a"}
    with pytest.raises(ErratumNeededError) as refused:
        approve(asked, study.root, held.path.name, **how)
    for lang in ("fr", "en"):  # not the command that was not given
        assert "phare publish" not in refused.value.text(lang)
    assert approve(asked, study.root, held.path.name, erratum="x", **how).version == "0.2.0"


def test_data_left_or_changed_after_a_purge_are_found(study: Study, first: ReleaseOutcome) -> None:
    purge(study.root, STUDY, "0.1.0", reason="divulgation", **FACTS)
    left = first.path / "data" / "estimates.csv"
    left.parent.mkdir()
    left.write_text("a\n")
    licence = first.path / "LICENSE"
    licence.chmod(0o644)
    licence.write_text("none")
    (first.path / "CITATION.cff").unlink()
    found = {(one.check, one.file) for one in verify(first.path).findings}
    assert found == {
        ("purged-data", "data/estimates.csv"), ("file-digest", "LICENSE"),
        ("file-missing", "CITATION.cff"),
    }  # fmt: skip


def test_a_purge_that_was_cut_short_is_finished_by_the_next_run(
    study: Study, first: ReleaseOutcome
) -> None:
    data = (first.path / "data" / "estimates.csv").read_bytes()
    purge(study.root, STUDY, "0.1.0", reason="divulgation", **FACTS)
    (first.path / "data").mkdir()
    (first.path / "data" / "estimates.csv").write_bytes(data)
    assert published(study, erratum="x").version == "0.2.0"
    assert not (first.path / "data").exists()


def test_a_missing_tombstone_is_found_and_written_by_the_next_run(
    study: Study, first: ReleaseOutcome
) -> None:
    tombstone = withdraw(study.root, STUDY, "0.1.0", reason="fausse", **FACTS).tombstone
    tombstone.unlink()
    assert {one.check for one in verify(first.path.parent).findings} == {"tombstone-missing"}
    tombstone.write_text("Rien à signaler.\n", "utf-8")
    assert [one.check for one in verify(first.path.parent).findings] == ["tombstone-differs"]
    published(study, erratum="x")
    assert "fausse" in tombstone.read_text("utf-8") and verify(first.path.parent).is_sound


@pytest.mark.parametrize("act", [withdraw, purge])
def test_only_a_published_version_can_be_retired_and_once(
    study: Study, first: ReleaseOutcome, act
) -> None:
    with pytest.raises(VersionError, match=r"0\.1\.0"):
        act(study.root, STUDY, "9.0.0", reason="x", **FACTS)
    with pytest.raises(VersionError):
        act(study.root, STUDY, "0.1.0", reason="x", replaced_by="0.1.0", **FACTS)
    act(study.root, STUDY, "0.1.0", reason="x", **FACTS)
    with pytest.raises(VersionError):
        act(study.root, STUDY, "0.1.0", reason="x", **FACTS)


def test_a_withdrawn_version_may_still_be_purged(study: Study, first: ReleaseOutcome) -> None:
    withdraw(study.root, STUDY, "0.1.0", reason="fausse", **FACTS)
    purge(study.root, STUDY, "0.1.0", reason="divulgation", **FACTS)
    assert verify(first.path).status == "purged"
    assert Path(first.path / "MANIFEST.sha256").exists()


def test_a_reason_in_both_languages_is_told_to_each_reader_in_theirs(
    study: Study, first: ReleaseOutcome
) -> None:
    told = {"fr": "lignes fausses", "en": "wrong rows"}
    tombstone = withdraw(study.root, STUDY, "0.1.0", reason=told, **FACTS).tombstone
    french, _, english = tombstone.read_text("utf-8").partition("\n# ")
    assert "lignes fausses" in french and "wrong rows" not in french
    assert "wrong rows" in english and "lignes fausses" not in english
    retired = read_published(study.root / "published").studies[0].releases[0].retirement
    assert retired and (retired.reason.fr, retired.reason.en) == tuple(told.values())
    with pytest.raises(ErratumNeededError) as caught:
        published(study, changed_value)
    assert "wrong rows" in caught.value.text("en") and "fausses" not in caught.value.text("en")
    after = published(study, changed_value, erratum="lignes corrigées")
    assert "lignes fausses / wrong rows" in (after.path / "CHANGELOG.md").read_text("utf-8")
