"""What an operator relies on: being told, seeing the state, clearing what is no longer needed."""

import datetime as dt
import json
import os
import shutil
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from phare_data.verifier import verify
from pipelines.alerts import alert
from pipelines.assets import group
from pipelines.definitions import definitions_of
from pipelines.errors import PhareError
from pipelines.refusals import noted, read_refusal
from pipelines.release import approve
from pipelines.retention import tidy
from pipelines.run import Choices, forget_runs, last_run, run_study
from pipelines.state import _next_tick, study_state
from pipelines.steps import wave_folder
from pipelines.study import load_study
from pipelines.validation.errors import FooterError, WaveRefusedError
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

RELEASED = Choices(released="2020-07-01")


class MailServer(socketserver.StreamRequestHandler):
    """As much of SMTP as one message takes; `received` keeps it."""

    received: list[str]
    commands: list[bytes]

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.split()[0].upper()
            self.commands.append(word)
            if word == b"EHLO":
                self.wfile.write(b"250-here\r\n250 AUTH PLAIN LOGIN\r\n")
                continue
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.received.append(b"".join(lines).decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    MailServer.received, MailServer.commands = [], []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PHARE_SMTP", f"127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("PHARE_MAIL_TO", "operator@example.org")
        yield MailServer.received
        server.shutdown()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tiny_study(tmp_path / "root")


def ask_for_approval(root: Path) -> None:
    path = root / "schemas" / STUDY / "study.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    content["publication"] = {"publish": "approved"}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def test_an_alert_is_mailed_and_one_that_cannot_be_sent_stops_nothing(
    mailbox: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alert("Sujet", "Texte de l'alerte")
    assert "operator@example.org" in mailbox[0] and "Sujet" in mailbox[0]
    monkeypatch.setenv("PHARE_SMTP", "127.0.0.1:9")
    monkeypatch.setenv("PHARE_WEBHOOK", "http://127.0.0.1:9/")
    alert("Sujet", "perdu")
    assert len(mailbox) == 1


def test_a_password_never_goes_to_a_server_that_does_not_encrypt(
    mailbox: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHARE_SMTP_USER", "operator")
    monkeypatch.setenv("PHARE_SMTP_PASSWORD", "secret")
    alert("Sujet", "Texte de l'alerte")
    assert b"EHLO" in MailServer.commands and b"AUTH" not in MailServer.commands
    assert mailbox == []


def test_a_held_candidate_is_told_once_and_has_a_page_to_read(
    root: Path, mailbox: list[str]
) -> None:
    ask_for_approval(root)
    first = run_study(root, STUDY, RELEASED)
    assert first["reason"] == "held" and len(mailbox) == 1 and "phare approve" in mailbox[0]
    run_study(root, STUDY, RELEASED)
    assert len(mailbox) == 1
    state = study_state(root, STUDY)
    page = Path(state["candidates"][0]["preview"])
    text = page.read_text("utf-8")
    assert "phare approve" in text and "Première publication" in text
    assert page.stat().st_mode & 0o077 == 0
    for link in ("README.md", "data/estimates.csv"):
        assert (page.parent / "0.1.0" / link).is_file() and f"0.1.0/{link}" in text
    approved = approve(
        load_study(root, STUDY), root, state["candidates"][0]["candidate"],
        by="Jeanne", today=dt.date(2020, 7, 1), run_id="r",
    )  # fmt: skip
    assert verify(approved.path).is_sound and not (approved.path / "preview.html").exists()


def test_a_refused_extract_is_in_the_state_until_a_delivery_passes(root: Path) -> None:
    answers = rows()
    answers[3][4] = "valeur secrète"
    deliver(root, answers, name="2020-06-02")
    with pytest.raises(PhareError):
        run_study(root, STUDY, RELEASED)
    (refused,) = study_state(root, STUDY)["refused"]
    assert (refused["wave"], refused["delivery"], refused["step"]) == (
        "2020", "2020-06-02", "responses",
    )  # fmt: skip
    assert "valeur secrète" not in json.dumps(refused)
    deliver(root, rows(), name="2020-06-03")
    assert study_state(root, STUDY)["refused"] == []
    assert run_study(root, STUDY, RELEASED)["published"]
    assert study_state(root, STUDY)["refused"] == []


def test_a_note_of_a_refusal_goes_with_its_own_step_and_is_of_refused_data_alone(
    tmp_path: Path,
) -> None:
    for kind, is_told in ((FooterError, False), (WaveRefusedError, True)):
        with pytest.raises(kind), noted(tmp_path, "responses", "2020-06-01"):
            raise kind("validation-footer", count=1, line=9)
        assert (read_refusal(tmp_path, "2020-06-01") is not None) is is_told
    assert read_refusal(tmp_path, "2020-06-02") is None
    with noted(tmp_path, "raw_extract", "2020-06-01"):
        pass
    assert read_refusal(tmp_path, "2020-06-01") is not None
    with noted(tmp_path, "responses", "2020-06-01"):
        pass
    assert read_refusal(tmp_path, "2020-06-01") is None


@pytest.mark.parametrize(
    ("now", "tick"), [("04:59", "2020-06-01"), ("05:00", "2020-06-02"), ("23:00", "2020-06-02")]
)
def test_the_next_tick_is_always_to_come(now: str, tick: str) -> None:
    found = _next_tick(dt.datetime.fromisoformat(f"2020-06-01T{now}"))
    assert found.isoformat() == f"{tick}T05:00:00"


def test_the_state_tells_runs_disk_and_next_tick(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    state = study_state(root, STUDY)
    assert "SUCCESS" in state["last_run"] and "T05:00:00" in state["next_tick"]
    assert state["megabytes"] >= 0 and state["free_gigabytes"] > 0
    assert state["leftovers"] == [] and state["failures"] == []


def test_old_private_artefacts_go_and_are_made_again(root: Path) -> None:
    first = run_study(root, STUDY, RELEASED)
    study = load_study(root, STUDY)
    folder = wave_folder(study, "2020")
    assert tidy(root, 30, run_id="r") == []
    past = time.time() - 40 * 86_400
    for path in folder.rglob("*"):
        os.utime(path, (past, past))
    young = folder / "weighted.parquet"
    os.utime(young)
    assert tidy(root, 30, run_id="r") == [] and folder.is_dir()  # somebody works at it
    os.utime(young, (past, past))
    assert tidy(root, 41, run_id="r") == []
    assert tidy(root, 30, run_id="r", dry_run=True) == [folder] and folder.is_dir()
    assert tidy(root, 30, run_id="r") == [folder] and not folder.exists()
    assert verify(root / "published" / STUDY).is_sound
    again = run_study(root, STUDY, RELEASED)
    assert again["content_id"] == first["content_id"] and again["reason"] == "unchanged"


def test_past_runs_are_forgotten_but_the_last_one_and_what_sensors_have_seen(root: Path) -> None:
    for _ in range(3):
        run_study(root, STUDY, RELEASED)
    told, history = last_run(root, STUDY), root / ".dagster" / "storage" / "history" / "runs"
    sensor = definitions_of(root, [STUDY]).resolve_sensor_def(f"deliveries_{group(STUDY)}")
    cursor = sensor.evaluate_tick(dg.build_sensor_context()).cursor
    assert forget_runs(root, 30) == []
    past = forget_runs(root, 0, dry_run=True)
    assert len(past) == 2 and len([*history.glob("*-*.db")]) == 3
    assert forget_runs(root, 0) == past and forget_runs(root, 0) == []
    assert [one.name[:36] in past for one in history.glob("*-*.db*")] == [False]
    assert last_run(root, STUDY) == told
    assert not sensor.evaluate_tick(dg.build_sensor_context(cursor=cursor)).run_requests
    assert run_study(root, STUDY, RELEASED)["reason"] == "unchanged"


def test_respondents_of_a_study_without_release_and_young_artefacts_stay(root: Path) -> None:
    ask_for_approval(root)
    run_study(root, STUDY, RELEASED)
    assert tidy(root, 0, run_id="r") == []
    shutil.rmtree(root / "schemas")
    assert tidy(root, 0, run_id="r") == []
