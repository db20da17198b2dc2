"""A question that one wave of three did not put: what every table, page and file says of it."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from phare_data.verifier import verify
from pipelines.catalogue import build_site
from pipelines.disclosure import examine
from pipelines.run import Choices, run_study
from pipelines.study import load_study
from pipelines.study.tables import data_tables
from tests.tiny_study import STUDY, TEXT, deliver, rows, write_tiny_study

WAVES = ("2020", "2021", "2022")
SKIPPED = ("avis", "verbatim")
ANALYSES = {
    "comparisons": {
        "places": {"title": TEXT, "breakdown": "zone", "against": "rest"},
        "years": {"title": TEXT, "against": "wave"},
    },
    "associations": {"by_zone": {"title": TEXT, "breakdown": "zone"}},
    "ratios": {
        "both": {
            "title": TEXT,
            "numerator": {"question": "note"},
            "denominator": {"question": "avis", "answer": "1"},
        }
    },
    "quantiles": {"middle": {"title": TEXT, "questions": ["note"]}},
    "verbatims": {
        "words": {"title": TEXT, "question": "verbatim",
                  "themes": {"said": {"title": TEXT, "words": ["secret"]}}}
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish three waves, of which the second asked neither `avis` nor `verbatim`."""
    root = write_tiny_study(tmp_path_factory.mktemp("skipped"), waves=WAVES[:1])
    folder = root / "schemas" / STUDY
    declared = yaml.safe_load((folder / "waves.yaml").read_text("utf-8"))["waves"][WAVES[0]]
    waves = {year: {**declared, "start": f"{year}-01-01", "end": f"{year}-02-01"} for year in WAVES}
    waves["2021"]["not_asked"] = [*SKIPPED]
    (folder / "waves.yaml").write_text(yaml.safe_dump({"waves": waves}), "utf-8")
    (folder / "analyses.yaml").write_text(yaml.safe_dump(ANALYSES), "utf-8")
    about = yaml.safe_load((folder / "codelists" / "avis.yaml").read_text("utf-8"))
    about["nets"] = {"either": {"title": TEXT, "answers": ["1", "2"]}}
    (folder / "codelists" / "avis.yaml").write_text(yaml.safe_dump(about), "utf-8")
    deliver(root, [[*row[:4], "", row[5], ""] for row in rows()], wave="2021")
    deliver(root, rows(), wave="2022")
    run_study(root, STUDY, Choices(released="2022-07-01"))
    return root


@pytest.fixture(scope="module")
def release(root: Path) -> Path:
    return root / "published" / STUDY / "0.1.0"


def table(release: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(release / "data" / f"{name}.parquet")


def test_all_its_rows_say_so_and_none_is_withheld(root: Path, release: Path) -> None:
    for name in (one.name for one in data_tables(load_study(root, STUDY))):
        found = table(release, name)
        if name == "themes":
            of_it = pl.lit(True)
        elif name == "ratios":
            of_it = pl.col("of_question") == "avis"
        else:
            of_it = pl.col("question") == "avis"
        skipped = found.filter(of_it, pl.col("wave") == "2021")
        assert set(skipped["status"]) == ({"not_asked"} if name != "quantiles" else set()), name
        others = found.filter(~(of_it & (pl.col("wave") == "2021")))
        compared = others.filter(pl.col("status") == "not_asked")
        if name == "comparisons":  # the third wave has none to compare with
            assert set(compared.select("wave", "question", "against").iter_rows()) == {
                ("2022", "avis", "wave")
            }
        else:
            assert compared.is_empty(), name


def test_they_hold_no_figure_and_the_release_is_sound(root: Path, release: Path) -> None:
    estimates = table(release, "estimates").filter(pl.col("status") == "not_asked")
    assert estimates.height and estimates["respondents"].null_count() == estimates.height
    assert verify(release).is_sound
    study = load_study(root, STUDY)
    assert not examine(study, [release / "data" / "estimates.parquet"]).findings


def test_a_row_that_claims_it_against_the_declaration_stops_the_audit(
    root: Path, release: Path, tmp_path: Path
) -> None:
    told = table(release, "estimates").with_columns(
        status=pl.when(wave="2020", status="withheld").then(pl.lit("not_asked")).otherwise("status")
    )
    told.write_parquet(tmp_path / "estimates.parquet")
    found = examine(load_study(root, STUDY), [tmp_path / "estimates.parquet"]).findings
    assert {one.where for one in found} == {"not asked, which the wave does not declare"}


def test_readers_are_told_in_both_languages(root: Path, release: Path) -> None:
    readme = (release / "README.md").read_text("utf-8")
    assert "questions non posées : `avis`, `verbatim`." in readme
    assert "questions not asked: `avis`, `verbatim`." in readme
    build_site(root)
    site = root / "published" / "site"
    page = (site / STUDY / "quality.html").read_text("utf-8")
    assert "non posées" in page
    english = (site / "en" / STUDY / "quality.html").read_text("utf-8")
    assert "not asked" in english


def test_a_question_that_the_last_wave_did_not_put_shows_the_one_before(root: Path) -> None:
    path = root / "schemas" / STUDY / "waves.yaml"
    before = path.read_text("utf-8")
    waves = yaml.safe_load(before)
    waves["waves"]["2023"] = {
        **waves["waves"]["2021"], "start": "2023-01-01", "end": "2023-02-01",
        "title": {"fr": "Vague de 2023", "en": "Wave of 2023"},
    }  # fmt: skip
    waves["waves"]["2022"]["title"] = {"fr": "Vague de 2022", "en": "Wave of 2022"}
    path.write_text(yaml.safe_dump(waves), "utf-8")
    deliver(root, [[*row[:4], "", row[5], ""] for row in rows()], wave="2023")
    assert run_study(root, STUDY, Choices(released="2023-07-01"))["published"]
    build_site(root)
    page = (root / "published" / "site" / STUDY / "questions" / "avis.html").read_text("utf-8")
    assert "La dernière vague n'a pas posé cette question" in page.replace("&#39;", "'")
    assert "Vague de 2022" in page
    assert "Question non posée dans l'une des deux vagues" in page.replace("&#39;", "'")
    codebook = next((root / "published" / "site" / STUDY).glob("0.2.0/ddi.xml")).read_text("utf-8")
    assert '<notes xml:lang="en">wave: 2022</notes>' in codebook
