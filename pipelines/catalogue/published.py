"""The published tree as frozen objects: what every page and catalogue is made from.

Belongs here: reading versions.json, datapackage.json, quality, lineage, diff and tables below
`published/`. Not here: anything private, any declaration, any page (pages/) or machine catalogue
(machine/): whoever has a copy of `published/` can build the site again.
"""

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import pyarrow.parquet as pq

from phare_data.layout import VERSIONS
from phare_data.log import PURGED, WITHDRAWN, Entry, Status, releases, statuses
from phare_data.manifest import read_manifest
from pipelines.release.crate import MEDIA_TYPES
from pipelines.release.layout import read_json
from pipelines.release.log import read_log
from pipelines.study import Text
from pipelines.study.columns import Field, ForeignKey
from pipelines.study.tables import ESTIMATES
from pipelines.texts import LANGUAGES, in_language

Row = Mapping[str, Any]
DiffKind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class File:
    """A file of a release; `path` is relative to its folder."""

    path: str
    mediatype: str
    bytes: int
    sha256: str

    @property
    def format(self) -> str:
        """Return the ending of its name: parquet, csv, xlsx."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Table:
    """A published table: its texts, its columns and its two files."""

    name: str
    title: Text
    description: Text
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    parquet: File
    csv: File
    folder: Path

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in published order."""
        return tuple(one.name for one in self.fields)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Return its rows in published order; numbers are Decimal, as published."""
        return tuple(pq.read_table(self.folder / self.parquet.path).to_pylist())

    @property
    def row_count(self) -> int:
        """Return how many rows it has, from the Parquet footer alone."""
        return int(pq.read_metadata(self.folder / self.parquet.path).num_rows)


@dataclass(frozen=True)
class Diff:
    """One CSV of diff/: the rows of `table` added, removed or changed, as text."""

    table: str
    kind: DiffKind
    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Retirement:
    """Who took a version back, when and why."""

    event: str
    reason: Text
    by: str
    date: dt.date
    replaced_by: str | None


@dataclass(frozen=True)
class Release:
    """One version of a study, as published. Of a purged one, tables and evidence are gone."""

    study: str
    folder: Path
    entry: Entry
    status: Status
    retirement: Retirement | None

    @cached_property
    def descriptor(self) -> Mapping[str, Any]:
        """Return datapackage.json: read when asked, for pages say little of an older version."""
        return dict(read_json(self.folder / "datapackage.json"))

    @property
    def version(self) -> str:
        """Return its version number."""
        return str(self.entry["version"])

    @property
    def released(self) -> dt.date:
        """Return its release date."""
        return dt.date.fromisoformat(self.entry["released"])

    @property
    def changes(self) -> tuple[Text, ...]:
        """Return what changed since the version before, a sentence each."""
        return tuple(Text(**one) for one in self.entry["changes"])

    @property
    def erratum(self) -> str | None:
        """Return the erratum that came with it."""
        return self.entry["erratum"] or None

    @property
    def is_synthetic(self) -> bool:
        """Tell whether any of its rows stems from made-up respondents."""
        return bool(self.descriptor["pub:synthetic"])

    @property
    def has_data(self) -> bool:
        """Tell whether its tables are still there: false once purged."""
        return self.status != PURGED

    @property
    def title(self) -> Text:
        """Return the title of the study, as this version gives it."""
        return both(self.descriptor, "title")

    @property
    def description(self) -> Text:
        """Return the description, the synthetic notice first where there is one."""
        return both(self.descriptor, "description")

    @property
    def about(self) -> Text:
        """Return the description alone, for pages that show the synthetic notice by themselves."""
        said = self.description
        if not self.is_synthetic:
            return said
        return Text(fr=said.fr.partition("\n\n")[2], en=said.en.partition("\n\n")[2])

    @property
    def universe(self) -> Text:
        """Return whom the study is about."""
        return Text(**self.descriptor["i18n:universe"])

    @property
    def licence(self) -> Mapping[str, str]:
        """Return its licence: name (SPDX), path, title."""
        return dict(self.descriptor["licenses"][0])

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Return its tables by name, the estimates first."""
        if not self.has_data:
            return {}
        resources = {one["name"]: one for one in self.descriptor["resources"]}
        twins = {one["pub:alternateOf"]: one for one in resources.values()
                 if "pub:alternateOf" in one}  # fmt: skip
        return {name: self._table(resources[name], csv_twin) for name, csv_twin in twins.items()}

    def _table(self, parquet: Mapping[str, Any], csv_twin: Mapping[str, Any]) -> Table:
        schema = parquet["schema"]
        return Table(
            name=parquet["name"],
            title=both(parquet, "title"),
            description=both(parquet, "description"),
            fields=tuple(_field(one) for one in schema["fields"]),
            primary_key=tuple(schema["primaryKey"]),
            foreign_keys=tuple(_foreign_key(one) for one in schema.get("foreignKeys", ())),
            parquet=self._described(parquet),
            csv=self._described(csv_twin),
            folder=self.folder,
        )

    def _described(self, resource: Mapping[str, Any]) -> File:
        size = (self.folder / resource["path"]).stat().st_size
        digest = str(resource["hash"]).removeprefix("sha256:")
        return File(resource["path"], resource["mediatype"], size, digest)

    @cached_property
    def files(self) -> Mapping[str, File]:
        """Return every file that the manifest lists and that is still there, by path."""
        media = {one["path"]: one["mediatype"] for one in self.descriptor["resources"]}
        listed = read_manifest(self.folder) or {}
        return {
            path: File(
                path, media.get(path, MEDIA_TYPES[place.suffix]), place.stat().st_size, digest
            )
            for path, digest in listed.items()
            if (place := self.folder / path).exists()
        }

    @property
    def is_collection(self) -> bool:
        """Tell whether it is a collection of figures: no respondents, hence no estimates."""
        return self.has_data and ESTIMATES not in self.tables

    @property
    def main_table(self) -> Table:
        """Return the table that the release is about: its first. Raises KeyError when purged."""
        return self.tables[next(iter(self.tables))] if self.is_collection else self.estimates

    @property
    def estimates(self) -> Table:
        """Return the table of estimates. Raises KeyError where it was purged."""
        return self.tables[ESTIMATES]

    @property
    def breakdowns(self) -> tuple[str, ...]:
        """Return the names of the breakdowns, in published order."""
        return tuple(
            name.removeprefix("breakdown_") for name in self.tables if name.startswith("breakdown_")
        )

    @cached_property
    def quality(self) -> Mapping[str, Any]:
        """Return quality/report.json: wave → rows, rules, checks, withheld rows, reconciliation."""
        return dict(read_json(self.folder / "quality" / "report.json")) if self.has_data else {}

    @cached_property
    def lineage(self) -> Mapping[str, Any]:
        """Return lineage/lineage.json."""
        return dict(read_json(self.folder / "lineage" / "lineage.json")) if self.has_data else {}

    @cached_property
    def run(self) -> Mapping[str, str]:
        """Return lineage/run.json: the commit and library versions of the run."""
        return dict(read_json(self.folder / "lineage" / "run.json")) if self.has_data else {}

    @cached_property
    def diff_files(self) -> tuple[str, ...]:
        """Return the paths of the files of `diffs`, unread."""
        return tuple(f"diff/{path.name}" for path in sorted((self.folder / "diff").glob("*.csv")))

    @cached_property
    def diffs(self) -> tuple[Diff, ...]:
        """Return the differences with the version before, row by row; none for a first version."""
        return tuple(_diff(self.folder / name) for name in self.diff_files)


@dataclass(frozen=True)
class Study:
    """A study with every version that was ever published, newest first."""

    id: str
    folder: Path
    entries: tuple[Entry, ...]
    releases: tuple[Release, ...]

    @property
    def current(self) -> Release | None:
        """Return the version that readers should use; None where all were taken back."""
        return next((one for one in self.releases if one.status == "current"), None)

    @property
    def newest(self) -> Release:
        """Return the current version, else the last that was published: who describes the study."""
        return self.current or self.releases[0]


@dataclass(frozen=True)
class Published:
    """Everything below one `published/` folder."""

    folder: Path
    studies: tuple[Study, ...]


def has_releases(root: Path) -> bool:
    """Tell whether anything was ever published below `root`."""
    return any((root / "published").glob(f"*/{VERSIONS}"))


def read_published(folder: Path) -> Published:
    """Read the studies below `folder` (a `published/`), sorted by name.

    Raises LogBrokenError where a versions.json is not what was written.
    """
    names = sorted(path.parent.name for path in folder.glob(f"*/{VERSIONS}"))
    return Published(folder, tuple(_study(folder / name) for name in names))


def both(described: Mapping[str, Any], name: str) -> Text:
    """Return text `name` of a described thing in both languages."""
    return Text(**described[f"i18n:{name}"])


def _study(folder: Path) -> Study:
    entries = read_log(folder)
    known = statuses(entries)
    retired = {one["version"]: _retirement(one) for one in entries
               if one["event"] in (WITHDRAWN, PURGED)}  # fmt: skip
    found = [
        Release(
            study=folder.name,
            folder=folder / one["version"],
            entry=one,
            status=known[one["version"]],
            retirement=retired.get(one["version"]),
        )
        for one in releases(entries)
    ]
    return Study(folder.name, folder, entries, tuple(reversed(found)))


def _retirement(entry: Entry) -> Retirement:
    reason = {lang: in_language(entry["reason"], lang) or "—" for lang in LANGUAGES}
    return Retirement(
        event=entry["event"], reason=Text(**reason), by=entry["by"],
        date=dt.datetime.fromisoformat(entry["published_at"]).date(),
        replaced_by=entry["replaced_by"],
    )  # fmt: skip


def _field(described: Mapping[str, Any]) -> Field:
    limits = described.get("constraints", {})
    return Field(
        name=described["name"],
        type=described["type"],
        title=both(described, "title"),
        description=both(described, "description"),
        unit=both(described, "unit") if "i18n:unit" in described else None,
        enum=tuple(limits.get("enum", ())),
        required=bool(limits.get("required")),
        minimum=limits.get("minimum"),
        is_figure=bool(described.get("pub:figure")),
    )


def _foreign_key(described: Mapping[str, Any]) -> ForeignKey:
    to = described["reference"]
    return ForeignKey(tuple(described["fields"]), to["resource"], tuple(to["fields"]))


def _diff(path: Path) -> Diff:
    table, _, kind = path.stem.rpartition("-")
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    return Diff(
        table, cast(DiffKind, kind), f"diff/{path.name}", tuple(header),
        tuple(tuple(row) for row in rows),
    )  # fmt: skip
