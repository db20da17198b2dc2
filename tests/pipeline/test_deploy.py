"""What deploy/ says is true: the units are sound, the containers agree, the daemon publishes."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from phare_data.verifier import verify
from tests.tiny_study import STUDY, write_tiny_study

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
CODE = "/srv/phare/code"
MANUAL = (PROJECT / "docs" / "operate.md").read_text("utf-8")


def started_by(unit: str, key: str = "ExecStart") -> list[str]:
    """Return the command of a unit, the code's folder being this one."""
    text = (DEPLOY / unit).read_text("utf-8")
    match = re.search(rf"^{key}=(.+)$", text, re.MULTILINE)
    assert match
    told = match[1].replace(f"{CODE}/.venv/bin", str(Path(sys.executable).parent))
    return shlex.split(told.replace(CODE, str(PROJECT)))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    units = sorted((*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")))
    assert len(units) >= 6
    for unit in units:
        text = unit.read_text("utf-8").replace(
            f"{CODE}/.venv/bin", str(Path(sys.executable).parent)
        )
        (tmp_path / unit.name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in units)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "phare" not in done.stderr, done.stderr


def test_every_program_setting_and_file_that_deploy_names_exists() -> None:
    for unit in DEPLOY.glob("*.service"):
        assert Path(started_by(unit.name)[0]).is_file(), unit.name
        assert unit.name in MANUAL
    manual = (PROJECT / "docs" / "command-line.md").read_text("utf-8")
    settings = re.findall(
        r"^#?(PHARE_\w+)=", (DEPLOY / "phare.env.example").read_text("utf-8"), re.MULTILINE
    )
    assert len(settings) > 8
    for name in settings:
        assert f"`{name}`" in manual or name in {"PHARE_PUSH_TO"}, name


def test_the_containers_run_the_same_programs_and_mount_the_state() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    daemon, web = compose["services"]["daemon"], compose["services"]["webserver"]
    assert "dagster-daemon run -m pipelines.definitions" in daemon["command"]
    assert "dagster-webserver -m pipelines.definitions" in web["command"]
    assert web["ports"] == ["127.0.0.1:3000:3000"]
    for service in (daemon, web):
        assert any(one.endswith(":/srv/phare/data") for one in service["volumes"])
        assert service["read_only"] and service["environment"]["PHARE_ROOT"] == "/srv/phare/data"
        assert (PROJECT / "deploy" / service["build"]["context"]).resolve() == PROJECT
        assert (PROJECT / service["build"]["dockerfile"]).is_file()


def test_the_image_holds_no_respondent_and_no_secret() -> None:
    left_out = set((PROJECT / ".dockerignore").read_text("utf-8").splitlines())
    assert {".phare", ".dagster", "raw", "published", "deploy/phare.env"} <= left_out


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_daemon_of_the_unit_publishes_a_delivery_by_itself(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    environment = {
        **os.environ, "PHARE_ROOT": str(root), "DAGSTER_HOME": str(root / ".dagster"),
    }  # fmt: skip
    install = [
        one.replace("${DAGSTER_HOME}", str(root / ".dagster"))
        for one in started_by("phare-daemon.service", "ExecStartPre")
    ]
    subprocess.run(install, check=True)
    daemon = subprocess.Popen(
        started_by("phare-daemon.service"), cwd=root, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    log = root / "published" / STUDY / "versions.json"
    try:
        for _ in range(500):
            if log.exists() or daemon.poll() is not None:
                break
            time.sleep(1)
        assert log.exists(), "the sensor started no run that published"
    finally:
        daemon.terminate()
        daemon.wait(60)
    assert verify(root / "published" / STUDY).is_sound
