"""Help, usage and click's own words, in the reader's language; the manual names every verb."""

import ast
import gettext
import re
from pathlib import Path
from string import Formatter

import click
import pytest
from click.testing import CliRunner

from pipelines.cli import bilingual
from pipelines.cli.command import VERBS
from pipelines.cli.command import phare as group
from pipelines.errors import ExitCode
from pipelines.texts import messages
from tests.cli.test_cli import phare


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_with_an_example_and_exit_codes(
    verb: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHARE_LANG", lang)
    done = CliRunner().invoke(group, ["--lang", lang, verb, "--help"])
    assert done.exit_code == 0
    assert f"phare {verb}" in done.output.replace("phare --root /some/folder ", "phare ")
    assert messages()["cli-exit-codes"][lang] in done.output
    assert messages()["cli-exit-data_refused"][lang] in done.output


FRENCH = {
    ("--lang", "fr", "--help"): ["Usage :", "Commandes :", "Affiche cette aide.", "la version."],
    ("--lang", "fr", "bogus"): ["Usage :", "L'aide : phare", "Erreur : La commande 'bogus'"],
    ("--lang", "fr", "check"): ["Erreur : Il manque l'argument 'ÉTUDE'."],
    ("--lang", "fr", "receive", "/nope"): ["Valeur refusée pour 'FICHIER'", "n'existe pas."],
    ("--lang", "fr", "check", "--nope", "x"): ["L'option '--nope' n'existe pas."],
    ("--lang", "fr", "diff", "a", "b", "c"): ["Argument en trop (c)"],
    ("--lang", "fr", "tidy", "--days", "-1"): ["Valeur refusée pour '--days'"],
}


@pytest.mark.parametrize(("arguments", "said"), FRENCH.items(), ids=" ".join)
def test_what_click_says_is_said_in_the_reader_s_language(
    arguments: tuple[str, ...], said: list[str]
) -> None:
    done = phare(*arguments)
    told = (done.stdout + done.stderr).replace("\u00a0", " ")
    assert [one for one in said if one not in told] == []
    assert not re.search("Usage:|Try |Error:|Options:|Show this|Missing|Invalid|No such", told)
    english = phare("--lang", "en", *arguments[2:], PHARE_LANG="fr")
    assert "Usage:" in english.stdout + english.stderr


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_what_stands_for_a_value_is_in_the_reader_s_language(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHARE_LANG", "fr")
    asked = ["--lang", "fr", *([verb] if verb else []), "--help"]
    told = CliRunner().invoke(group, asked, prog_name="phare").output
    english = "TEXT|INTEGER|STUDY|FILE|CANDIDATE|PATH|DIR|COLUMN|COMMAND|ARGS|DIRECTORY"
    assert re.findall(rf"\b({english})\b", told) == []
    assert f": phare {verb}".rstrip() in told.splitlines()[0]


def entries() -> list[dict[str, str]]:
    """Return click's words in French as their source says them: msgid, msgstr and plurals."""
    source = bilingual.LOCALE / "fr" / "LC_MESSAGES" / "phare.po"
    said = [entry.strip().splitlines() for entry in source.read_text("utf-8").split("\n\n")[1:]]
    lines = [[line.split(" ", 1) for line in entry] for entry in said]
    return [{name: ast.literal_eval(text) for name, text in entry} for entry in lines]


def test_words_translated_for_click_are_its_own_and_are_compiled() -> None:
    """And their blanks are those of the English ones: click fills them."""
    parsed = (
        ast.parse(path.read_text("utf-8")) for path in Path(click.__file__).parent.glob("*.py")
    )
    its_own = {getattr(one, "value", None) for tree in parsed for one in ast.walk(tree)}
    compiled = gettext.translation("phare", bilingual.LOCALE, ["fr"])
    for one in entries():
        plural = one.get("msgid_plural")
        pairs = [(one["msgid"], one.get("msgstr") or one["msgstr[0]"])]
        pairs += [(plural, one["msgstr[1]"])] if plural else []
        for number, (english, french) in enumerate(pairs, start=1):
            assert english in its_own
            found = (
                compiled.ngettext(one["msgid"], plural, number)
                if plural
                else compiled.gettext(english)
            )
            assert found == french
            parts = [{part[1] for part in Formatter().parse(text)} for text in (english, french)]
            assert parts[1] <= parts[0], english


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_the_list_of_verbs_says_of_each_is_a_whole_sentence(
    lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHARE_LANG", lang)
    for verb in VERBS:
        first = messages()[f"cli-{verb}"][lang].splitlines()[0]
        assert first.endswith("."), verb


def test_every_verb_and_exit_code_stands_in_the_manual() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text("utf-8")
    for verb in VERBS:
        assert f"`{verb}" in manual, verb
    for code in ExitCode:
        assert f"| {int(code)} | {messages()[f'cli-exit-{code.name.lower()}']['en']} |" in manual
