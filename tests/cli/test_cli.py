"""The commands as people type them: what they print, what they end with, and no traceback."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from pipelines.definitions import definitions_of
from pipelines.errors import ExitCode
from pipelines.texts import messages
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

PHARE = Path(sys.executable).with_name("phare")


def phare(
    *arguments: str, root: Path | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    at = ["--root", str(root)] if root else []
    environment = {**os.environ, "PHARE_LANG": "en", **settings}
    return subprocess.run(
        [str(PHARE), *at, *arguments], capture_output=True, text=True, env=environment, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_tiny_study(tmp_path_factory.mktemp("published"))
    done = phare("publish", STUDY, "--date", "2020-07-01", root=root)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "Where to look" in done.stdout
    return root


def test_an_unknown_study_names_the_nearest_and_ends_with_2(published: Path) -> None:
    done = phare("publish", "petite-enqete", root=published)
    assert done.returncode == ExitCode.USAGE
    assert STUDY in done.stderr and "Traceback" not in done.stderr


def test_a_wrong_declaration_names_file_and_line_and_ends_with_3(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    path = root / "schemas" / STUDY / "study.yaml"
    path.write_text(path.read_text("utf-8").replace("universe:", "univers:"), "utf-8")
    done = phare("publish", "--all", root=root)
    assert done.returncode == ExitCode.DECLARATION
    assert "study.yaml, line" in done.stderr and "universe" in done.stderr
    assert "Traceback" not in done.stderr


def test_refused_data_end_with_1_and_leave_published_as_it_was(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    answers = rows()
    answers[0][4] = "jamais"
    deliver(root, answers, name="2020-06-02")
    done = phare("publish", STUDY, root=root)
    assert done.returncode == ExitCode.DATA_REFUSED
    assert "Traceback" not in done.stderr and "jamais" not in done.stdout + done.stderr
    assert not (root / "published" / STUDY).exists()


def test_a_refused_study_points_to_no_page(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    deliver(root, [[*row[:4], "?", *row[5:]] for row in rows()], name="2020-07-01")
    assert "Where to look" not in phare("publish", STUDY, root=root).stdout


def test_publish_and_status_write_json_that_a_program_reads(published: Path) -> None:
    again = json.loads(phare("publish", STUDY, "--json", root=published).stdout)
    assert again[0]["published"] is False and again[0]["version"] == "0.1.0"
    state = json.loads(phare("status", "--json", root=published).stdout)
    assert state[0]["version"] == "0.1.0" and state[0]["waves"][0]["deliveries"] == 1


def test_sizes_are_told_as_the_reader_writes_numbers(published: Path) -> None:
    told = {lang: phare("--lang", lang, "status", root=published).stdout for lang in ("fr", "en")}
    assert re.search(r"\d,\d Mo publiés, \d+,\d Mo privés", told["fr"])
    assert re.search(r"\d\.\d MB published, \d+\.\d MB private", told["en"])


def test_how_the_last_run_ended_is_told_in_words_and_to_programs_as_dagster_says_it(
    published: Path,
) -> None:
    told = {lang: phare("--lang", lang, "status", root=published).stdout for lang in ("fr", "en")}
    assert "(réussie)" in told["fr"] and "(succeeded)" in told["en"]
    assert "SUCCESS" not in told["fr"] + told["en"]
    state = json.loads(phare("status", "--json", root=published).stdout)
    assert state[0]["last_run"].endswith(" SUCCESS")
    ends = {f"cli-status-run-{one.value.lower()}" for one in DagsterRunStatus}
    assert ends <= messages().keys()


def test_verify_of_nothing_is_no_success(tmp_path: Path) -> None:
    done = phare("verify", root=tmp_path)
    assert done.returncode == ExitCode.USAGE and str(tmp_path / "published") in done.stderr


def test_verify_ends_with_0_then_with_4_after_a_flipped_byte(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    phare("publish", STUDY, root=root)
    assert phare("verify", root=root).returncode == ExitCode.DONE
    table = root / "published" / STUDY / "0.1.0" / "data" / "estimates.csv"
    table.chmod(0o644)
    table.write_bytes(table.read_bytes().replace(b"published", b"publishee", 1))
    done = phare("verify", root=root)
    assert done.returncode == ExitCode.VERIFICATION
    assert "estimates.csv" in done.stdout and "Traceback" not in done.stderr


def test_receive_copies_describes_and_checks(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    fresh = tmp_path / "nouvel extrait.csv"
    fresh.write_bytes(next((root / "raw").rglob("extrait.csv")).read_bytes() + b"R99,1,N,O,1,5,v\n")
    done = phare(
        "receive", str(fresh), "--study", STUDY, "--wave", "2020", "--producer", "Institut",
        "--licence", "etalab-2.0", "--no-personal-data", "--synthetic",
        "--received", "2020-08-01", root=root,
    )  # fmt: skip
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "61" in done.stdout
    assert len(list((root / "raw" / STUDY / "2020").iterdir())) == 2
    again = tmp_path / "corrigé.csv"
    again.write_bytes(fresh.read_bytes().replace(b"R99", b"R98"))
    asked = (
        "receive", str(again), "--study", STUDY, "--wave", "2020", "--producer", "Institut",
        "--licence", "etalab-2.0", "--no-personal-data", "--synthetic", "--received", "2020-08-01",
    )  # fmt: skip
    done = phare(*asked, root=root)
    assert done.returncode == ExitCode.USAGE and "--name" in done.stderr
    done = phare(*asked, "--name", "2020-08-01-b", "--supersedes", "2020-08-01", root=root)
    assert done.returncode == ExitCode.DONE, done.stderr


def test_receive_with_nobody_to_answer_names_the_options_to_give(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    fresh = tmp_path / "extrait.csv"
    fresh.write_bytes(next((root / "raw").rglob("extrait.csv")).read_bytes() + b"R99,1,N,O,1,5,v\n")
    asked = "receive", str(fresh), "--study", STUDY, "--wave", "2020", "--producer", "Institut"
    done = phare(*asked, root=root)
    assert done.returncode == ExitCode.USAGE
    assert "add --licence, --personal-data / --no-personal-data." in done.stderr
    assert len(list((root / "raw" / STUDY / "2020").iterdir())) == 1


def test_check_of_a_bad_file_says_what_to_ask_and_ends_with_1(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    bad = tmp_path / "bad.csv"
    good = next((root / "raw").rglob("extrait.csv")).read_text("utf-8")
    bad.write_text(good.replace("R05,1.5", "R05,-1"), "utf-8")
    done = phare("check", STUDY, "--wave", "2020", "--extract", str(bad), root=root)
    assert done.returncode == ExitCode.DATA_REFUSED
    assert "poids" in done.stdout


def test_a_file_can_be_checked_before_anything_was_received(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    extract = tmp_path / "first.csv"
    next((root / "raw").rglob("extrait.csv")).rename(extract)
    shutil.rmtree(root / "raw")
    assert phare("check", STUDY, root=root).returncode == ExitCode.USAGE
    done = phare("check", STUDY, "--extract", str(extract), root=root)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "Read: CSV" in done.stdout or "Lu : CSV" in done.stdout


def test_a_file_of_a_study_with_several_waves_is_checked_against_the_one_named(tmp_path: Path):
    root = write_tiny_study(tmp_path, waves=("2020", "2021"))
    extract = str(next((root / "raw").rglob("extrait.csv")))
    done = phare("check", STUDY, "--extract", extract, root=root)
    assert done.returncode == ExitCode.USAGE and "2020, 2021" in done.stderr
    done = phare("check", STUDY, "--extract", extract, "--wave", "2020", root=root)
    assert done.returncode == ExitCode.DONE


def test_check_goes_on_with_the_waves_after_a_refused_one(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path, waves=("2020", "2021"))
    bad = [[*row[:4], "peut-être", *row[5:]] for row in rows()]
    deliver(root, bad, wave="2020", name="2020-07-01")
    done = phare("check", STUDY, root=root)
    assert done.returncode == ExitCode.DATA_REFUSED
    assert f"{STUDY}, 2020: extrait.csv is refused" in done.stdout
    assert f"{STUDY}, 2021: extrait.csv is accepted" in done.stdout


def test_check_sees_a_byte_that_changed_since_the_delivery(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    extract = root / "raw" / STUDY / "2020" / "2020-06-01" / "extrait.csv"
    extract.write_bytes(extract.read_bytes().replace(b"R01,1.5", b"R01,1.6"))
    done = phare("check", STUDY, root=root)
    assert done.returncode == ExitCode.DATA_REFUSED
    assert str(extract) in done.stderr and "no longer the one" in done.stderr


def test_a_sidecar_and_a_wave_that_differ_on_synthetic_are_told_by_check(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    waves = root / "schemas" / STUDY / "waves.yaml"
    waves.write_text(waves.read_text("utf-8").replace("synthetic: true", "synthetic: false"))
    done = phare("check", STUDY, root=root)
    assert done.returncode == ExitCode.DATA_REFUSED
    assert "`synthetic: true`" in done.stderr and "`synthetic: false`" in done.stderr


def test_check_fails_on_a_personal_extract_that_git_tracks(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    sidecar = next((root / "raw").rglob("sidecar.yaml"))
    text = sidecar.read_text("utf-8")
    sidecar.write_text(text.replace("personal_data: false", "personal_data: true"), "utf-8")
    assert phare("check", STUDY, root=root).returncode == ExitCode.DONE
    for command in (["init", "-q"], ["add", "--force", "raw"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    done = phare("check", STUDY, root=root)
    assert done.returncode == ExitCode.DATA_REFUSED and "git rm --cached" in done.stderr


def test_a_run_in_which_nothing_changed_says_so_and_loads_no_room(published: Path) -> None:
    done = phare("publish", STUDY, root=published)  # and the ending process leaves no complaint
    assert done.returncode == ExitCode.DONE and "unchanged" in done.stdout
    assert all(line.startswith(("[1/1]", STUDY)) for line in done.stderr.splitlines()), done.stderr
    code = (
        "import sys; from pathlib import Path; from pipelines.run import run_study; "
        f"assert not run_study(Path({str(published)!r}), {STUDY!r})['published']; "
        "print(*{'scipy', 'pandera', 'polars', 'rdflib', 'quickjs'} & sys.modules.keys())"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not loaded.stdout.split()


def test_a_candidate_waits_and_an_approval_publishes_it_under_a_name(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    path = root / "schemas" / STUDY / "study.yaml"
    path.write_text(path.read_text("utf-8") + "publication: {publish: approved}\n", "utf-8")
    held = phare("publish", STUDY, root=root)
    assert held.returncode == ExitCode.HELD and "approve" in held.stdout
    assert "Where to look" not in held.stdout  # there is no site before the first release
    assert not (root / "published" / STUDY / "latest.json").exists()
    candidate = json.loads(phare("status", "--json", root=root).stdout)[0]["candidates"][0]
    done = phare("approve", STUDY, candidate["candidate"], "--by", "Jeanne Martin", root=root)
    assert done.returncode == ExitCode.DONE, done.stderr
    log = (root / "published" / STUDY / "versions.json").read_text("utf-8")
    assert "Jeanne Martin" in log
    gone = phare(
        "withdraw", STUDY, "0.1.0", "--reason", "essai", "--by", "Jeanne Martin", root=root
    )
    assert gone.returncode == ExitCode.DONE, gone.stderr
    assert json.loads(phare("status", "--json", root=root).stdout)[0]["version"] == "—"


def test_a_scaffold_does_not_load_before_it_is_completed(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    extract = next((root / "raw").rglob("extrait.csv"))
    done = phare("new", "autre-etude", "--extract", str(extract), root=root)
    assert done.returncode == ExitCode.DONE, done.stderr
    written = "".join(
        path.read_text("utf-8") for path in (root / "schemas" / "autre-etude").rglob("*.*")
    )
    assert "verbatim secret" not in written and "R05" not in written
    refused = phare("studies", root=root)
    assert refused.returncode == ExitCode.DECLARATION and "study.yaml, line" in refused.stderr
    again = phare("new", "autre-etude", "--extract", str(extract), root=root)
    assert again.returncode == ExitCode.USAGE


def test_a_faulty_study_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    shutil.copytree(root / "schemas" / STUDY, root / "schemas" / "fautive")
    told = phare("studies", root=root)
    assert told.returncode == ExitCode.DECLARATION
    assert STUDY in told.stdout and "fautive/study.yaml" in told.stderr
    faults = json.loads(phare("studies", "--json", root=root).stdout)
    assert [one["study"] for one in faults if "error" in one] == ["fautive"]
    done = phare("publish", "--all", "--date", "2020-07-01", root=root)
    assert done.returncode == ExitCode.DECLARATION
    assert (root / "published" / STUDY / "0.1.0").is_dir()
    on_schedule = definitions_of(root).resolve_all_job_defs()
    assert [job.name for job in on_schedule if job.name.startswith("publish_")] == [
        "publish_petite_enquete"
    ]


def test_serve_answers_range_requests(published: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(PHARE), "--root", str(published), "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        path = f"/{STUDY}/0.1.0/data/estimates.parquet"
        for _ in range(100):
            try:
                asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                asked.request("GET", path, headers={"Range": "bytes=0-3"})
                answer = asked.getresponse()
                assert answer.status == 206
                assert answer.read() == b"PAR1"
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("the server never answered")
    finally:
        server.terminate()
        server.wait(10)


def test_an_error_of_the_software_ends_with_70_and_all_that_is_known_of_it(tmp_path: Path) -> None:
    """Python ends with 1, which a program that reads the code takes for refused data."""
    root = write_tiny_study(tmp_path)
    (root / ".phare").write_text("a file where a folder belongs")
    done = phare("check", STUDY, root=root)
    assert done.returncode == ExitCode.FAILED
    assert "Traceback" in done.stderr and ".phare" in done.stderr


def test_a_port_that_no_machine_has_is_refused(tmp_path: Path) -> None:
    done = phare("serve", "--port", "99999", root=write_tiny_study(tmp_path))
    assert done.returncode == ExitCode.USAGE and "99999" in done.stderr
