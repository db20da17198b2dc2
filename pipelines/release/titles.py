"""What tables, columns and codes are called, as two releases say it themselves.

Belongs here: a name and its title in both languages, as sentences quote them. Not here: the
sentences (changes.py), where titles are declared (pipelines.study.tables).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.release.diff import Descriptor, read_descriptor, schemas
from pipelines.study.columns import codes_table_name, field
from pipelines.texts import LANGUAGES, Lang, say


@dataclass(frozen=True)
class Titles:
    """The words of two release folders; what the later one lacks is called as in the earlier."""

    before: Path
    after: Path

    def tables(self, names: Iterable[str], lang: Lang) -> str:
        """Return tables as a sentence names them: title, and name in brackets."""
        return ", ".join(_named(self._tables.get(name, {}), name, lang) for name in names)

    def columns(self, table: str, names: Iterable[str], lang: Lang) -> str:
        """Return columns of a table as a sentence names them."""
        known = self._columns(table)
        return ", ".join(_named(known.get(name, {}), name, lang) for name in names)

    def codes(self, column: str, codes: Iterable[str], lang: Lang) -> str:
        """Return codes of a column, each with its label where it has one."""
        labels = _statuses() if column == "status" else self._labels(column)
        return ", ".join(_named(labels.get(code, {}), code, lang) for code in codes)

    @cached_property
    def _descriptors(self) -> tuple[Descriptor, ...]:
        return read_descriptor(self.before), read_descriptor(self.after)

    @cached_property
    def _tables(self) -> Mapping[str, Descriptor]:
        return {one["name"]: one for found in self._descriptors for one in found["resources"]}

    def _columns(self, table: str) -> Mapping[str, Descriptor]:
        each = [schemas(found).get(table, {"fields": ()}) for found in self._descriptors]
        return {one["name"]: one for schema in each for one in schema["fields"]}

    def _labels(self, column: str) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for folder in (self.before, self.after):
            path = folder / "data" / f"{codes_table_name(column)}.parquet"
            for row in pq.read_table(path).to_pylist() if path.is_file() else ():
                titles = {"fr": row["label_fr"], "en": row["label_en"]}
                found[row[column]] = {"i18n:title": titles}
        return found


def _statuses() -> Mapping[str, Mapping[str, Any]]:
    codes = field("status").enum
    return {
        code: {"i18n:title": {lang: say(f"release-change-code-{code}", lang) for lang in LANGUAGES}}
        for code in codes
    }


def _named(about: Mapping[str, Any], name: str, lang: Lang) -> str:
    title = about.get("i18n:title", {}).get(lang) or about.get("title")
    return say("release-change-named", lang, title=title, name=name) if title else name
