"""schema.org: the Dataset that a search engine reads in the page of a study.

Belongs here: JSON-LD for a page's <head>. Not here: catalogues that are harvested (dcat.py).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from pipelines.catalogue.machine.facts import (
    SPDX,
    notices,
    page_url,
    people,
    period,
    release_url,
    spatial,
)
from pipelines.catalogue.published import File, Published, Release
from pipelines.texts import Lang

LONGEST = 5000  # characters of a description that Google's Dataset Search takes
METHOD = ("mode", "sampling", "weighting")  # of the method notice: how it was measured


def dataset(release: Release, base_url: str, lang: Lang) -> dict[str, Any]:
    """Return a release as a schema.org Dataset, its texts in `lang`."""
    descriptor = release.descriptor
    start, end = period(release)
    found = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": release_url(release, base_url),
        "name": getattr(release.title, lang),
        "description": getattr(release.description, lang)[:LONGEST],
        "url": page_url(release.study, base_url, lang),
        "identifier": descriptor["id"],
        "version": release.version,
        "inLanguage": ["fr", "en"],
        "isAccessibleForFree": True,
        "license": f"{SPDX}{release.licence['name']}",
        "creator": [_agent(one) for one in people(release, "creator")],
        "publisher": _agent(people(release, "publisher")[0]),
        "datePublished": release.released.isoformat(),
        "dateModified": release.released.isoformat(),
        "temporalCoverage": f"{start}/{end}",
        "citation": descriptor["pub:citation"],
        "measurementTechnique": _technique(release, lang),
        "variableMeasured": list(_variables(release, lang)),
        "isBasedOn": [
            {"@type": "CreativeWork", "name": one["title"]} for one in descriptor["sources"]
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "url": f"{base_url}site/index.html"},
        "distribution": [
            _download(one, release, base_url)
            for table in release.tables.values()
            for one in (table.parquet, table.csv)
        ],
    }
    if descriptor.get("keywords"):
        found["keywords"] = descriptor["keywords"]
    where = spatial(release)
    if where:
        west, south, east, north = where.box
        found["spatialCoverage"] = {
            "@type": "Place",
            "@id": where.uri,
            "name": getattr(where.title, lang),
            "geo": {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"},
        }
    return found


def part(release: Release, base_url: str, lang: Lang) -> dict[str, Any]:
    """Return the page of a part of a study: the Dataset that it is about, in short."""
    whole = dataset(release, base_url, lang)
    kept = ("@type", "@id", "name", "description", "url", "license", "creator", "version")
    about = {name: whole[name] for name in kept}
    return {"@context": whole["@context"], "@type": "WebPage", "about": about}


def catalogue(published: Published, base_url: str, lang: Lang) -> dict[str, Any]:
    """Return the front page: the data catalogue, and the studies in it."""
    current = [one.current for one in published.studies if one.current]
    return {
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "name": {"fr": "Catalogue de Phare", "en": "Catalogue of Phare"}[lang],
        "url": f"{base_url}site/index.html",
        "inLanguage": ["fr", "en"],
        "dataset": [part(one, base_url, lang)["about"] for one in current],
    }


def as_script(content: Mapping[str, Any]) -> Markup:
    """Return JSON-LD as the <script> of a page; nothing in it can end the script early."""
    text = json.dumps(content, ensure_ascii=False)
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    script = f'<script type="application/ld+json">{safe}</script>'
    return Markup(script)  # noqa: S704 - escaped above, as scripts are


def _variables(release: Release, lang: Lang) -> Iterator[dict[str, str]]:
    if "questions" not in release.tables:
        return
    for row in release.tables["questions"].rows:
        yield {
            "@type": "PropertyValue",
            "name": row["question"],
            "description": f"{row[f'label_{lang}']} : {row[f'wording_{lang}']}"
            if lang == "fr"
            else f"{row[f'label_{lang}']}: {row[f'wording_{lang}']}",
        }


def _technique(release: Release, lang: Lang) -> list[str]:
    told = notices(release).values()
    return list(dict.fromkeys(getattr(one[name], lang) for one in told for name in METHOD))


def _download(file: File, release: Release, base_url: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": file.path,
        "contentUrl": release_url(release, base_url, file.path),
        "encodingFormat": file.mediatype,
        "contentSize": f"{file.bytes} B",
        "sha256": file.sha256,
    }


def _agent(one: Mapping[str, Any]) -> dict[str, str]:
    found = {"@type": "Organization", "name": one["title"]}
    return found | ({"url": one["path"]} if one.get("path") else {})
