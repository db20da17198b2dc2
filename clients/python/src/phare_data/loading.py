"""Loading a published table, checked, labelled, as Arrow, polars or pandas.

Belongs here: `load` and `dictionary`. Not here: finding and checking files (release.py), labels
(labels.py), other frames than Arrow (frames.py).
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from phare_data.errors import ChoiceError, PhareDataWarning, UnknownNameError
from phare_data.release import Release, open_release
from phare_data.texts import LANGUAGES, Lang, say

Frame = Literal["arrow", "polars", "pandas"]
FRAMES: tuple[Frame, ...] = ("arrow", "polars", "pandas")
FACTS = "phare"  # where a table carries what it is: Arrow metadata, pandas attrs


def load(
    study: str,
    *,
    version: str | None = None,
    source: str | Path | None = None,
    table: str = "estimates",
    as_: Frame = "arrow",
    labels: Lang | None = None,
    cache: str | Path | None = None,
) -> Any:
    """Return a published table of `study`, its bytes checked against manifest and log.

    `source` is the `published/` folder or its address (default: PHARE_DATA_SOURCE); the folder of
    the study, or of one release, does too. Without `version`, the newest valid one. `labels`
    ("fr" or "en") adds, after each code that another table explains, a column `<code>_label`.
    `cache` (default: PHARE_DATA_CACHE) keeps downloads, by digest.

    As "arrow", a `pyarrow.Table` with the numbers as published, DECIMAL; its schema's metadata say
    under `phare` what it is (study, version, licence, citation, ...), those of each column its
    title, description and unit. As "polars" or "pandas", whole numbers are 64-bit integers and the
    others floats; pandas' `attrs` carry the same facts.

    Warns (PhareDataWarning) of synthetic data and of a withdrawn version. Raises UnknownNameError,
    ChoiceError, DamagedError, PurgedError, SourceError, MissingLibraryError: all PhareDataError.
    """
    _check_choice("as_", as_, FRAMES)
    _check_choice("labels", labels, (None, *LANGUAGES))
    if as_ != "arrow":
        from phare_data.frames import check_library

        check_library(as_)
    release = open_release(study, version, source, cache)
    descriptor = release.descriptor()
    resource = _resource(release, descriptor, table)
    found = _read(release, resource)
    if labels is not None:
        from phare_data.labels import with_labels

        found = with_labels(found, resource, labels, lambda name: _table(release, descriptor, name))
    found = found.replace_schema_metadata(_facts(release, descriptor, table))
    if descriptor.get("pub:synthetic"):
        told = say("warn-synthetic", None, study=study, version=release.version)
        warnings.warn(told, PhareDataWarning, stacklevel=2)
    if as_ == "arrow":
        return found
    from phare_data.frames import as_frame

    return as_frame(found, as_)


def dictionary(
    study: str,
    *,
    version: str | None = None,
    source: str | Path | None = None,
    labels: Lang = "fr",
    cache: str | Path | None = None,
) -> Any:
    """Return an Arrow table that describes every column of every table of a release.

    Columns: table, column, type, unit, title, description. Raises as `load` does.
    """
    import pyarrow as pa

    _check_choice("labels", labels, LANGUAGES)
    release = open_release(study, version, source, cache)
    tables = _resources(release.descriptor())
    rows = [
        {
            "table": name, "column": one["name"], "type": one["type"],
            **{key: one.get(f"i18n:{key}", {}).get(labels)
               for key in ("unit", "title", "description")},
        }
        for name, resource in tables.items()
        for one in resource["schema"]["fields"]
    ]  # fmt: skip
    names = ("table", "column", "type", "unit", "title", "description")
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))


def _resources(descriptor: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {one["name"]: one for one in descriptor["resources"] if one.get("format") == "parquet"}


def _resource(release: Release, descriptor: Mapping[str, Any], table: str) -> Mapping[str, Any]:
    known = _resources(descriptor)
    if table not in known:
        raise UnknownNameError(
            "unknown-table",
            study=release.study, version=release.version, found=table, valid=", ".join(known),
        )  # fmt: skip
    return known[table]


def _table(release: Release, descriptor: Mapping[str, Any], name: str) -> Any:
    return _read(release, _resource(release, descriptor, name))


def _read(release: Release, resource: Mapping[str, Any]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # One thread: a process that ends at once may find Arrow's others half started, and abort.
    with pq.ParquetFile(pa.BufferReader(release.read(resource["path"]))) as file:
        return file.read(use_threads=False)


def _facts(release: Release, descriptor: Mapping[str, Any], table: str) -> dict[str, str]:
    import json

    licence = descriptor["licenses"][0]
    facts = {
        "study": release.study,
        "version": release.version,
        "status": release.status,
        "table": table,
        "title": descriptor.get("i18n:title"),
        "licence": licence.get("name"),
        "licence_url": licence.get("path"),
        "citation": descriptor.get("pub:citation"),
        "synthetic": bool(descriptor.get("pub:synthetic")),
        "place": release.place.address,
    }
    return {FACTS: json.dumps(facts, ensure_ascii=False)}


def _check_choice(name: str, found: object, valid: tuple[object, ...]) -> None:
    if found not in valid:
        raise ChoiceError(
            "bad-choice", name=name, found=repr(found), valid=", ".join(map(repr, valid))
        )
