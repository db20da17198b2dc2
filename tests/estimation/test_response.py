"""Item non-response against a count row by row, for every kind of item and every kind of gap."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
import yaml

from pipelines.estimation import estimate
from pipelines.estimation.response import answered_sql, asked_sql
from pipelines.study import Item, Study, load_study
from pipelines.workspace import ITEM_COUNTS
from tests.tiny_study import LICENCE, STUDY, TEXT, write_tiny_study

GAPS = ("_U", "_Z")  # an empty cell; a question that a filter kept from somebody
CODES = {
    "outil": [("temps", "answer"), ("argent", "answer")],
    "raison": [("r1", "answer"), ("r2", "answer"), ("NR", "refusal"), ("HC", "not_asked")],
}
MULTIPLE = {"title": TEXT, "wording": TEXT, "kind": "multiple"}
QUESTIONS = {
    "outils": {**MULTIPLE, "scale": "outil", "columns": "outil_{answer}"},
    "raisons": {**MULTIPLE, "scale": "raison", "columns": ["raison_1", "raison_2"]},
    "motifs": {
        **MULTIPLE, "scale": "raison", "columns": ["motif_1", "motif_2"], "base": "asked",
    },
}  # fmt: skip
ANSWERS = {
    "avis": ("1", "2", "NSP", *GAPS),
    "note": ("0", "7", "10", *GAPS),
    **dict.fromkeys(("outil_temps", "outil_argent"), ("0", "1", *GAPS)),
    **dict.fromkeys(
        ("raison_1", "raison_2", "motif_1", "motif_2"), ("r1", "r2", "NR", "HC", *GAPS)
    ),
}
ANSWERED: dict[str, Callable[[str], bool]] = {
    "avis": lambda code: code in {"1", "2"},
    "note": lambda code: code not in GAPS,
    "outils": lambda code: code in {"0", "1"},
    "raisons": lambda code: code in {"r1", "r2"},
    "motifs": lambda code: code in {"r1", "r2"},
}
NOT_ASKED = {"_Z", "HC"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = write_tiny_study(tmp_path_factory.mktemp("study"))
    folder = root / "schemas" / STUDY
    for name, codes in CODES.items():
        lines = ["code,label_fr,label_en,kind", *(f"{one},{one},{one},{k}" for one, k in codes)]
        (folder / "codelists" / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        about = {"title": TEXT, "source": "Essai", "licence": LICENCE}
        (folder / "codelists" / f"{name}.yaml").write_text(yaml.safe_dump(about), "utf-8")
    path = folder / "questions.yaml"
    declared = yaml.safe_load(path.read_text("utf-8"))
    declared["questions"] |= QUESTIONS
    path.write_text(yaml.safe_dump(declared, sort_keys=False), "utf-8")
    return load_study(root, STUDY)


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    draw = np.random.default_rng(20)
    answers = {name: draw.choice(codes, 700) for name, codes in ANSWERS.items()}
    return pl.DataFrame(answers).with_columns(
        pl.Series("weight", draw.integers(1, 9, 700)).cast(pl.Decimal(18, 9)),
        pl.Series("by_zone", draw.choice(["N", "S"], 700)),
        by_age=pl.lit("O"), stratum=pl.lit("all"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(study: Study, people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wave")
    people.write_parquet(folder / "weighted.parquet")
    estimate(study, "2020", folder / "weighted.parquet", folder / "estimates.parquet")
    return folder


def stands(item: Item, row: dict[str, str]) -> str:
    cells = [row[name] for name in item.columns]
    if any(map(ANSWERED[item.question], cells)):
        return "answered"
    return "not asked" if all(one in NOT_ASKED for one in cells) else "left"


def test_each_item_counts_who_was_asked_and_who_answered(
    study: Study, people: pl.DataFrame, folder: Path
) -> None:
    found = {row["question"]: row for row in pl.read_parquet(folder / ITEM_COUNTS).to_dicts()}
    assert set(found) == set(ANSWERED)
    with duckdb.connect() as connection:
        weighted = connection.read_parquet(str(folder / "weighted.parquet"))
        for item in study.items:
            told = [stands(item, row) for row in people.to_dicts()]
            answered, kept = told.count("answered"), told.count("not asked")
            assert answered and kept and told.count("left")
            counted = found[item.question]
            assert (counted["asked"], counted["respondents"]) == (700 - kept, answered)
            assert counted["non_response"] == pytest.approx(1 - answered / (700 - kept))
            # what tells the holder of an extract the lines of a cell says the same
            for condition, expected in (
                (answered_sql(study, item), answered), (asked_sql(study, item), 700 - kept),
            ):  # fmt: skip
                assert weighted.filter(condition).count("*").fetchall() == [(expected,)]
    assert (folder / ITEM_COUNTS).stat().st_mode & 0o077 == 0


def test_the_base_of_a_multiple_choice_holds_whom_it_says(
    people: pl.DataFrame, folder: Path
) -> None:
    """With `base: asked` who refused all counts too; one who is in it counts once."""
    whole = pl.read_parquet(folder / "estimates.parquet").filter(zone="_T", age="_T")
    for question, codes in (("raisons", {"r1", "r2"}), ("motifs", {"r1", "r2", "NR"})):
        columns = [f"{question[:-1]}_1", f"{question[:-1]}_2"]
        base = [any(row[name] in codes for name in columns) for row in people.to_dicts()]
        rows = whole.filter(question=question)
        assert set(rows["respondents"]) == {sum(base)}
        weights = sum(float(w) for w, is_in in zip(people["weight"], base, strict=True) if is_in)
        assert rows["weighted_base"].to_list() == pytest.approx([weights] * rows.height)
