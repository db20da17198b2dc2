"""The procedures of docs/operate.md, carried out: backup, restore, crash, leak, wrong figure."""

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from phare_data.verifier import verify
from pipelines.errors import ExitCode, PhareError
from pipelines.release import purge, push, withdraw
from pipelines.run import Choices, run_study
from pipelines.state import study_state
from pipelines.study import load_study
from tests.release.made_up_release import edit
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

RELEASED = Choices(released="2020-07-01")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tiny_study(tmp_path / "root")


def log(root: Path) -> list[dict]:
    return json.loads((root / "published" / STUDY / "versions.json").read_text())["entries"]


def test_a_server_is_restored_from_its_backup_and_goes_on(root: Path, tmp_path: Path) -> None:
    first = run_study(root, STUDY, RELEASED)
    push(root, STUDY, str(tmp_path / "backup" / "published"), run_id="backup")
    inputs = tmp_path / "backup" / "inputs.tar"
    subprocess.run(["tar", "-C", root, "-cf", inputs, "schemas", "raw"], check=True)
    shutil.rmtree(root)

    root.mkdir()
    subprocess.run(["tar", "-C", root, "-xf", inputs], check=True)
    shutil.copytree(tmp_path / "backup" / "published", root / "published")
    assert verify(root / "published" / STUDY).is_sound
    again = run_study(root, STUDY, Choices(released="2020-09-01"))
    assert (again["reason"], again["content_id"]) == ("unchanged", first["content_id"])
    answers = rows()
    answers[0][5] = "9"
    deliver(root, answers, name="2020-06-09")
    later = run_study(root, STUDY, Choices(released="2020-09-02", erratum="Note corrigée"))
    assert later["version"] == "0.1.1" and verify(root / "published" / STUDY).is_sound
    push(root, STUDY, str(tmp_path / "backup" / "published"), run_id="backup")
    assert verify(tmp_path / "backup" / "published" / STUDY).is_sound


def test_after_a_crash_the_state_names_what_is_left_and_the_next_run_clears_it(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    public = root / "published" / STUDY
    shutil.copytree(public / "0.1.0", public / "0.1.1")  # promoted, never logged
    (public / ".staging-killed").mkdir()
    assert {one["name"] for one in study_state(root, STUDY)["leftovers"]} == {
        "0.1.1", ".staging-killed",
    }  # fmt: skip
    assert run_study(root, STUDY, RELEASED)["reason"] == "unchanged"
    assert study_state(root, STUDY)["leftovers"] == [] and verify(public).is_sound
    assert list((root / ".phare" / STUDY / "release" / "orphans").glob("0.1.1*"))


def test_a_leak_is_purged_here_and_on_the_mirror_and_published_again_safely(
    root: Path, tmp_path: Path
) -> None:
    run_study(root, STUDY, RELEASED)
    mirror = tmp_path / "mirror"
    push(root, STUDY, str(mirror), run_id="r")
    assert (mirror / STUDY / "0.1.0" / "data" / "estimates.csv").is_file()

    purge(root, STUDY, "0.1.0", reason="Cellule identifiante", by="Jeanne", run_id="r")
    push(root, STUDY, str(mirror), run_id="r")
    for place in (root / "published" / STUDY, mirror / STUDY):
        assert not list(place.glob("0.1.0/data/*")) and verify(place).is_sound
        assert json.loads((place / "latest.json").read_text())["version"] is None

    with pytest.raises(PhareError) as refused:  # what the schedule would do, the cause still there
        run_study(root, STUDY, Choices(released="2020-07-02"))
    assert refused.value.exit_code == ExitCode.DATA_REFUSED
    edit(root, "study", lambda file: file.update(disclosure={"minimum_respondents": 21}))
    safe = run_study(root, STUDY, Choices(released="2020-08-01", erratum="Seuil relevé"))
    assert safe["published"] and safe["version"] != "0.1.0"
    assert "Cellule identifiante" in (root / "published" / STUDY / "0.1.0.RETIRED.md").read_text()
    changelog = (Path(safe["path"]) / "CHANGELOG.md").read_text("utf-8")
    assert "Version retirée" in changelog and "Cellule identifiante" in changelog


def test_a_wrong_figure_is_corrected_under_a_new_number_with_its_reason(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    answers = rows()
    answers[0][5] = "9"
    deliver(root, answers, name="2020-06-09")
    with pytest.raises(PhareError) as refused:
        run_study(root, STUDY, Choices(released="2020-08-01"))
    assert refused.value.exit_code == ExitCode.DATA_REFUSED
    fixed = run_study(root, STUDY, Choices(released="2020-08-01", erratum="Note mal saisie"))
    assert fixed["version"] == "0.1.1"
    withdraw(
        root, STUDY, "0.1.0", reason="Note fausse", by="Jeanne", run_id="r", replaced_by="0.1.1"
    )
    place = root / "published" / STUDY
    assert verify(place).is_sound and (place / "0.1.0" / "data" / "estimates.csv").is_file()
    assert verify(place / "0.1.0").status == "withdrawn"
    assert "Note mal saisie" in (place / "0.1.1" / "README.md").read_text("utf-8")
    assert [one["event"] for one in log(root)] == ["released", "released", "withdrawn"]


def test_a_destroyed_extract_leaves_releases_whole_and_is_named_when_needed(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    old = root / "raw" / STUDY / "2020" / "2020-06-01"
    deliver(root, rows(), name="2020-06-09")
    for name in ("extrait.csv", "row-map.salt"):
        (old / name).unlink()
    # A superseded extract may go: the newer one is enough.
    assert run_study(root, STUDY, RELEASED)["version"] in {"0.1.0", "0.1.1"}
    (root / "raw" / STUDY / "2020" / "2020-06-09" / "extrait.csv").unlink()
    with pytest.raises(PhareError, match=r"extrait\.csv"):
        run_study(root, STUDY, RELEASED)
    assert verify(root / "published" / STUDY).is_sound


def test_an_embargo_holds_until_its_day(root: Path) -> None:
    edit(root, "study", lambda file: file.update(publication={"not_before": dt.date(2020, 7, 2)}))
    assert run_study(root, STUDY, RELEASED)["reason"] == "held"
    study = load_study(root, STUDY)
    assert study.about.publication.not_before == dt.date(2020, 7, 2)
    assert run_study(root, STUDY, Choices(released="2020-07-02"))["published"]
