"""The `phare` group: its global options, its verbs, and how errors end a command.

Belongs here: the table of verbs and the one place where errors become exit codes. Not here: a
verb's own arguments (data.py, runs.py, releases.py, audit.py).
"""

import gettext
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from phare_data.errors import PhareDataError
from pipelines import PROJECT
from pipelines.cli.bilingual import Option, in_words, option, speak, write_exit_codes
from pipelines.errors import ExitCode, PhareError
from pipelines.process import collect_rarely, end_process, tidy_when_ended, without_extras
from pipelines.texts import LANGUAGES, say

# verb → module of this package that holds it; nothing is imported until the verb is used
VERBS = {
    "studies": "data",
    "receive": "data",
    "check": "data",
    "new": "data",
    "publish": "runs",
    "site": "runs",
    "status": "runs",
    "tidy": "runs",
    "serve": "runs",
    "verify": "releases",
    "approve": "releases",
    "withdraw": "releases",
    "purge": "releases",
    "push": "releases",
    "disclosure": "audit",
    "diff": "audit",
    "trace": "audit",
    "reproduce": "audit",
}


class Group(click.Group):
    """A group that loads a verb when it is asked for and answers in the reader's language."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Take the arguments in, in the reader's language from the first word on."""
        speak()
        return super().make_context(*arguments, **more)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option for help, worded now: it is made before `--lang` is read."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = gettext.gettext("Show this message and exit.")
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of a day's work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb, imported now."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"pipelines.cli.{VERBS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the parts of the usage line in the reader's language."""
        return [in_words(one) for one in super().collect_usage_pieces(ctx)]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the program is for."""
        with formatter.indentation():
            for paragraph in say("cli-phare").splitlines():
                formatter.write_text(paragraph)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the exit codes."""
        write_exit_codes(formatter)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@option(
    "--root", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="cli-option-root",
)  # fmt: skip
@option(
    "--lang", type=click.Choice(LANGUAGES), is_eager=True, expose_value=False,
    callback=lambda _, __, lang: speak(lang), help="cli-option-lang",
)  # fmt: skip
@click.version_option(package_name="phare", cls=Option, help="cli-option-version")
@click.pass_context
def phare(context: click.Context, root: Path | None) -> None:
    """Set what holds for every verb: the folder."""
    context.obj = (root or Path(os.environ.get("PHARE_ROOT") or PROJECT)).resolve()
    if not context.obj.is_dir():
        raise click.BadParameter(say("cli-no-root", None, found=context.obj), param_hint="--root")
    context.with_resource(_log_to_stderr())


@contextmanager
def _log_to_stderr() -> Iterator[None]:
    """Tell progress on standard error while a verb runs: whoever calls the next has his own."""
    log, handler = logging.getLogger("phare"), logging.StreamHandler()
    level, is_passed_on = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = is_passed_on


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with a documented code; a user's mistake has no traceback.

    Without `arguments` those of the process are taken, and the process ends.
    """
    if arguments is None:
        without_extras()
        collect_rarely()
        tidy_when_ended()
    try:
        code = phare.main(args=arguments, prog_name="phare", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except click.Abort:
        click.echo(say("cli-aborted"), err=True)
        code = ExitCode.USAGE
    except (PhareError, PhareDataError) as error:
        click.echo(error.text(), err=True)
        code = error.exit_code
    except Exception:
        # An error of the software: whoever mends it needs the whole of it. Python would end with 1,
        # which here says that data were refused.
        traceback.print_exc()
        code = ExitCode.FAILED
    if arguments is None:
        end_process(int(code or 0))
    sys.exit(int(code or 0))
