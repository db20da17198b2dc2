"""Calibrated weights: equal to R's, exact on the margins, refused when margins cannot be met."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.estimation import CalibrationError, weigh
from pipelines.estimation.calibration import GAP, SWEEPS, Margin, rake
from pipelines.study import Study, load_study
from pipelines.study.model import Calibration
from pipelines.validation.design import design_columns

FOLDER = Path(__file__).parent / "reference"
CASES = {
    case["id"]: case for case in json.loads((FOLDER / "expected.json").read_text("utf-8"))["cases"]
}


@pytest.mark.parametrize("sample", ["mayors_s1", "mayors_s2"])
def test_raked_weights_are_those_of_r(sample: str) -> None:
    mayors = pl.read_csv(FOLDER / f"{sample}.csv", schema_overrides={"region": pl.String})
    frame = pl.read_csv(FOLDER / "frame_3classes.csv", schema_overrides={"region": pl.String})
    margins = []
    for name in ("region", "size"):
        counts = frame.group_by(name).agg(pl.col("N").sum()).sort(name)
        place = {code: at for at, code in enumerate(counts[name])}
        margins.append(
            Margin(
                name,
                np.array([place[one] for one in mayors[name]]),
                counts["N"].to_numpy().astype(float),
            )
        )
    weights, _, gap = rake(np.ones(mayors.height), margins, mayors["w_design"].to_numpy())
    assert gap < GAP
    expected = CASES[f"{sample}/rake_weights"]["expected"]["weights"]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_raking_stops_at_the_first_sweep_that_meets_every_margin() -> None:
    people = np.array([10.0, 20.0, 30.0, 40.0])
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    met = [Margin("a", rows, np.array([30.0, 70.0])), Margin("b", columns, np.array([40.0, 60.0]))]
    weights, sweeps, _ = rake(people, met, people)
    assert sweeps == 1 and weights == pytest.approx(people)
    other = [met[0], Margin("b", columns, np.array([50.0, 50.0]))]
    _, sweeps, gap = rake(people, other, people)
    assert 1 < sweeps < SWEEPS and gap < GAP
    assert rake(people, other, people)[1] == sweeps


def calibrated(method: str, margins: list[list[str]], **more: object) -> Study:
    study = load_study(Path(__file__).parents[2], "phare-institutions")
    calibration = Calibration(method=method, margins=margins, **more)
    changed = {"column": None, "calibration": calibration, "maximum_ratio": 5000.0}
    weights = study.about.weights.model_copy(update=changed)
    about = study.about.model_copy(update={"weights": weights})
    return Study(study.root, about, study.questions, study.waves, study.codelists)


def responses(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "_line": range(2, len(rows) + 2),
            "by_region": [region for region, _ in rows],
            "by_commune_size": [size for _, size in rows],
        }
    )


REGIONS = ["11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84", "93-94"]
SIZES = ["LT2000", "2000-19999", "GE20000"]
EVERYWHERE = [(region, size) for region in REGIONS for size in SIZES for _ in range(4)]
# six destroyed communes of Grand Est have no inhabitant, hence no size class: collapse them
KNOWN = {"collapse": {"commune_size": {"_Z": "LT2000"}}}


def run(study: Study, rows: list[tuple[str, str]], folder: Path) -> pl.DataFrame:
    responses(rows).with_columns(**design_columns(study)).write_parquet(folder / "r.parquet")
    weigh(study, "2016", folder / "r.parquet", folder / "w.parquet")
    return pl.read_parquet(folder / "w.parquet").with_columns(pl.col("weight").cast(pl.Float64))


def test_raking_meets_both_margins_of_the_frame(tmp_path: Path) -> None:
    study = calibrated("raking", [["region"], ["commune_size"]], **KNOWN)
    found = run(study, EVERYWHERE, tmp_path)
    assert found["weight"].sum() == pytest.approx(34806, abs=1e-5)
    sizes = dict(found.group_by("by_commune_size").agg(pl.col("weight").sum()).iter_rows())
    assert sizes == pytest.approx({"LT2000": 29439, "2000-19999": 4914, "GE20000": 453}, abs=1e-5)


def test_poststratification_meets_the_crossing_itself(tmp_path: Path) -> None:
    study = calibrated("poststratification", [["region", "commune_size"]], **KNOWN)
    found = run(study, EVERYWHERE, tmp_path)
    brittany = found.filter(by_region="53", by_commune_size="GE20000")["weight"].sum()
    assert brittany == pytest.approx(round(brittany), abs=1e-5)
    assert found["weight"].sum() == pytest.approx(34806, abs=1e-5)


def test_a_category_with_communes_and_nobody_in_it_is_refused_by_name(tmp_path: Path) -> None:
    study = calibrated("raking", [["region"], ["commune_size"]], **KNOWN)
    without = [(region, size) for region, size in EVERYWHERE if region != "53"]
    with pytest.raises(CalibrationError) as caught:
        run(study, without, tmp_path)
    assert caught.value.values["category"] == "53"


def test_respondents_where_the_frame_has_no_unit_are_refused(tmp_path: Path) -> None:
    study = calibrated("raking", [["region"], ["commune_size"]], **KNOWN)
    with pytest.raises(CalibrationError, match="01"):
        run(study, [*EVERYWHERE, ("01", "LT2000")], tmp_path)


def test_margins_that_contradict_do_not_converge_and_say_so(tmp_path: Path) -> None:
    study = calibrated("raking", [["region"], ["commune_size"]], **KNOWN)
    apart = [
        (r, "GE20000" if r == "11" else s) for r, s in EVERYWHERE if r == "11" or s != "GE20000"
    ]
    with pytest.raises(CalibrationError, match="converge"):
        run(study, apart, tmp_path)


def test_trimmed_weights_keep_the_margins_and_the_bound(tmp_path: Path) -> None:
    rows = [*EVERYWHERE, *(("11", "LT2000") for _ in range(60))]
    free = run(calibrated("raking", [["commune_size"]], **KNOWN), rows, tmp_path)
    assert free["weight"].max() / free["weight"].min() > 9
    with pytest.raises(CalibrationError, match="converge"):
        run(calibrated("raking", [["commune_size"]], **KNOWN, trim_ratio=2.0), rows, tmp_path)
    wide = run(calibrated("raking", [["commune_size"]], **KNOWN, trim_ratio=500.0), rows, tmp_path)
    assert wide["weight"].sum() == pytest.approx(34806, abs=1e-5)


def test_the_diagnostics_tell_every_category_before_and_after(tmp_path: Path) -> None:
    study = calibrated("raking", [["region"], ["commune_size"]], **KNOWN)
    people = responses(EVERYWHERE).with_columns(**design_columns(study))
    people.write_parquet(tmp_path / "r.parquet")
    found = weigh(study, "2016", tmp_path / "r.parquet", tmp_path / "w.parquet")
    assert found.largest_gap < GAP
    assert found.design_effect == pytest.approx(found.respondents / found.effective_respondents)
    sizes = {one.category: one for one in found.margins if one.margin == "commune_size"}
    assert set(sizes) == set(SIZES)
    assert {one.units for one in sizes.values()} == {29439.0, 4914.0, 453.0}
    assert all(one.after == pytest.approx(one.units, rel=1e-12) for one in found.margins)
    assert all(one.respondents == 48 for one in sizes.values())
    regions = [one for one in found.margins if one.margin == "region"]
    assert any(abs(one.before / one.units - 1) > 0.1 for one in regions)


def test_a_column_of_weights_is_described(tmp_path: Path) -> None:
    study = load_study(Path(__file__).parents[2], "phare-institutions")
    weights = [0.5, 1.0, 1.5, 1.0]
    people = responses(EVERYWHERE[:4]).with_columns(poids=pl.Series(weights))
    people.with_columns(**design_columns(study)).write_parquet(tmp_path / "r.parquet")
    found = weigh(study, "2016", tmp_path / "r.parquet", tmp_path / "w.parquet")
    assert (found.smallest, found.largest, found.ratio, found.margins) == (0.5, 1.5, 3.0, ())
    assert found.effective_respondents == pytest.approx(16 / 4.5)
    assert found.design_effect == pytest.approx(4 * 4.5 / 16)
