"""The method notice: every field required, said, and told as it is declared."""

import json
from pathlib import Path

import pytest
import yaml

from pipelines.cli import main
from pipelines.errors import ExitCode
from pipelines.study import load_study
from pipelines.study.errors import DeclarationError
from pipelines.study.model import MethodNotice
from tests.tiny_study import STUDY, write_tiny_study

FIELDS = tuple(MethodNotice.model_fields)


def edit_notice(root: Path, field: str, value: object) -> None:
    """Give one field another value; None takes it away."""
    path = root / "schemas" / STUDY / "waves.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    notice = content["waves"]["2020"]["method_notice"]
    if value is None:
        del notice[field]
    else:
        notice[field] = value
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_stops_the_study_and_is_named(tmp_path: Path, field: str) -> None:
    root = write_tiny_study(tmp_path)
    edit_notice(root, field, None)
    with pytest.raises(DeclarationError, match=field):
        load_study(root, STUDY)


@pytest.mark.parametrize("text", ["", "  ", "unknown", "unknown:", "Unknown: "])
@pytest.mark.parametrize("field", ["institute", "sampling"])
def test_a_field_that_says_nothing_is_refused(tmp_path: Path, field: str, text: str) -> None:
    root = write_tiny_study(tmp_path)
    edit_notice(root, field, text if field == "institute" else {"fr": "Tirage", "en": text})
    with pytest.raises(DeclarationError, match=field if text else "method_notice"):
        load_study(root, STUDY)


def test_publication_fails_without_a_field_and_publishes_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = write_tiny_study(tmp_path)
    edit_notice(root, "weighting", None)
    with pytest.raises(SystemExit) as caught:
        main(["--root", str(root), "publish", STUDY])
    assert caught.value.code not in (0, None, ExitCode.DONE)
    assert "weighting" in "".join(capfd.readouterr())
    assert not (root / "published" / STUDY).exists()


def test_what_is_unknown_is_released_as_such(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    edit_notice(root, "client", "unknown: the order was never published")
    with pytest.raises(SystemExit) as caught:
        main(["--root", str(root), "publish", STUDY])
    assert caught.value.code in (0, None)
    release = next((root / "published" / STUDY).glob("0.*"))
    descriptor = json.loads((release / "datapackage.json").read_text("utf-8"))
    notice = descriptor["pub:methodNotice"]["2020"]
    assert tuple(notice) == FIELDS
    assert notice["client"] == "unknown: the order was never published"
    assert "the order was never published" in (release / "README.md").read_text("utf-8")


def test_a_name_is_one_text_and_words_are_one_a_language(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    edit_notice(root, "institute", "Institut d'essai")
    edit_notice(root, "client", {"fr": "unknown: non publié", "en": "unknown: not published"})
    with pytest.raises(SystemExit) as caught:
        main(["--root", str(root), "publish", STUDY])
    assert caught.value.code in (0, None)
    release = next((root / "published" / STUDY).glob("0.*"))
    readme = (release / "README.md").read_text("utf-8")
    french, _, english = readme.partition('<a id="english"></a>')
    assert "non connu (non publié)" in french and "not published" not in french
    assert "not known (not published)" in english and "non publié" not in english
    assert "Institut d'essai" in french and "Institut d'essai" in english


@pytest.mark.parametrize("value", [3, {"fr": "Seul"}, ["deux"], {"fr": "Un", "en": ""}])
def test_a_field_that_is_neither_is_refused_by_name(tmp_path: Path, value: object) -> None:
    root = write_tiny_study(tmp_path)
    edit_notice(root, "client", value)
    with pytest.raises(DeclarationError, match=r"method_notice\.client`.*\{fr: …, en: …\}"):
        load_study(root, STUDY)
