"""How a difference is told: plain sentences in both languages.

Belongs here: the words for people (CHANGELOG, log, README). Not here: finding differences
(diff.py), the rows themselves and the difference for machines (diff files), what things are called
(titles.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines import numbers
from pipelines.release.bump import computed_bump, needs_erratum
from pipelines.release.diff import Difference, TableDifference, compare, read_descriptor
from pipelines.release.errors import VersionError
from pipelines.release.titles import Titles
from pipelines.texts import LANGUAGES, Lang, messages, say

Sentence = dict[str, str]
APART = {"fr": " ; ", "en": "; "}
MOST_TABLES = 3  # named in one sentence; of more, the first and how many


def difference_facts(before: Path, after: Path) -> dict[str, Any]:
    """Return how two release folders differ as JSON-able facts.

    Keys: before and after (versions), bump (that the rules ask for; None where nothing differs),
    needs_erratum, sentences (in both languages), difference (tables, fields, codes, row counts).
    Raises VersionError for releases of two studies: no version of one follows one of the other.
    """
    old, new = read_descriptor(before), read_descriptor(after)
    if old["name"] != new["name"]:
        raise VersionError(
            "release-of-two-studies", first=old["name"], second=new["name"], version=old["version"]
        )
    found = compare(before, after)
    is_none = found == Difference(())
    return {
        "before": old["version"],
        "after": new["version"],
        "bump": None if is_none else computed_bump(found),
        "needs_erratum": needs_erratum(found),
        "sentences": sentences(found, Titles(before, after)),
        "difference": asdict(found),
    }


def sentences(difference: Difference, titles: Titles) -> list[Sentence]:
    """Return what changed, as a reader says it: first the tables, then method and texts.

    Tables that changed in the same way share a sentence; a table, column or code is named by its
    title, with the name that files and code have for it in brackets.
    """
    found: list[Sentence] = [
        {
            lang: say(
                "release-change", lang, tables=_tables(names, titles, lang), changes=told[lang]
            )
            for lang in LANGUAGES
        }
        for told, names in _by_change(difference.tables, titles)
    ]
    for key, names in (
        ("release-change-tables-added", difference.tables_added),
        ("release-change-tables-removed", difference.tables_removed),
    ):
        if names:
            found.append({lang: say(key, lang, names=titles.tables(names, lang))
                          for lang in LANGUAGES})  # fmt: skip
    for key, parts in (
        ("release-change-method", difference.method),
        ("release-change-texts", difference.texts),
    ):
        if parts:
            found.append({lang: say(key, lang, names=_parts(key, parts, lang))
                          for lang in LANGUAGES})  # fmt: skip
    return found


def first_sentence(*, of_all: bool) -> Sentence:
    """Return what a release that follows no other says: the first of all, or all are withdrawn."""
    key = "release-change-first" if of_all else "release-change-afresh"
    return {lang: say(key, lang) for lang in LANGUAGES}


def _by_change(
    tables: Sequence[TableDifference], titles: Titles
) -> Iterator[tuple[Mapping[Lang, str], list[str]]]:
    """Give each change that some tables share, in both languages, and the names of these."""
    found: dict[tuple[str, ...], list[str]] = {}
    for one in tables:
        told = tuple(APART[lang].join(_changes(one, titles, lang)) for lang in LANGUAGES)
        found.setdefault(told, []).append(one.table)
    for told, names in found.items():
        yield dict(zip(LANGUAGES, told, strict=True)), names


def _tables(names: Sequence[str], titles: Titles, lang: Lang) -> str:
    if len(names) <= MOST_TABLES:
        return titles.tables(names, lang)
    return say(
        "release-change-tables", lang, count=len(names), first=titles.tables(names[:1], lang)
    )


def _changes(one: TableDifference, titles: Titles, lang: Lang) -> Iterator[str]:
    for key, names in (
        ("release-change-fields-added", one.fields_added),
        ("release-change-fields-removed", one.fields_removed),
        ("release-change-fields-changed", one.fields_changed),
    ):
        if names:
            yield _counted(key, len(names), lang, names=titles.columns(one.table, names, lang))
    for key, by_column in (
        ("release-change-codes-added", one.codes_added),
        ("release-change-codes-removed", one.codes_removed),
    ):
        for column, codes in by_column.items():
            yield _counted(
                key, len(codes), lang, column=titles.columns(one.table, [column], lang),
                names=titles.codes(column, codes, lang),
            )  # fmt: skip
    for key, holds in (
        ("release-change-reordered", one.fields_reordered),
        ("release-change-keys", one.keys_changed),
        ("release-change-no-rows", one.rows is None),
    ):
        if holds:
            yield say(key, lang)
    for name in ("added", "removed", "changed", "withheld", "freed"):
        if one.rows and (count := vars(one.rows)[name]):
            yield _counted(f"release-change-{name}", count, lang)


def _counted(key: str, count: int, lang: Lang, **values: object) -> str:
    """Return a message of which one says it of one thing, another of many."""
    number = numbers.number(count, 0, lang)
    return say(f"{key}-{'one' if count == 1 else 'many'}", lang, count=number, **values)


def _parts(key: str, names: Sequence[str], lang: Lang) -> str:
    """Return parts of the method, or texts of the descriptor, in words, each once.

    A part of a part (`waves.2016`) is called by both; what has no word stands as it is.
    """
    told = []
    for name in names:
        whole, _, own = name.removeprefix("pub:").removeprefix("i18n:").partition(".")
        word = f"{key}-{whole}"
        known = say(word, lang) if word in messages() else whole
        told.append(f"{known} {own}".strip())
    return ", ".join(dict.fromkeys(told))
