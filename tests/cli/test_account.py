"""The private account of disclosure control, as the operator asks for it: `phare disclosure`."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli.command import phare as group
from pipelines.disclosure import DisclosureAuditError, NoAccountError
from pipelines.errors import ExitCode
from pipelines.run import Choices, run_study
from pipelines.study.errors import UnknownStudyError
from tests.cli.test_cli import phare
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_tiny_study(tmp_path_factory.mktemp("account"))
    assert run_study(root, STUDY, Choices(released="2020-07-01"))["published"]
    return root


@pytest.fixture(autouse=True)
def language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give back, after each test, the language that `--lang` sets."""
    monkeypatch.setenv("PHARE_LANG", "en")


def ask(root: Path, *more: str, lang: str = "en") -> Result:
    at = ["--root", str(root), "--lang", lang, "disclosure"]
    return CliRunner().invoke(group, [*at, STUDY, *more], standalone_mode=False)


def account(root: Path) -> dict:
    return json.loads(ask(root, "--json").stdout)


@pytest.mark.parametrize(
    ("lang", "first", "told"),
    [
        ("en", "PRIVATE.", ("3 respondents:", "5 respondents:", "11 respondents:", "did not run",
                            "would free 2 cells", "Young (Y)", "nothing withheld can be")),
        ("fr", "PRIVÉ.", ("3 répondants :", "5 répondants :", "11 répondants :", "pas tourné",
                          "rendrait 2 cellules", "Jeunes (Y)", "rien de ce qui est retenu")),
    ],
)  # fmt: skip
def test_the_account_says_first_that_it_is_private_then_all_it_knows(
    published: Path, lang: str, first: str, told: tuple[str, ...]
) -> None:
    done = ask(published, lang=lang)
    assert done.return_value == ExitCode.DONE
    assert done.stdout.startswith(first)
    for words in told:
        assert words in done.stdout
    assert re.search(r"estimates, age +0 +4 +0 +0\n", done.stdout)


def test_the_numbers_are_those_of_the_steps_and_no_interval_is_printed(published: Path) -> None:
    told = account(published)
    wave = told["waves"][0]
    kept = published / ".phare" / STUDY / "2020"
    protection = json.loads((kept / "protection.json").read_text("utf-8"))
    assert {name: wave[name] for name in protection} == protection
    assert wave["analyses"] == json.loads((kept / "protected_analyses.json").read_text("utf-8"))
    assert wave["current"] is True
    hidden = sum(one.get("withheld", 0) for one in wave["tables"].values())
    assert hidden == sum(wave["reasons"].values()) > 0
    assert "intervals" not in json.dumps(told) and '"low"' not in json.dumps(told)
    assert told["audit"]["passed"] and told["audit"]["cells_attacked"] > 0


def test_without_a_kept_audit_the_newest_release_is_attacked_now(
    published: Path, tmp_path: Path
) -> None:
    kept = account(published)["audit"]
    root = Path(shutil.copytree(published, tmp_path / "root"))
    (root / ".phare" / STUDY / "audit.json").unlink()
    assert account(root)["audit"] == {**kept, "release": "0.1.0"}
    assert not (root / ".phare" / STUDY / "audit.json").exists()


def test_what_changed_since_is_said(published: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(published, tmp_path / "root"))
    study = root / "schemas" / STUDY / "study.yaml"
    study.write_text(study.read_text("utf-8") + "disclosure: {minimum_respondents: 5}\n", "utf-8")
    assert account(root)["waves"][0]["current"] is False
    assert "NOTE:" in ask(root).stdout


def test_an_account_written_by_an_earlier_version_is_told_as_far_as_it_goes(
    published: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "root"))
    path = root / ".phare" / STUDY / "2020" / "protection.json"
    kept = json.loads(path.read_text("utf-8"))
    del kept["reasons"]
    path.write_text(json.dumps(kept), "utf-8")
    done = ask(root)
    assert done.return_value == ExitCode.DONE and "11 respondents:" in done.stdout
    assert "NOTE:" in done.stdout


def test_a_refused_release_is_told_with_its_places_and_ends_with_1(
    published: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "root"))
    deliver(root, rows()[1:], name="2020-06-09")
    with pytest.raises(DisclosureAuditError):
        run_study(root, STUDY, Choices(released="2020-08-01"))
    done = ask(root)
    assert done.return_value == ExitCode.DATA_REFUSED
    assert "REFUSED" in done.stdout and "since an earlier release" in done.stdout
    assert account(root)["audit"]["passed"] is False
    shutil.rmtree(next(root.glob(f"raw/{STUDY}/*/2020-06-09")))
    assert run_study(root, STUDY, Choices(released="2020-08-01"))["reason"] == "unchanged"
    assert ask(root).return_value == ExitCode.DONE
    assert account(root)["audit"]["release"] == "0.1.0"


def test_there_is_nothing_to_tell_before_the_first_run(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    done = phare("disclosure", STUDY, root=root)
    assert done.returncode == ExitCode.USAGE and f"phare publish {STUDY}" in done.stderr
    assert "Traceback" not in done.stderr
    assert isinstance(ask(root, "--wave", "2021").exception, UnknownStudyError)


def test_a_collection_has_no_account() -> None:
    found = CliRunner().invoke(group, ["disclosure", "phare-programme"], standalone_mode=False)
    assert isinstance(found.exception, NoAccountError)
    assert "collection" in found.exception.text("en")
