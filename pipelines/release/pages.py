"""What people read in a release: README, LICENSE, CITATION.cff, CHANGELOG.

Belongs here: filling the templates. Not here: their words (templates/), the site (catalogue).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from phare_data.log import RELEASED, Entry, releases
from pipelines.release.changes import Sentence
from pipelines.release.descriptor import SYNTHETIC
from pipelines.release.inputs import Release
from pipelines.study import MethodNotice
from pipelines.study.model import UNKNOWN
from pipelines.texts import LANGUAGES, Lang, say

STEPS = {
    "first": "première, first", "major": "majeure, major", "minor": "mineure, minor",
    "patch": "correctif, patch",
}  # fmt: skip
PAGES = ("README.md", "LICENSE", "CHANGELOG.md")


@dataclass(frozen=True)
class Page:
    """What the pages of one release say besides its descriptor.

    `warnings` say, by wave and in both languages, what must not be read as a finding.
    """

    release: Release
    version: str
    released: dt.date
    bump: str
    changes: Sequence[Sentence]
    erratum: str | None
    log: Sequence[Entry]
    previous: str | None = None
    warnings: Mapping[str, Sequence[Sentence]] = field(default_factory=dict)


def write_pages(folder: Path, page: Page) -> None:
    """Write the pages of a release into its folder."""
    values = _values(page)
    for name in PAGES:
        text = environment().get_template(f"{name}.j2").render(values)
        (folder / name).write_bytes(text.encode())
    (folder / "CITATION.cff").write_bytes(_citation(page).encode())


def attribution(page: Page, lang: Lang) -> str:
    """Return the line that a re-user copies to honour the licence: source, licence, date."""
    about = page.release.study.about
    return say(
        "release-attribution", lang,
        citation=about.citation, version=page.version, licence=about.licence.title,
        released=page.released.isoformat(),
    )  # fmt: skip


@cache
def environment() -> Environment:
    """Return the templates of this room: HTML is escaped, Markdown and plain text are not."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape(("html.j2",)),
    )


def _values(page: Page) -> dict[str, Any]:
    release = page.release
    return {
        "about": release.study.about,
        "version": page.version,
        "released": page.released.isoformat(),
        "changes": page.changes,
        "bump": page.bump,
        "erratum": page.erratum,
        "earlier": list(reversed(releases(page.log))),
        "retired": {one["version"]: one for one in page.log if one["event"] != RELEASED},
        "previous": page.previous,
        "steps": STEPS,
        "known": known,
        "warnings": page.warnings,
        "synthetic": SYNTHETIC if release.is_synthetic else None,
        "attribution": {lang: attribution(page, lang) for lang in LANGUAGES},
        "tables": [
            {"about": table, "rows": rows.num_rows} for table, rows in release.tables
        ],
        "first": release.tables[0][0].name,
        "waves": [(wave, release.study.waves[wave]) for wave in release.waves],
        "sources": release.sources,
        "labels": {lang: _notice_labels(lang) for lang in LANGUAGES},
        "policy": None if release.study.collected else release.study.about.disclosure,
        "withheld": _withheld(release),
    }  # fmt: skip


def _notice_labels(lang: Lang) -> dict[str, str]:
    """Return the fields of a method notice and what each is called."""
    return {name: say(f"release-notice-{name}", lang) for name in MethodNotice.model_fields}


def known(text: str, lang: Lang) -> str:
    """Return a text of the notice as people read it: what is `unknown:` is said in words."""
    if not UNKNOWN.match(text):
        return text
    return say("release-notice-unknown", lang, why=text.partition(":")[2].strip())


def _withheld(release: Release) -> int:
    """Return how many rows are withheld, of all tables that data fill."""
    judged = [rows["status"] for table, rows in release.tables if table.rows is None]
    return sum(pc.sum(pc.equal(one, "withheld")).as_py() or 0 for one in judged)


def _citation(page: Page) -> str:
    """Return CITATION.cff (Citation File Format 1.2.0) of this version."""
    about = page.release.study.about
    content: dict[str, Any] = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "message": attribution(page, "en"),
        "title": about.title.fr,
        "version": page.version,
        "date-released": page.released,
        **({"license": about.licence.name} if _is_spdx(about.licence.name) else {}),
        "license-url": about.licence.path,
        "abstract": about.description.fr,
        "authors": [{"name": name} for name in dict.fromkeys(x.title for x in about.contributors)],
    }
    if about.keywords:
        content["keywords"] = list(dict.fromkeys(about.keywords))
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)


def _is_spdx(name: str) -> bool:
    """Tell whether a licence is on the SPDX list, which the format demands of `license`."""
    try:
        return bool(canonicalize_license_expression(name) == name)
    except InvalidLicenseExpression:
        return False
