"""The front page, its feed and the search index.

Belongs here: cards, what is new, what can be searched. Not here: a study's own pages.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.catalogue.codebook import Codebook
from pipelines.catalogue.machine import home_head
from pipelines.catalogue.output import SiteFile
from pipelines.catalogue.pages.environment import Site
from pipelines.catalogue.published import Published, Release, Study
from pipelines.study import Text
from pipelines.texts import Lang, in_language, say

MOST_NEWS = 20
SUMMARY = 240  # characters of a description on a card


@dataclass(frozen=True)
class News:
    """A line of what is new: a version, or its withdrawal."""

    study: str
    version: str
    event: str
    moment: str
    title: str
    text: str

    @property
    def date(self) -> str:
        """Return its day, ISO."""
        return self.moment[:10]


def files(site: Site, codebooks: Mapping[str, Codebook]) -> Iterator[SiteFile]:
    """Yield the front page, the feed and the search index of one language."""
    recent = news(site.published, site.lang)
    cards = [_card(one, codebooks.get(one.id), site.lang) for one in site.published.studies]
    told = home_head(site.published, site.base_url, site.lang)
    yield site.page("home.html", "index.html", cards=cards, news=recent, part_head=told)
    yield site.page("feed.atom", "feed.atom", news=recent)
    shown = {one.id: one.newest for one in site.published.studies if one.newest.has_data}
    yield f"assets/search-{site.lang}.js", search_index(shown, codebooks, site.lang).encode()


def news(published: Published, lang: Lang) -> Sequence[News]:
    """Return the newest versions and withdrawals of every study, newest first."""
    found = []
    for study in published.studies:
        title = getattr(study.newest.title, lang)
        for entry in study.entries:
            told = {**entry, "title": title}
            if entry["event"] == "released":
                sentences = [one[lang] for one in entry["changes"]]
                text = " ".join([*sentences, entry["erratum"] or ""]).strip()
            else:
                text = in_language(entry["reason"], lang)
            found.append(
                News(
                    study.id,
                    entry["version"],
                    entry["event"],
                    entry["published_at"],
                    say(f"page-news-{entry['event']}", lang, **told),
                    text,
                )
            )
    return sorted(found, key=lambda one: (one.moment, one.study), reverse=True)[:MOST_NEWS]


def _card(study: Study, codebook: Codebook | None, lang: Lang) -> dict[str, Any]:
    words = getattr(study.newest.about, lang)
    short = words if len(words) <= SUMMARY else words[:SUMMARY].rsplit(" ", 1)[0] + "…"
    questions = list(codebook.questions.values()) if codebook else []
    return {
        "study": study, "release": study.newest, "summary": short,
        "questions": len(questions), "all_questions": questions,
    }  # fmt: skip


def search_index(
    releases: dict[str, Release], codebooks: Mapping[str, Codebook], lang: Lang
) -> str:
    """Return the index as a script (a file opened from disk may load scripts, not data).

    One entry a study, question, code and column: [kind, title, searched text, address, study].
    """
    entries: list[list[str]] = []
    for study, release in releases.items():
        if study in codebooks:
            entries += [[*one, study] for one in _entries(study, codebooks[study], lang)]
        entries += [[*one, study] for one in _columns(study, release, lang)]
        entries.append(
            [
                "study",
                getattr(release.title, lang),
                " ".join(release.descriptor.get("keywords", ())),
                f"{study}/index.html",
                study,
            ]
        )
    return f"window.PHARE_SEARCH={json.dumps(entries, ensure_ascii=False, separators=(',', ':'))};"


def _entries(study: str, codebook: Codebook, lang: Lang) -> Iterator[list[str]]:
    def read(text: Text) -> str:
        return str(getattr(text, lang))

    for code, one in codebook.questions.items():
        address = f"{study}/questions/{code}.html"
        yield ["question", read(one.title), f"{code} {read(one.wording)}", address]
        for domain, words in one.domains.items():
            yield ["domain", read(words), f"{domain} {read(one.title)}", f"{address}#{domain}"]
    seen: set[str] = set()
    for code, one in codebook.questions.items():
        for answer, words in {**one.answers, **one.actors}.items():
            if f"{answer} {read(words)}" not in seen:
                seen.add(f"{answer} {read(words)}")
                yield ["code", read(words), f"{answer} {read(one.title)}",
                       f"{study}/questions/{code}.html"]  # fmt: skip
    for name, (title, codes) in codebook.breakdowns.items():
        for code, words in codes.items():
            yield ["code", read(words), f"{code} {name} {read(title)}",
                   f"{study}/dictionary.html#breakdown_{name}"]  # fmt: skip


def _columns(study: str, release: Release, lang: Lang) -> Iterator[list[str]]:
    for table in release.tables.values():
        for field in table.fields:
            told = (getattr(field.title, lang), getattr(field.description, lang))
            words = " ".join((table.name, *told))
            address = f"{study}/dictionary.html#{table.name}.{field.name}"
            yield ["column", field.name, words, address]
