"""A small study and hand-made protected estimates: what the release tests publish.

`petite-enquete` has two questions and two breakdowns; the cells of `age` Y are withheld.
"""

import datetime as dt
import itertools
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from pipelines.release import ReleaseOutcome, SourceFile, publish, withdraw
from pipelines.release.arrow import arrow_schema
from pipelines.study import Study, load_study
from pipelines.study.estimation_tables import ITEM_RESPONSE
from pipelines.study.tables import ESTIMATES, FIGURES, estimates_table, judged_tables
from tests.tiny_study import STUDY, write_tiny_study

WAVE = "2020"
RELEASED = dt.date(2020, 7, 1)
QUALITY = {WAVE: {"rows": {"read": 60, "accepted": 60, "rejected": 0}, "withheld_rows": 3}}
Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]


def declared(root: Path, *, waves: tuple[str, ...] = (WAVE,), synthetic: bool = True) -> Study:
    """Write the study below `root` (again) and load it."""
    if not (root / "schemas").exists():
        write_tiny_study(root, waves=waves)
    if not synthetic:
        edit(
            root,
            "waves",
            lambda file: [one.update(synthetic=False) for one in file["waves"].values()],
        )
    return load_study(root, STUDY)


def edit(root: Path, name: str, change: Callable[[dict[str, Any]], object]) -> Study:
    """Change one file of the declaration and load the study again."""
    path = root / "schemas" / STUDY / f"{name}.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return load_study(root, STUDY)


def protected(study: Study, wave: str = WAVE, change: Change | None = None) -> Path:
    """Write one wave's protected estimates and return the file."""
    path = _own(study, f"protected-{wave}")
    rows = [*estimates(study, wave)]
    table = estimates_table(study)
    rows = sorted(
        change(rows) if change else rows, key=lambda row: [row[name] for name in table.primary_key]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(table).remove_metadata()), path)
    return path


def files_of(study: Study, change: Change | None = None) -> dict[str, list[Path]]:
    """Write the protected tables of every declared wave; `change` edits the estimates."""
    return {
        ESTIMATES: [protected(study, wave, change) for wave in study.waves],
        ITEM_RESPONSE: [item_response(study, wave) for wave in study.waves],
    }


def _own(study: Study, name: str) -> Path:
    """Return a file of this process alone: some tests have several publish at once."""
    return study.root / f"{name}-{os.getpid()}.parquet"


def item_response(study: Study, wave: str = WAVE) -> Path:
    """Write how many of the 60 answered each item and return the file."""
    table = next(one for one in judged_tables(study) if one.name == ITEM_RESPONSE)
    path = _own(study, f"protected-{ITEM_RESPONSE}-{wave}")
    rows = [
        {
            "wave": wave, "question": item.question, "domain": item.domain, "actor": item.actor,
            "asked": Decimal(60), "respondents": Decimal(57), "non_response": Decimal("0.050"),
            "status": "published",
        }
        for item in study.items
    ]  # fmt: skip
    rows.sort(key=lambda row: [row[name] for name in table.primary_key])
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(table).remove_metadata()), path)
    return path


def estimates(study: Study, wave: str):
    """Yield one row per item, answer and cell; figures follow from the row's place."""
    for item in study.items:
        for crossing in study.crossings:
            codes = [
                study.codelists[study.breakdowns[name].codelist].of_kind("answer")
                for name in crossing
            ]
            for combination in itertools.product(*codes):
                cell = dict.fromkeys(study.breakdowns, "_T") | dict(
                    zip(crossing, combination, strict=True)
                )
                for at, answer in enumerate(item.answers or ("_Z",)):
                    yield {
                        "wave": wave, "question": item.question, "domain": item.domain,
                        "actor": item.actor, "answer": answer,
                        "measure": "mean" if item.is_numeric else "share", **cell,
                        **figures(cell, at),
                    }  # fmt: skip


def figures(cell: Row, at: int) -> Row:
    if cell.get("age") == "Y":
        return {**dict.fromkeys(FIGURES), "status": "withheld"}
    is_national = set(cell.values()) == {"_T"}
    value = Decimal("0.312") if at else Decimal("0.688")
    return {
        "respondents": Decimal(60 if is_national else 30),
        "answering": Decimal(40 - 20 * at) if is_national else None,
        "weighted_base": Decimal(60), "value": value, "standard_error": Decimal("0.061"),
        "ci_low": value - Decimal("0.120"), "ci_high": value + Decimal("0.120"),
        "design_effect": Decimal("1.25"), "effective_respondents": Decimal(48),
        "reliability": "B", "status": "published",
    }  # fmt: skip


def source(study: Study, wave: str = WAVE, **other: Any) -> SourceFile:
    facts = {
        "wave": wave, "file": "extrait.csv", "sha256": "ab" * 32, "bytes": 1234,
        "producer": "Institut d'essai", "received": dt.date(2020, 6, 1),
        "licence": study.about.licence, "synthetic": study.waves[wave].synthetic,
    }  # fmt: skip
    return SourceFile(**{**facts, **other})


def published(study: Study, change: Change | None = None, **choices: Any) -> ReleaseOutcome:
    """Publish every declared wave of `study`, its rows changed by `change`."""
    facts = {
        "released": RELEASED, "quality": QUALITY, "run": {"run_id": "run-1", "commit": "c0ffee"},
        "sources": [source(study, wave) for wave in study.waves],
    }  # fmt: skip
    return publish(study, study.root, files_of(study, change), **{**facts, **choices})


def with_a_history(root: Path) -> Study:
    """Publish three versions: 0.1.0 superseded, 0.2.0 withdrawn, 0.3.0 current with an erratum."""
    study = declared(root)
    published(study)
    published(study, lambda rows: rows[:-1])
    published(study, changed_value, erratum="Un poids était faux.")
    withdraw(
        study.root, STUDY, "0.2.0", reason="lignes perdues", by="A. Nom", run_id="run-w",
        replaced_by="0.3.0",
    )  # fmt: skip
    return study


def changed_value(rows: list[Row]) -> list[Row]:
    """Correct one published national value."""
    shown = next(row for row in rows if row["answering"] is not None)
    shown["value"] += Decimal("0.001")
    return rows
