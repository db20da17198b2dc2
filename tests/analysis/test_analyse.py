"""The declared analyses of a wave as files: what is written, and how it agrees with estimates."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.analysis import AnalysisError, analyse
from pipelines.disclosure import protect
from pipelines.estimation import estimate
from pipelines.study import Study
from pipelines.workspace import analysis_file, analysis_files
from tests.analysis.made_up_study import ACTORS, DOMAINS, WAVE, write_study, write_weighted
from tests.tiny_study import TEXT

ANALYSES = {
    "priorities": {"urgent": {"title": TEXT, "question": "urgent", "answers": ["oui"]}},
    "roles": {"expected": {"title": TEXT, "question": "role", "answers": ["oui"]}},
    "typologies": {
        "kinds": {"title": TEXT, "active": ["urgent", "a1"], "profiles": 2, "bootstrap": 20}
    },
    "sheets": {
        "zones": {
            "title": TEXT, "breakdown": "zone", "priorities": ["urgent"], "roles": ["expected"],
            "alliances": [{"question": "score"}, {"question": "tools", "answers": ["temps"]}],
        }
    },
    "verbatims": {
        "words": {
            "title": TEXT, "question": "said",
            "themes": {"means": {"title": TEXT, "words": ["moyens"]}},
        }
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("study"), ANALYSES)


def respondents(size: int = 300, seed: int = 4) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    kind = draw.random(size) < 0.4

    def answers(chance: np.ndarray) -> np.ndarray:
        return np.where(draw.random(size) < chance, "oui", "non")

    return pl.DataFrame(
        {
            **{f"urgent_{one}": answers(0.2 + 0.6 * kind) for one in DOMAINS},
            **{f"role_{d}_{a}": answers(np.full(size, 0.5)) for d in DOMAINS for a in ACTORS},
            "a1": np.where(kind, "a", "b"),
            "tool_temps": np.where(kind, "1", "0"),
            "score": draw.integers(0, 11, size).astype(str),
            "said": np.where(draw.random(size) < 0.3, "Plus de moyens, secret 42", ""),
            "zone": draw.choice(["N", "S"], size),
            "size": np.where(np.arange(size) < 8, "s", "l"),
            "weight": np.round(draw.uniform(0.2, 3, size), 6),
        }
    )


def run(study: Study, folder: Path, answers: pl.DataFrame, name: str = "out") -> Path:
    """Estimate, protect and analyse `answers`; return the folder of the private tables."""
    weighted = write_weighted(folder / "weighted.parquet", answers)
    estimates, sums = folder / "estimates.parquet", folder / "sums.parquet"
    estimate(study, WAVE, weighted, estimates, sums)
    protect(study, WAVE, estimates, folder / "protected.parquet", sums)
    analyse(
        study, WAVE, weighted, folder / "estimates.parquet", folder / "protected.parquet",
        folder / name,
    )  # fmt: skip
    return folder / name


def test_each_declared_table_is_one_private_file_and_two_runs_write_the_same_bytes(
    study: Study, tmp_path: Path
) -> None:
    one, other = (run(study, tmp_path, respondents(), name) for name in ("one", "other"))
    assert sorted(path.name for path in one.iterdir()) == sorted(analysis_files(study))
    for path in one.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert path.read_bytes() == (other / path.name).read_bytes()
        assert b"secret 42" not in path.read_bytes()


def test_figures_are_those_of_the_estimates_to_the_last_bit(study: Study, tmp_path: Path) -> None:
    out = run(study, tmp_path, respondents())
    known = pl.read_parquet(tmp_path / "estimates.parquet").filter(pl.col("answer") == "oui")
    found = pl.read_parquet(out / analysis_file("priorities"))
    key = ["question", "domain", "actor", "measure", "zone", "size"]
    both = found.join(known, on=key, suffix="_known")
    assert both.height == 4 * 5
    for name in ("value", "standard_error", "ci_low", "ci_high"):
        assert both[name].equals(both[f"{name}_known"].alias(name), null_equal=True)


def test_an_analysis_that_contradicts_the_estimates_is_refused(
    study: Study, tmp_path: Path
) -> None:
    run(study, tmp_path, respondents())
    path = tmp_path / "estimates.parquet"
    wrong = pl.col("value") + pl.when(pl.col("question") == "urgent").then(1e-6).otherwise(0)
    pl.read_parquet(path).with_columns(wrong).write_parquet(path)
    with pytest.raises(AnalysisError) as refused:
        analyse(
            study, WAVE, tmp_path / "weighted.parquet", path, tmp_path / "protected.parquet",
            tmp_path / "again",
        )  # fmt: skip
    assert "urgent" in refused.value.text("en")
    assert not (tmp_path / "again").exists()


def test_what_is_withheld_has_no_place_in_an_order(study: Study, tmp_path: Path) -> None:
    out = run(study, tmp_path, respondents())
    found = pl.read_parquet(out / analysis_file("priorities"))
    small = found.filter(pl.col("size") == "s")
    assert small.height == 4 and small["rank"].null_count() == 4
    protected = pl.read_parquet(tmp_path / "protected.parquet").with_columns(
        status=pl.when(pl.col("domain") == "sel").then(pl.lit("withheld")).otherwise("status")
    )
    protected.write_parquet(tmp_path / "protected.parquet")
    analyse(
        study, WAVE, tmp_path / "weighted.parquet", tmp_path / "estimates.parquet",
        tmp_path / "protected.parquet", tmp_path / "fewer",
    )  # fmt: skip
    fewer = pl.read_parquet(tmp_path / "fewer" / analysis_file("priorities"))
    national = fewer.filter(pl.col("zone") == "_T", pl.col("size") == "_T")
    assert national.filter(pl.col("domain") == "sel")["rank"].to_list() == [None]
    assert national["ranked"].drop_nulls().to_list() == [3, 3, 3]
    assert sorted(national["rank"].drop_nulls().to_list()) == [1, 2, 3]
