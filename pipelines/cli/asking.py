"""Questions to whoever types a command, in the reader's language, and what is said to nobody.

Belongs here: yes or no, and refusing where no terminal answers. Not here: what is asked (data.py,
releases.py).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from pipelines.texts import say

YES, NO = {"o", "oui", "y", "yes"}, {"n", "non", "no"}  # whatever the language of the question


class YesOrNo(click.ParamType[bool]):
    """A yes or a no, in French or English."""

    name = "yes or no"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bool:  # fmt: skip
        """Return whether `value` is a yes; fails for what is neither."""
        if isinstance(value, bool):
            return value
        word = str(value).strip().casefold()
        if word not in YES | NO:
            self.fail(say("cli-yes-or-no"), param, ctx)
        return word in YES


def ask(question: str) -> str:
    """Return what is typed in answer to `question`."""
    answer: str = click.prompt(question, err=True, prompt_suffix=" ")
    return answer


def ask_whether(question: str) -> bool:
    """Return whether `question` is answered yes; Enter alone is a no."""
    told = f"{question} [{say('cli-yes-no')}]"
    answer: bool = click.prompt(
        told, default=False, show_default=False, type=YesOrNo(), err=True, prompt_suffix=" "
    )
    return answer


@contextmanager
def unanswered(key: str, **values: str) -> Iterator[None]:
    """Raise UsageError with message `key` where the block asks and no terminal is there to answer.

    Whoever breaks off at a terminal changed their mind: that stays click.Abort.
    """
    try:
        yield
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(err=True)  # the question stands on a line of its own
        raise click.UsageError(say(key, None, **values)) from None
