"""The difference between two releases: what it finds, what it says, what it never says again."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phare_data.verifier import verify
from pipelines.release import ReleaseOutcome
from pipelines.release.bump import computed_bump, needs_erratum
from pipelines.release.changes import sentences
from pipelines.release.diff import Difference, RowCounts, TableDifference, compare
from pipelines.release.method import changed_method
from pipelines.release.titles import Titles
from pipelines.study import Study
from tests.release.made_up_release import Row, changed_value, declared, edit, published


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def withhold_north(rows: list[Row]) -> list[Row]:
    for row in rows:
        if row["zone"] == "N":
            row.update({name: None for name in row if name in FIGURES} | {"status": "withheld"})
    return rows


FIGURES = (
    "respondents", "answering", "weighted_base", "value", "standard_error", "ci_low", "ci_high",
    "design_effect", "effective_respondents", "reliability",
)  # fmt: skip


def test_a_release_carries_the_cells_that_changed(study: Study, first: ReleaseOutcome) -> None:
    second = published(study, changed_value, erratum="corrected")
    cells = read(second.path / "diff" / "estimates-changed.csv")
    assert len(cells) == 1
    assert (cells[0]["column"], cells[0]["before"], cells[0]["after"]) == (
        "value", "0.688", "0.689",
    )  # fmt: skip
    summary = json.loads((second.path / "diff" / "summary.json").read_text("utf-8"))
    assert summary["previous"] == "0.1.0"
    assert summary["tables"][0]["rows"] | {} == {
        "added": 0, "removed": 0, "changed": 1, "restated": 1, "withheld": 0, "freed": 0,
    }  # fmt: skip
    assert verify(second.path).is_sound


def test_rows_added_and_removed_are_listed_whole(study: Study, first: ReleaseOutcome) -> None:
    second = published(study, lambda rows: rows[:-1])
    removed = read(second.path / "diff" / "estimates-removed.csv")
    assert len(removed) == 1 and removed[0]["wave"] == "2020"
    third = published(study)
    assert read(third.path / "diff" / "estimates-added.csv") == removed


def test_what_is_withheld_now_is_not_said_again(study: Study, first: ReleaseOutcome) -> None:
    second = published(study, withhold_north)
    cells = read(second.path / "diff" / "estimates-changed.csv")
    assert {(one["column"], one["before"], one["after"]) for one in cells} == {
        ("status", "published", "withheld")
    }
    for path in (second.path / "diff").iterdir():
        assert "0.688" not in path.read_text("utf-8")


def test_a_first_release_and_one_without_changed_rows_have_no_row_files(
    study: Study, first: ReleaseOutcome
) -> None:
    assert not (first.path / "diff").exists()
    second = published(edit(study.root, "study", lambda file: file.update(citation="Autre")))
    assert [path.name for path in (second.path / "diff").iterdir()] == ["summary.json"]


def test_each_change_is_told_in_both_languages(study: Study, first: ReleaseOutcome) -> None:
    def change(file: dict[str, Any]) -> None:
        file["breakdowns"]["zone2"] = dict(file["breakdowns"]["zone"])
        file["disclosure"] = {"minimum_respondents": 12}
        file["citation"] = "Autre"

    second = published(edit(study.root, "study", change))
    difference = compare(first.path, second.path)
    found = sentences(difference, Titles(first.path, second.path))
    told = "\n".join(one["en"] for one in found)
    for expected in (
        "'Estimates' (estimates): new column 'Text' (zone2); what identifies a row",
        "so rows cannot be compared one by one",
        "New tables: 'Codes: Text' (breakdown_zone2)",
        "The method changed (disclosure rules)",
        "Texts revised: citation",
    ):
        assert expected in told, told
    assert all(one["fr"] != one["en"] for one in found)


def test_comparing_a_release_with_itself_finds_nothing(first: ReleaseOutcome) -> None:
    difference = compare(first.path, first.path)
    assert not sentences(difference, Titles(first.path, first.path))
    assert computed_bump(difference) == "patch"
    assert not needs_erratum(difference)


def test_comparing_backwards_turns_added_into_removed(tmp_path: Path) -> None:
    short = published(declared(tmp_path / "a"), lambda rows: rows[:-2])
    whole = published(declared(tmp_path / "b"))
    forth, back = compare(short.path, whole.path), compare(whole.path, short.path)
    assert forth.tables[0].rows and back.tables[0].rows
    assert (forth.tables[0].rows.added, back.tables[0].rows.removed) == (2, 2)
    assert (computed_bump(forth), computed_bump(back)) == ("minor", "major")


def test_a_code_taken_away_is_major_and_a_new_one_minor(tmp_path: Path) -> None:
    one = published(declared(tmp_path / "a"))
    study = declared(tmp_path / "b")
    codes = study.folder / "codelists" / "zone.csv"
    codes.write_text(codes.read_text("utf-8") + "W,Ouest,West,answer\n", "utf-8")
    wider = published(declared(tmp_path / "b"))
    forth, back = compare(one.path, wider.path), compare(wider.path, one.path)
    assert (computed_bump(forth), computed_bump(back)) == ("minor", "major")
    told = sentences(forth, Titles(one.path, wider.path))
    assert told[0] == {
        "fr": "« Estimations » (estimates) : « Texte » (zone) peut aussi valoir « Ouest » (W) ; "
        "3 lignes ajoutées.",
        "en": "'Estimates' (estimates): 'Text' (zone) may also be 'West' (W); 3 rows added.",
    }


def test_tables_that_changed_alike_share_a_sentence_and_counts_agree_with_their_noun() -> None:
    same = {"codes_added": {"status": ("not_asked",)}, "is_judged": True}
    tables = (
        TableDifference("estimates", **same), TableDifference("nets", **same),
        TableDifference("waves", rows=RowCounts(added=1, changed=1234)),
    )  # fmt: skip
    told = sentences(Difference(tables, method=("waves.2016", "weights")), NoTitles())
    assert [one["en"] for one in told] == [
        "estimates, nets: status may also be 'question not asked' (not_asked).",
        "waves: 1 row added; 1,234 rows changed.",
        "The method changed (wave 2016, weighting): figures do not compare with those of earlier"
        " versions without care.",
    ]
    assert told[1]["fr"] == "waves : 1 ligne ajoutée ; 1\u202f234 lignes modifiées."


class NoTitles(Titles):
    """Two releases that call nothing by a title."""

    def __init__(self) -> None:
        super().__init__(Path("before"), Path("after"))

    _descriptors = ({"resources": ()}, {"resources": ()})


def test_which_columns_a_comparison_repeats_is_no_method() -> None:
    old = {"comparison": {"certain": ["none"], "shown": ["population"]}}
    new = {"comparison": {"certain": ["none"], "shown": ["population_fr", "population_en"]}}
    assert changed_method(old, new) == ()
    assert changed_method(old, {"comparison": {"certain": []}}) == ("comparison",)


@pytest.mark.parametrize(
    ("one", "bump"),
    [
        ({"fields_added": ("x",)}, "major"), ({"fields_removed": ("x",)}, "major"),
        ({"fields_changed": ("x",)}, "major"), ({"fields_reordered": True}, "major"),
        ({"keys_changed": True}, "major"), ({"rows": None}, "major"),
        ({"codes_removed": {"x": ("a",)}}, "major"), ({"rows": RowCounts(removed=1)}, "major"),
        ({"codes_added": {"x": ("a",)}}, "minor"), ({"rows": RowCounts(added=1)}, "minor"),
        ({"rows": RowCounts(changed=1, withheld=1)}, "minor"),
        ({"rows": RowCounts(changed=1, freed=1)}, "minor"),
        ({"rows": RowCounts(changed=1, restated=1)}, "patch"),
    ],
)  # fmt: skip
def test_each_reason_for_a_bump_is_enough_by_itself(one: dict[str, Any], bump: str) -> None:
    assert computed_bump(Difference((TableDifference("estimates", **one),))) == bump


def test_tables_and_method_ask_for_a_bump_too() -> None:
    assert computed_bump(Difference((), tables_removed=("nets",))) == "major"
    assert computed_bump(Difference((), method=("weights",))) == "major"
    assert computed_bump(Difference((), tables_added=("nets",))) == "minor"
    assert computed_bump(Difference((), texts=("citation",))) == "patch"


def test_an_erratum_is_asked_for_figures_that_changed_under_the_same_method() -> None:
    rows = RowCounts(changed=1, restated=1)
    figures = TableDifference("estimates", rows=rows, is_judged=True)
    assert needs_erratum(Difference((figures,)))
    assert not needs_erratum(Difference((figures,), method=("weights",)))
    assert not needs_erratum(Difference((TableDifference("waves", rows=rows),)))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda schema: schema["fields"][0].update(type="integer"), "fields_changed"),
        (lambda schema: schema["fields"][0].update({"pub:arrowType": "x"}), "fields_changed"),
        (lambda schema: schema["fields"][0]["constraints"].update(pattern="x"), "fields_changed"),
        (lambda schema: schema["fields"][7]["constraints"].pop("enum"), "fields_changed"),
        (lambda schema: schema["fields"].reverse(), "fields_reordered"),
        (lambda schema: schema.update(foreignKeys=[]), "keys_changed"),
        (lambda schema: schema["fields"][0].update(title="Autre"), None),
    ],
)
def test_what_old_code_relies_on_of_a_column_is_compared(
    first: ReleaseOutcome, tmp_path: Path, change: Callable, found: str | None
) -> None:
    after = Path(shutil.copytree(first.path, tmp_path / "after"))
    descriptor = json.loads((after / "datapackage.json").read_bytes())
    schema = next(one["schema"] for one in descriptor["resources"] if one["name"] == "estimates")
    before = json.dumps(schema)
    change(schema)
    assert json.dumps(schema) != before
    (after / "datapackage.json").chmod(0o644)
    (after / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    difference = compare(first.path, after)
    tables = [vars(one) for one in difference.tables if one.table == "estimates"]
    assert [bool(one[found]) for one in tables] == [True] if found else not tables
    assert bool(difference.texts) is (found is None)
