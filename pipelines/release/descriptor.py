"""The descriptor of a release: datapackage.json, after Data Package 2.0.

Belongs here: its content and key order, with no clock and no random id. Not here: the schemas of
tables (table_schema.py), the rows (inputs.py), checking it (verify.py).
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from phare_data.layout import CSV_SUFFIX
from pipelines.release.inputs import Release, SourceFile
from pipelines.release.method import method
from pipelines.release.table_schema import in_both, table_schema
from pipelines.study.model import Contributor, Licence, Source, Text
from pipelines.study.tables import Table

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
FileFacts = Mapping[str, tuple[str, int]]  # path in the release → (sha256, bytes)

SYNTHETIC = Text(
    fr="Données synthétiques : aucune ligne ne décrit un répondant réel. "
    "À ne pas citer comme résultat.",
    en="Synthetic data: no row describes a real respondent. Not to be cited as findings.",
)


def descriptor(release: Release, version: str, files: FileFacts) -> dict[str, Any]:
    """Return the package descriptor of `release` at `version`, keys in published order.

    `files` gives the digest and size of every data file. `id` is a UUID made from publisher,
    study and version, `created` the day the newest source was received: no clock, no chance.
    """
    about = release.study.about
    return {
        "$schema": PROFILE,
        "name": about.id,
        "id": package_id(release, version),
        "version": version,
        **in_both("title", about.title),
        **in_both("description", _description(release)),
        "created": f"{max(one.received for one in release.sources)}T00:00:00Z",
        **({"keywords": list(about.keywords)} if about.keywords else {}),
        "licenses": [_licence(about.licence)],
        "contributors": [_contributor(one) for one in _contributors(release)],
        "sources": [
            *(_declared_source(one) for one in about.sources),
            *(_delivered_source(one) for one in release.sources),
        ],
        "pub:synthetic": release.is_synthetic,
        "pub:citation": about.citation,
        "pub:universe": about.universe.fr,
        "i18n:universe": about.universe.model_dump(),
        **({"pub:spatial": about.spatial.model_dump(mode="json")} if about.spatial else {}),
        "pub:waves": [_wave(release, wave) for wave in release.waves],
        "pub:methodNotice": {
            wave: release.study.waves[wave].method_notice.model_dump(mode="json")
            for wave in release.waves
        },
        "pub:method": method(release),
        "resources": [
            one
            for table, _ in release.tables
            for one in (_parquet(table, files), _csv(table, files))
        ],
    }  # fmt: skip


def package_id(release: Release, version: str) -> str:
    """Return the identifier of one version: the same whoever computes it."""
    publisher = release.study.about.publisher
    base = uuid.uuid5(uuid.NAMESPACE_URL, publisher.path or publisher.title)
    return f"urn:uuid:{uuid.uuid5(base, f'{release.study.id}/{version}')}"


def as_json(content: object) -> str:
    """Return JSON as every file of a release writes it: keys as given, UTF-8, a final newline."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _description(release: Release) -> Text:
    about = release.study.about.description
    if not release.is_synthetic:
        return about
    return Text(fr=f"{SYNTHETIC.fr}\n\n{about.fr}", en=f"{SYNTHETIC.en}\n\n{about.en}")


def _licence(licence: Licence) -> dict[str, str]:
    return {"name": licence.name, "path": licence.path, "title": licence.title}


def _contributors(release: Release) -> list[Contributor]:
    """Return who made and who publishes the tables; one who does both stands once."""
    about, role = release.study.about, ("publisher",)
    publisher = about.publisher.model_copy(update={"roles": role})
    names = [one.title for one in about.contributors]
    both = [
        one.model_copy(update={"roles": tuple(dict.fromkeys((*one.roles, *role)))})
        if one.title == publisher.title
        else one
        for one in about.contributors
    ]
    return both if publisher.title in names else [*both, publisher]


def _contributor(one: Contributor) -> dict[str, Any]:
    found = {"title": one.title, "path": one.path, "organization": one.organization}
    return {key: value for key, value in found.items() if value} | {"roles": list(one.roles)}


def _declared_source(one: Source) -> dict[str, Any]:
    found: dict[str, Any] = {"title": one.title, "path": one.path, "version": one.version}
    kept = {key: value for key, value in found.items() if value}
    return kept | ({"pub:licence": _licence(one.licence)} if one.licence else {})


def _delivered_source(one: SourceFile) -> dict[str, Any]:
    return {
        "title": one.file,
        "pub:wave": one.wave,
        "pub:producer": one.producer,
        "pub:received": one.received.isoformat(),
        "pub:sha256": one.sha256,
        "pub:bytes": one.bytes,
        "pub:synthetic": one.synthetic,
        "pub:licence": _licence(one.licence),
    }


def _wave(release: Release, name: str) -> dict[str, Any]:
    wave = release.study.waves[name]
    return {
        "name": name,
        **in_both("title", wave.title),
        "start": wave.start.isoformat(),
        "end": wave.end.isoformat(),
        "synthetic": wave.synthetic,
    }


def _parquet(table: Table, files: FileFacts) -> dict[str, Any]:
    """Describe the Parquet file; no `bytes`: frictionless 5.21 calls even the right size wrong."""
    path = f"data/{table.name}.parquet"
    return {
        "name": table.name,
        "type": "table",
        "path": path,
        **in_both("title", table.title),
        **in_both("description", table.description),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "hash": f"sha256:{files[path][0]}",
        "pub:alternate": table.name + CSV_SUFFIX,
        "schema": table_schema(table, ""),
    }


def _csv(table: Table, files: FileFacts) -> dict[str, Any]:
    path = f"data/{table.name}.csv"
    return {
        "name": table.name + CSV_SUFFIX,
        "type": "table",
        "path": path,
        **in_both("title", table.title),
        **in_both("description", table.description),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": files[path][1],
        "hash": f"sha256:{files[path][0]}",
        "pub:alternateOf": table.name,
        "schema": table_schema(table, CSV_SUFFIX),
    }
