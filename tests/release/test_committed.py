"""The releases that are committed: whole, of committed code, and what the code gives today.

A change of the code or of a declaration that changes what is published must commit the version that
it makes: `phare publish --all`, then commit `published/`.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from phare_data.verifier import verify
from pipelines.run import Choices, run_study
from pipelines.study import TOTAL, load_study, study_names

PROJECT = Path(__file__).parents[2]
PUBLISHED = PROJECT / "published"
STUDIES = study_names(PROJECT)


def newest(study: str) -> dict[str, Any]:
    """Return the log entry of the newest valid release; fails where there is none."""
    latest = PUBLISHED / study / "latest.json"
    assert latest.is_file(), f"{study} has no committed release: run `phare publish {study}`"
    version = json.loads(latest.read_bytes())["version"]
    entries = json.loads((PUBLISHED / study / "versions.json").read_bytes())["entries"]
    return next(one for one in entries if one["event"] == "released" and one["version"] == version)


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(PROJECT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("study", STUDIES)
def test_every_committed_release_is_what_was_published(study: str) -> None:
    assert newest(study)
    found = verify(PUBLISHED / study)
    assert found.is_sound, found.text("en")


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_newest_release_is_what_the_code_gives_from_the_extract(
    study: str, tmp_path: Path
) -> None:
    entry = newest(study)
    for name in ("schemas", "raw"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    built = run_study(tmp_path, study, Choices(released=entry["released"]))
    assert built["content_id"] == entry["content_id"], (
        f"{study} gives other content than {entry['version']}: run `phare publish {study}` and"
        " commit the version that it makes"
    )


@pytest.mark.parametrize("study", STUDIES)
def test_the_recorded_commit_is_at_hand_and_had_no_changes(study: str) -> None:
    commit = str(newest(study)["commit"])
    assert re.fullmatch(r"[0-9a-f]{40}", commit), f"{study}: published from {commit}"
    is_shallow = git("rev-parse", "--is-shallow-repository").stdout.strip()
    if not (PROJECT / ".git").exists() or is_shallow == "true":
        pytest.skip("the history of the code is not here: a source archive or a shallow clone")
    assert git("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0, commit
    assert git("merge-base", "--is-ancestor", commit, "HEAD").returncode == 0, commit


def test_git_holds_whole_releases_and_nothing_that_is_made_again() -> None:
    if not (PROJECT / ".git").exists():
        pytest.skip("a source archive: git is not here")
    tracked = set(git("ls-files", "published").stdout.splitlines())
    for study in STUDIES:
        for path in (PUBLISHED / study).rglob("*"):
            if path.is_file():
                assert path.relative_to(PROJECT).as_posix() in tracked, path
    allowed = {f"published/{study}" for study in STUDIES}
    assert {"/".join(path.split("/")[:2]) for path in tracked} == allowed


def shown(study: str, table: str) -> pl.DataFrame:
    """Return the published rows of a table of the newest release, figures as floats."""
    path = PUBLISHED / study / newest(study)["version"] / "data" / f"{table}.parquet"
    rows = pl.read_parquet(path).filter(pl.col("status") == "published")
    return rows.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


@pytest.mark.parametrize("table", ["priorities", "roles"])
@pytest.mark.parametrize(
    "study", [one for one in STUDIES if not load_study(PROJECT, one).collected]
)
def test_a_difference_from_the_rest_is_what_published_shares_give(study: str, table: str) -> None:
    """A difference of its own precision would be a second look at the share of a cell."""
    declared = load_study(PROJECT, study)
    if not getattr(declared.analyses, table):
        return
    ranked, item = shown(study, table), ["question", "domain", "measure"]
    item += ["actor"] if "actor" in ranked.columns else []
    bases = shown(study, "estimates").group_by(*item, *declared.breakdowns)
    told = ranked.join(
        bases.agg(base=pl.col("weighted_base").max()), on=[*item, *declared.breakdowns]
    )
    national = told.filter(pl.col(one) == TOTAL for one in declared.breakdowns)
    whole = national.select("analysis", *item, total="value", whole="base")
    both = told.filter(pl.col("difference").is_not_null()).join(whole, on=["analysis", *item])
    base, size = pl.col("base"), pl.col("whole")
    rest = (size * pl.col("total") - base * pl.col("value")) / (size - base)
    off = both.select((pl.col("value") - rest - pl.col("difference")).abs())
    assert both.height > 50
    assert off.max().item() <= 0.005 + 1e-9  # whole percents


@pytest.mark.parametrize("study", STUDIES)
def test_a_synthetic_study_stays_below_one(study: str) -> None:
    declared = load_study(PROJECT, study)
    is_synthetic = any(wave.synthetic for wave in declared.waves.values())
    assert newest(study)["version"].startswith("0.") == is_synthetic
