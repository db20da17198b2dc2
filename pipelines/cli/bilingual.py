"""Help in the reader's language: click's commands and options, their words from messages.yaml.

Belongs here: the classes that look words up when help is shown, and leading click to its own words
(locale/). Not here: the words, the verbs.
"""

import gettext
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.errors import ExitCode
from pipelines.texts import default_language, messages, say

Function = TypeVar("Function", bound=Callable[..., Any])
LOCALE = Path(__file__).with_name("locale")


def speak(lang: str | None = None) -> None:
    """Make `lang`, or the reader's own language, that of our messages and of click's words.

    click looks its words up through gettext, which reads the language in the environment.
    """
    if lang:
        os.environ["PHARE_LANG"] = lang
    os.environ["LANGUAGE"] = default_language()
    gettext.bindtextdomain("phare", LOCALE)
    gettext.textdomain("phare")


def in_words(place: str) -> str:
    """Return what stands for a value in a usage line (`[STUDY]...`) in the reader's language."""
    keys = {word: f"cli-place-{word.lower()}" for word in re.findall("[A-Z]+", place)}
    told = {word: say(key) for word, key in keys.items() if key in messages()}
    return re.sub("[A-Z]+", lambda found: told.get(found[0], found[0]), place)


class Option(click.Option):
    """An option whose `help` is the key of a message."""

    def make_metavar(self, ctx: click.Context) -> str:
        """Return what stands for its value."""
        return in_words(super().make_metavar(ctx))

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help in the reader's language."""
        record = super().get_help_record(ctx)
        if record is None or not self.help:
            return record
        return record[0], record[1].replace(self.help, say(self.help))


class Argument(click.Argument):
    """An argument that is named in the reader's language."""

    def make_metavar(self, ctx: click.Context) -> str:
        """Return what stands for its value."""
        return in_words(super().make_metavar(ctx))


class Verb(click.Command):
    """A command whose help is message `cli-<name>` and whose examples are `cli-<name>-examples`."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first line of the help."""
        return say(f"cli-{self.name}").splitlines()[0]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help, then examples, each a line as it is typed."""
        with formatter.indentation():
            for paragraph in say(f"cli-{self.name}").splitlines():
                formatter.write_text(paragraph)
        if f"cli-{self.name}-examples" in messages():
            with formatter.section(say("cli-examples")):
                for line in say(f"cli-{self.name}-examples").splitlines():
                    formatter.write_text(line)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the exit codes."""
        write_exit_codes(formatter)


def write_exit_codes(formatter: click.HelpFormatter) -> None:
    """Write what each exit code means."""
    with formatter.section(say("cli-exit-codes")):
        formatter.write_dl(
            [(str(int(one)), say(f"cli-exit-{one.name.lower()}")) for one in ExitCode]
        )


def option(*names: str, **attributes: Any) -> Callable[[Function], Function]:
    """Declare an option whose `help` is a message key."""
    return click.option(*names, cls=Option, **attributes)


def argument(name: str, **attributes: Any) -> Callable[[Function], Function]:
    """Declare an argument whose place is named in the reader's language."""
    return click.argument(name, cls=Argument, **attributes)
