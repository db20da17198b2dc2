"""Verbs about releases: verify, approve, withdraw, purge, push.

Belongs here: arguments and what is printed. Not here: the work (pipelines.release).
"""

import datetime as dt
import json
import uuid
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.asking import ask_whether, unanswered
from pipelines.cli.bilingual import Verb, argument, option
from pipelines.errors import ExitCode
from pipelines.study import load_study
from pipelines.texts import Said, say


@click.command(cls=Verb, name="verify")
@argument("paths", nargs=-1, metavar="[PATH|URL]...")
@option("--public-key", type=click.Path(path_type=Path), help="cli-option-public-key")
@option("--require-signature", is_flag=True, help="cli-option-require-signature")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def verify(
    root: Path,
    paths: tuple[str, ...],
    *,
    public_key: Path | None,
    require_signature: bool,
    as_json: bool,
) -> ExitCode:
    """Verify releases."""
    from phare_data.verifier import verify_all
    from pipelines.release import newest_releases

    found = paths or newest_releases(root)
    if not found:
        raise click.UsageError(say("cli-verify-nothing", None, folder=root / "published"))
    verified = [
        one
        for path in found
        for one in verify_all(path, public_key=public_key, require_signature=require_signature)
    ]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in verified], ensure_ascii=False, indent=1))
    else:
        for one in verified:
            click.echo(one.text())
    return ExitCode.DONE if all(one.is_sound for one in verified) else ExitCode.VERIFICATION


@click.command(cls=Verb, name="approve")
@argument("study")
@argument("candidate")
@option("--by", required=True, help="cli-option-by")
@option("--erratum", help="cli-option-erratum")
@click.pass_obj
def approve(root: Path, study: str, candidate: str, *, by: str, erratum: str | None) -> None:
    """Promote a candidate."""
    from pipelines.release import approve as approve_candidate

    outcome = approve_candidate(
        load_study(root, study), root, candidate,
        by=by, today=dt.date.today(), run_id=_run_id(), erratum=erratum,
    )  # fmt: skip
    _rebuild_site(root)
    path = outcome.path
    click.echo(say("cli-publish-done", None, study=study, version=outcome.version, path=path))


@click.command(cls=Verb, name="withdraw")
@argument("study")
@argument("version")
@option("--reason", required=True, help="cli-option-reason")
@option("--reason-en", help="cli-option-reason-en")
@option("--by", required=True, help="cli-option-by")
@option("--replaced-by", help="cli-option-replaced-by")
@click.pass_obj
def withdraw(
    root: Path, study: str, version: str, *, reason: str, reason_en: str | None, by: str,
    replaced_by: str | None,
) -> None:  # fmt: skip
    """Withdraw a version; its files stay."""
    from pipelines.release import withdraw as withdraw_version

    withdraw_version(
        root, load_study(root, study).id, version,
        reason=_said(reason, reason_en), by=by, run_id=_run_id(), replaced_by=replaced_by,
    )  # fmt: skip
    _rebuild_site(root)
    click.echo(say("cli-withdraw-done", None, study=study, version=version))


@click.command(cls=Verb, name="purge")
@argument("study")
@argument("version")
@option("--reason", required=True, help="cli-option-reason")
@option("--reason-en", help="cli-option-reason-en")
@option("--by", required=True, help="cli-option-by")
@option("--replaced-by", help="cli-option-replaced-by")
@option("--yes", is_flag=True, help="cli-option-yes")
@click.pass_obj
def purge(
    root: Path,
    study: str,
    version: str,
    *,
    reason: str,
    reason_en: str | None,
    by: str,
    replaced_by: str | None,
    yes: bool,
) -> ExitCode:
    """Remove the data of a version for good."""
    from pipelines.release import check_was_published
    from pipelines.release import purge as purge_version

    declared = load_study(root, study)
    check_was_published(root, declared.id, version)
    if not yes:
        with unanswered("cli-purge-unanswered", study=study, version=version):
            yes = ask_whether(say("cli-purge-sure", None, study=study, version=version))
    if not yes:
        click.echo(say("cli-purge-kept", None, study=study, version=version), err=True)
        return ExitCode.USAGE
    done = purge_version(
        root, declared.id, version,
        reason=_said(reason, reason_en), by=by, run_id=_run_id(), replaced_by=replaced_by,
    )  # fmt: skip
    _rebuild_site(root)
    click.echo(say("cli-purge-done", None, study=study, version=version))
    if done.compared:
        click.echo(say("cli-purge-compared", None, versions=", ".join(done.compared)), err=True)
    return ExitCode.DONE


def _said(fr: str, en: str | None) -> Said:
    return fr if en is None else {"fr": fr, "en": en}


def _rebuild_site(root: Path) -> None:
    """Make the site say what the log says now: a purged version must leave its downloads too."""
    from pipelines.catalogue import build_site

    build_site(root)


@click.command(cls=Verb, name="push")
@argument("target", metavar="URL")
@argument("studies", nargs=-1, metavar="[STUDY]...")
@option("--base-url", help="cli-option-base-url")
@option("--no-site", "without_site", is_flag=True, help="cli-option-no-site")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def push(
    root: Path, target: str, studies: tuple[str, ...], *, base_url: str | None,
    without_site: bool, as_json: bool,
) -> None:  # fmt: skip
    """Copy verified releases, then the site that names them, to a folder or a bucket."""
    from pipelines.catalogue import push_site
    from pipelines.release import push as push_study
    from pipelines.release import released_studies

    for name in studies:
        load_study(root, name)
    names = studies or released_studies(root)  # purged ones too: their data must leave the target
    pushed = {name: push_study(root, name, target, run_id=_run_id()) for name in names}
    site = None if without_site or not names else push_site(root, target, base_url=base_url)
    if as_json:
        facts = [{"study": name, **asdict(one)} for name, one in pushed.items()]
        facts += [{"study": None, **asdict(site)}] if site else []
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    for name, one in pushed.items():
        unchanged = len(one.unchanged)
        click.echo(
            say("cli-push-done", None, study=name, target=target, copied=one.copied,
                removed=one.removed, unchanged=unchanged)
        )  # fmt: skip
    if site:
        key = "cli-push-site-waits" if site.missing else "cli-push-site"
        click.echo(say(key, None, **{**asdict(site), "missing": ", ".join(site.missing)}))


def _run_id() -> str:
    """Return an id for an act of an operator, which is no Dagster run."""
    return str(uuid.uuid4())
