"""The published tables are known before any data: fields, keys and every row that is a code."""

from pathlib import Path

import pytest

from pipelines.study import Study, load_study, study_names
from pipelines.study.json_schema import json_schemas
from pipelines.study.tables import Table, published_tables

PROJECT = Path(__file__).parents[2]
SHIPPED = ("attitudes-climat-2019", "phare-institutions")


@pytest.fixture(params=[*SHIPPED, "bocage"])
def tables(request: pytest.FixtureRequest) -> dict[str, Table]:
    """Return the tables of each shipped study and of the small one, by name."""
    small = request.param == "bocage"
    study = request.getfixturevalue("study") if small else load_study(PROJECT, request.param)
    return {one.name: one for one in published_tables(study)}


def test_both_shipped_studies_load_with_their_published_figures() -> None:
    assert set(SHIPPED) <= set(study_names(PROJECT))
    figures = {name: load_study(PROJECT, name).published_figures for name in SHIPPED}
    assert len(figures["attitudes-climat-2019"]) == 162
    assert {one.kind for one in figures["attitudes-climat-2019"]} == {"evidence"}
    assert "evidence" not in {one.kind for one in figures["phare-institutions"]}


def test_tables_that_data_fill_come_first_the_estimates_ahead_and_have_no_rows_yet(
    tables: dict[str, Table],
) -> None:
    assert next(iter(tables)) == "estimates"
    filled = [one.rows is None for one in tables.values()]
    assert filled == sorted(filled, reverse=True)
    assert all(
        one.primary_key[0] == "wave" and one.columns[-1] == "status"
        for one in tables.values()
        if one.rows is None
    )


def test_every_key_is_made_of_required_fields_of_its_table(tables: dict[str, Table]) -> None:
    for table in tables.values():
        required = {field.name for field in table.fields if field.required}
        assert set(table.primary_key) <= required, table.name
        assert len(set(table.columns)) == len(table.columns)


def test_rows_have_as_many_cells_as_fields_and_no_key_twice(tables: dict[str, Table]) -> None:
    for table in tables.values():
        at = [table.columns.index(name) for name in table.primary_key]
        rows = table.rows or ()
        assert all(len(row) == len(table.fields) for row in rows), table.name
        keys = [tuple(row[position] for position in at) for row in rows]
        assert len(set(keys)) == len(keys), table.name


def test_a_required_cell_is_never_empty_and_an_enum_holds_its_values(
    tables: dict[str, Table],
) -> None:
    for table in tables.values():
        for row in table.rows or ():
            for field, value in zip(table.fields, row, strict=True):
                assert not (field.required and value is None), (table.name, field.name)
                assert not field.enum or value in field.enum, (table.name, field.name)


def test_foreign_keys_name_the_key_of_a_table_that_exists(tables: dict[str, Table]) -> None:
    for table in tables.values():
        for foreign in table.foreign_keys:
            target = tables[foreign.table]
            assert foreign.reference == target.primary_key
            assert set(foreign.fields) <= set(table.columns)


def test_foreign_keys_between_tables_of_codes_hold_row_by_row(tables: dict[str, Table]) -> None:
    for table in tables.values():
        for foreign in table.foreign_keys:
            target = tables[foreign.table]
            known = {tuple(row[: len(target.primary_key)]) for row in target.rows or ()}
            at = [table.columns.index(name) for name in foreign.fields]
            for row in table.rows or ():
                assert tuple(row[position] for position in at) in known, (table.name, row)


def test_every_row_that_estimation_may_give_has_its_codes_listed(study: Study) -> None:
    tables = {one.name: one for one in published_tables(study)}
    listed = {
        name: {tuple(row[:2]) for row in tables[f"{name}s"].rows or ()}
        for name in ("domain", "actor", "answer")
    }
    for item in study.items:
        assert (item.question, item.domain) in listed["domain"]
        assert (item.question, item.actor) in listed["actor"]
        for answer in item.answers or ("_Z",):
            assert (item.question, answer) in listed["answer"]


def test_a_breakdown_lists_its_total_its_answers_and_the_not_known(study: Study) -> None:
    codes = next(one for one in published_tables(study) if one.name == "breakdown_zone")
    assert [row[0] for row in codes.rows or ()] == ["_T", "N", "S", "_Z"]


def test_no_open_text_is_in_any_table(study: Study) -> None:
    for table in published_tables(study):
        assert not any("propos" in map(str, row) for row in table.rows or ()), table.name


def test_the_committed_json_schemas_are_those_of_the_models() -> None:
    for path, text in json_schemas().items():
        assert path.read_text("utf-8") == text, f"{path.name} is stale: run `make schemas`"
