"""What validating a wave leaves behind: every row read is accepted or rejected, never lost."""

import stat
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.study import Study
from pipelines.validation.errors import (
    ColumnsMissingError,
    NothingCheckedError,
)
from pipelines.validation.validate import validate
from tests.validation.conftest import GOOD, Judged, judged, write_raw

Judge = Callable[..., Judged]
Declare = Callable[..., Study]

CELLS = {
    "avis": st.sampled_from(["Oui", "Non", "NSP", "", "peut-être", "_U", "_Z"]),
    "note": st.sampled_from(["0", "10", "11", "", "x", "nan", " 7 "]),
    "poids": st.sampled_from(["1", "0", "-1", "", "inf", "1e-3"]),
    "zone": st.sampled_from(["N", "le nord", "", "E"]),
    "citee_1": st.sampled_from(["Coût", "Temps", "", "x"]),
    "citee_2": st.sampled_from(["Coût", "", "x"]),
    "raison_cout": st.sampled_from(["1", "0", "", "oui"]),
    "insee": st.sampled_from(["01004", "2A004", "99999", ""]),
    "id": st.sampled_from(["R1", "R2", "R3", "", "X"]),
}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=8))
def test_accepted_and_rejected_rows_are_the_rows_read(
    tmp_path: Path, shared_study: Study, rows: list[dict[str, str]]
) -> None:
    raw = write_raw([{**GOOD, **row} for row in rows], tmp_path / "raw.parquet")
    found = judged(shared_study, shared_study.wave("2024"), raw, tmp_path)
    accepted = {row["_line"] for row in found.responses}
    rejected = {line for line, *_ in found.rejected}
    assert accepted | rejected == set(range(2, len(rows) + 2))
    assert not accepted & rejected
    assert (found.summary.accepted, found.summary.rejected) == (len(accepted), len(rejected))
    assert found.summary.read == len(rows)


@pytest.fixture
def shared_study(declare: Declare) -> Study:
    """Return the small study, loaded once for all the examples of a property."""
    return declare()


def test_what_was_received_is_shown_as_received_not_as_read(judge: Judge) -> None:
    found = judge({"note": " 11 "})
    assert found.rejected == [(2, "note", " 11 ", "range")]


def test_no_row_at_all_is_a_failure(declare: Declare, tmp_path: Path) -> None:
    study = declare()
    raw = write_raw([], tmp_path / "raw.parquet", list(GOOD))
    with pytest.raises(NothingCheckedError) as refused:
        validate(study, study.wave("2024"), raw, tmp_path)
    assert refused.value.key == "validation-no-rows"
    assert refused.value.exit_code == 1


def test_a_wave_with_one_bad_row_is_refused_and_the_row_can_be_read(judge: Judge) -> None:
    found = judge({}, {"note": "11"})
    assert found.refused is not None
    assert found.refused.exit_code == 1
    assert (found.refused.values["rejected"], found.refused.values["read"]) == (1, 2)
    assert "11" not in found.refused.text("fr")
    assert found.rejected == [(3, "note", "11", "range")]


@pytest.mark.parametrize(("bad", "passes"), [(1, True), (2, True), (3, False)])
def test_rows_are_set_aside_up_to_the_declared_share_and_no_further(
    declare: Declare, judge: Judge, bad: int, passes: bool
) -> None:
    study = declare(
        "study.yaml",
        "weights:",
        "acceptance: {policy: set_aside, maximum_share: 0.2}\nweights:",
    )
    found = judge(*[{"note": "11"}] * bad, *[{}] * (10 - bad), study=study)
    assert (found.refused is None) == passes
    assert found.summary.accepted == 10 - bad


def test_the_maximum_share_counts_for_nothing_where_the_policy_is_to_refuse(
    declare: Declare, judge: Judge
) -> None:
    study = declare("study.yaml", "weights:", "acceptance: {maximum_share: 0.9}\nweights:")
    assert judge({}, {"note": "11"}, study=study).refused is not None


def test_missing_columns_are_named_together_before_any_row_is_read(
    declare: Declare, tmp_path: Path
) -> None:
    study = declare()
    row = {name: cell for name, cell in GOOD.items() if name not in {"note", "eau_etat"}}
    raw = write_raw([row], tmp_path / "raw.parquet")
    with pytest.raises(ColumnsMissingError) as refused:
        validate(study, study.wave("2024"), raw, tmp_path)
    assert set(str(refused.value.values["missing"]).split(", ")) == {"eau_etat", "note"}


def test_an_identifier_that_the_institute_left_out_is_not_missed(judge: Judge) -> None:
    assert "courriel" not in GOOD
    assert judge({}).refused is None


def test_identifiers_and_dropped_columns_are_listed_or_unread_and_never_kept(judge: Judge) -> None:
    found = judge({"courriel": "a@b.fr", "lot": "7", "inconnue": "8"})
    assert not {"courriel", "lot", "inconnue"} & set(found.responses[0])
    assert "a@b.fr" not in str(found)
    assert found.summary.dropped_columns == ("inconnue",)


def test_columns_may_come_in_any_order(judge: Judge) -> None:
    assert judge({}, columns=list(GOOD)[::-1]).responses == judge({}).responses


def test_a_renamed_column_is_read_under_its_declared_name(judge: Judge) -> None:
    names = ["C5_0" if name == "avis" else name for name in GOOD]
    found = judge({"C5_0": "Non", "raison_cout": "0"}, columns=names, renamed={"C5_0": "avis"})
    assert found.codes("avis") == ["non"]


def test_two_columns_for_one_declared_name_are_refused(judge: Judge) -> None:
    with pytest.raises(ColumnsMissingError) as refused:
        judge({"C5_0": "Non"}, renamed={"C5_0": "avis"})
    assert refused.value.key == "validation-column-twice"
    assert refused.value.values["declared"] == "avis"


def test_weights_are_exact_numbers_of_nine_decimals(judge: Judge) -> None:
    found = judge({"poids": "0.7623782416007339"}, {"poids": "1e-3"}, {"poids": " 2 "})
    assert found.codes("poids") == [Decimal("0.762378242"), Decimal("0.001"), Decimal(2)]


def test_those_who_were_not_asked_are_told_from_those_who_did_not_answer(judge: Judge) -> None:
    silent = dict.fromkeys(("raison_cout", "raison_temps", "raison_autre"), "")
    found = judge({"avis": "Non", **silent}, {"avis": "Non", "raison_cout": "0"}, {"citee_1": ""})
    assert found.codes("raison_cout") == ["_Z", "_Z", "1"]
    assert found.codes("citee_1")[2] == "_U"


def test_an_empty_cell_is_the_list_s_own_word_for_missing_where_it_has_one(judge: Judge) -> None:
    silent = dict.fromkeys(("raison_cout", "raison_temps", "raison_autre"), "")
    assert judge({"avis": "", **silent}).codes("avis") == ["vide"]


def test_an_empty_box_is_not_ticked_only_where_that_is_declared(
    declare: Declare, judge: Judge
) -> None:
    assert judge({"raison_temps": ""}).rules == {("raison_temps", "required")}
    study = declare("questions.yaml", "    at_most: 2\n", "    at_most: 2\n    not_ticked: ['']\n")
    row = {"raison_temps": "", "raison_autre": ""}
    assert judge(row, study=study).codes("raison_temps") == ["0"]
    spaces = judge({**row, "raison_temps": "  "}, study=study)
    assert spaces.codes("raison_temps") == ["0"] and spaces.summary.repairs == ()


def test_mentions_come_in_any_order_and_empty_ones_are_no_repeat(judge: Judge) -> None:
    found = judge({"citee_1": "", "citee_2": "Temps"}, {"citee_1": "", "citee_2": ""})
    assert found.refused is None
    assert found.codes("citee_2") == ["temps", "_U"]


def test_more_mentions_than_allowed_are_refused(declare: Declare, judge: Judge) -> None:
    study = declare(
        "questions.yaml",
        "columns: [citee_1, citee_2]",
        "columns: [citee_1, citee_2]\n    at_most: 1",
    )
    found = judge({}, {"citee_2": "Temps"}, study=study)
    assert found.rejected == [(3, "citee_1", "Coût", "at_most")]


def test_breakdowns_are_columns_of_their_own_recoded_derived_or_not_known(judge: Judge) -> None:
    found = judge({"classe": "M"}, {"classe": "Y", "zone": "Septentrion"})
    assert found.codes("by_age") == ["O", "Y"]
    assert found.codes("by_zone") == ["N", "N"]
    assert found.codes("by_region") == ["84", "84"]


def test_texts_are_read_as_codes_whatever_their_typing_and_each_such_reading_is_counted(
    judge: Judge,
) -> None:
    found = judge({"avis": " OUI "}, {"avis": "oui"}, {"avis": "Oui"}, {"avis": " OUI "})
    assert found.codes("avis") == ["oui"] * 4
    repair = next(one for one in found.summary.repairs if one.column == "avis")
    assert (repair.rule, repair.replaced, repair.rows, repair.first_line) == ("typing", "oui", 2, 2)


@pytest.mark.parametrize(
    ("text", "read"),
    [("7,5", Decimal("7.5")), ("1\u202f234,5", Decimal("1234.5")), ("1 234 567", Decimal(1234567))],
)
def test_a_declared_decimal_comma_and_spaces_between_thousands_are_read(
    declare: Declare, judge: Judge, text: str, read: Decimal
) -> None:
    study = declare(
        "waves.yaml", "    synthetic: true", "    synthetic: true\n    extract: {decimal: ','}"
    )
    assert judge({"poids": text}, study=study).codes("poids") == [read]


@pytest.mark.parametrize("text", ["1.5", "1.234,5", "1 23", "1 2345"])
def test_a_number_that_the_declared_decimal_comma_leaves_in_doubt_is_refused(
    declare: Declare, judge: Judge, text: str
) -> None:
    study = declare(
        "waves.yaml", "    synthetic: true", "    synthetic: true\n    extract: {decimal: ','}"
    )
    assert judge({"poids": text}, study=study).rejected == [(2, "poids", text, "number")]


def test_a_text_for_no_answer_among_scores_is_read_as_such_even_if_it_looks_like_a_number(
    declare: Declare, judge: Judge, root: Path
) -> None:
    lists = root / "schemas" / "bocage" / "codelists"
    (lists / "sans.csv").write_text(
        "code,label_fr,label_en,aliases,kind\nnsp,Ne sait pas,Does not know,NSP|99,dont_know\n",
        "utf-8",
    )
    (lists / "sans.yaml").write_text((lists / "zone.yaml").read_text("utf-8"), "utf-8")
    study = declare("questions.yaml", "    minimum: 0\n", "    scale: sans\n    minimum: 0\n")
    found = judge({"note": "99"}, {"note": "nsp"}, {"note": "9"}, study=study)
    assert found.codes("note") == ["nsp", "nsp", "9"]


def test_french_and_iso_dates_are_the_same_day(judge: Judge) -> None:
    found = judge({"jour": "15/01/2024"}, {"jour": "2024-01-15"})
    assert found.codes("jour") == ["2024-01-15"] * 2


def test_what_is_private_can_be_read_by_its_owner_alone(judge: Judge, tmp_path: Path) -> None:
    judge({}, {"note": "11"})
    mode = stat.S_IMODE((tmp_path / "private" / "rejected_rows.parquet").stat().st_mode)
    assert mode == 0o600


def test_nothing_is_left_behind_but_the_three_files(judge: Judge, tmp_path: Path) -> None:
    judge({}, {"id": "R1"})
    assert {one.name for one in (tmp_path / "private").iterdir()} == {
        "raw.parquet", "responses.parquet", "rejected_rows.parquet", "validation.json",
    }  # fmt: skip


def test_the_same_extract_gives_the_same_bytes(judge: Judge, tmp_path: Path) -> None:
    files = ("responses.parquet", "rejected_rows.parquet", "validation.json")
    taken = []
    for _ in range(2):
        judge({}, {"note": "11"}, {"id": "R1"}, {"avis": " NON ", "raison_cout": ""})
        taken.append([(tmp_path / "private" / name).read_bytes() for name in files])
    assert taken[0] == taken[1]


def test_no_value_of_a_respondent_is_in_the_summary_but_what_a_repair_replaced(
    judge: Judge,
) -> None:
    found = judge({"note": "1234567", "propos": "mon secret"})
    assert "1234567" not in str(found.summary)
    assert "mon secret" not in str(found.summary)


def test_responses_keep_their_lines_in_order_with_every_column_a_text(judge: Judge) -> None:
    found = judge(*[{}] * 5)
    assert found.codes("_line") == [2, 3, 4, 5, 6]
    frame = pl.DataFrame(found.responses)
    texts = {name for name, kind in frame.schema.items() if kind == pl.String}
    assert set(frame.columns) - texts == {"_line", "poids", "weight"}
