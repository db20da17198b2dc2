"""Judging a column by its distinct texts refuses, repairs and keeps what judging its rows does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.study import Study
from pipelines.validation.by_text import TextJudge, columns_by_text
from pipelines.validation.coding import code_batch
from pipelines.validation.communes import mend_communes
from pipelines.validation.geography import add_geography, breakdown_code
from pipelines.validation.plan import plan_columns
from pipelines.validation.rules import breaches, rules_of, schema_of
from pipelines.validation.summary import Repair
from pipelines.validation.validate import validate
from tests.validation.conftest import GOOD, judged, write_raw

TEXTS = st.sampled_from(["", "1", "2", "0", "NSP", " nsp ", "Oui", "oui", "Non", "3", "x", "Coût"])
ANSWERS = ("avis", "raison_cout", "eau_ville", "eau_etat", "bois_ville", "bois_etat", "citee_1")
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(ANSWERS, TEXTS)), min_size=1, max_size=12)


def by_text(study: Study) -> tuple[str, ...]:
    wave, plans = study.wave("2024"), plan_columns(study, study.wave("2024"))
    derived = [breakdown_code(study, name) for name in study.breakdowns]
    return columns_by_text(plans, rules_of(study, wave, plans), derived, plans)


def test_columns_that_a_rule_or_a_breakdown_sees_with_others_are_read_in_rows(
    declare: Callable[..., Study],
) -> None:
    alone = by_text(declare())
    assert set(alone) == {"eau_ville", "eau_etat", "bois_ville", "bois_etat"}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_the_same_cells_are_refused_as_when_every_row_is_judged(
    declare: Callable[..., Study], tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    study = declare()
    wave, plans = study.wave("2024"), plan_columns(study, study.wave("2024"))
    cells = [{**GOOD, **row, "id": f"R{number}"} for number, row in enumerate(rows, start=1)]
    raw = write_raw(cells, tmp_path / "raw.parquet")
    received = pl.read_parquet(raw)
    batch, repairs = code_batch(received, plans.values(), wave.extract.decimal)
    batch, _ = mend_communes(batch, study, wave)
    rules = rules_of(study, wave, plans)
    found = breaches(schema_of(rules), rules, add_geography(batch, study, wave))
    expected = sorted(
        (received["_line"][at], one.rule.column, received[one.rule.column][at], one.rule.id)
        for one in found
        for at in one.positions
    )
    seen = judged(study, wave, raw, tmp_path)
    assert sorted(seen.rejected) == expected
    broken = {line for line, *_ in expected}
    kept = batch.filter(~pl.col("_line").is_in(sorted(broken)))
    for name in by_text(study):
        assert seen.codes(name) == kept[name].to_list()
    mended = {(one.column, one.found, one.rows, one.first_line) for one in repairs}
    assert mended == {
        (one.column, one.found, one.rows, one.first_line) for one in seen.summary.repairs
    }


def test_a_text_that_first_comes_in_a_later_batch_is_judged_there(
    declare: Callable[..., Study],
) -> None:
    study = declare()
    wave, plans = study.wave("2024"), plan_columns(study, study.wave("2024"))
    rules = tuple(one for one in rules_of(study, wave, plans) if one.column == "eau_ville")
    judge = TextJudge((plans["eau_ville"],), rules)
    first = judge.judge(np.array([2, 3]), {"eau_ville": texts("1", "2")})
    later = judge.judge(np.array([4, 5, 6]), {"eau_ville": texts("x", "1", "")})
    again = judge.judge(np.array([7]), {"eau_ville": texts("x")})
    assert first.breaches == []
    broken = {(one.rule.id, one.positions) for one in later.breaches}
    assert broken == {("code", (0,)), ("required", (2,))}
    assert [one.positions for one in again.breaches] == [(0,)]


def test_a_text_of_the_dictionary_that_no_row_holds_is_neither_refused_nor_mended(
    declare: Callable[..., Study],
) -> None:
    study = declare()
    wave, plans = study.wave("2024"), plan_columns(study, study.wave("2024"))
    rules = tuple(one for one in rules_of(study, wave, plans) if one.column == "eau_ville")
    cells = pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int32()), ["1", "x", " nsp"])
    found = TextJudge((plans["eau_ville"],), rules).judge(np.array([2, 3]), {"eau_ville": cells})
    assert (found.breaches, found.repairs) == ([], [])


def test_a_repair_names_its_first_line(declare: Callable[..., Study]) -> None:
    study = declare()
    plan = plan_columns(study, study.wave("2024"))["eau_ville"]
    found = TextJudge((plan,), ()).judge(
        np.array([7, 8, 9]), {"eau_ville": texts("1", " nsp", " nsp")}
    )
    assert found.repairs == [Repair("eau_ville", "typing", " nsp", "9", 2, 8)]


def test_the_same_raw_file_gives_the_same_bytes(
    declare: Callable[..., Study], tmp_path: Path
) -> None:
    study = declare()
    rows = [{**GOOD, "id": f"R{n}", "eau_ville": str(1 + n % 2)} for n in range(1, 50)]
    raw = write_raw(rows, tmp_path / "raw.parquet")
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        validate(study, study.wave("2024"), raw, tmp_path / name)
        written.append((tmp_path / name / "responses.parquet").read_bytes())
    assert written[0] == written[1]


def texts(*cells: str) -> pa.DictionaryArray:
    return pa.array(cells).dictionary_encode()


@pytest.mark.parametrize("cells", [["1", None], [None]])
def test_a_null_cell_is_an_empty_one(
    declare: Callable[..., Study], tmp_path: Path, cells: list[str | None]
) -> None:
    study = declare()
    rows = [{**GOOD, "id": f"R{n}"} for n in range(1, len(cells) + 1)]
    raw = write_raw(rows, tmp_path / "raw.parquet")
    frame = pl.read_parquet(raw).with_columns(pl.Series("eau_ville", cells, dtype=pl.String))
    frame.write_parquet(raw)
    found = judged(study, study.wave("2024"), raw, tmp_path)
    assert ("eau_ville", "required") in found.rules
