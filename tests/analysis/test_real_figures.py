"""The survey of 2019: 154 of the 162 figures that its authors published come out of its responses.

Shares are computed here by a second, plain way: polars over the responses, one figure at a time.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.analysis import Reconciliation, reconcile
from pipelines.intake import check_delivery, newest_delivery, read_extract
from pipelines.study import Item, Study, load_study
from pipelines.validation.validate import validate

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> Study:
    """Return the real study."""
    return load_study(PROJECT, "attitudes-climat-2019")


@pytest.fixture(scope="module")
def responses(study: Study, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return the responses of the real extract, read and validated."""
    folder = tmp_path_factory.mktemp("real")
    delivery = newest_delivery(study.root, study.id, "2019")
    check_delivery(delivery)
    read_extract(delivery.extract, study.wave("2019").extract, folder / "raw.parquet")
    summary = validate(study, study.wave("2019"), folder / "raw.parquet", folder)
    assert (summary.read, summary.accepted, summary.rejected) == (3002, 3002, 0)
    assert summary.dropped_columns == ()
    return pl.read_parquet(folder / "responses.parquet")


def reconciled(
    study: Study, responses: pl.DataFrame, weight: pl.Expr, path: Path
) -> Reconciliation:
    """Reconcile the published figures with plain shares of `responses`."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for figure in study.published_figures:
        item = next(
            one
            for one in study.items
            if (one.question, one.domain) == (figure.question, figure.domain)
        )
        cell = {name: dict(figure.cell).get(name, "_T") for name in study.breakdowns}
        part = (
            responses.filter(pl.col(f"by_{name}") == code for name, code in figure.cell)
            if figure.cell
            else responses
        )
        for answer in figure.answers:
            share = part.select((weight * gave(item, answer)).sum() / weight.sum()).item()
            row = {
                "wave": "2019", "question": item.question, "domain": item.domain,
                "actor": item.actor, "answer": answer, "measure": "share", **cell,
            }  # fmt: skip
            rows[tuple(row.values())] = {**row, "value": share}
    pl.DataFrame(list(rows.values())).write_parquet(path)
    return reconcile(study, "2019", path)


def gave(item: Item, answer: str) -> pl.Expr:
    """Return whether a respondent gave `answer`."""
    if item.ticks:
        return pl.col(item.columns[item.ticks.index(answer)]) == "1"
    return pl.col(item.columns[0]) == answer


def test_154_of_the_162_published_figures_agree_and_the_8_others_are_explained(
    study: Study, responses: pl.DataFrame, tmp_path: Path
) -> None:
    weight = pl.col("weight").cast(pl.Float64)
    found = reconciled(study, responses, weight, tmp_path / "estimates.parquet")
    assert len(found.figures) == 162
    assert (found.agree, found.differ) == (154, 8)
    assert (found.not_found, found.unexplained) == ((), ())
    assert not any(one.is_stale for one in found.figures)
    assert sum(bool(one.figure.cell) for one in found.figures) == 83


def test_without_weights_some_fifty_figures_no_longer_agree(
    study: Study, responses: pl.DataFrame, tmp_path: Path
) -> None:
    """Were weights dropped in silence, reconciliation would show it.

    A count of 104 was made from percentages first rounded to two decimals: 1,276 of 3,002 is
    42.505 %, which rounds to 43, where 42.50 may be rounded to 42.
    """
    found = reconciled(study, responses, pl.col("_line") * 0 + 1.0, tmp_path / "estimates.parquet")
    assert (found.agree, found.differ) == (103, 59)
    assert len(found.unexplained) > 40


def test_weights_are_those_of_the_authors(responses: pl.DataFrame) -> None:
    weight = responses["weight"].cast(pl.Float64)
    assert weight.sum() == pytest.approx(3002, abs=0.01)
    assert (weight.min(), weight.max()) == (
        pytest.approx(0.43, abs=0.01),
        pytest.approx(3.16, abs=0.01),
    )
    assert 3002 * (weight**2).sum() / weight.sum() ** 2 == pytest.approx(1.066, abs=0.001)


def test_every_respondent_has_a_code_in_every_breakdown(
    study: Study, responses: pl.DataFrame
) -> None:
    for name in study.breakdowns:
        assert (responses[f"by_{name}"] == "_Z").sum() == 0, name
    sizes = dict(responses["by_town_size"].value_counts().iter_rows())
    assert sizes == {"GE100k": 885, "rural": 721, "LT20k": 544, "paris": 449, "20-100k": 403}
