"""Verbs that run the pipeline or show what it made: publish, site, status, tidy, serve.

Belongs here: arguments, progress, the closing lines. Not here: the run itself (pipelines.run),
the state of a study (pipelines.state).
"""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipelines.beside import second_process
from pipelines.cli.bilingual import Verb, argument, option
from pipelines.errors import ExitCode, PhareError
from pipelines.numbers import number
from pipelines.profile import measured, measures, profile_text, profiling
from pipelines.texts import default_language, say

# What the second process of a verb loads first.
AHEAD, PAGES = "pipelines.ahead", "pipelines.catalogue.pages"


@click.command(cls=Verb, name="publish")
@argument("studies", nargs=-1, metavar="[STUDY]...")
@option("--all", "every", is_flag=True, help="cli-option-all")
@option("--date", "released", type=click.DateTime(["%Y-%m-%d"]), help="cli-option-date")
@option("--erratum", help="cli-option-erratum")
@option("--bump", type=click.Choice(["patch", "minor", "major"]), help="cli-option-bump")
@option("--profile", "is_profiled", is_flag=True, help="cli-option-profile")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def publish(root: Path, /, *, is_profiled: bool, **wanted: Any) -> int:
    """Run a study's job through Dagster, from deliveries to release."""
    if not is_profiled:
        return _publish(root, **wanted)
    with profiling() as path:
        worst = _publish(root, **wanted)
        click.echo(profile_text(measures(path)), err=True)
    return worst


def _publish(
    root: Path, studies: tuple[str, ...], *, every: bool, released: dt.datetime | None,
    erratum: str | None, bump: str | None, as_json: bool,
) -> int:  # fmt: skip
    said = (released.date().isoformat() if released else "", erratum or "", bump or "")
    with second_process(AHEAD):
        outcomes, worst = _run_studies(root, None if every else studies, said)
    if any(one["reason"] == "held" for one in outcomes):
        worst = worst or ExitCode.HELD
    if as_json:
        click.echo(json.dumps(outcomes, ensure_ascii=False, indent=1))
    else:
        for one in outcomes:
            click.echo(say(f"cli-publish-{one['reason']}", None, **one))
        site = root / "published" / "site" / "index.html"
        if outcomes and site.is_file():  # none before the first release, which may be held
            click.echo(say("cli-publish-look", None, path=site))
    return worst


def _run_studies(
    root: Path, studies: Sequence[str] | None, said: tuple[str, str, str]
) -> tuple[list[dict[str, Any]], int]:
    """Run the studies (None: all) one after the other.

    Returns what became of each, and the exit code of the first error.
    """
    from pipelines.ahead import work_ahead
    from pipelines.study import study_names

    names = study_names(root) if studies is None else studies
    if not names:
        raise click.UsageError(say("cli-publish-which"))
    work_ahead(root, names[0])
    with measured("import", "Dagster"):
        from pipelines.run import Choices, run_study

    outcomes, worst = list[dict[str, Any]](), int(ExitCode.DONE)
    for position, name in enumerate(names, start=1):
        click.echo(say("cli-publish-start", None, n=position, of=len(names), study=name), err=True)
        if position > 1:
            work_ahead(root, name)
        try:
            outcomes.append(run_study(root, name, Choices(*said)))
        except PhareError as error:
            click.echo(error.text(), err=True)
            worst = worst or error.exit_code
    return outcomes, worst


@click.command(cls=Verb, name="site")
@option("--base-url", help="cli-option-base-url")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def site(root: Path, base_url: str | None, *, as_json: bool) -> None:
    """Build the site and the catalogues again from what is published."""
    from pipelines.catalogue import build_site

    with second_process(PAGES):
        built = build_site(root, base_url=base_url)
    facts = {**asdict(built), "index": str(built.index)}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        click.echo(say("cli-site-done", None, **facts))


@click.command(cls=Verb, name="status")
@argument("studies", nargs=-1, metavar="[STUDY]...")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def status(root: Path, studies: tuple[str, ...], *, as_json: bool) -> None:
    """Show what each study has received and published."""
    from pipelines.state import study_state
    from pipelines.study import study_names

    names = studies or study_names(root)
    states = [study_state(root, name) for name in names]
    if as_json:
        click.echo(json.dumps(states, ensure_ascii=False, indent=1))
        return
    for one in states:
        sizes = {name: number(one[name], 1, default_language()) for name in one if "bytes" in name}
        run = {"last_run": _run_told(one["last_run"])}
        click.echo(say("cli-status-study", None, **{**one, **sizes, **run}))
        for kind in ("waves", "refused", "candidates", "leftovers", "failures"):
            for line in one[kind]:
                click.echo(say(f"cli-status-{kind}", None, **line))


def _run_told(last_run: str) -> str:
    """Return when the last run started and, in words, how it ended."""
    started, _, ended = last_run.partition(" ")
    return f"{started} {say(f'cli-status-run-{ended.lower()}')}" if ended else started


@click.command(cls=Verb, name="tidy")
@option(
    "--days", type=click.IntRange(min=0), metavar="N", default=30, show_default=True,
    help="cli-option-days",
)  # fmt: skip
@option("--dry-run", is_flag=True, help="cli-option-dry-run")
@click.pass_obj
def tidy(root: Path, days: int, *, dry_run: bool) -> None:
    """Remove private artefacts, and runs of the history, that are no longer needed."""
    from pipelines.retention import tidy as tidy_root
    from pipelines.run import forget_runs

    key = "cli-tidy-would" if dry_run else "cli-tidy-done"
    gone = tidy_root(root, days, run_id=str(uuid.uuid4()), dry_run=dry_run)
    for path in gone:
        click.echo(say(key, None, path=path))
    click.echo(say("cli-tidy-total", None, count=len(gone)))
    click.echo(say(f"{key}-runs", None, count=len(forget_runs(root, days, dry_run=dry_run))))


@click.command(cls=Verb, name="serve")
@option(
    "--port", type=click.IntRange(1, 65535), metavar="N", default=8000, show_default=True,
    help="cli-option-port",
)  # fmt: skip
@option("--host", default="127.0.0.1", show_default=True, help="cli-option-host")
@click.pass_obj
def serve(root: Path, port: int, host: str) -> None:
    """Serve published/ over HTTP, with range requests."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    published = root / "published"
    published.mkdir(exist_ok=True)
    click.echo(say("cli-serve-at", None, path=published, address=f"http://{host}:{port}/"))
    # Inside an application: alone, StaticFiles answers 500 for a file that is not there.
    files = Starlette(routes=[Mount("/", StaticFiles(directory=published, html=True))])
    uvicorn.run(files, host=host, port=port, log_level="warning")
