"""A first declaration from an extract: candidate columns, types and codes, to be completed.

Belongs here: writing the guesses down as such. Not here: guessing (columns.py, batteries.py), using
the declaration: every text is left to complete, and a study with one left does not load.
"""

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipelines.scaffold.batteries import Battery, gather
from pipelines.scaffold.columns import Candidate, candidates_of, told_apart
from pipelines.scaffold.errors import ScaffoldError
from pipelines.study import ExtractFormat

ENCODINGS = ("utf-8", "cp1252")  # tried where none is given; the one that fits is written down
DELIMITERS = (",", ";", "\t")
FORMATS = ("xlsx", "sav", "dta", "parquet")
SHARED = {"region": "region", "commune_size": "commune-size"}  # role → the project's codelist
NOT_ANSWERS = (  # kind of code, what its text looks like
    ("dont_know", r"nspp?|ne se prononce pas|(je )?ne sai[st] pas|don'?t know|dk"),
    ("refusal", r"ref(us|used)?|ne (souhaite|veut) pas répondre|prefer not to say"),
    ("missing", r"\(?nr\)?|sans réponse|non réponse|no answer|na"),
)


def scaffold(
    root: Path, study: str, extract: Path, *, encoding: str | None = None,
    delimiter: str | None = None, sheet: str | None = None, title_rows: int = 0,
) -> Path:  # fmt: skip
    """Write schemas/<study>/ from `extract` and return the folder.

    `sheet` is the one of a workbook to read, `title_rows` the lines above the header: both go into
    the declaration. Raises ScaffoldError when the folder is there or the name is none, ExtractError
    when the extract cannot be read as it is said to be. Nothing is written then.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", study):
        raise ScaffoldError("scaffold-name", found=study)
    folder = root / "schemas" / study
    if folder.exists():
        raise ScaffoldError("scaffold-exists", folder=folder)
    suffix = extract.suffix.lower().lstrip(".")
    asked = ExtractFormat.model_validate(
        {
            "format": suffix if suffix in FORMATS else "csv",
            "encodings": (encoding,) if encoding else ENCODINGS,
            "delimiters": (delimiter,) if delimiter else DELIMITERS,
            "sheet": sheet,
            "title_rows": title_rows,
        }
    )
    found, candidates = candidates_of(extract, asked)
    draft = _draft(study, asked, found.detected, candidates)
    (root / "schemas").mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=root / "schemas"))
    try:
        _write(aside, draft)
        aside.chmod(0o755)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


@dataclass(frozen=True)
class _Draft:
    """What the templates are filled with; `scales` are codelists: name → code → label."""

    study: str
    asked: ExtractFormat
    encoding: str | None
    delimiter: str | None
    decimal: str
    candidates: list[Candidate]
    questions: list[tuple[Battery, str]]  # each with the name of its scale
    names: dict[str, str]  # column of numbers or open text → its question
    scales: dict[str, Mapping[str, str]]


def _draft(
    study: str, asked: ExtractFormat, detected: Mapping[str, str], candidates: list[Candidate]
) -> _Draft:
    scales: dict[str, Mapping[str, str]] = {}
    coded = [one for one in candidates if one.kind == "code"]
    batteries, names = _named(gather(coded), candidates)
    questions = [(one, _scale(scales, one.name, one.codes, one.labels)) for one in batteries]
    for one, _ in questions:
        for part, codes in (("domain", one.domains), ("actor", one.actors)):
            if codes:
                scales[f"{one.name}_{part}"] = dict.fromkeys(codes, "")
    is_csv = asked.format == "csv"
    return _Draft(
        study, asked,
        detected.get("encoding", asked.encodings[0]) if is_csv else None,
        detected.get("delimiter", asked.delimiters[0]) if is_csv else None,
        "," if any(one.has_comma for one in candidates) else ".",
        candidates, questions, names, scales,
    )  # fmt: skip


def _named(
    gathered: list[Battery], candidates: list[Candidate]
) -> tuple[list[Battery], dict[str, str]]:
    """Return the questions, each with a name of its own: columns, then numbers and open text.

    Names of lists are taken too: `accord_domain` is what the battery `accord` runs over.
    """
    others = [
        one for kind in ("number", "open_text") for one in candidates if one.kind == kind
    ]  # fmt: skip
    lists = {f"{one.name}_{part}" for one in gathered for part in ("domain", "actor")}
    names = told_apart([one.name for one in gathered] + [one.slug for one in others], lists)
    batteries = [replace(one, name=name) for one, name in zip(gathered, names, strict=False)]
    return batteries, {
        one.name: name for one, name in zip(others, names[len(gathered) :], strict=True)
    }


def _scale(
    scales: dict[str, Mapping[str, str]], name: str, codes: Iterable[str], labels: Mapping[str, str]
) -> str:
    """Return the scale with these codes and labels: one that is there, else a new one."""
    wanted = {code: labels.get(code, "") for code in codes}
    same = next((known for known, held in scales.items() if held == wanted), None)
    if same is None:
        scales[name] = wanted
    return same or name


def _write(folder: Path, draft: _Draft) -> None:
    templates = Environment(
        loader=PackageLoader("pipelines.scaffold"), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        autoescape=select_autoescape(("html.j2",)),  # none here: YAML
    )  # fmt: skip
    for name in ("study", "questions", "waves"):
        text = templates.get_template(f"{name}.yaml.j2").render(draft=draft, shared=SHARED)
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    lists = folder / "codelists"
    lists.mkdir()
    for name, codes in draft.scales.items():
        sidecar = templates.get_template("codelist.yaml.j2").render()
        (lists / f"{name}.yaml").write_text(sidecar, "utf-8")
        (lists / f"{name}.csv").write_text("".join(_lines(codes)), "utf-8")


def _lines(codes: Mapping[str, str]) -> Iterator[str]:
    yield "code,label_fr,label_en,aliases,kind\n"
    for code, label in codes.items():
        shown = label or code
        out = io.StringIO()
        row = [code, f"À COMPLÉTER : {shown}", f"TO COMPLETE: {shown}", "", _kind(shown)]
        csv.writer(out, lineterminator="\n").writerow(row)
        yield out.getvalue()


def _kind(text: str) -> str:
    fits = (kind for kind, look in NOT_ANSWERS if re.fullmatch(look, text, re.IGNORECASE))
    return next(fits, "answer")
