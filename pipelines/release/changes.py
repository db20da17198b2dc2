"""How a difference is told: plain sentences in both languages.

Belongs here: the words for people (CHANGELOG, log, README). Not here: finding differences
(diff.py), the rows themselves (diff files).
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.release.bump import computed_bump, needs_erratum
from pipelines.release.diff import Difference, TableDifference, compare, read_descriptor
from pipelines.release.errors import VersionError
from pipelines.texts import LANGUAGES, say

Sentence = dict[str, str]


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
        "sentences": sentences(found),
        "difference": asdict(found),
    }


def sentences(difference: Difference) -> list[Sentence]:
    """Return one sentence a changed table, and one for each other kind of change."""
    found = [_about(one) for one in difference.tables]
    for key, names in (
        ("release-change-tables-added", difference.tables_added),
        ("release-change-tables-removed", difference.tables_removed),
        ("release-change-method", difference.method),
        ("release-change-texts", difference.texts),
    ):
        if names:
            found.append(_in_both(key, names=", ".join(names)))
    return found


def first_sentence(*, of_all: bool) -> Sentence:
    """Return what a release that follows no other says: the first of all, or all are withdrawn."""
    return _in_both("release-change-first" if of_all else "release-change-afresh")


def _about(one: TableDifference) -> Sentence:
    parts = [
        *(_in_both(key, names=", ".join(names)) for key, names in _named_changes(one) if names),
        *(_in_both(key) for key, holds in _plain_changes(one) if holds),
    ]
    if one.rows:
        counts = vars(one.rows)
        parts += [
            _in_both(f"release-change-{name}", count=counts[name])
            for name in ("added", "removed", "changed", "withheld", "freed")
            if counts[name]
        ]
    told = {lang: " ; ".join(part[lang] for part in parts) for lang in LANGUAGES}
    told["en"] = told["en"].replace(" ; ", "; ")
    return {lang: say("release-change", lang, table=one.table, changes=told[lang])
            for lang in LANGUAGES}  # fmt: skip


def _named_changes(one: TableDifference) -> list[tuple[str, tuple[str, ...]]]:
    added = tuple(f"{name}: {', '.join(codes)}" for name, codes in one.codes_added.items())
    removed = tuple(f"{name}: {', '.join(codes)}" for name, codes in one.codes_removed.items())
    return [
        ("release-change-fields-added", one.fields_added),
        ("release-change-fields-removed", one.fields_removed),
        ("release-change-fields-changed", one.fields_changed),
        ("release-change-codes-added", added),
        ("release-change-codes-removed", removed),
    ]


def _plain_changes(one: TableDifference) -> list[tuple[str, bool]]:
    return [
        ("release-change-reordered", one.fields_reordered),
        ("release-change-keys", one.keys_changed),
        ("release-change-no-rows", one.rows is None),
    ]


def _in_both(key: str, **values: object) -> Sentence:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}
