"""The synthetic extract is what it says: fixed bytes, a real frame, made-up people."""

import csv
import datetime as dt
import io
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from pipelines import PROJECT
from pipelines.intake import check_delivery, deliveries, read_extract
from pipelines.study import Study, load_study
from pipelines.validation.validate import validate
from tools.synthetic_mayors import draws
from tools.synthetic_mayors.answers import answers
from tools.synthetic_mayors.calibration import Respondents, choose
from tools.synthetic_mayors.extract import EXTRACT, build, respondents, write_delivery
from tools.synthetic_mayors.sample import ABSENT_IN_2016, REGION_GROUPS, draw, frame

STUDY, WAVE = "phare-institutions", "2016"
DELIVERY = PROJECT / "raw" / STUDY / WAVE / "2016-11-synthetique"
FIGURES = PROJECT / "schemas" / STUDY / "published-figures.csv"
PINNED = 0.36929919305929854  # numpy 2, PCG64; must not move with another version


@pytest.fixture(scope="module")
def extract() -> pl.DataFrame:
    return build()


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(PROJECT, STUDY)


@pytest.fixture(scope="module")
def responses(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed delivery, read and validated by the pipeline itself."""
    folder = tmp_path_factory.mktemp("wave")
    (delivery,) = deliveries(PROJECT, STUDY, WAVE)
    check_delivery(delivery)
    read_extract(delivery.extract, study.wave(WAVE).extract, folder / "raw.parquet")
    summary = validate(study, study.wave(WAVE), folder / "raw.parquet", folder)
    assert (summary.read, summary.accepted, summary.rejected) == (304, 304, 0)
    return folder / "responses.parquet"


def test_the_generator_gives_the_committed_delivery_byte_for_byte(tmp_path):
    write_delivery(tmp_path)
    for name in (EXTRACT, "sidecar.yaml"):
        assert (tmp_path / name).read_bytes() == (DELIVERY / name).read_bytes(), name


def test_the_delivery_is_declared_synthetic_and_without_personal_data():
    (delivery,) = deliveries(PROJECT, STUDY, WAVE)
    assert delivery.sidecar.synthetic
    assert not delivery.sidecar.personal_data
    assert "aucune ligne ne décrit un maire réel" in (delivery.sidecar.note or "")
    assert "no row describes a real mayor" in (delivery.sidecar.note or "")


def test_the_bytes_are_those_of_a_french_institute():
    content = (DELIVERY / EXTRACT).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    text = content.decode("cp1252")
    assert text.count("\n") == text.count("\r\n") == 305
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert all(re.fullmatch(r"\d,\d{6}", row["poids"]) for row in rows)
    assert any(row["code_insee"].startswith("0") for row in rows)
    assert {"NSP", "Refus"} <= {cell for row in rows for cell in row.values()}
    days = {dt.datetime.strptime(row["date_entretien"], "%d/%m/%Y").date() for row in rows}
    assert dt.date(2016, 10, 3) <= min(days) <= max(days) <= dt.date(2016, 10, 28)


def test_e_mails_and_verbatims_are_numbered_placeholders(extract):
    numbers = [f"{number:03d}" for number in range(1, 305)]
    assert extract["courriel"].to_list() == [f"maire{one}@exemple.invalid" for one in numbers]
    said = [text for text in extract["verbatim"] if text]
    assert 100 < len(said) < 304
    assert all(re.fullmatch(r"Verbatim synthétique n° \d+", text) for text in said)


def test_every_commune_is_metropolitan_inhabited_drawn_once_and_existed_in_2016():
    drawn = draw()
    absent = set(pl.read_csv(ABSENT_IN_2016, infer_schema=False)["insee_code"])
    assert absent == {"76601", "85165", "85212"}
    assert drawn["insee_code"].n_unique() == drawn.height == 304
    assert not absent & set(drawn["insee_code"])
    assert drawn["population"].min() > 0
    assert drawn.join(frame(), on=drawn.columns).height == 304


def test_size_classes_are_about_equal_and_corsica_is_too_small_to_stand_alone():
    drawn = draw()
    sizes = dict(drawn["size"].value_counts().iter_rows())
    assert sizes == {"<2000": 102, "2000-19999": 101, "20000+": 101}
    assert 1 <= drawn.filter(pl.col("region") == "94").height <= 5
    assert drawn["region_group"].value_counts()["count"].min() >= 11


@pytest.mark.parametrize("margin", ["region_group", "size"])
def test_weights_agree_with_the_real_numbers_of_communes(extract, margin):
    weighted = draw().with_columns(
        extract["poids"].str.replace(",", ".").cast(pl.Float64).alias("weight")
    )
    got = weighted.group_by(margin).agg(pl.col("weight").sum() / 304).sort(margin)
    communes = pl.read_csv(
        PROJECT / "schemas" / "codelists" / "communes-2024.csv", infer_schema=False
    ).filter(pl.col("zone") == "metro")
    real = (
        communes.with_columns(
            pl.col("region_code").replace(REGION_GROUPS).alias("region_group"),
            pl.col("size3").alias("size"),
        )
        .group_by(margin)
        .agg(pl.len() / 34_806)
        .sort(margin)
    )
    assert got[margin].to_list() == real[margin].to_list()
    np.testing.assert_allclose(got["weight"], real["len"], rtol=1e-4)


def test_answers_do_not_change_when_communes_are_exchanged_within_region_and_size():
    sample = draw()
    others = sample.with_columns(
        pl.col("insee_code").reverse().over("region_group", "size"),
        pl.col("population").reverse().over("region_group", "size"),
    )
    assert not others.equals(sample)
    before, after = answers(respondents(sample)), answers(respondents(others))
    assert all((before[name] == after[name]).all() for name in before)


def test_answers_change_when_respondents_exchange_region_and_size():
    people = respondents(draw())
    turned = Respondents(*(np.roll(values, 1) for values in vars(people).values()))
    before, after = answers(people), answers(turned)
    assert any((before[name] != after[name]).any() for name in before)


def test_the_summary_of_the_sixteen_domains_agrees_with_the_sixteen_answers(extract, study):
    columns = [f"partenariat_{domain}" for domain in study.codelists["domain"].names]
    every = extract.select(pl.all_horizontal(pl.col(columns) == "Oui")).to_series()
    assert every.to_list() == (extract["partenariat_16_domaines"] == "Oui").to_list()


def test_one_to_three_levers_are_ticked_and_nothing_is_missing_stands_alone(extract):
    ticked = extract.select(pl.sum_horizontal(pl.col("^manque_.*$") == "Oui")).to_series()
    assert set(ticked) == {1, 2, 3}
    assert set(ticked.filter(extract["manque_rien"] == "Oui")) == {1}


def test_figures_that_hold_by_construction_come_out_of_the_pipeline_after_rounding(
    study, responses
):
    wanted = [row for row in _figures() if row["kind"] == "by_construction"]
    assert len(wanted) == 10
    for row in wanted:
        got = _share(study, responses, row)
        rounded = Decimal(str(got)).quantize(Decimal(10) ** -int(row["decimals"]), ROUND_HALF_UP)
        assert rounded == Decimal(row["published"]), (row["figure"], got)


def test_no_other_region_is_at_the_lowest_or_the_highest_published_share(study, responses):
    row = next(one for one in _figures() if one["figure"] == "innovation-28")
    for code in study.codelists["region-12"].names:
        if code not in {"28", "84", "76"}:
            assert 0.775 < _share(study, responses, row | {"code": code}) < 0.995, code


def test_alliances_convince_alike_in_every_size_class(study, responses):
    row = next(one for one in _figures() if one["figure"] == "innovation-national")
    for code in study.codelists["commune-size"].names:
        cell = {"breakdown": "commune_size", "code": code}
        assert _share(study, responses, row | cell) == pytest.approx(0.87, abs=0.02), code


def test_seven_in_ten_hold_for_each_priority_and_for_all_three_together(responses):
    three = "priorite_impulser || priorite_animer || priorite_accompagner"
    share = duckdb.sql(
        f"SELECT CAST(sum(poids) FILTER ({three} = '111') / sum(poids) AS DOUBLE)"
        f" FROM '{responses}'"
    ).fetchall()[0][0]
    assert round(share, 1) == 0.7


def test_the_stream_of_random_numbers_is_pinned():
    assert draws.uniform("pinned", 2).tolist() == draws.uniform("pinned", 3)[:2].tolist()
    assert draws.uniform("pinned", 1)[0] == pytest.approx(PINNED, abs=1e-15)
    assert draws.uniform("another", 1)[0] != draws.uniform("pinned", 1)[0]


def test_a_share_that_no_choice_reaches_is_refused():
    three = np.array(["11", "11", "11"])
    people = Respondents(three, three, np.array([1.0, 1.0, 1.0]), np.zeros(3, dtype=np.int64))
    everyone = np.ones(3, dtype=bool)
    assert choose(people, np.array([0.0, 2.0, 1.0]), everyone, 2.0, 0.1).tolist() == [
        False, True, True,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no choice of respondents"):
        choose(people, np.zeros(3), everyone, 1.5, 0.1)


def _figures() -> list[dict[str, str]]:
    with FIGURES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _share(study: Study, responses: Path, row: dict[str, str]) -> float:
    """The weighted share of a published figure, from its declared item and plain SQL."""
    (item,) = (
        one
        for one in study.items
        if (one.question, one.domain, one.actor) == (row["question"], row["domain"], row["actor"])
    )
    scale = study.codelists[study.questions[item.question].scale]
    net = scale.about.nets.get(row["answer"])
    if item.ticks:
        column, yes, base = item.columns[item.ticks.index(row["answer"])], ("1",), ("0", "1")
    else:
        column, base = item.columns[0], item.answers
        yes = net.answers if net else (row["answer"],)
    where = f"by_{row['breakdown']} = '{row['code']}'" if row["breakdown"] else "true"
    return duckdb.execute(
        f"SELECT CAST(sum(poids) FILTER ({column} IN (SELECT unnest($yes)))"
        f" / sum(poids) FILTER ({column} IN (SELECT unnest($base))) AS DOUBLE)"
        f" FROM '{responses}' WHERE {where}",
        {"yes": list(yes), "base": list(base)},
    ).fetchall()[0][0]
