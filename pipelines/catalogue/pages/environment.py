"""What every page shares: the templates' environment, addresses, words, numbers and dates.

Belongs here: the site in one language and how a page of it is made. Not here: the content of a
page (its own module).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from pipelines import numbers
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.published import Published, Release
from pipelines.study import Text
from pipelines.texts import LANGUAGES, Lang, say

COLON = Text(fr=" : ", en=": ")
FIRST = LANGUAGES[0]  # its pages lie at the root of the site, the others below /<language>/


@dataclass(frozen=True)
class Site:
    """The site in one language; `base_url` is the address of published/, with its final slash."""

    published: Published
    base_url: str
    lang: Lang

    def page(self, template: str, path: str, **content: Any) -> SiteFile:
        """Return the page at `path` (the same in every language) as a file of the site."""
        found = Address(path, self.lang, self.base_url)
        told = {"site": self, "page": found, **_words(self.lang), **content}
        return found.file, environment().get_template(template).render(told).encode()


@dataclass(frozen=True)
class Address:
    """Where a page lies, and how it links: every link is relative."""

    path: str
    lang: Lang
    base_url: str

    @property
    def file(self) -> str:
        """Return its file below site/."""
        return in_language(self.path, self.lang)

    @property
    def up(self) -> str:
        """Return the way from the page to site/."""
        return "../" * self.file.count("/")

    @property
    def url(self) -> str:
        """Return its absolute address."""
        return f"{self.base_url}site/{self.file}"

    def to(self, path: str) -> str:
        """Return the link to another page of the same language."""
        return self.up + in_language(path, self.lang)

    def other(self, lang: Lang) -> str:
        """Return the link to the same page in another language."""
        return self.up + in_language(self.path, lang)

    def asset(self, name: str) -> str:
        """Return the link to a file below assets/."""
        return f"{self.up}assets/{name}"

    def released(self, release: Release, path: str) -> str:
        """Return the link to a file of a release."""
        return f"{self.up}../{release.study}/{release.version}/{path}"


def in_language(path: str, lang: Lang) -> str:
    """Return the file below site/ of a page in a language."""
    return path if lang == FIRST else f"{lang}/{path}"


@cache
def environment() -> jinja2.Environment:
    """Return the templates' environment: everything is escaped, an unknown name is an error.

    Whatever wrote a text, its figures stay with their units; what is marked up is left as it is.
    A template is compiled once a user of the machine, as Python's own modules are.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=_unbroken, bytecode_cache=jinja2.FileSystemBytecodeCache(),
    )  # fmt: skip


def _unbroken(value: Any) -> Any:
    return numbers.unbroken(value) if type(value) is str else value


def _words(lang: Lang) -> Mapping[str, Any]:
    """Return what templates call: `w(fr, en)` picks, `l(text)` reads a Text, formats write."""

    def pick(fr: str, en: str) -> str:
        return fr if lang == "fr" else en

    def read(text: Text) -> str:
        return str(getattr(text, lang))

    def day(value: dt.date | str) -> str:
        known = dt.date.fromisoformat(value) if isinstance(value, str) else value
        return numbers.date(known, lang)

    return {
        "lang": lang,
        "t": partial(_say, lang),
        "w": pick,
        "l": read,
        "colon": read(COLON),
        "day": day,
        "integer": lambda value: numbers.number(value, 0, lang),
        "number": partial(_in, numbers.number, lang),
        "percent": partial(_in, numbers.percent, lang),
        "points": partial(_in, numbers.points, lang),
        "size": lambda value: numbers.size(value, lang),
    }


def _say(lang: Lang, key: str, **values: object) -> str:
    return say(key, lang, **values)


def _in(write: Any, lang: Lang, value: Any, decimals: int = 0) -> str:
    return str(write(value, decimals, lang))
