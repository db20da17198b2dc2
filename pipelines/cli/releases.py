"""Verbs about releases: verify.

Belongs here: arguments and what is printed. Not here: the work (pipelines.release).
"""

import json
from pathlib import Path

import click

from pipelines.cli.bilingual import Verb, option
from pipelines.errors import ExitCode


@click.command(cls=Verb, name="verify")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def verify(root: Path, paths: tuple[Path, ...], *, as_json: bool) -> ExitCode:
    """Verify releases."""
    from pipelines.release import newest_releases
    from pipelines.release import verify as verify_release

    verified = [verify_release(path) for path in paths or newest_releases(root)]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in verified], ensure_ascii=False, indent=1))
    else:
        for one in verified:
            click.echo(one.text())
    return ExitCode.DONE if all(one.is_sound for one in verified) else ExitCode.VERIFICATION
