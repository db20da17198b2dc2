"""Declared analyses through a real run: two waves, their profiles matched, a weak typology told."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from phare_data.verifier import verify
from pipelines.run import Choices, run_study
from pipelines.steps import run_step, steps_of, wave_folder
from pipelines.study import load_study
from tests.tiny_study import STUDY, TEXT, deliver, write_tiny_study

WAVES = ("2020", "2022")
RELEASED = Choices(released="2023-07-01")
HABITS = tuple(f"h{number}" for number in range(1, 7))


def respondents(seed: int, *, is_noise: bool = False) -> list[list[str]]:
    """Draw 240 respondents of two kinds, who answer the six habits as their kind does."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(240):
        kind = draw.random() < 0.35
        habits = [
            draw.choice(["1", "2"]) if is_noise or draw.random() < 0.15 else "1" if kind else "2"
            for _ in HABITS
        ]
        found.append(
            [f"R{number:03d}", "1.0", draw.choice(["N", "S"]), "O" if number % 20 else "Y",
             draw.choice(["1", "2"]), str(number % 11), "nos moyens, secret 42", *habits]
        )  # fmt: skip
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_tiny_study(tmp_path, waves=WAVES)
    folder = tmp_path / "schemas" / STUDY
    questions = yaml.safe_load((folder / "questions.yaml").read_text("utf-8"))
    for habit in HABITS:
        questions["questions"][habit] = {**questions["questions"]["avis"], "columns": habit}
    (folder / "questions.yaml").write_text(yaml.safe_dump(questions), "utf-8")
    waves = yaml.safe_load((folder / "waves.yaml").read_text("utf-8"))
    waves["waves"]["2022"] |= {"start": "2022-01-01", "end": "2022-02-01"}
    (folder / "waves.yaml").write_text(yaml.safe_dump(waves), "utf-8")
    analyses = {
        "typologies": {
            "kinds": {"title": TEXT, "active": [*HABITS], "profiles": 2, "bootstrap": 20,
                      "axes": 2, "names": {"1": {"fr": "Premier", "en": "First"}}}
        },
        "verbatims": {
            "words": {"title": TEXT, "question": "verbatim",
                      "themes": {"means": {"title": TEXT, "words": ["moyens"]}}}
        },
    }  # fmt: skip
    (folder / "analyses.yaml").write_text(yaml.safe_dump(analyses), "utf-8")
    return tmp_path


def receive(root: Path, wave: str, rows: list[list[str]], name: str = "2023-06-01") -> None:
    extract = deliver(root, rows, wave=wave, name=name) / "extrait.csv"
    lines = list(csv.reader(extract.open(encoding="utf-8")))
    lines[0] += HABITS
    with extract.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(lines)
    sidecar = extract.with_name("sidecar.yaml")
    about = yaml.safe_load(sidecar.read_text("utf-8"))
    about |= {"sha256": hashlib.sha256(extract.read_bytes()).hexdigest(),
              "bytes": extract.stat().st_size}  # fmt: skip
    sidecar.write_text(yaml.safe_dump(about), "utf-8")


def table(outcome: dict[str, object], name: str) -> pl.DataFrame:
    return pl.read_parquet(Path(str(outcome["path"])) / "data" / f"{name}.parquet")


def test_profiles_of_two_waves_are_released_matched_and_nobody_is_named(root: Path) -> None:
    for wave, seed in zip(WAVES, (1, 2), strict=True):
        receive(root, wave, respondents(seed))
    outcome = run_study(root, STUDY, RELEASED)
    assert verify(Path(str(outcome["path"]))).is_sound
    support = table(outcome, "profile_support")
    assert support.filter(pl.col("wave") == "2020")["continues"].to_list() == [None, None]
    assert support.filter(pl.col("wave") == "2022")["continues"].to_list() == ["1", "2"]
    assert set(support["supported"]) == {"yes"}
    names = table(outcome, "profile_names")
    assert names["label_fr"].to_list() == ["Premier", "Profil 2"]
    themes = table(outcome, "themes")
    assert themes["mentioning"].to_list() == [240, 240]
    for path in (root / "published").rglob("*"):
        if path.is_file():
            assert b"secret 42" not in path.read_bytes()
    for path in (Path(str(outcome["path"])) / "data").iterdir():
        assert b"_line" not in path.read_bytes(), path


def test_a_new_first_wave_makes_the_second_one_be_analysed_again(root: Path) -> None:
    for wave, seed in zip(WAVES, (1, 2), strict=True):
        receive(root, wave, respondents(seed))
    study = load_study(root, STUDY)
    step = next(one for one in steps_of(study) if one.name == "analyses")
    for one in steps_of(study):
        for wave in WAVES:
            run_step(study, wave, one)
    record = wave_folder(study, "2022") / "analyses.step.json"
    before = record.stat().st_mtime_ns
    run_step(study, "2022", step)
    assert record.stat().st_mtime_ns == before
    receive(root, "2020", respondents(3), "2023-06-02")
    for one in steps_of(study):
        run_step(study, "2020", one)
    run_step(study, "2022", step)
    assert record.stat().st_mtime_ns != before


def test_profiles_that_are_noise_are_released_with_a_warning(root: Path) -> None:
    receive(root, "2020", respondents(5, is_noise=True))
    receive(root, "2022", respondents(2))
    outcome = run_study(root, STUDY, RELEASED)
    support = table(outcome, "profile_support")
    assert support["supported"].to_list() == ["no", "no", "yes", "yes"]
    readme = (Path(str(outcome["path"])) / "README.md").read_text("utf-8")
    quality = (Path(str(outcome["path"])) / "quality" / "report.json").read_text("utf-8")
    assert "(wave 2020): Profiles `kinds`" in readme
    assert "(vague 2020) : Profils `kinds`" in readme
    assert "(wave 2022): Profiles" not in readme
    assert "ne soutiennent pas 2 profils" in quality
