"""zenodo.json: the metadata of a deposit on Zenodo, ready to be sent with a release.

Belongs here: that file. Not here: depositing, which a person does (docs/catalogues.md).
"""

from html import escape
from typing import Any

from pipelines.catalogue.machine.facts import page_url, people, period, release_url
from pipelines.catalogue.published import Release


def zenodo(release: Release, base_url: str) -> dict[str, Any]:
    """Return the metadata of a deposit, in the words of Zenodo's deposit API."""
    start, end = period(release)
    paragraphs = [*release.description.fr.split("\n\n"), *release.description.en.split("\n\n")]
    return {
        "upload_type": "dataset",
        "title": release.title.fr,
        "description": "".join(f"<p>{escape(one)}</p>" for one in paragraphs),
        "creators": [{"name": one["title"]} for one in people(release, "creator")],
        "version": release.version,
        "publication_date": release.released.isoformat(),
        "language": "fra",
        "access_right": "open",
        "license": release.licence["name"],
        "keywords": list(release.descriptor.get("keywords", ())),
        "notes": release.descriptor["pub:citation"],
        "dates": [{"type": "Collected", "start": start, "end": end}],
        "related_identifiers": [
            {
                "identifier": release_url(release, base_url, "datapackage.json"),
                "relation": "isIdenticalTo",
                "resource_type": "dataset",
            },
            {
                "identifier": page_url(release.study, base_url),
                "relation": "isDocumentedBy",
                "resource_type": "other",
            },
        ],
    }
