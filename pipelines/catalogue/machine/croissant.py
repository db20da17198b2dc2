"""Croissant 1.1: a release for those who load it into machine learning tools.

Belongs here: croissant.json of each release. Not here: other catalogues.
"""

from typing import Any

from pipelines.catalogue.machine.facts import SPDX, page_url, people, release_url
from pipelines.catalogue.published import File, Release, Table

TYPES = {"string": "sc:Text", "integer": "sc:Integer", "number": "sc:Float", "date": "sc:Date",
         "boolean": "sc:Boolean"}  # fmt: skip
PARQUET = "application/x-parquet"  # the alias that Croissant's own loader reads
CONTEXT = {
    "@language": "fr",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(release: Release, base_url: str) -> dict[str, Any]:
    """Return a release as a Croissant dataset: its Parquet files, a record set a table."""
    tables = list(release.tables.values())
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": release.study,
        "description": release.description.fr,
        "url": page_url(release.study, base_url),
        "version": release.version,
        "license": f"{SPDX}{release.licence['name']}",
        "citeAs": release.descriptor["pub:citation"],
        "datePublished": release.released.isoformat(),
        "creator": [
            {"@type": "sc:Organization", "name": one["title"]} for one in people(release, "creator")
        ],
        "keywords": list(release.descriptor.get("keywords", ())),
        "distribution": [_file(one.parquet, release, base_url) for one in tables],
        "recordSet": [_records(one, release) for one in tables],
    }


def _file(file: File, release: Release, base_url: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": release_url(release, base_url, file.path),
        "contentSize": f"{file.bytes} B",
        "encodingFormat": PARQUET,
        "sha256": file.sha256,
    }


def _records(table: Table, release: Release) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.description.fr,
        "key": [{"@id": f"{table.name}/{name}"} for name in table.primary_key],
        "field": [_field(table, one, release) for one in table.fields],
    }


def _field(table: Table, field: Any, release: Release) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table.name}/{field.name}",
        "name": field.name,
        "description": field.description.fr,
        "dataType": TYPES[field.type],
        "source": {"fileObject": {"@id": table.parquet.path}, "extract": {"column": field.name}},
    }
    for key in table.foreign_keys:
        # Croissant refers column by column: of a key of several, the last is the code itself.
        if key.fields[-1] == field.name and key.table in release.tables:
            found["references"] = {"field": {"@id": f"{key.table}/{key.reference[-1]}"}}
    return found
