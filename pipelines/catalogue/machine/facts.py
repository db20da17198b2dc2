"""What every catalogue says of a release, in plain values: addresses, people, cover.

Belongs here: what several standards share. Not here: a standard's own words (its module).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.catalogue.published import Published, Release, Study
from pipelines.release.pages import known
from pipelines.study import Text
from pipelines.texts import Lang, Said, in_language

SPDX = "https://spdx.org/licenses/"


@dataclass(frozen=True)
class Spatial:
    """Where the population lives; `box` is west, south, east, north in degrees (WGS 84)."""

    title: Text
    uri: str
    box: tuple[float, float, float, float]


def notices(release: Release) -> dict[str, dict[str, Text]]:
    """Return the method notice of each wave; what is `unknown:` is said in words."""

    def read(told: Said) -> Text:
        return Text(
            fr=known(in_language(told, "fr"), "fr"), en=known(in_language(told, "en"), "en")
        )

    return {
        wave: {name: read(told) for name, told in notice.items()}
        for wave, notice in release.descriptor["pub:methodNotice"].items()
    }


def release_url(release: Release, base_url: str, path: str = "") -> str:
    """Return the address of a release's folder, or of a file in it."""
    return f"{base_url}{release.study}/{release.version}/{path}"


def page_url(study: str, base_url: str, lang: Lang = "fr") -> str:
    """Return the address of a study's page."""
    return f"{base_url}site/{'' if lang == 'fr' else f'{lang}/'}{study}/index.html"


def site_path(release: Release, name: str) -> str:
    """Return the path below site/ of a file that describes one release."""
    return f"{release.study}/{release.version}/{name}"


def described(published: Published) -> Sequence[Release]:
    """Return the releases that have a description of their own: neither withdrawn nor purged."""
    return [one for study in published.studies for one in valid(study)]


def valid(study: Study) -> Sequence[Release]:
    """Return the versions of a study that nobody took back, newest first."""
    return [one for one in study.releases if one.status in ("current", "superseded")]


def people(release: Release, role: str) -> Sequence[Mapping[str, Any]]:
    """Return the contributors of a role; where there is none, all of them."""
    everyone = release.descriptor["contributors"]
    return [one for one in everyone if role in one.get("roles", ())] or list(everyone)


def period(release: Release) -> tuple[str, str]:
    """Return the first and the last day of fieldwork of the waves it holds."""
    waves = release.descriptor["pub:waves"]
    return min(one["start"] for one in waves), max(one["end"] for one in waves)


def spatial(release: Release) -> Spatial | None:
    """Return where the population lives, where the study declares it."""
    found = release.descriptor.get("pub:spatial")
    if found is None:
        return None
    west, south, east, north = found["box"]
    return Spatial(Text(**found["title"]), found["uri"], (west, south, east, north))


def as_json(content: object) -> bytes:
    """Return JSON as every catalogue file is written: UTF-8, keys as given, a final newline."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
