"""Table Schema files, one folder a table, as schema.data.gouv.fr expects a repository to be.

Belongs here: schema.json and README.md of each table. Not here: the descriptor that holds all of
them (a release's datapackage.json).
"""

from collections.abc import Iterator
from typing import Any

from pipelines.catalogue.machine.facts import as_json, page_url, people, release_url
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.published import Release, Table

STANDARD = "https://frictionlessdata.io/schemas/table-schema.json"


def files(release: Release, base_url: str) -> Iterator[SiteFile]:
    """Yield schema.json and README.md of every table of a release."""
    for table in release.tables.values():
        folder = f"{release.study}/{release.version}/schemas/{table.name}"
        yield f"{folder}/schema.json", as_json(schema(release, table, base_url))
        yield f"{folder}/README.md", _readme(release, table, base_url).encode()


def schema(release: Release, table: Table, base_url: str) -> dict[str, Any]:
    """Return the Table Schema of one table by itself: no reference to another file's rows."""
    resources = {one["name"]: one for one in release.descriptor["resources"]}
    published = resources[table.name]["schema"]
    address = f"{base_url}site/{release.study}/{release.version}/schemas/{table.name}/schema.json"
    return {
        "$schema": STANDARD,
        "name": f"{release.study}-{table.name}".replace("_", "-"),
        "title": f"{release.title.fr} : {table.title.fr}",
        "description": table.description.fr,
        "countryCode": "FR",
        "homepage": page_url(release.study, base_url),
        "path": address,
        "resources": [
            {"title": table.title.fr, "path": release_url(release, base_url, table.csv.path)}
        ],
        "created": release.descriptor["created"][:10],
        "lastModified": release.released.isoformat(),
        "version": release.version,
        "contributors": [
            {"title": one["title"], "role": "author"} for one in people(release, "creator")
        ],
        "sources": [{"title": one["title"], "path": one["path"]}
                    for one in release.descriptor["sources"] if "path" in one],
        "fields": published["fields"],
        "missingValues": published["missingValues"],
        "primaryKey": published["primaryKey"],
    }  # fmt: skip


def _readme(release: Release, table: Table, base_url: str) -> str:
    lines = [
        f"# {release.title.fr} : {table.title.fr}",
        "",
        f"{table.description.fr} *{table.description.en}*",
        "",
        f"Schéma de la version {release.version} du {release.released.isoformat()} ; "
        f"présentation : {page_url(release.study, base_url)}.",
        f"Licence : {release.licence['title']}. Citation : {release.descriptor['pub:citation']}.",
        "",
        "| colonne | type | contenu |",
        "| --- | --- | --- |",
        *(
            f"| `{one.name}` | {one.type} | {one.title.fr} : {one.description.fr} |"
            for one in table.fields
        ),
        "",
        "Ce dossier est la racine d'un dépôt pour schema.data.gouv.fr, à marquer de l'étiquette "
        f"`{release.version}`.",
    ]
    return "\n".join(lines) + "\n"
