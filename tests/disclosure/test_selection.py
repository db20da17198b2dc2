"""What is withheld of a wave: each rule bites, and what it names is covered by others."""

import numpy as np
import polars as pl
import pytest

from pipelines import sql
from pipelines.disclosure.bases import read_bases
from pipelines.disclosure.errors import PatternTooLargeError
from pipelines.disclosure.selection import select
from tests.disclosure.made_up_wave import (
    SIZES,
    WAVE,
    estimates_of,
    question,
    respondents_of,
)

REGIONS = ("R1", "R2", "R3", "R4")


def even(regions, each):
    return {(region, size): each for region in regions for size in SIZES}


def withheld_of(study, answers, folder, item="q1"):
    """Return the withheld cells of one item as 'region/size' strings."""
    with sql.connect() as connection:
        estimates = estimates_of(study, answers, folder / "e.parquet")
        bases = read_bases(connection, study, WAVE, estimates)
    selection = select(study, bases)
    row = [key[0] for key in bases.items].index(item)
    return {"/".join(bases.cells[at]) for at in np.flatnonzero(selection.withheld[row])}


def test_an_unsafe_region_takes_the_smallest_other_region_with_it(study_of, folder):
    cells = {**even(REGIONS, 20), ("R1", "LT2000"): 2, ("R3", "LT2000"): 12}
    cells |= {("R1", "2000-19999"): 0, ("R1", "GE20000"): 0}
    assert withheld_of(study_of(), respondents_of(cells), folder) == {"R1/_T", "R3/_T"}


def test_a_wave_with_nothing_unsafe_withholds_nothing(study_of, folder):
    assert withheld_of(study_of(), respondents_of(even(REGIONS, 20)), folder) == set()


def test_a_crossing_is_protected_with_its_margins(study_of, folder):
    study = study_of(crossings=[["region", "size"]])
    cells = {**even(REGIONS, 20), ("R1", "GE20000"): 3, ("R2", "LT2000"): 12}
    withheld = withheld_of(study, respondents_of(cells), folder)
    assert len(withheld) == 4  # a rectangle: two regions, two sizes
    assert "R1/GE20000" in withheld
    assert not any("_T" in cell for cell in withheld)


def test_a_cell_of_a_small_population_is_withheld_however_many_answered(study_of, folder):
    frame = even(REGIONS, 300) | {("R1", size): 6 for size in SIZES}
    cells = {**even(REGIONS, 30), **{("R1", size): 5 for size in SIZES}}
    about = {"frame": frame, "disclosure": {"maximum_fraction": 1.0}}
    assert "R1/_T" in withheld_of(study_of(**about), respondents_of(cells), folder)
    about["population"] = "unknown"
    assert withheld_of(study_of(**about), respondents_of(cells), folder) == set()


def test_a_cell_most_of_whose_units_were_asked_is_withheld(study_of, folder):
    frame = even(REGIONS, 300) | {("R1", size): 39 for size in SIZES}
    cells = even(REGIONS, 20)
    assert "R1/_T" in withheld_of(study_of(frame=frame), respondents_of(cells), folder)
    loose = {"frame": frame, "disclosure": {"maximum_fraction": 0.9}}
    assert withheld_of(study_of(**loose), respondents_of(cells), folder) == set()


@pytest.mark.parametrize(("yes", "expected"), [(1.0, True), (0.0, True), (0.5, False)])
def test_everyone_answering_alike_is_withheld_where_most_were_asked(
    study_of, folder, yes, expected
):
    frame = even(REGIONS, 300) | {("R1", size): 39 for size in SIZES}
    study = study_of(frame=frame, disclosure={"maximum_fraction": 0.9})
    answers = pl.concat(
        [
            respondents_of({("R1", size): 20 for size in SIZES}, yes=yes),
            respondents_of(even(REGIONS[1:], 20)),
        ]
    )
    assert ("R1/_T" in withheld_of(study, answers, folder)) is expected


def test_everyone_answering_alike_is_published_where_few_were_asked(study_of, folder):
    answers = respondents_of(even(REGIONS, 20), yes=1.0)
    assert withheld_of(study_of(), answers, folder) == set()


def test_an_item_few_answered_in_a_cell_is_covered_for_that_item_only(study_of, folder):
    study = study_of(questions={"q1": question("q1"), "q2": question("q2")})
    answers = respondents_of(even(REGIONS, 20)).with_columns(q2=pl.col("q1"))
    silent = (pl.col("region") == "R1") & (pl.int_range(pl.len()).over("region") >= 8)
    answers = answers.with_columns(q2=pl.when(silent).then(pl.lit("")).otherwise("q2"))
    assert withheld_of(study, answers, folder, "q1") == set()
    few = withheld_of(study, answers, folder, "q2")
    assert "R1/_T" in few
    assert len(few) == 2


def test_a_filtered_base_a_few_people_short_is_withheld(study_of, folder):
    filtered = question("q2", asked_of={"question": "q1", "answers": ["1"]})
    study = study_of(questions={"q1": question("q1"), "q2": filtered})
    answers = pl.concat(
        [
            respondents_of({("R1", "LT2000"): 60}, yes=0.95),  # 3 of 60 said no: not asked
            respondents_of(even(REGIONS[1:], 20)),
        ]
    ).with_columns(q2=pl.when(pl.col("q1") == "1").then(pl.lit("1")).otherwise(pl.lit("")))
    assert "R1/_T" in withheld_of(study, answers, folder, "q2")
    assert "R1/_T" not in withheld_of(study, answers, folder, "q1")


def test_an_item_whose_total_is_unsafe_is_withheld_whole(study_of, folder):
    study = study_of(questions={"q1": question("q1"), "q2": question("q2")})
    answers = respondents_of(even(REGIONS, 20)).with_columns(
        q2=pl.when(pl.int_range(pl.len()) < 9).then(pl.lit("1")).otherwise(pl.lit(""))
    )
    assert "_T/_T" in withheld_of(study, answers, folder, "q2")
    assert withheld_of(study, answers, folder, "q1") == set()


def test_not_knowing_where_a_few_live_hides_a_region_too(study_of, folder):
    cells = {**even(REGIONS, 20), ("_Z", "LT2000"): 3}
    withheld = withheld_of(study_of(), respondents_of(cells), folder)
    assert "_Z/_T" in withheld
    assert len(withheld) == 2


def test_a_nested_breakdown_does_not_give_a_region_back(study_of, folder):
    zones = {"R1": "N", "R2": "N", "R3": "S", "R4": "S"}
    cells = even(REGIONS, 20) | {("R1", size): 1 for size in SIZES}
    answers = respondents_of(cells).with_columns(zone=pl.col("region").replace(zones))
    withheld = withheld_of(study_of(zones=zones), answers, folder)
    assert withheld == {"R1/_T/_T", "R2/_T/_T"}


def test_more_linked_cells_than_declared_are_refused(study_of, folder):
    study = study_of(crossings=[["region", "size"]], disclosure={"maximum_cells": 10})
    cells = {**even(REGIONS, 20), ("R1", "GE20000"): 3}
    with pytest.raises(PatternTooLargeError, match="at most 10"):
        withheld_of(study, respondents_of(cells), folder)
