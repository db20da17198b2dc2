"""Data sets that R ships under the GPL, exported from R itself where it is installed."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.estimation.design import Design
from pipelines.estimation.errors import UnsupportedDesignError
from pipelines.estimation.survey import Statistics, design_of, means, ratio, totals

SCRIPT = Path(__file__).with_name("ships_with_r.R")
NOT_SUPPORTED = {"scd/ratio_brr": "BRR", "scd/ratio_jkn": "jackknife"}
STAGES = ("mu284/total_y1", "mu284/mean_y1")
CASES = [
    *(f"fpc/{design}/{what}" for design in ("with_replacement", "with_fpc")
      for what in ("mean", "total", "domain4", "domain5")),
    "scd/ratio", "hospital/total", "hospital/mean", "hospital/by",
]  # fmt: skip
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[list[str]]]]:
    """Return the folder of the data and R's results by case; nothing where R is not there."""
    folder = tmp_path_factory.mktemp("r")
    if shutil.which("Rscript") is None:
        return folder, {}
    done = subprocess.run(
        ["Rscript", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
    )
    results: dict[str, list[list[str]]] = {}
    for line in done.stdout.splitlines() if done.returncode == 0 else ():
        case, *rest = line.split(",")
        results.setdefault(case, []).append(rest)
    return folder, results


def computed(case: str, folder: Path) -> list[Statistics]:
    data, _, what = case.partition("/")
    frame = pl.read_csv(folder / f"{data}.csv", null_values=["NA"])
    table = frame.to_arrow()
    if data == "fpc":
        population = "Nh" if what.startswith("with_fpc") else None
        design = design_of(
            table, weight="weight", strata=["stratid"], psu="psuid", population=population
        )
        if what.endswith("total"):
            return [totals(table, design, "x")]
        least = {"domain4": 4, "domain5": 5}.get(what.rpartition("/")[2], -np.inf)
        return [means(table, design, "x", inside=(frame["x"] > least).to_numpy())]
    if data == "scd":
        weighted = frame.with_columns(one=pl.lit(1.0)).to_arrow()
        design = design_of(weighted, weight="one", strata=["ESA"], psu="ambulance")
        return [ratio(weighted, design, "alive", "arrests")]
    design = design_of(
        table, weight="weighta", strata=["oblevel"], psu="hospno", population="tothosp"
    )
    if what != "by":
        return [(totals if what == "total" else means)(table, design, "births")]
    levels = frame["oblevel"].unique().sort()
    return [
        means(table, design, "births", inside=(frame["oblevel"] == one).to_numpy())
        for one in levels
    ]


@pytest.mark.parametrize("case", CASES)
def test_we_agree_with_r_on_its_own_data(
    case: str, reference: tuple[Path, dict[str, list[list[str]]]], request: pytest.FixtureRequest
) -> None:
    folder, results = reference
    if not results:
        request.node.user_properties.append(("r_skipped", "R's own data: no Rscript with survey"))
        pytest.skip("Rscript with the survey package is not installed (Debian: r-cran-survey)")
    request.node.user_properties.append(
        ("r_kind", f"R's own data, {case.split('/', maxsplit=1)[0]}")
    )
    expected = results[case]
    found = computed(case, folder)
    assert len(found) == len(expected)
    for ours, (_, estimate, error) in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.value[0], float(estimate), rtol=1e-9)
        np.testing.assert_allclose(ours.standard_error[0], float(error), rtol=1e-7)


@pytest.mark.parametrize("case", NOT_SUPPORTED)
def test_replicate_weights_are_refused(case: str, request: pytest.FixtureRequest) -> None:
    request.node.user_properties.append(("r_skipped", f"not supported, {NOT_SUPPORTED[case]}"))
    table = pl.DataFrame({"w": [1.0, 1.0], "r1": [2.0, 0.0]}).to_arrow()
    with pytest.raises(UnsupportedDesignError, match=r"BRR|jackknife"):
        design_of(table, weight="w", replicate_weights=["r1"])


@pytest.mark.parametrize("case", STAGES)
def test_several_stages_are_refused(case: str, request: pytest.FixtureRequest) -> None:
    request.node.user_properties.append(("r_skipped", "not supported, two stages"))
    with pytest.raises(UnsupportedDesignError):
        Design(weight=np.ones(4), population=np.ones((4, 2)))
