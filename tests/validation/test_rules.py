"""Each rule is fed a bad row and reports it with line, column, value and rule."""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.study import Study
from pipelines.validation import rules as rules_module
from pipelines.validation.coding import code_batch
from pipelines.validation.geography import add_geography
from pipelines.validation.plan import plan_columns
from pipelines.validation.rules import Rule, breaches, rules_of, schema_of
from pipelines.validation.validate import validate
from tests.validation.conftest import GOOD, Judged

Judge = Callable[..., Judged]
NOT_ASKED = {"avis": "Non", "raison_cout": "", "raison_temps": "", "raison_autre": ""}

# what differs from a good row, then the column and the rule that must be named, and the value shown
BAD_ROWS = [
    ({"eau_ville": ""}, "eau_ville", "required", ""),
    ({"id": ""}, "id", "required", ""),
    ({"poids": ""}, "poids", "required", ""),
    ({"raison_temps": ""}, "raison_temps", "required", ""),
    ({**NOT_ASKED, "avis": "peut-être"}, "avis", "code", "peut-être"),
    ({"zone": "E"}, "zone", "code", "E"),
    ({"classe": "X"}, "classe", "code", "X"),
    ({"raison_cout": "x"}, "raison_cout", "code", "x"),
    ({"citee_2": "Argent"}, "citee_2", "code", "Argent"),
    ({"bois_etat": "3"}, "bois_etat", "code", "3"),
    ({"zone": "_U"}, "zone", "code", "_U"),
    ({"note": "_U"}, "note", "number", "_U"),
    ({"note": "beaucoup"}, "note", "number", "beaucoup"),
    ({"note": "7,5"}, "note", "number", "7,5"),
    ({"note": "inf"}, "note", "number", "inf"),
    ({"poids": "NaN"}, "poids", "number", "NaN"),
    ({"poids": "1 000,5"}, "poids", "number", "1 000,5"),
    ({"note": "10.5"}, "note", "range", "10.5"),
    ({"note": "-1"}, "note", "range", "-1"),
    ({"note": "7.5"}, "note", "whole", "7.5"),
    ({"poids": "0"}, "poids", "weight", "0"),
    ({"poids": "-0.5"}, "poids", "weight", "-0.5"),
    ({"poids": "1e-10"}, "poids", "weight", "1e-10"),
    ({"poids": "1e9"}, "poids", "weight", "1e9"),
    ({"jour": "2024-02-30"}, "jour", "date", "2024-02-30"),
    ({"jour": "15 janvier"}, "jour", "date", "15 janvier"),
    ({"jour": "2024-02-01"}, "jour", "fieldwork", "2024-02-01"),
    ({"jour": "31/12/2023"}, "jour", "fieldwork", "31/12/2023"),
    ({"id": "X1"}, "id", "pattern", "X1"),
    ({"id": "R1 et R2"}, "id", "pattern", "R1 et R2"),
    ({**NOT_ASKED, "raison_cout": "1"}, "raison_cout", "asked", "1"),
    ({"raison_temps": "1", "raison_autre": "1"}, "raison_cout", "at_most", "1"),
    ({"citee_2": "Coût"}, "citee_1", "repeated", "Coût"),
    ({"insee": "99999"}, "insee", "commune", "99999"),
    ({"insee": "1004.0"}, "insee", "commune_number", "1004.0"),
    ({"insee": "1E+03"}, "insee", "commune_number", "1E+03"),
    ({"insee": "1004", "region_dite": "93"}, "insee", "commune_zero", "1004"),
    ({"insee": "20004"}, "insee", "commune_corsica", "20004"),
    ({"region_dite": "93"}, "region_dite", "region_agrees", "93"),
    ({"taille_dite": "LT2000"}, "taille_dite", "commune_size_agrees", "LT2000"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "column", "rule", "value"),
    BAD_ROWS,
    ids=[f"{rule}-{column}-{value}" for _, column, rule, value in BAD_ROWS],
)
def test_a_bad_row_is_reported_with_its_line_column_value_and_rule(
    judge: Judge, changes: dict[str, str], column: str, rule: str, value: str
) -> None:
    found = judge({}, changes, {})
    assert (3, column, value, rule) in found.rejected
    assert {line for line, *_ in found.rejected} == {3}
    assert (found.summary.accepted, found.summary.rejected) == (2, 1)
    assert [row["_line"] for row in found.responses] == [2, 4]


def test_one_fault_is_reported_once_and_by_no_other_rule(judge: Judge) -> None:
    for changes, column, rule, value in BAD_ROWS:
        if value == "inf":  # no number, and outside any bounds too
            continue
        assert judge({}, changes, {}).rules == {(column, rule)}, (changes, rule)


def test_nobody_is_said_not_to_have_been_asked_because_the_filter_cannot_be_read(
    judge: Judge,
) -> None:
    """The institute was asked whether filter or answer is wrong; only the filter's code was."""
    found = judge({}, {"avis": "peut-être", "raison_temps": "1"}, {})
    assert found.rules == {("avis", "code")}


def test_a_respondent_on_two_lines_is_reported_on_both_and_none_is_kept(judge: Judge) -> None:
    found = judge({"id": "R1"}, {"id": "R2"}, {"id": "R1", "note": "3"})
    assert found.rejected == [(2, "id", "R1", "unique"), (4, "id", "R1", "unique")]
    assert found.codes("_line") == [3]


def test_a_copy_that_breaks_another_rule_does_not_save_the_other_one(judge: Judge) -> None:
    found = judge({"id": "R1", "note": "99"}, {"id": "R2"}, {"id": " R1 "})
    assert found.rejected == [
        (2, "id", "R1", "unique"), (2, "note", "99", "range"), (4, "id", "R1", "unique"),
    ]  # fmt: skip
    assert found.codes("id") == ["R2"]


def test_every_rule_that_can_be_reported_is_fed_a_bad_row_here() -> None:
    path = Path(rules_module.__file__).with_name("messages.yaml")
    texts = yaml.safe_load(path.read_text("utf-8"))
    named = {key.removeprefix("rule-") for key in texts if key.startswith("rule-")}
    assert named == {rule for _, _, rule, _ in BAD_ROWS} | {"unique"}


def test_each_rule_that_ran_has_a_text_for_the_reader(judge: Judge) -> None:
    path = Path(rules_module.__file__).with_name("messages.yaml")
    texts = yaml.safe_load(path.read_text("utf-8"))
    assert {f"rule-{one.rule}" for one in judge({}).summary.rules} <= set(texts)


def test_a_good_row_breaks_no_rule(judge: Judge) -> None:
    found = judge({}, {"avis": "NSP", **{k: "" for k in NOT_ASKED if k != "avis"}})
    assert found.rejected == []
    assert found.refused is None


def test_several_faults_of_a_row_are_all_reported(judge: Judge) -> None:
    found = judge({"note": "11", "zone": "E", "poids": "0"})
    assert found.rules == {("note", "range"), ("zone", "code"), ("poids", "weight")}
    assert found.summary.rejected == 1


def test_the_order_of_rules_makes_no_difference(declare: Callable[..., Study]) -> None:
    study = declare()
    wave = study.wave("2024")
    plans = plan_columns(study)
    rows = [{**GOOD, **changes} for changes, *_ in BAD_ROWS]
    received = pl.DataFrame(rows, schema=dict.fromkeys(GOOD, pl.String)).with_row_index("_line", 2)
    batch, _ = code_batch(received, plans.values(), ".")
    batch = add_geography(batch, study, wave)
    rules = rules_of(study, wave, plans)
    orders = [rules, rules[::-1], rules[7:] + rules[:7]]
    found = [
        sorted((one.rule.name, one.positions) for one in breaches(schema_of(order), order, batch))
        for order in orders
    ]
    assert found[0]
    assert all(other == found[0] for other in found)


def test_rules_that_fail_and_rules_that_hold_are_never_mixed_up(
    declare: Callable[..., Study],
) -> None:
    batch = pl.DataFrame({"a": ["1", "2", "3"]})
    holds = {"one": [True, False, True], "two": [False, True, True], "all": [True, True, True]}
    for names in itertools.permutations(holds):
        rules = [Rule(name, "a", pl.lit(pl.Series(holds[name]))) for name in names]
        found = {one.rule.id: one.positions for one in breaches(schema_of(rules), rules, batch)}
        assert found == {"one": (1,), "two": (0,)}


def test_a_rule_that_can_say_neither_yes_nor_no_counts_as_broken() -> None:
    batch = pl.DataFrame({"a": [None, "2"]})
    rule = Rule("code", "a", pl.col("a") == "2")
    assert [one.positions for one in breaches(schema_of([rule]), [rule], batch)] == [(0,)]


@pytest.mark.parametrize("position", [0, 299, 300, 301, 998])
def test_one_fault_planted_anywhere_among_batches_is_found(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, position: int
) -> None:
    """Checks on a lazy frame have been skipped in silence before: values must be looked at."""
    monkeypatch.setattr(sys.modules[validate.__module__], "BATCH_ROWS", 300)
    rows: list[dict[str, str]] = [{} for _ in range(999)]
    rows[position] = {"note": "11"}
    found = judge(*rows)
    assert found.rejected == [(position + 2, "note", "11", "range")]
    assert {one.rows_seen for one in found.summary.rules} == {999}
    assert found.codes("_line") == [line for line in range(2, 1001) if line != position + 2]
