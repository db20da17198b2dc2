"""Questions at a terminal, in the reader's language, and what is said where nobody answers."""

import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.errors import ExitCode
from tests.cli.test_cli import PHARE, phare
from tests.tiny_study import STUDY, write_tiny_study

PURGE = ("purge", STUDY, "0.1.0", "--reason", "Cellule", "--by", "Jeanne")
ASKED = "Effacer pour toujours les données de petite-enquete 0.1.0 ? [o/N]"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_tiny_study(tmp_path_factory.mktemp("asking"))
    assert phare("publish", STUDY, root=root).returncode == ExitCode.DONE
    return root


def typed(root: Path, answer: str) -> tuple[int, str]:
    """Run the purge in a terminal in which `answer` is typed; return code and what is shown."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        [str(PHARE), "--lang", "fr", "--root", str(root), *PURGE],
        stdin=theirs, capture_output=True, text=True, check=False,
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("lang", "told"),
    [("fr", "n'a été effacé. Remède : ajouter --yes."), ("en", "was removed. Remedy: add --yes.")],
)
def test_a_purge_with_nobody_to_confirm_names_the_option(
    published: Path, lang: str, told: str
) -> None:
    done = phare(*PURGE, root=published, PHARE_LANG=lang)
    assert done.returncode == ExitCode.USAGE and told in done.stderr
    assert (published / "published" / STUDY / "0.1.0" / "data").is_dir()


@pytest.mark.parametrize("answer", ["n\n", "\n", "peut-être\nNON\n"])
def test_who_does_not_say_yes_keeps_the_data(published: Path, answer: str) -> None:
    code, told = typed(published, answer)
    assert code == ExitCode.USAGE and ASKED in told
    assert "Rien de petite-enquete 0.1.0 n'a été effacé." in told and "--yes" not in told
    assert ("répondre oui (o) ou non (n)" in told) == ("peut-être" in answer)
    assert (published / "published" / STUDY / "0.1.0" / "data").is_dir()


@pytest.mark.parametrize("answer", ["o\n", "Oui\n", "yes\n"])
def test_yes_is_taken_in_french_and_in_english(
    published: Path, tmp_path: Path, answer: str
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "root"))
    code, told = typed(root, answer)
    assert code == ExitCode.DONE and "effacées" in told
    assert not (root / "published" / STUDY / "0.1.0" / "data").exists()


def test_a_version_that_never_was_is_told_before_any_question_and_leaves_no_trace(
    published: Path, tmp_path: Path
) -> None:
    never = [one.replace("0.1.0", "9.9.9") for one in PURGE]
    done = phare(*never, root=published)
    assert done.returncode == ExitCode.USAGE and "9.9.9" in done.stderr and "0.1.0" in done.stderr
    assert "?" not in done.stdout and "--yes" not in done.stderr
    empty = write_tiny_study(tmp_path)
    for act in (never, ["withdraw", *never[1:]]):
        assert phare(*act, root=empty).returncode == ExitCode.USAGE
        assert not (empty / "published").exists() and not (empty / ".phare").exists()
