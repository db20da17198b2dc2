"""Weights give hidden crossings back when figures are printed too finely, and not otherwise."""

import itertools

import numpy as np
import polars as pl
import pytest

from pipelines import sql
from pipelines.disclosure import DisclosureAuditError, audit, examine, protect, reconstruction
from pipelines.disclosure.combinations import Points, answers_near, ways_to_split
from pipelines.disclosure.reconstruction import Reconstruction, _pinned
from pipelines.disclosure.released import load_released, read_wave
from tests.disclosure.made_up_wave import WAVE, estimates_of, respondents_of

REGIONS = ("R1", "R2", "R3", "R4")
# R1 has no large town: 8 and 16 of its 24 respondents, which the effective base alone tells.
UNITS = {"LT2000": 2000, "2000-19999": 300, "GE20000": 40}
FRAME = {(region, size): count for region in REGIONS for size, count in UNITS.items()}
FRAME |= {("R1", "GE20000"): 0}
ASKED = dict.fromkeys(FRAME, 8) | {("R1", "GE20000"): 0}
ASKED |= {(region, "2000-19999"): 16 for region in REGIONS}
R1 = {"LT2000": 8, "2000-19999": 16}


def answers_of(given):
    """Respondents weighted to the units of their crossing; `given` answer 1 in R1, else half."""
    parts = [
        respondents_of(
            {(region, size): asked},
            yes=given[size] / asked if region == "R1" and asked else 0.5,
        ).with_columns(weight=pl.lit(FRAME[region, size] / max(asked, 1)))
        for (region, size), asked in ASKED.items()
    ]
    return pl.concat(parts)


def estimates(study, given, folder, *, design=False):
    """Write estimates with the stratified error and design effect, or with neither."""
    path = estimates_of(study, answers_of(given), folder / "e.parquet")
    rows = pl.read_parquet(path).with_columns(
        standard_error=pl.lit(None, pl.Float64), design_effect=pl.lit(None, pl.Float64)
    )
    if design:
        error = variance_of(given) ** 0.5
        p = share_of(given)
        effect = variance_of(given) / (p * (1 - p) / 23)
        is_r1 = pl.col("region") == "R1"
        rows = rows.with_columns(
            standard_error=pl.when(is_r1).then(error),
            design_effect=pl.when(is_r1).then(effect),
        )
    rows.write_parquet(path)
    return path


def share_of(given):
    total = sum(given[size] * UNITS[size] / asked for size, asked in R1.items())
    return total / sum(UNITS[size] for size in R1)


def variance_of(given):
    """V(p) of R1: strata are sizes, with all their respondents and units in the country."""
    p, total = share_of(given), 0.0
    for size, asked in R1.items():
        u = np.array([1 - p] * given[size] + [-p] * (asked - given[size]))
        u = u * UNITS[size] / asked / sum(UNITS[one] for one in R1)
        sample = sum(count for (_, one), count in ASKED.items() if one == size)
        squares = (u**2).sum() - u.sum() ** 2 / sample
        total += (1 - sample / (4 * UNITS[size])) * sample / (sample - 1) * squares
    return total


# With 7 small towns instead of 8, the others cannot make up 0.886, but they can make up 0.89.
ALL_OF_THE_SMALL = {"LT2000": 8, "2000-19999": 2}
NONE_OF_THE_SMALL = {"LT2000": 0, "2000-19999": 2}


def is_withheld(study, given, folder, **more):
    path = estimates(study, given, folder, **more)
    protect(study, WAVE, path, folder / "p.parquet")
    rows = pl.read_parquet(folder / "p.parquet").filter(region="R1", answer="1")
    return rows["status"].to_list() == ["withheld"]


def test_a_share_with_three_decimals_tells_that_every_small_town_said_yes(study_of, folder):
    study = study_of(frame=FRAME, disclosure={"precision": {"share": 3}})
    assert is_withheld(study, ALL_OF_THE_SMALL, folder)


def test_whole_percents_do_not_tell_it(study_of, folder):
    study = study_of(frame=FRAME)
    assert not is_withheld(study, ALL_OF_THE_SMALL, folder)


def test_the_audit_finds_what_a_file_with_fine_shares_gives_away(study_of, folder):
    coarse = study_of(frame=FRAME)
    path = estimates(coarse, ALL_OF_THE_SMALL, folder)
    protect(coarse, WAVE, path, folder / "p.parquet")
    fine = study_of(frame=FRAME, disclosure={"precision": {"share": 3}})
    shares = pl.read_parquet(path).select("answer", "region", "size", "value")
    rows = pl.read_parquet(folder / "p.parquet")
    finer = pl.col("value_right").round(3).cast(rows.schema["value"])
    opened = (
        rows.join(shares, on=["answer", "region", "size"])
        .with_columns(value=pl.when(status="published").then(finer))
        .select(rows.columns)
    )
    opened.write_parquet(folder / "fine.parquet")
    with pytest.raises(DisclosureAuditError, match="weights give away"):
        audit(fine, [folder / "fine.parquet"])


def test_a_share_near_zero_is_counted_as_staying_not_as_found(study_of, folder):
    study = study_of(frame=FRAME)
    path = estimates(study, NONE_OF_THE_SMALL, folder)
    protect(study, WAVE, path, folder / "p.parquet")
    report = examine(study, [folder / "p.parquet"])
    assert report.crossings_staying > 0
    assert report.findings == []
    assert "crossings_staying" not in report.public()


def test_a_crossing_most_of_whose_units_answered_may_not_even_stay(study_of, folder):
    study = study_of(frame=FRAME, disclosure={"group_fraction": 0.004})
    assert is_withheld(study, NONE_OF_THE_SMALL, folder)


def test_the_printed_error_and_design_effect_take_part_in_the_attack(study_of, folder):
    # 0.27: 2 small towns and 3 others, or 1 small town and 9 others; only the error tells which.
    given = {"LT2000": 2, "2000-19999": 6}
    with_errors = reconstructed(study_of(frame=FRAME), given, folder, design=True)
    without = reconstructed(study_of(frame=FRAME), given, folder)
    assert 0 < with_errors < without


def reconstructed(study, given, folder, **more):
    """Return how many combinations fit the figures that R1 prints for its yes."""
    path = estimates(study, given, folder, **more)
    protect(study, WAVE, path, folder / "p.parquet")
    with sql.connect() as connection:
        load_released(connection, study, [[folder / "p.parquet"]])
        wave = read_wave(connection, study, WAVE, 1)
    now, cell = wave.items["q1", "_Z", "_Z", "share"][0], wave.cells.index(("R1", "_T"))
    inside = dict(reconstruction._crossings(study, wave, Reconstruction([])))[cell]
    printed = reconstruction._printed(now, cell, inside)
    ways = next(reconstruction._ideas(reconstruction._rules(study), printed))
    near = answers_near(ways, np.array([printed.values[1]]), 0.005)
    return reconstruction._fits(printed, [1], near, 0.005).sum()


def test_combinations_are_all_those_that_give_the_base_and_the_shares():
    units, respondents, effective, half = (30.0, 7.0, 200.0), 9, 4.2, 0.02
    values = np.array([0.31, 0.9999, 0.6])
    found = answers_near(ways_to_split(units, None, respondents, effective), values, half)
    assert np.allclose(found.share, (found.weight * found.given).sum(axis=1))
    for answer, value in enumerate(values):
        mine = found.answer == answer
        points = list(map(tuple, np.hstack([found.split[mine], found.given[mine]])))
        expected = list(every_combination(units, respondents, effective, value, half))
        assert sorted(points) == sorted(expected)
        assert expected


def every_combination(units, respondents, effective, value, half):
    """Give (split, given) one by one, as the definition says."""
    ranges = [range(min(respondents, int(one)) + 1) for one in units]
    for split in itertools.product(*ranges):
        if sum(split) != respondents:
            continue
        whole = sum(one for one, people in zip(units, split, strict=True) if people)
        weights = [
            one / people / whole if people else 0 for one, people in zip(units, split, strict=True)
        ]
        base = 1 / sum(w**2 * people for w, people in zip(weights, split, strict=True))
        if abs(base - effective) > 0.5:
            continue
        for given in itertools.product(*(range(people + 1) for people in split)):
            share = sum(w * people for w, people in zip(weights, given, strict=True))
            if abs(share - value) <= half + 1e-9:
                yield (*split, *given)


def test_too_many_combinations_are_not_tried_and_nothing_is_claimed():
    assert ways_to_split((1e6, 1e6, 1e6), None, 5_000, 2_500.0) is None


def test_nothing_is_tried_where_the_frame_does_not_count(study_of, folder):
    study = study_of(frame=FRAME, population="unknown")
    path = estimates(study, ALL_OF_THE_SMALL, folder)
    report_rules = protect(study, WAVE, path, folder / "p.parquet").rules_not_run
    report = examine(study, [folder / "p.parquet"])
    assert report.crossings_not_examined == 0
    assert "weights" in report.rules_not_run
    assert "minimum_population" in report_rules


@pytest.mark.parametrize(
    ("points", "is_pinned"),
    [
        ([(1, 1)], True), ([(1, 0)], True),  # the only one of a crossing
        ([(10, 10)], True), ([(10, 0), (9, 0)], True), ([(11, 11)], False),  # small, or not
        ([(0, 0)], False), ([(2, 0), (2, 2)], False), ([(2, 1)], False),
        ([(0, 0), (3, 3)], False), ([(0, 0), (3, 0)], True),  # nobody there: not everyone said so
    ],
)  # fmt: skip
def test_a_small_crossing_is_pinned_when_every_combination_says_all_or_none(points, is_pinned):
    split, given = (np.array([[one[at]] for one in points]) for at in (0, 1))
    zeros = np.zeros(len(points))
    found = _pinned(Points(zeros.astype(np.intp), zeros, split, given, zeros), 1, 11)
    assert found.tolist() == [[is_pinned]]
