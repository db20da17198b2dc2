"""Fixtures of the reconciliation tests: a small study with published figures, and estimates."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.analysis import Reconciliation, reconcile
from pipelines.study import load_study
from tests.study.declared import STUDY, write_declaration

HEADER = (
    "figure,wave,question,domain,actor,answer,measure,breakdown,code,published,decimals,tolerance,"
    "kind,source,known_reason"
)
KEY = ("wave", "question", "domain", "actor", "answer", "measure", "zone", "age", "region")

Compare = Callable[..., Reconciliation]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Reconcile lines of published figures with estimates written `"avis … | zone=N": value`."""
    folder = write_declaration(tmp_path)

    def comparing(
        figures: Sequence[str], estimates: dict[str, float | None], withheld: Sequence[str] = ()
    ) -> Reconciliation:
        path = folder / "published-figures.csv"
        path.write_text("\n".join([HEADER, *figures]) + "\n", "utf-8")
        rows = [{**key_of(text), "value": value} for text, value in estimates.items()]
        write_estimates(rows, tmp_path / "estimates.parquet")
        shown = [
            {**key_of(text), "status": "withheld" if text in withheld else "published"}
            for text in estimates
        ]
        pl.DataFrame(
            shown, schema={**dict.fromkeys(KEY, pl.String), "status": pl.String}
        ).write_parquet(tmp_path / "protected.parquet")
        return reconcile(
            load_study(tmp_path, STUDY), "2024",
            tmp_path / "estimates.parquet", tmp_path / "protected.parquet",
        )  # fmt: skip

    return comparing


def key_of(text: str) -> dict[str, str]:
    """Return the key written `question domain actor answer measure | zone=N age=Y`."""
    item, _, cell = text.partition("|")
    key = dict(zip(KEY[1:6], item.split(), strict=True))
    given = dict(part.split("=") for part in cell.split())
    return {"wave": given.pop("wave", "2024"), **key, **dict.fromkeys(KEY[6:], "_T"), **given}


def write_estimates(rows: Sequence[dict[str, Any]], path: Path) -> None:
    schema = {**dict.fromkeys(KEY, pl.String), "value": pl.Float64}
    pl.DataFrame(list(rows), schema=schema).write_parquet(path)
