"""RO-Crate: the whole release as one linked description, with the run that made it.

Belongs here: ro-crate-metadata.json, RO-Crate 1.1 with the Process Run Crate 0.5 profile. Not here:
catalogues of releases (catalogue).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phare_data.layout import CRATE
from phare_data.manifest import files_of, sha256_of
from pipelines.release.openlineage import PRODUCER
from pipelines.release.pages import Page, attribution
from pipelines.study.files import StudyFile

PROFILES = ("https://w3id.org/ro/wfrun/process/0.5",)
MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet", ".csv": "text/csv", ".json": "application/json",
    ".md": "text/markdown", ".ndjson": "application/x-ndjson", ".cff": "text/yaml",
    "": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


def crate(folder: Path, page: Page, run: Mapping[str, Any], ended: str) -> dict[str, Any]:
    """Describe every file that is in `folder` now, the sources and the run that made them."""
    release = page.release
    files = [_file(folder, path) for path in files_of(folder)]
    sources = [_source(one) for one in release.sources]
    people, publisher = _agents(release.study.about)
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        _root(page, files, people, publisher),
        *files,
        *sources,
        _action(files, sources, run, publisher, ended),
        {
            "@id": PRODUCER,
            "@type": "SoftwareApplication",
            "name": "Phare",
            "url": run.get("repository", PRODUCER),
            "softwareVersion": run.get("commit", "unknown"),
        },
        *people,
        *([] if publisher in people else [publisher]),
        {
            "@id": release.study.about.licence.path,
            "@type": "CreativeWork",
            "name": release.study.about.licence.title,
            "identifier": release.study.about.licence.name,
        },
        *({"@id": one, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
          for one in PROFILES),
    ]  # fmt: skip
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _root(
    page: Page, files: list[dict[str, Any]], people: list[dict[str, Any]], publisher: dict[str, Any]
) -> dict[str, Any]:
    about = page.release.study.about
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title.fr,
        "description": about.description.fr,
        "version": page.version,
        "datePublished": page.released.isoformat(),
        "conformsTo": _ids(PROFILES),
        "license": {"@id": about.licence.path},
        "author": _ids([one["@id"] for one in people]),
        "publisher": {"@id": publisher["@id"]},
        "creditText": attribution(page, "en"),
        "hasPart": _ids([one["@id"] for one in files]),
        "mentions": {"@id": "#run"},
    }


def _action(
    files: list[dict[str, Any]], sources: list[dict[str, Any]], run: Mapping[str, Any],
    publisher: dict[str, Any], ended: str,
) -> dict[str, Any]:  # fmt: skip
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"phare run {run['run_id']}",
        "description": "Declared, validated, estimated, protected and released by Phare.",
        "identifier": run["run_id"],
        "instrument": {"@id": PRODUCER},
        "agent": {"@id": publisher["@id"]},
        "object": _ids([one["@id"] for one in sources]),
        "result": _ids([one["@id"] for one in files if one["@id"].startswith("data/")]),
        "endTime": ended,
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def _file(folder: Path, path: str) -> dict[str, Any]:
    place = folder / path
    return {
        "@id": path,
        "@type": "File",
        "name": path,
        "encodingFormat": MEDIA_TYPES.get(place.suffix, "application/octet-stream"),
        "contentSize": str(place.stat().st_size),
        "sha256": sha256_of(place),
    }


def _source(one: Any) -> dict[str, Any]:
    """Describe an extract: who made it and its digest; the file itself is not in the crate."""
    return {
        "@id": f"urn:sha256:{one.sha256}",
        "@type": "CreativeWork",
        "name": one.file,
        "description": f"{one.wave}, {one.producer}, {one.received.isoformat()}",
        "sha256": one.sha256,
    }


def _agents(about: StudyFile) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the contributors and the publisher, each once: one who is both is one entity."""
    people = [
        {"@id": one.path or f"#contributor-{at}", "@type": "Organization", "name": one.title}
        for at, one in enumerate(about.contributors, start=1)
    ]
    named = about.publisher
    own = {"@id": named.path or "#publisher", "@type": "Organization", "name": named.title}
    return people, next((one for one in people if one["name"] == named.title), own)


def _ids(identifiers: Any) -> Any:
    """Return links as JSON-LD compacts them: one alone is no array."""
    found = [{"@id": one} for one in identifiers]
    return found[0] if len(found) == 1 else found
