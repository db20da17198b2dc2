"""What every page shares: templates, words, numbers and dates, addresses.

Belongs here: the Jinja environment and its functions. Not here: the content of a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from pipelines.catalogue.published import Published
from pipelines.texts import Lang, say


@dataclass(frozen=True)
class Site:
    """The site in one language."""

    published: Published
    base_url: str
    lang: Lang


@cache
def environment() -> jinja2.Environment:
    """Return the templates' environment: everything is escaped, an unknown name is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def render(template: str, lang: Lang, content: Mapping[str, Any]) -> str:
    """Return a page: `t(key, …)` gives message `page-<key>` in its language."""

    def words(key: str, **values: object) -> str:
        return say(f"page-{key}", lang, **values)

    return environment().get_template(template).render(lang=lang, t=words, **content)
