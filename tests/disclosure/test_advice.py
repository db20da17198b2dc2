"""What the policy costs, and what grouping codes would save."""

import polars as pl

from pipelines import sql
from pipelines.disclosure import advise
from pipelines.disclosure.bases import read_bases
from pipelines.disclosure.regrouping import ungrouped
from pipelines.study import TOTAL
from pipelines.workspace import write_private
from tests.disclosure.made_up_wave import SIZES, WAVE, estimates_of, respondents_of

REGIONS = ("R1", "R2", "R3", "R4")


def wave(study, folder, small):
    cells = {(region, size): 20 for region in REGIONS for size in SIZES}
    cells |= {(region, size): 0 for region in small for size in SIZES}
    cells |= {(region, "LT2000"): count for region, count in small.items()}
    return estimates_of(study, respondents_of(cells), folder / "e.parquet")


def test_grouping_two_small_regions_is_advised_with_what_it_frees(study_of, folder):
    study = study_of()
    advice = advise(study, WAVE, wave(study, folder, {"R1": 6, "R2": 7}))
    best = advice.groupings[0]
    assert (best.breakdown, best.codes) == ("region", ("R1", "R2"))
    assert best.freed == 2


def test_the_cost_is_told_at_three_thresholds_and_the_declared_one(study_of, folder):
    study = study_of(disclosure={"minimum_respondents": 8})
    advice = advise(study, WAVE, wave(study, folder, {"R1": 4, "R2": 10}))
    costs = {one.minimum_respondents: (one.unsafe, one.withheld) for one in advice.costs}
    assert costs == {3: (0, 0), 5: (1, 2), 8: (1, 2), 11: (2, 2)}


def test_a_wave_with_nothing_withheld_needs_no_grouping(study_of, folder):
    study = study_of()
    assert advise(study, WAVE, wave(study, folder, {})).groupings == ()


def test_a_grouping_that_frees_nothing_is_not_advised(study_of, folder):
    study = study_of()
    advice = advise(study, WAVE, wave(study, folder, {"R1": 2}))
    assert all(one.freed > 0 for one in advice.groupings)


def test_the_advice_is_written_for_its_owner_only(study_of, folder):
    study = study_of()
    advice = advise(study, WAVE, wave(study, folder, {"R1": 6, "R2": 7}))
    write_private(folder / "advice.json", advice.private())
    assert (folder / "advice.json").stat().st_mode & 0o777 == 0o600


def test_what_a_declared_grouping_saved_is_told(study_of, folder):
    # R4 (4 respondents) is counted with R3: alone it would go, with the smallest other region.
    study = study_of(recode={"R4": "R3"})
    cells = {(region, size): 20 for region in REGIONS[:3] for size in SIZES}
    estimates = estimates_of(study, respondents_of(cells), folder / "e.parquet")
    people = {"R1": 60, "R2": 60, "R3": 56, "R4": 4}
    commune = {code: f"{at * len(SIZES):02}000" for at, code in enumerate(REGIONS)}
    weighted = pl.DataFrame(
        {
            "insee": [commune[region] for region, count in people.items() for _ in range(count)],
            "by_region": [
                "R3" if region == "R4" else region
                for region, count in people.items()
                for _ in range(count)
            ],
            "by_size": ["LT2000"] * 180,
        }
    )
    weighted.write_parquet(folder / "w.parquet")
    with sql.connect() as connection:
        bases = read_bases(connection, study, WAVE, estimates)
    finer = ungrouped(study, WAVE, bases, folder / "w.parquet", "region")
    counts = dict(
        zip(finer.cells, zip(finer.respondents[0], finer.population, strict=True), strict=True)
    )
    units = dict(zip(bases.cells, bases.population, strict=True))["R3", TOTAL]
    assert (counts["R3", TOTAL][0], counts["R4", TOTAL][0]) == (56, 4)
    assert counts["R3", TOTAL][1] + counts["R4", TOTAL][1] == units > counts["R4", TOTAL][1] > 0
    (saved,) = advise(study, WAVE, estimates, folder / "w.parquet").saved
    assert (saved.breakdown, saved.grouped) == ("region", ("R4",))
    assert (saved.withheld, saved.withheld_without) == (0, 2)
    assert saved.cells_without == saved.cells + 1
