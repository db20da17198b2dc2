"""The mayors of R's reference as a study of ours: their weights, strata, answers and frame."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.estimation import estimate, weigh
from pipelines.study import Item, Study, load_study
from pipelines.study.model import Calibration, Weights
from pipelines.validation.design import design_columns

PROJECT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "reference"
CASES = {
    case["id"]: case for case in json.loads((FOLDER / "expected.json").read_text("utf-8"))["cases"]
}
SIZES = {"A_lt2000": "LT2000", "B_2000_19999": "2000-19999", "C_ge20000": "GE20000"}
RAKING = Calibration(method="raking", margins=[["region"], ["commune_size"]])
VARIANTS: dict[str, dict[str, object]] = {
    "fixedw": {"column": "poids"},
    "fixedw_nofpc_norm": {"column": "poids", "population": "unknown"},
    "calibrated": {"calibration": RAKING},
}
FREE = {"strata": ("commune_size",), "population": "frame", "maximum_ratio": 5000.0}


def of_every_sample(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test on both samples of R, with fixed weights (with a frame and none) and raked."""
    samples = pytest.mark.parametrize("sample", ["mayors_s1", "mayors_s2"])
    return samples(pytest.mark.parametrize("variant", VARIANTS)(test))


def mayors_study(root: Path) -> Study:
    """Return the study as R's reference had it: 13 regions, raked by region and size."""
    declared = load_study(PROJECT, "phare-institutions")
    region = declared.breakdowns["region"].model_copy(update={"codelist": "region", "recode": {}})
    breakdowns = {"region": region, "commune_size": declared.breakdowns["commune_size"]}
    about = declared.about.model_copy(update={"breakdowns": breakdowns})
    return with_weights(
        Study(
            _with_inhabited_communes(root), about, declared.questions, declared.waves,
            declared.codelists,
        ),
        calibration=RAKING,
    )  # fmt: skip


def with_weights(study: Study, **changed: object) -> Study:
    """Return the study with other weights, and the same strata unless `changed` says so."""
    weights = Weights(**{**FREE, **changed})
    about = study.about.model_copy(update={"weights": weights})
    return Study(study.root, about, study.questions, study.waves, study.codelists, study.analyses)


def _with_inhabited_communes(root: Path) -> Path:
    """Six destroyed communes have no inhabitant, hence no size class; R's frame counts them."""
    name = "schemas/codelists/communes-2024.csv"
    communes = pl.read_csv(PROJECT / name, infer_schema=False)
    (root / name).parent.mkdir(parents=True)
    communes.with_columns(pl.col("population").replace("0", "1")).write_csv(root / name)
    return root


def read_mayors(sample: str) -> pl.DataFrame:
    """Return the rows of one of R's samples of mayors."""
    return pl.read_csv(FOLDER / f"{sample}.csv", schema_overrides={"region": pl.String})


def coded_item(study: Study, answers: int = 2) -> Item:
    """Return the first item of single answers that has as many of them as asked, or more."""
    return next(
        item
        for item in study.items
        if not item.is_numeric and not item.is_multiple and len(item.answers) >= answers
    )


def responses(study: Study, mayors: pl.DataFrame, item: Item, answers: pl.Series) -> pl.DataFrame:
    """Return coded responses: `answers` to one item, the n-th distinct one as its n-th code."""
    columns = sorted({column for one in study.items for column in one.columns})
    values = answers.drop_nulls().unique().sort(descending=True).to_list()
    coded = {str(value): item.answers[place] for place, value in enumerate(values)}
    return pl.DataFrame(
        {
            "_line": range(2, mayors.height + 2),
            "poids": mayors.get_column("w_rake", default=pl.Series([1.0] * mayors.height)).cast(
                pl.Decimal(18, 9)
            ),
            "by_region": mayors["region"],
            "by_commune_size": mayors["size"].replace(SIZES),
            **{name: ["_U"] * mayors.height for name in columns},
        }
    ).with_columns(
        answers.cast(pl.String).replace_strict(coded, default="_U").fill_null("_U")
        .alias(item.columns[0])
    ).with_columns(**design_columns(study))  # fmt: skip


def estimated(study: Study, frame: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Weigh and estimate; return the estimates of the first answer of the first coded item."""
    frame.write_parquet(folder / "r.parquet")
    weigh(study, "2016", folder / "r.parquet", folder / "w.parquet")
    estimate(study, "2016", folder / "w.parquet", folder / "e.parquet")
    item = coded_item(study)
    return pl.read_parquet(folder / "e.parquet").filter(
        question=item.question, domain=item.domain, actor=item.actor, answer=item.answers[0]
    )
