"""A small declared study on a frame of our own, and estimates drawn from made-up respondents.

The estimates follow the contract of the room before: one row per item, answer and cell, complete
over the codes of each crossing, full precision. The estimators here are the plainest that will do.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from pipelines.study import Study, load_study

WAVE = "2016"
LICENCE = {"name": "etalab-2.0", "title": "LO", "path": "https://example.org/licence"}
SIZES = {"LT2000": "<2000", "2000-19999": "2000-19999", "GE20000": "20000+"}
POPULATION_OF_SIZE = {"LT2000": 500, "2000-19999": 5000, "GE20000": 50000}


def both(text: str) -> dict[str, str]:
    return {"fr": text, "en": text}


@dataclass
class Declared:
    """What a test chooses of its study; the rest is the same everywhere."""

    regions: tuple[str, ...] = ("R1", "R2", "R3", "R4")
    crossings: list[list[str]] = field(default_factory=list)
    disclosure: dict = field(default_factory=dict)
    frame: dict[tuple[str, str], int] | None = None  # (region, size) -> communes
    population: str = "frame"
    recode: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)  # region -> zone: a nested breakdown
    questions: dict = field(default_factory=dict)
    sex: bool = False

    @property
    def communes(self) -> dict[tuple[str, str], int]:
        everywhere = itertools.product(self.regions, SIZES)
        return self.frame or dict.fromkeys(everywhere, 300)


def declare(root: Path, about: Declared) -> Study:
    folder = root / "schemas" / "essai"
    (folder / "codelists").mkdir(parents=True, exist_ok=True)
    (root / "schemas" / "codelists").mkdir(exist_ok=True)
    write_codes(folder, "place", about.regions)
    write_codes(folder, "sex", ("F", "M"))
    write_codes(folder, "yesno", ("1", "0"))
    if about.zones:
        write_codes(folder, "zone", tuple(sorted(set(about.zones.values()))))
    write_frame(root, about.communes)
    for name, content in (
        ("study", study_file(about)),
        ("questions", {"questions": about.questions or {"q1": question("q1")}}),
        ("waves", {"waves": {WAVE: wave()}}),
    ):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content), "utf-8")
    return load_study(root, "essai")


def write_codes(folder: Path, name: str, codes: Iterable[str]) -> None:
    lines = ["code,label_fr,label_en", *(f"{code},{code},{code}" for code in codes)]
    (folder / "codelists" / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    about = {"title": both(name), "source": "test", "licence": LICENCE}
    (folder / "codelists" / f"{name}.yaml").write_text(yaml.safe_dump(about), "utf-8")


def write_frame(root: Path, communes: dict[tuple[str, str], int]) -> None:
    rows = [
        (f"{at:02}{n:03}", region, POPULATION_OF_SIZE[size], SIZES[size])
        for at, ((region, size), count) in enumerate(sorted(communes.items()))
        for n in range(count)
    ]
    pl.DataFrame(
        rows,
        schema=["insee_code", "region_code", "population", "size3"],
        orient="row",
        schema_overrides={"population": pl.Int64},
    ).write_csv(root / "schemas" / "codelists" / "communes-2024.csv")


def study_file(about: Declared) -> dict:
    breakdowns = {
        "region": {
            "title": both("Region"), "codelist": "place", "recode": about.recode,
            "derived": {"from": "commune", "to": "region"},
        },
        "size": {
            "title": both("Size"), "codelist": "commune-size",
            "derived": {"from": "commune", "to": "commune_size"},
        },
    }  # fmt: skip
    columns = {"id": {"role": "respondent"}, "insee": {"role": "commune"}, "w": {"role": "weight"}}
    if about.zones:
        breakdowns["zone"] = {
            "title": both("Zone"), "codelist": "zone", "recode": about.zones,
            "derived": {"from": "commune", "to": "region"},
        }  # fmt: skip
    if about.sex:
        columns["sexe"] = {"role": "profile"}
        breakdowns["sex"] = {"title": both("Sex"), "codelist": "sex", "column": "sexe"}
    return {
        "phare": 1, "id": "essai", "title": both("Essai"), "description": both("Essai"),
        "universe": both("Maires"), "publisher": {"title": "P"}, "contributors": [{"title": "P"}],
        "licence": LICENCE, "sources": [{"title": "S"}], "citation": "P (2016)",
        "columns": columns, "breakdowns": breakdowns, "crossings": about.crossings,
        "weights": {"column": "w", "strata": ["size"], "population": about.population},
        "disclosure": about.disclosure,
    }  # fmt: skip


def question(column: str, **more: object) -> dict:
    kind = {"title": both(column), "wording": both(column), "kind": "single", "scale": "yesno"}
    return {**kind, "columns": column, **more}


def wave() -> dict:
    texts = ("universe", "mode", "sampling", "sample_frame", "weighting", "non_response")
    more = ("incentive", "margins_of_error", "right_to_consult")
    plain = ("institute", "client", "respondents", "fieldwork")
    notice = {name: both("unknown: test") for name in (*texts, *more)}
    notice |= dict.fromkeys(plain, "unknown: test")
    return {
        "title": both("2016"), "start": "2016-01-01", "end": "2016-02-01", "synthetic": True,
        "frame_year": 2024, "method_notice": notice,
    }  # fmt: skip


def respondents_of(cells: dict[tuple[str, str], int], yes: float = 0.5) -> pl.DataFrame:
    """Make respondents: (region, size) -> how many; the first `yes` of each cell answer 1."""
    rows = [
        (region, size, ("F", "M")[n % 2], "1" if n < yes * count else "0", 1.0)
        for (region, size), count in cells.items()
        for n in range(count)
    ]
    return pl.DataFrame(rows, schema=["region", "size", "sex", "q1", "weight"], orient="row")


def estimates_of(study: Study, answers: pl.DataFrame, path: Path) -> Path:
    """Write the estimates of `answers` (breakdown codes, one column per question, weight)."""
    rows = [
        row
        for item in study.items
        for crossing in study.crossings
        for row in _cells(study, item, crossing, answers)
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("respondents", "answering").cast(pl.Int64)
    )
    key = ["wave", "question", "domain", "actor", "answer", "measure", *study.breakdowns]
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.sort(key).write_parquet(path)
    return path


def _cells(study: Study, item, crossing: tuple[str, ...], answers: pl.DataFrame):
    codes = [_codes(study, name, answers) for name in crossing]
    asked = answers.filter(pl.col(item.columns[0]).is_in(item.answers))
    for combination in itertools.product(*codes):
        place = dict(zip(crossing, combination, strict=True))
        base = asked.filter(pl.lit(True), *(pl.col(name) == code for name, code in place.items()))
        if "_Z" in combination and base.is_empty():
            continue
        cell = {name: place.get(name, "_T") for name in study.breakdowns}
        for answer in item.answers:
            yield {
                "wave": WAVE, "question": item.question, "domain": item.domain,
                "actor": item.actor, "answer": answer, "measure": "share", **cell,
                **figures(base, item.columns[0], answer),
            }  # fmt: skip


def _codes(study: Study, name: str, answers: pl.DataFrame) -> list[str]:
    codes = list(study.codelists[study.breakdowns[name].codelist].of_kind("answer"))
    return [*codes, "_Z"]


def figures(base: pl.DataFrame, column: str, answer: str) -> dict:
    names = (
        "value", "standard_error", "ci_low", "ci_high", "design_effect", "effective_respondents",
        "degrees_of_freedom", "reliability",
    )  # fmt: skip
    given = (base[column] == answer).to_numpy()
    counts = {"respondents": base.height, "answering": int(given.sum())}
    if base.is_empty():
        return {**counts, "weighted_base": 0.0, **dict.fromkeys(names)}
    weight = base["weight"].to_numpy()
    share = float(weight @ given / weight.sum())
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    error = float(np.sqrt(max(share * (1 - share), 0.0) / effective))
    low, high = max(0.0, share - 1.96 * error), min(1.0, share + 1.96 * error)
    values = (share, error, low, high, base.height / effective, effective, base.height - 1.0, "B")
    return {**counts, "weighted_base": float(weight.sum()), **dict(zip(names, values, strict=True))}
