"""Verbs about studies and what they receive: studies, receive, check, new.

Belongs here: arguments and what is printed. Not here: reading declarations (study), deliveries
(intake), the report (validation), scaffolding (scaffold).
"""

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.asking import ask, ask_whether, unanswered
from pipelines.cli.bilingual import Verb, argument, option
from pipelines.errors import ExitCode
from pipelines.study import DeclarationError, Study, load_study, study_names
from pipelines.texts import default_language, say

if TYPE_CHECKING:
    from pipelines.intake import Delivery

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=Verb, name="studies")
@option("--json", "as_json", is_flag=True, help="cli-option-json")
@click.pass_obj
def studies(root: Path, *, as_json: bool) -> ExitCode:
    """List the declared studies, and what is wrong with those that do not load."""
    found: list[Study] = []
    faults: dict[str, DeclarationError] = {}
    for name in study_names(root):
        try:
            found.append(load_study(root, name))
        except DeclarationError as error:
            faults[name] = error
    if as_json:
        rows = [
            {"study": one.id, "title": one.about.title.model_dump(), "waves": list(one.waves)}
            for one in found
        ]
        wrong = [{"study": name, "error": error.text()} for name, error in faults.items()]
        click.echo(json.dumps([*rows, *wrong], ensure_ascii=False, indent=1))
    else:
        for one in found:
            click.echo(_line(one))
        for fault in faults.values():
            click.echo(fault.text(), err=True)
    return ExitCode.DECLARATION if faults else ExitCode.DONE


def _line(study: Study) -> str:
    lang = default_language()
    title = getattr(study.about.title, lang)
    return say("cli-studies-line", lang, study=study.id, title=title, waves=", ".join(study.waves))


@click.command(cls=Verb, name="receive")
@argument("file", type=FILE)
@option("--study", required=True, help="cli-option-study")
@option("--wave", required=True, help="cli-option-wave")
@option("--producer", help="cli-option-producer")
@option("--licence", help="cli-option-licence")
@option(
    "--personal-data/--no-personal-data", "personal_data", default=None, help="cli-option-personal"
)
@option("--synthetic/--not-synthetic", default=False, help="cli-option-synthetic")
@option("--received", type=click.DateTime(["%Y-%m-%d"]), help="cli-option-received")
@option("--name", help="cli-option-name")
@option("--supersedes", help="cli-option-supersedes")
@option("--note", help="cli-option-note")
@click.pass_obj
def receive(
    root: Path, file: Path, study: str, wave: str, producer: str | None, licence: str | None,
    *, personal_data: bool | None, synthetic: bool, received: dt.datetime | None,
    name: str | None, supersedes: str | None, note: str | None,
) -> int:  # fmt: skip
    """Copy a delivery into raw/, describe it, check it."""
    from pipelines import intake

    declared = load_study(root, study)
    declared.wave(wave)  # an unknown wave is said before anything is asked
    producer, licence, personal_data = _answered(producer, licence, personal_data)
    delivery = intake.receive(
        root, study, wave, file,
        producer=producer, licence=licence, personal_data=personal_data, synthetic=synthetic,
        received=received.date() if received else dt.date.today(),
        name=name, supersedes=supersedes, note=note,
    )  # fmt: skip
    click.echo(
        say("cli-receive-done", None, delivery=delivery.folder.name, folder=delivery.folder,
            sha256=delivery.sidecar.sha256)
    )  # fmt: skip
    outcome = _check(root, study, wave, delivery.extract)
    return outcome or _synthetic_agrees(declared, wave, delivery)


def _answered(
    producer: str | None, licence: str | None, personal_data: bool | None
) -> tuple[str, str, bool]:
    """Ask for what was not given; where nobody answers, name the options that say it."""
    options = {
        "--producer": producer, "--licence": licence,
        "--personal-data / --no-personal-data": personal_data,
    }  # fmt: skip
    missing = ", ".join(name for name, given in options.items() if given is None)
    with unanswered("cli-receive-unanswered", options=missing):
        return (
            ask(say("cli-ask-producer")) if producer is None else producer,
            ask(say("cli-ask-licence")) if licence is None else licence,
            ask_whether(say("cli-ask-personal")) if personal_data is None else personal_data,
        )


@click.command(cls=Verb, name="check")
@argument("study")
@option("--wave", help="cli-option-wave")
@option("--extract", type=FILE, help="cli-option-extract")
@click.pass_obj
def check(root: Path, study: str, wave: str | None, extract: Path | None) -> int:
    """Check the newest delivery of each wave, or one file."""
    from pipelines import intake
    from pipelines.steps import delivered_waves

    declared = load_study(root, study)
    if wave:
        declared.wave(wave)
    elif extract and len(declared.waves) > 1:
        raise click.UsageError(say("cli-check-which", None, waves=", ".join(declared.waves)))
    known = declared.waves if extract else delivered_waves(declared)
    waves = [wave] if wave else list(known)
    if not waves:
        raise click.UsageError(say("run-no-delivery", None, study=study, file=root / "raw"))
    worst = ExitCode.DONE
    for one in waves:
        for delivery in intake.deliveries(root, study, one):
            intake.check_untracked(delivery)
        outcome = _check(root, study, one, extract) if extract else _check_newest(declared, one)
        worst = worst or outcome  # every wave is looked at, refused ones before it or not
    return worst


def _check_newest(study: Study, wave: str) -> ExitCode:
    from pipelines import intake

    delivery = intake.newest_delivery(study.root, study.id, wave)
    intake.check_delivery(delivery)
    outcome = _check(study.root, study.id, wave, delivery.extract)
    return outcome or _synthetic_agrees(study, wave, delivery)


def _synthetic_agrees(study: Study, wave: str, delivery: "Delivery") -> ExitCode:
    """Say where sidecar and wave do not agree on whether a row describes a real respondent."""
    declared, found = study.wave(wave).synthetic, delivery.sidecar.synthetic
    if declared == found:
        return ExitCode.DONE
    values = {"declared": str(declared).lower(), "found": str(found).lower()}
    text = say("cli-synthetic-differs", None, wave=wave, folder=delivery.folder, **values)
    click.echo(text, err=True)
    return ExitCode.DATA_REFUSED


def _check(root: Path, study: str, wave: str, extract: Path) -> ExitCode:
    from pipelines.validation.report import check_extract
    from pipelines.workspace import private_folder

    folder = private_folder(root, study, wave, "report")
    report = check_extract(load_study(root, study), wave, extract, folder)
    click.echo(report.summary_text(default_language()))
    return ExitCode.DONE if report.is_accepted else ExitCode.DATA_REFUSED


@click.command(cls=Verb, name="new")
@argument("study")
@option("--extract", type=FILE, required=True, help="cli-option-scaffold")
@option("--encoding", help="cli-option-encoding")
@option("--delimiter", help="cli-option-delimiter")
@option("--sheet", help="cli-option-sheet")
@option(
    "--title-rows", type=click.IntRange(min=0), metavar="N", default=0,
    help="cli-option-title-rows",
)  # fmt: skip
@click.pass_obj
def new(
    root: Path, study: str, extract: Path, *, encoding: str | None, delimiter: str | None,
    sheet: str | None, title_rows: int,
) -> None:  # fmt: skip
    """Scaffold a declaration."""
    from pipelines.scaffold import scaffold

    how = {"encoding": encoding, "delimiter": delimiter, "sheet": sheet}
    folder = scaffold(root, study, extract, title_rows=title_rows, **how)
    click.echo(say("cli-new-done", None, folder=folder))
