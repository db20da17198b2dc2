"""What lies under raw/: which delivery counts, and what happens when one has changed."""

import datetime as dt
import os
import stat
import subprocess
from pathlib import Path

import pytest

from pipelines import PROJECT
from pipelines.intake import (
    DeliveryChangedError,
    DeliveryError,
    ReceiveError,
    check_delivery,
    deliveries,
    is_tracked,
    newest_delivery,
    receive,
)
from pipelines.intake.deliveries import check_untracked
from pipelines.study import DeclarationError, load_study, study_names
from pipelines.study.model import Licence

LICENCE = Licence(name="etalab-2.0", title="Licence Ouverte", path="https://example.org/licence")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Extrait maires.csv"
    path.write_bytes(b"id,a\n1,x\n")
    return path


@pytest.fixture
def deliver(tmp_path: Path, file: Path):
    def delivering(content: bytes | None = None, day: int = 1, **more: object):
        if content is not None:
            file.write_bytes(content)
        asked = {
            "personal_data": False, "synthetic": True, "producer": "Institut", "licence": LICENCE,
        }  # fmt: skip
        asked |= more
        return receive(
            tmp_path, "maires", "2024", file,
            received=dt.date(2024, 12, day), **asked,
        )  # fmt: skip

    return delivering


def test_a_received_file_lies_under_its_date_with_a_sidecar_that_fits(deliver, tmp_path, file):
    delivery = deliver(note="première livraison")
    assert delivery.folder == tmp_path / "raw/maires/2024/2024-12-01"
    assert delivery.extract.read_bytes() == file.read_bytes()
    assert deliveries(tmp_path, "maires", "2024") == (delivery,)
    check_delivery(delivery)


@pytest.mark.parametrize(
    ("given", "name", "title"),
    [
        ("Etalab-2.0", "etalab-2.0", "Licence Ouverte / Open Licence 2.0"),
        ("tous droits réservés", "other", "tous droits réservés"),
    ],
)
def test_a_licence_may_be_given_by_its_name_or_in_words(deliver, given, name, title):
    licence = deliver(licence=given).sidecar.licence
    assert (licence.name, licence.title) == (name, title)


def test_the_same_bytes_again_change_nothing(deliver, tmp_path):
    first = deliver()
    assert deliver(day=9, name="encore") == first
    assert [path.name for path in (tmp_path / "raw/maires/2024").iterdir()] == ["2024-12-01"]


def test_an_earlier_file_that_comes_back_as_the_correction_is_what_counts(deliver, tmp_path):
    """It was taken for the first delivery again, and the one that it corrects stayed in force."""
    deliver(b"id,a\n1,1\n", day=1)
    deliver(b"id,a\n1,2\n", day=2, supersedes="2024-12-01")
    back = deliver(b"id,a\n1,1\n", day=3, supersedes="2024-12-02")
    assert newest_delivery(tmp_path, "maires", "2024") == back
    assert deliver(day=4, supersedes="2024-12-02") == back == deliver(day=5)


def test_a_file_does_not_correct_itself(deliver, tmp_path):
    first = deliver()
    with pytest.raises(ReceiveError) as caught:
        deliver(day=2, supersedes=first.name)
    assert caught.value.key == "intake-receive-itself"
    assert deliveries(tmp_path, "maires", "2024") == (first,)


@pytest.mark.parametrize("key", ["personal_data", "synthetic"])
def test_the_same_bytes_of_which_another_thing_is_said_are_no_repetition(deliver, key):
    delivery = deliver()
    said = not getattr(delivery.sidecar, key)
    with pytest.raises(ReceiveError) as caught:
        deliver(**{key: said})
    assert caught.value.key == "intake-receive-otherwise"
    for lang in ("fr", "en"):
        assert f"`{key}: {str(not said).lower()}`" in caught.value.text(lang)


def test_another_file_under_a_known_name_is_an_error(deliver, tmp_path):
    first = deliver()
    with pytest.raises(ReceiveError) as caught:
        deliver(b"id,a\n1,y\n")
    assert caught.value.key == "intake-receive-taken"
    check_delivery(first)


def test_a_changed_byte_stops_with_both_digests(deliver):
    delivery = deliver()
    delivery.extract.write_bytes(b"id,a\n1,y\n")
    with pytest.raises(DeliveryChangedError) as caught:
        check_delivery(delivery)
    assert delivery.sidecar.sha256 in caught.value.text("fr")
    assert str(caught.value.values["found"]) in caught.value.text("fr")
    assert caught.value.values["found"] != delivery.sidecar.sha256


def test_a_folder_without_sidecar_is_refused(deliver, tmp_path):
    delivery = deliver()
    (delivery.folder / "sidecar.yaml").unlink()
    with pytest.raises(DeliveryError) as caught:
        newest_delivery(tmp_path, "maires", "2024")
    assert caught.value.key == "intake-no-sidecar"


def test_a_wave_without_delivery_is_refused(tmp_path):
    with pytest.raises(DeliveryError) as caught:
        newest_delivery(tmp_path, "maires", "2024")
    assert caught.value.key == "intake-no-delivery"
    assert "`phare receive FILE --study maires --wave 2024`" in caught.value.text("en")


def test_a_mistake_in_a_sidecar_is_named_with_its_line(deliver, tmp_path):
    path = deliver().folder / "sidecar.yaml"
    text = path.read_text("utf-8").replace("synthetic: true", "synthetic: peut-être")
    path.write_text(text, "utf-8")
    with pytest.raises(DeclarationError) as caught:
        deliveries(tmp_path, "maires", "2024")
    expected = text.splitlines().index("synthetic: peut-être") + 1
    assert caught.value.values["line"] == expected


def test_the_newest_delivery_is_the_last_received(deliver, tmp_path):
    deliver(b"id,a\n1,1\n", day=5)
    deliver(b"id,a\n1,2\n", day=20)
    deliver(b"id,a\n1,3\n", day=10)
    assert newest_delivery(tmp_path, "maires", "2024").name == "2024-12-20"


def test_a_superseded_delivery_never_counts_whatever_its_date(deliver, tmp_path):
    deliver(b"id,a\n1,1\n", day=20, name="erreur")
    deliver(b"id,a\n1,2\n", day=10, name="corrige", supersedes="erreur")
    assert [one.name for one in deliveries(tmp_path, "maires", "2024")] == ["erreur", "corrige"]


@pytest.mark.parametrize(
    ("links", "key"),
    [
        ({"a": "b", "b": "a"}, "intake-supersedes-circle"),
        ({"a": "z", "b": "a"}, "intake-supersedes-unknown"),
    ],
)
def test_links_between_deliveries_that_make_no_sense_are_refused(deliver, tmp_path, links, key):
    deliver(b"id,a\n1,1\n", name="a")
    deliver(b"id,a\n1,2\n", name="b")
    for name, other in links.items():
        path = tmp_path / f"raw/maires/2024/{name}/sidecar.yaml"
        path.write_text(path.read_text("utf-8") + f"supersedes: {other}\n", "utf-8")
    with pytest.raises(DeliveryError) as caught:
        deliveries(tmp_path, "maires", "2024")
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("asked", "key"),
    [({"name": "../ailleurs"}, "intake-receive-name"),
     ({"supersedes": "rien"}, "intake-receive-supersedes")],
)  # fmt: skip
def test_a_request_that_makes_no_sense_changes_nothing(deliver, tmp_path, asked, key):
    with pytest.raises(ReceiveError) as caught:
        deliver(**asked)
    assert caught.value.key == key
    assert not (tmp_path / "raw").exists()


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def test_of_a_personal_delivery_git_sees_the_sidecar_alone(deliver, tmp_path):
    git(tmp_path, "init", "-q")
    open_delivery = deliver(b"id,a\n1,1\n", name="ouvert")
    personal = deliver(b"id,a\n1,2\n", name="prive", personal_data=True)
    git(tmp_path, "add", "raw")
    assert git(tmp_path, "ls-files", "raw").split("\n") == [
        "raw/.gitignore",
        '"raw/maires/2024/ouvert/Extrait maires.csv"'.strip('"'),
        "raw/maires/2024/ouvert/sidecar.yaml",
        "raw/maires/2024/prive/sidecar.yaml",
        "",
    ]
    assert is_tracked(open_delivery) and not is_tracked(personal)
    assert stat.S_IMODE(personal.extract.stat().st_mode) == 0o600
    git(tmp_path, "add", "--force", os.fspath(personal.extract))
    assert is_tracked(personal)
    with pytest.raises(DeliveryError) as caught:
        check_untracked(personal)
    assert caught.value.key == "intake-personal-tracked"
    with pytest.raises(DeliveryError):
        check_delivery(personal)
    check_untracked(open_delivery)


def test_every_delivery_of_the_project_is_sound_and_no_personal_one_is_tracked():
    found = [
        delivery
        for study in study_names(PROJECT)
        for wave in load_study(PROJECT, study).waves
        for delivery in deliveries(PROJECT, study, wave)
    ]
    assert found
    for delivery in found:
        check_untracked(delivery)
        if delivery.extract.exists():
            check_delivery(delivery)


def test_a_clone_without_the_personal_file_says_so_and_takes_it_back(deliver):
    delivery = deliver(personal_data=True)
    delivery.extract.unlink()
    with pytest.raises(DeliveryError) as caught:
        check_delivery(delivery)
    assert caught.value.key == "intake-file-missing"
    assert deliver(personal_data=True) == delivery
    check_delivery(delivery)
    assert stat.S_IMODE(delivery.extract.stat().st_mode) == 0o600
