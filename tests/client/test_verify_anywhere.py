"""Verifying without the pipeline: from an address, on the command line, and what it leaves out."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import phare_data
from phare_data.errors import SourceError
from phare_data.layout import MANIFEST
from phare_data.manifest import parse_manifest
from phare_data.verifier import verify, verify_all
from pipelines.release import purge
from pipelines.release.manifest import write_manifest
from tests.tiny_study import STUDY


@pytest.fixture
def private_copy(tree: Path, tmp_path: Path) -> Path:
    place = Path(shutil.copytree(tree, tmp_path / "published"))
    for path in place.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return place


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "phare_data", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_address_is_verified_as_its_folder_is(tree: Path, served: str) -> None:
    for place in ("", "/0.3.0"):
        here, there = verify(tree / f"{STUDY}{place}"), verify(f"{served}/{STUDY}{place}")
        assert there.is_sound and there.checks == here.checks
        assert there.status == here.status and there.place.startswith("http")
        assert {one.check for one in there.not_run} - {one.check for one in here.not_run} == {
            "unlisted"
        }


def test_a_fault_behind_an_address_is_found_and_named(tree: Path, served: str) -> None:
    path = tree / STUDY / "0.1.0" / "data" / "waves.csv"
    whole = path.read_bytes()
    path.chmod(0o644)
    try:
        path.write_bytes(whole + b"x")
        assert "0.1.0/data/waves.csv" in {one.file for one in verify(f"{served}/{STUDY}").findings}
        path.unlink()
        found = verify(f"{served}/{STUDY}/0.1.0").findings
        assert ("file-missing", "data/waves.csv") in {(one.check, one.file) for one in found}
    finally:
        path.write_bytes(whole)
        path.chmod(0o444)


def test_a_folder_of_studies_is_verified_whole(tree: Path, tmp_path: Path, served: str) -> None:
    (one,) = verify_all(tree)
    assert one.is_sound and one.place == str((tree / STUDY).resolve())
    assert [found.place for found in verify_all(f"{served}/{STUDY}")] == [f"{served}/{STUDY}"]
    assert len(verify_all(tree / STUDY / "0.1.0")) == 1
    (nothing,) = verify_all(tmp_path)
    assert not nothing.is_sound
    with pytest.raises(SourceError):
        verify_all(tmp_path / "none")


def test_the_server_of_the_project_serves_what_is_verified(tree: Path) -> None:
    """`phare serve`, as it is started: its answer for what is not there must be 404."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    phare = Path(sys.executable).with_name("phare")
    server = subprocess.Popen(
        [phare, "--root", tree.parent, "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        for place in (STUDY, f"{STUDY}/0.3.0"):
            assert verify(f"http://127.0.0.1:{port}/{place}").is_sound
        assert phare_data.load(STUDY, source=f"http://127.0.0.1:{port}").num_rows
    finally:
        server.terminate()
        server.wait()


@pytest.mark.filterwarnings("ignore::phare_data.PhareDataWarning")
def test_an_address_with_nothing_or_nobody_is_an_error(served: str) -> None:
    with pytest.raises(SourceError):
        verify(f"{served}/none")
    with pytest.raises(SourceError):
        verify("http://127.0.0.1:9/study")


def test_a_purged_version_is_fetched_as_far_as_it_is_there(private_copy: Path) -> None:
    purge(private_copy.parent, STUDY, "0.1.0", reason="fuite", by="A", run_id="r")
    assert verify(private_copy / STUDY).is_sound
    alone = verify(private_copy / STUDY / "0.1.0")
    assert alone.is_sound and alone.status == "purged" and "destroyed" in alone.text("en")


def test_what_did_not_run_is_said(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify(tree / STUDY).not_run == ()
    alone = Path(shutil.copytree(tree / STUDY / "0.3.0", tmp_path / "alone"))
    assert [one.check for one in verify(alone).not_run] == ["log"]
    monkeypatch.setattr("phare_data.verifier.descriptor.find_spec", lambda _: None)
    found = verify(alone)
    assert [one.check for one in found.not_run] == ["profile", "log"]
    assert found.is_sound and "phare-data[full]" in found.text("fr")
    assert found.as_json()["not_run"][0]["text"]["en"].startswith("Not run")


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(resources="none"),
        lambda one: one.update(resources=[1]),
        lambda one: one["resources"][0].pop("schema"),
        lambda one: one["resources"][0].pop("hash"),
        lambda one: one["resources"][0].update(path="../../secret"),
        lambda one: one["resources"][0].update(path="/etc/hostname"),
        lambda one: one["resources"][0]["schema"].pop("primaryKey"),
        lambda one: one["resources"][0]["schema"]["fields"][0].pop("pub:arrowType"),
        lambda one: one["resources"][0]["schema"]["fields"][0].update(type="geopoint"),
        lambda one: one["resources"][0]["schema"].update(foreignKeys=[{"fields": ["wave"]}]),
    ],
)
def test_a_descriptor_of_another_shape_is_a_fault_and_no_traceback(
    private_copy: Path, change, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = private_copy / STUDY / "0.3.0"
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    change(descriptor)
    (folder / "datapackage.json").write_text(json.dumps(descriptor))
    write_manifest(folder)
    assert {"descriptor-shape", "descriptor-profile"} & {
        one.check for one in verify(folder).findings
    }
    monkeypatch.setattr("phare_data.verifier.descriptor.find_spec", lambda _: None)
    assert "descriptor-shape" in {one.check for one in verify(folder).findings}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda text: text.replace("{", r'{"\ud800": 1, ', 1), "descriptor-unreadable"),
        (lambda text: text.replace('"data/', r'"data/\ud800', 1), "descriptor-unreadable"),
        (lambda text: "[" * 100_000, "descriptor-unreadable"),
        (lambda text: text.replace('"fields": [', '"fields": [' + "[" * 300 + "]" * 300 + ", ", 1),
         "descriptor-profile"),
    ],
)  # fmt: skip
def test_a_descriptor_that_a_library_cannot_take_is_a_fault_and_no_traceback(
    private_copy: Path, change, fault: str
) -> None:
    path = private_copy / STUDY / "0.3.0" / "datapackage.json"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    write_manifest(path.parent)
    assert fault in {one.check for one in verify(path.parent).findings}


def test_a_constraint_that_is_not_known_is_not_passed_over(private_copy: Path) -> None:
    folder = private_copy / STUDY / "0.3.0"
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    asked = descriptor["resources"][0]["schema"]["fields"][0].setdefault("constraints", {})
    asked |= {"minLength": 1, "pattern": "x"}
    (folder / "datapackage.json").write_text(json.dumps(descriptor))
    found = verify(folder)
    assert any(one.check == "constraint" and "minLength" in one.about for one in found.not_run)
    assert "table-pattern" in {one.check for one in found.findings}


def test_a_manifest_cannot_name_a_file_outside_its_folder() -> None:
    line = "0" * 64
    assert parse_manifest(f"{line}  data/a.csv\n".encode()) == {"data/a.csv": line}
    for path in ("../a", "a/../../b", "a\\..\\b"):
        assert parse_manifest(f"{line}  {path}\n".encode()) is None


def test_the_command_ends_with_its_documented_codes(tree: Path, private_copy: Path) -> None:
    sound = command("verify", tree / STUDY, "--lang", "en")
    assert sound.returncode == 0 and "intact" in sound.stdout
    (private_copy / STUDY / "0.3.0" / MANIFEST).write_text("")
    faulty = command("verify", private_copy / STUDY, "--json")
    assert faulty.returncode == 4 and not json.loads(faulty.stdout)[0]["sound"]
    assert command("verify").returncode == 2
    unreachable = command("verify", "http://127.0.0.1:9/x", "--lang", "fr")
    assert unreachable.returncode == 70 and "ne peut pas être lu" in unreachable.stderr
    no_key = command("verify", tree / STUDY, "--public-key", tree / "none.pub")
    assert no_key.returncode == 2 and "Traceback" not in no_key.stderr
    listed = command("list", tree, "--json")
    assert json.loads(listed.stdout)[0]["study"] == STUDY
    assert "exemples" in command("verify", "--lang", "fr", "--help").stdout
    assert "exit codes" in command("verify", "--lang", "en", "--help").stdout


def test_a_log_that_is_gone_is_what_is_missed_not_the_files_of_a_release(
    private_copy: Path,
) -> None:
    """Of a whole tree such a study was passed over, and the rest found intact."""
    (private_copy / STUDY / "versions.json").unlink()
    for place in (private_copy, private_copy / STUDY):
        (found,) = verify_all(place)
        assert [(one.check, one.file) for one in found.findings] == [
            ("log-missing", "versions.json")
        ]
    assert verify(private_copy / STUDY / "0.3.0").is_sound  # by itself


def test_a_folder_that_may_not_be_read_is_no_study_that_lost_its_log(
    private_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume mounted at published/ has one of root, and verify ended with a traceback."""
    locked, is_file = private_copy / "lost+found", Path.is_file
    locked.mkdir(0)

    def asked_as_another_user(path: Path) -> bool:
        if path.parent == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", asked_as_another_user)
    (found,) = verify_all(private_copy)
    assert found.is_sound


def test_a_name_or_a_file_is_no_folder_and_the_message_says_what_is(private_copy: Path) -> None:
    for place in (STUDY, private_copy / STUDY / "versions.json"):
        with pytest.raises(SourceError) as refused:
            verify_all(place)
        assert "is not a folder. Expected: the folder published/" in refused.value.text("en")
