"""Every message of every room says the same in French and in English."""

import re
import string
from pathlib import Path

import pytest
import yaml

from pipelines.texts import LANGUAGES, default_language, messages, say

ROOMS = Path(__file__).parents[2] / "pipelines"
FILES = sorted(ROOMS.glob("**/messages.yaml"))


def blanks(texts: dict[str, str], lang: str) -> set[str]:
    """Return the blanks of a text; `labels_fr` in the French one is `labels_en` in the English."""
    parsed = string.Formatter().parse(texts[lang])
    return {name.removesuffix(f"_{lang}") for _, name, _, _ in parsed if name is not None}


def test_there_are_messages_to_check() -> None:
    assert len(FILES) >= 3
    assert len(messages()) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_each_message_has_both_languages_with_the_same_blanks(path: Path) -> None:
    for key, texts in yaml.safe_load(path.read_text("utf-8")).items():
        assert set(texts) == set(LANGUAGES), key
        assert blanks(texts, "fr") == blanks(texts, "en"), key
        assert all(text.strip() for text in texts.values()), key


def test_a_message_without_the_value_of_a_blank_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("study-missing-file", "fr")
    with pytest.raises(KeyError):
        say("no-such-message", "fr")


@pytest.mark.parametrize(
    ("count", "fr", "en"),
    [(0, "0 livraison", "0 deliveries"), (1, "1 livraison", "1 delivery"),
     (2, "2 livraisons", "2 deliveries")],
)  # fmt: skip
def test_a_word_after_a_number_has_the_form_that_the_number_asks_for(
    count: int, fr: str, en: str
) -> None:
    """French is singular below 2, English for 1 alone."""
    told = [
        say("cli-status-waves", one, wave="w", newest="—", deliveries=count) for one in LANGUAGES
    ]
    assert fr + "," in told[0] and en + "," in told[1]


def test_no_text_leaves_the_ending_of_a_word_to_its_reader() -> None:
    """A word after a number is written in its two forms, never `row(s)`."""
    templates = [path for kind in ("html", "j2") for path in ROOMS.glob(f"**/*.{kind}")]
    assert templates
    for path in [*FILES, *templates]:
        found = re.findall(r"\w+\((?:s|e|es|x|nt)\)", path.read_text("utf-8"))
        assert {*found} <= {"http(s)"}, path


def test_the_reader_s_language_is_the_one_set_else_french(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PHARE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert default_language() == "fr"
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert default_language() == "en"
    monkeypatch.setenv("PHARE_LANG", "fr")
    assert default_language() == "fr"
