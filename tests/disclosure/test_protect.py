"""What is published of one wave: thresholds, emptied rows, rounding, form."""

import math
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.disclosure import EstimatesUnfitError, protect
from pipelines.study.tables import FIGURES, estimates_table
from tests.disclosure.made_up_wave import SIZES, WAVE, estimates_of, question, respondents_of


def protected_of(study, answers, folder, name="protected"):
    estimates = estimates_of(study, answers, folder / f"{name}-estimates.parquet")
    protect(study, WAVE, estimates, folder / f"{name}.parquet")
    return pl.read_parquet(folder / f"{name}.parquet")


def even(regions, each):
    return {(region, size): each for region in regions for size in SIZES}


REGIONS = ("R1", "R2", "R3", "R4")


def test_a_cell_below_the_threshold_is_withheld_and_one_at_the_threshold_is_not(study_of, folder):
    cells = {("R1", "LT2000"): 10, ("R2", "LT2000"): 11, ("R3", "LT2000"): 40}
    cells |= {("R4", "LT2000"): 10, ("R3", "2000-19999"): 40, ("R3", "GE20000"): 40}
    table = protected_of(study_of(), respondents_of(cells), folder)
    status = {row["region"]: row["status"] for row in table.to_dicts() if row["size"] == "_T"}
    assert status["R1"] == status["R4"] == "withheld"
    assert status["R3"] == status["_T"] == "published"


def test_every_figure_of_a_withheld_row_is_empty(study_of, folder):
    cells = {**even(REGIONS[1:], 20), ("R1", "LT2000"): 3}
    table = protected_of(study_of(), respondents_of(cells), folder)
    withheld = table.filter(pl.col("status") == "withheld")
    assert withheld.height
    assert withheld.select(pl.col(FIGURES).is_null().all()).row(0) == (True,) * len(FIGURES)


def test_an_empty_cell_is_withheld_unless_the_frame_counts_nobody_there(study_of, folder):
    frame = even(REGIONS, 300) | {("R1", "GE20000"): 0, ("R2", "GE20000"): 30}
    study = study_of(frame=frame, crossings=[["region", "size"]])
    cells = even(REGIONS, 30) | {("R1", "GE20000"): 0, ("R2", "GE20000"): 0}
    table = protected_of(study, respondents_of(cells), folder)
    big = table.filter(pl.col("size") == "GE20000")
    status = {row["region"]: row["status"] for row in big.to_dicts()}
    assert (status["R1"], status["R2"]) == ("not_applicable", "withheld")
    empty = big.filter(pl.col("region") == "R1")
    assert empty.select(pl.col(FIGURES).is_null().all()).row(0) == (True,) * len(FIGURES)


def test_a_region_recoded_into_another_is_not_applicable(study_of, folder):
    study = study_of(recode={"R4": "R3"})
    table = protected_of(study, respondents_of(even(REGIONS[:3], 20)), folder)
    status = {row["region"]: row["status"] for row in table.to_dicts()}
    assert (status["R3"], status["R4"]) == ("published", "not_applicable")


def test_respondents_where_the_frame_counts_nobody_stop_the_run(study_of, folder):
    study = study_of(frame=even(REGIONS, 300) | {("R1", size): 0 for size in SIZES})
    with pytest.raises(EstimatesUnfitError, match="frame counts no unit"):
        protected_of(study, respondents_of(even(REGIONS, 20)), folder)


def test_an_item_that_few_answered_is_withheld_alone(study_of, folder):
    study = study_of(questions={"q1": question("q1"), "q2": question("q2")})
    answers = respondents_of(even(REGIONS, 20)).with_columns(q2=pl.col("q1"))
    few = (pl.col("region") == "R1") & (pl.int_range(pl.len()).over("region") >= 8)
    answers = answers.with_columns(q2=pl.when(few).then(pl.lit("")).otherwise("q2"))
    table = protected_of(study, answers, folder).filter(pl.col("region") == "R1")
    assert dict(table.select("question", "status").unique().iter_rows()) == {
        "q1": "published",
        "q2": "withheld",
    }


def test_a_national_row_below_the_threshold_is_withheld_too(study_of, folder):
    table = protected_of(study_of(), respondents_of({("R1", "LT2000"): 10}), folder)
    assert set(table["status"]) == {"withheld"}


def test_values_and_errors_are_rounded_as_declared_and_bounds_outwards(study_of, folder):
    answers = respondents_of(even(REGIONS, 20), yes=1 / 3)
    table = protected_of(study_of(), answers, folder).filter(pl.col("answer") == "1")
    share = 7 / 20
    error = math.sqrt(share * (1 - share) / 240)
    national = table.filter(region="_T", size="_T").to_dicts()[0]
    assert national["value"] == Decimal("0.350")
    assert national["standard_error"] == Decimal("0.031") == round(Decimal(error), 3)
    assert national["ci_low"] == Decimal("0.289")  # 0.28966: down
    assert national["ci_high"] == Decimal("0.411")  # 0.41034: up
    region = table.filter(region="R1").to_dicts()[0]
    assert region["standard_error"] == Decimal("0.06")
    assert (region["ci_low"], region["ci_high"]) == (Decimal("0.22"), Decimal("0.48"))


def test_a_bound_that_is_already_round_stays_where_it_is(study_of, folder):
    study = study_of()
    estimates = estimates_of(study, respondents_of(even(REGIONS, 20)), folder / "e.parquet")
    pl.read_parquet(estimates).with_columns(
        ci_low=pl.lit(0.1 + 0.2), ci_high=pl.lit(0.7 + 1e-16)
    ).write_parquet(estimates)
    protect(study, WAVE, estimates, folder / "p.parquet")
    table = pl.read_parquet(folder / "p.parquet").filter(status="published")
    assert set(table["ci_low"]) == {Decimal("0.3")}
    assert set(table["ci_high"]) == {Decimal("0.7")}


def test_what_declared_decimals_say_is_what_is_printed(study_of, folder):
    study = study_of(disclosure={"precision": {"national_share": 2, "share": 1}})
    answers = respondents_of(even(REGIONS, 20), yes=1 / 3)
    table = protected_of(study, answers, folder).filter(answer="1")
    assert table.filter(region="_T", size="_T")["value"].to_list() == [Decimal("0.35")]
    assert set(table.filter(region="R1")["value"]) == {Decimal("0.4")}


def test_means_have_their_own_decimals(study_of, folder):
    study = study_of()
    estimates = estimates_of(study, respondents_of(even(REGIONS, 20)), folder / "e.parquet")
    pl.read_parquet(estimates).filter(answer="1").with_columns(
        measure=pl.lit("mean"), answer=pl.lit("_Z"), value=pl.lit(5.678)
    ).write_parquet(estimates)
    protect(study, WAVE, estimates, folder / "p.parquet")
    table = pl.read_parquet(folder / "p.parquet")
    assert table.filter(region="_T", size="_T")["value"].to_list() == [Decimal("5.68")]
    assert set(table.filter(region="R1")["value"]) == {Decimal("5.7")}


def test_answering_is_national_and_effective_respondents_are_whole(study_of, folder):
    answers = respondents_of(even(REGIONS, 20)).with_columns(
        weight=pl.when(size="LT2000").then(2.5).otherwise(0.3)
    )
    table = protected_of(study_of(), answers, folder)
    below = table.filter((pl.col("region") != "_T") | (pl.col("size") != "_T"))
    assert below["answering"].is_null().all()
    assert table.filter(region="_T", size="_T")["answering"].to_list() == [120, 120]
    assert all(count == int(count) for count in table["effective_respondents"])
    assert table.filter(region="R1")["weighted_base"].to_list() == [62, 62]


def test_the_protected_table_has_exactly_the_declared_columns_types_and_order(study_of, folder):
    study = study_of(crossings=[["region", "size"]])
    protected_of(study, respondents_of(even(REGIONS, 20)), folder)
    schema = pq.read_schema(folder / "protected.parquet")
    assert tuple(schema.names) == estimates_table(study).columns
    assert str(schema.field("respondents").type) == "decimal128(9, 0)"
    assert str(schema.field("value").type) == "decimal128(15, 3)"
    assert str(schema.field("region").type) == "string"
    rows = pl.read_parquet(folder / "protected.parquet")
    assert rows.equals(rows.sort(estimates_table(study).primary_key))


def test_a_figure_that_is_not_a_number_is_published_empty(study_of, folder):
    study = study_of()
    estimates = estimates_of(study, respondents_of(even(REGIONS, 20)), folder / "e.parquet")
    pl.read_parquet(estimates).with_columns(
        standard_error=pl.lit(math.nan), design_effect=pl.lit(math.inf)
    ).write_parquet(estimates)
    protect(study, WAVE, estimates, folder / "p.parquet")
    table = pl.read_parquet(folder / "p.parquet")
    assert table["standard_error"].is_null().all()
    assert table["design_effect"].is_null().all()


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_same_rows_in_any_order_give_the_same_bytes(study_of, folder, monkeypatch, threads):
    study = study_of(crossings=[["region", "size"]])
    estimates = estimates_of(study, respondents_of(even(REGIONS, 15)), folder / "e.parquet")
    protect(study, WAVE, estimates, folder / "first.parquet")
    monkeypatch.setenv("PHARE_THREADS", threads)
    for seed in range(3):
        shuffled = pl.read_parquet(estimates).sample(fraction=1, shuffle=True, seed=seed)
        shuffled.write_parquet(folder / "shuffled.parquet")
        protect(study, WAVE, folder / "shuffled.parquet", folder / "again.parquet")
        assert (folder / "again.parquet").read_bytes() == (folder / "first.parquet").read_bytes()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda rows: rows.drop("design_effect"), "design_effect"),
        (lambda rows: rows.with_columns(wave=pl.lit("1999")), "wave"),
        (lambda rows: rows.with_columns(region=pl.lit(None, pl.String)), "key"),
        (lambda rows: rows.with_columns(respondents=pl.lit(None, pl.Int64)), "respondents"),
        (lambda rows: rows.with_columns(respondents=pl.int_range(pl.len())), "two bases"),
        (lambda rows: rows.head(0), "no estimate"),
    ],
)
def test_estimates_that_cannot_be_protected_are_refused_and_nothing_is_written(
    study_of, folder, damage, said
):
    study = study_of()
    estimates = estimates_of(study, respondents_of(even(REGIONS, 20)), folder / "e.parquet")
    damage(pl.read_parquet(estimates)).write_parquet(estimates)
    with pytest.raises(EstimatesUnfitError, match=said):
        protect(study, WAVE, estimates, folder / "p.parquet")
    assert [path.name for path in folder.iterdir()] == ["e.parquet"]


def test_the_report_counts_cells_by_table_and_never_people(study_of, folder):
    study = study_of(population="unknown")
    cells = {**even(REGIONS[1:], 20), ("R1", "LT2000"): 3}
    estimates = estimates_of(study, respondents_of(cells), folder / "e.parquet")
    report = protect(study, WAVE, estimates, folder / "p.parquet")
    written = duckdb.sql(
        f"SELECT status, count(*) FROM '{folder}/p.parquet' WHERE answer = '1' GROUP BY status"
    ).fetchall()
    assert {status: report.cells(status) for status, _ in written} == dict(written)
    assert report.rules_not_run == ("minimum_population", "maximum_fraction")
    assert set(report.public()["tables"]) == {"", "region", "size"}
