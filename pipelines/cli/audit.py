"""Verbs that look into releases: disclosure, diff, trace, reproduce.

Belongs here: arguments and what is printed. Not here: the work (pipelines.release,
pipelines.account, pipelines.contributors), verbs that change something (releases.py).
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from pipelines import numbers
from pipelines.cli.bilingual import Verb, argument, option
from pipelines.errors import ExitCode
from pipelines.texts import Lang, default_language, say

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=Verb, name="disclosure")
@argument("study")
@option("--wave", help="cli-option-wave")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def disclosure(root: Path, study: str, wave: str | None, *, as_json: bool) -> ExitCode:
    """Tell the private account of disclosure control."""
    from pipelines.account import account_text, disclosure_account
    from pipelines.study import load_study

    found = disclosure_account(root, study, wave)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        click.echo(account_text(load_study(root, study), found))
    refused = found["audit"] is not None and not found["audit"]["passed"]
    return ExitCode.DATA_REFUSED if refused else ExitCode.DONE


@click.command(cls=Verb, name="diff")
@argument("before", metavar="A")
@argument("after", metavar="B")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def diff(root: Path, before: str, after: str, *, as_json: bool) -> None:
    """Tell how two releases differ."""
    from pipelines.release import difference_facts, release_folder

    found = difference_facts(release_folder(root, before), release_folder(root, after))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    lang = default_language()
    for one in found["sentences"]:
        click.echo(f"- {one[lang]}")
    verdict = "cli-diff-none" if found["bump"] is None else "cli-diff-bump"
    click.echo(say(verdict, lang, **found))
    if found["needs_erratum"]:
        click.echo(say("cli-diff-erratum", lang))


@click.command(cls=Verb, name="trace")
@argument("release", metavar="STUDY@VERSION|PATH")
@argument("key", nargs=-1, required=True, metavar="COLUMN=CODE...")
@option("--table", help="cli-option-table")
@option("--raw", type=FOLDER, help="cli-option-raw")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def trace(
    root: Path, release: str, key: tuple[str, ...], *, table: str | None, raw: Path | None,
    as_json: bool,
) -> ExitCode:  # fmt: skip
    """Walk from one published number to what stands behind it."""
    from pipelines.contributors import contributors
    from pipelines.release import release_folder
    from pipelines.release import trace as trace_cell

    if wrong := [one for one in key if "=" not in one]:
        raise click.UsageError(say("cli-trace-key", None, found=wrong[0]))
    pairs = (one.partition("=") for one in key)
    folder = release_folder(root, release)
    found = trace_cell(folder, {column: code for column, _, code in pairs}, table)
    if raw:
        with TemporaryDirectory(prefix="phare-trace-") as work:
            found["lines"] = contributors(root, raw, found, Path(work))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _print_trace(found)
    matches = found.get("lines", {"matches": True})["matches"]
    return ExitCode.DONE if matches else ExitCode.VERIFICATION


def _print_trace(found: Mapping[str, Any]) -> None:
    lang = default_language()
    click.echo(say("cli-trace-cell", lang, **found))
    for name, value in found["cell"].items():
        about = found["columns"].get(name)
        told = f"  {name} = {_shown(value, lang) if name in found['numbers'] else value or '—'}"
        if about and name not in ("wave", "question", "domain", "actor", "measure"):
            columns = ", ".join(about["extract_columns"])
            told += f"    {about['about'][lang]}" + (f"  ← {columns}" if columns else "")
        click.echo(told)
    for one in found["made_of"]:
        key = " ".join(f"{name}={code}" for name, code in one["key"].items())
        told = _shown(one["figures"].get("value"), lang)
        click.echo(say("cli-trace-made-of", lang, table=one["table"], key=key, value=told))
    for step, about in found["queries"].items():
        files = ", ".join(one["file"] for one in about["queries"])
        click.echo(say("cli-trace-step", lang, step=step, about=about["about"][lang], files=files))
    for one in found["inputs"]:
        click.echo(say("cli-trace-input", lang, **one))
    quality = found["quality"]
    click.echo(
        say("cli-trace-quality", lang, **quality["rows"],
            rules=len(quality.get("rules", ())), checks=len(quality.get("checks", ())))
    )  # fmt: skip
    run = found["run"]
    click.echo(
        say("cli-trace-run", lang, run=run["run_id"], commit=run.get("commit", "—"),
            lock=run.get("lock_sha256", "—"), python=run.get("python", "—"),
            duckdb=run.get("duckdb", "—"))
    )  # fmt: skip
    if entry := found["released"]:
        click.echo(say("cli-trace-entry", lang, **{"approved_by": "—", **entry}))
    if lines := found.get("lines"):
        key = "cli-trace-lines" if lines["matches"] else "cli-trace-lines-differ"
        key = "cli-trace-entry-line" if "entry" in found["counted"] else key
        listed = {name: ", ".join(map(str, lines[name])) for name in ("base", "gave")}
        click.echo(say(key, lang, **{**lines, **listed, "count": len(lines["base"])}))


def _shown(value: str | None, lang: Lang) -> str:
    """Return a published number, all its digits, as `lang` writes it; an em dash for none."""
    if value is None:
        return "—"
    exact = Decimal(value)
    return numbers.number(exact, -int(exact.as_tuple().exponent), lang)


@click.command(cls=Verb, name="reproduce")
@argument("release", metavar="STUDY@VERSION")
@option("--clean", is_flag=True, help="cli-option-clean")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def reproduce(root: Path, release: str, *, clean: bool, as_json: bool) -> ExitCode:
    """Rebuild a release from its recorded commit and extracts."""
    from pipelines.release import release_name
    from pipelines.release import reproduce as reproduce_release

    study, version = release_name(root, release)
    with TemporaryDirectory(prefix="phare-reproduce-") as work:
        found = reproduce_release(root, study, version, work=Path(work), clean=clean)
    facts = {"study": study, **vars(found), "same": found.is_same}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        key = "cli-reproduce-same" if found.is_same else "cli-reproduce-differs"
        told = {name: ", ".join(facts[name]) or "—" for name in ("differing", "libraries")}
        click.echo(say(key, None, **{**facts, **told}))
        if found.is_declared_today and not found.is_same:
            click.echo(say("cli-reproduce-declaration", None, folder=root / "schemas", **facts))
    return ExitCode.DONE if found.is_same else ExitCode.VERIFICATION
