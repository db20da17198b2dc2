"""A collection, entries without respondents: declared, checked and published like a study."""

import csv
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
import yaml

from phare_data.verifier import verify
from pipelines.contributors import contributors
from pipelines.errors import ExitCode, PhareError
from pipelines.evidence import COLLECTION_CHECKS, required_findings
from pipelines.release import CellError, trace
from pipelines.run import Choices, run_study
from pipelines.study import DeclarationError, load_study
from pipelines.validation.errors import WaveRefusedError
from tests.cli.test_cli import phare
from tests.tiny_study import LICENCE, TEXT

STUDY = "petite-collection"
HEADER = ["id", "who", "idea", "said", "unit", "doubt", "number"]
ENTRIES = [
    ["F1", "mayors", "trust", "plain", "percent", "none", "87"],
    ["F2", "citizens", "trust", "near", "percent", "none", "74.5"],
    ["F3", "citizens", "trust", "far", "percent", "none", "61"],
    ["F4", "mayors", "trust", "plain", "score", "none", "7.1"],
    ["F5", "mayors", "trust", "plain", "percent", "unclear", "46"],
    ["F6", "", "", "", "percent", "none", ""],
]
CODES = {
    "who": ("mayors", "citizens"),
    "idea": ("trust",),
    "said": ("plain", "near", "far"),
    "unit": ("percent", "score"),
    "doubt": ("none", "unclear"),
}
RELEASED = Choices(released="2020-07-01")


def about() -> dict[str, object]:
    optional = {"who", "idea", "said"}
    columns = {
        name: {"role": "published", "codelist": name, "required": name not in optional}
        for name in CODES
    }
    number = {"role": "published", "type": "number", "decimals": 1, "required": False}
    return {
        "phare": 1, "kind": "collection", "id": STUDY, "title": TEXT, "description": TEXT,
        "universe": TEXT, "publisher": {"title": "Essai"}, "contributors": [{"title": "Essai"}],
        "licence": LICENCE, "sources": [{"title": "Essai"}], "citation": "Essai",
        "columns": {"id": {"role": "entry", "pattern": r"F\d"}, **columns, "number": number},
        "table": {
            "name": "figures", "title": TEXT, "description": TEXT,
            "comparison": {
                "concept": "idea", "wording": "said", "unit": "unit", "doubt": "doubt",
                "certain": ["none"], "shown": ["who", "said", "number"],
                "concepts": {"trust": {"title": TEXT, "reference": "plain", "close": ["near"]}},
            },
        },
    }  # fmt: skip


def deliver(root: Path, entries: list[list[str]], name: str = "2020-06-01") -> None:
    folder = root / "raw" / STUDY / "2020" / name
    folder.mkdir(parents=True)
    extract = folder / "figures.csv"
    with extract.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([HEADER, *entries])
    sidecar = {
        "file": extract.name, "sha256": hashlib.sha256(extract.read_bytes()).hexdigest(),
        "bytes": extract.stat().st_size, "producer": "Essai", "received": "2020-06-01",
        "licence": LICENCE, "personal_data": False, "synthetic": False,
    }  # fmt: skip
    (folder / "sidecar.yaml").write_text(yaml.safe_dump(sidecar), "utf-8")


def declare(root: Path, declared: dict[str, object]) -> None:
    folder = root / "schemas" / STUDY
    (folder / "codelists").mkdir(parents=True, exist_ok=True)
    for name, codes in CODES.items():
        lines = ["code,label_fr,label_en,kind", *(f"{one},{one},{one},answer" for one in codes)]
        (folder / "codelists" / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        sidecar = {"title": TEXT, "source": "Essai", "licence": LICENCE}
        (folder / "codelists" / f"{name}.yaml").write_text(yaml.safe_dump(sidecar), "utf-8")
    words = dict.fromkeys(("institute", "client", "respondents", "fieldwork"), "unknown: essai")
    texts = (
        "universe", "mode", "sampling", "sample_frame", "weighting", "non_response", "incentive",
        "margins_of_error", "right_to_consult",
    )  # fmt: skip
    wave = {
        "title": TEXT, "start": "2020-01-01", "end": "2020-02-01", "synthetic": False,
        "method_notice": {**words, **dict.fromkeys(texts, TEXT)},
    }  # fmt: skip
    (folder / "waves.yaml").write_text(yaml.safe_dump({"waves": {"2020": wave}}), "utf-8")
    (folder / "study.yaml").write_text(yaml.safe_dump(declared, sort_keys=False), "utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    declare(tmp_path, about())
    deliver(tmp_path, ENTRIES)
    return tmp_path


def rows(outcome: dict[str, object], table: str) -> pl.DataFrame:
    return pl.read_parquet(Path(str(outcome["path"])) / "data" / f"{table}.parquet")


def test_a_collection_is_published_verified_and_published_once(root: Path) -> None:
    outcome = run_study(root, STUDY, RELEASED)
    assert outcome["published"] and outcome["version"] == "1.0.0"
    found = verify(Path(str(outcome["path"])))
    assert found.is_sound, found.text("en")
    assert not run_study(root, STUDY, RELEASED)["published"]
    study = load_study(root, STUDY)
    assert {one.check for one in required_findings(study, "2020")} == {
        one.name for one in COLLECTION_CHECKS
    }


def test_every_entry_is_there_with_its_codes_and_numbers(root: Path) -> None:
    figures = rows(run_study(root, STUDY, RELEASED), "figures")
    assert figures["id"].to_list() == ["F1", "F2", "F3", "F4", "F5", "F6"]
    assert [None if one is None else float(one) for one in figures["number"]] == [
        87, 74.5, 61, 7.1, 46, None,
    ]  # fmt: skip
    assert figures.filter(pl.col("id") == "F6").select("who", "idea").row(0) == ("_Z", "_Z")


def test_figures_of_a_concept_are_compared_or_the_reason_is_said(root: Path) -> None:
    compared = rows(run_study(root, STUDY, RELEASED), "concept_comparisons")
    found = {row["id"]: (row["verdict_of_comparison"], row["reason"])
             for row in compared.iter_rows(named=True)}  # fmt: skip
    assert found == {
        "F1": ("same_wording", "_Z"),
        "F2": ("close_wording", "_Z"),
        "F3": ("not_comparable", "wording"),
        "F4": ("not_comparable", "unit"),
        "F5": ("not_comparable", "doubt"),
    }


def test_an_entry_is_traced_to_the_line_it_came_from(root: Path, tmp_path: Path) -> None:
    path = Path(str(run_study(root, STUDY, RELEASED)["path"]))
    found = trace(path, {"id": "F2"})
    assert found["cell"]["number"] == "74.5"
    assert found["columns"]["number"]["extract_columns"] == ["number"]
    assert found["inputs"][0]["file"] == "figures.csv"
    with pytest.raises(CellError):
        trace(path, {"id": "F9"})
    compared = trace(path, {"id": "F3"}, "concept_comparisons")
    assert compared["columns"]["reason"]["extract_columns"] == ["doubt", "idea", "said", "unit"]
    assert compared["columns"]["number"]["extract_columns"] == ["number"]
    (entry,) = compared["made_of"]
    assert trace(path, entry["key"], entry["table"])["cell"]["number"] == "61.0"
    (tmp_path / "work").mkdir()
    lines = contributors(root, root / "raw", compared, tmp_path / "work")
    assert (lines["base"], lines["file"]) == ([4], "figures.csv")  # line 1 is the header
    events = (path / "lineage" / "openlineage.ndjson").read_text("utf-8").splitlines()
    outputs = {one["name"]: one["facets"] for one in json.loads(events[1])["outputs"]}
    judged = {"doubt", "idea", "said", "unit"}
    for table, column, wanted in (
        ("figures", "number", {"number"}), ("concept_comparisons", "reason", judged),
    ):  # fmt: skip
        fields = outputs[table]["columnLineage"]["fields"][column]["inputFields"]
        assert {one["field"] for one in fields} == wanted


def test_nothing_of_a_collection_is_called_private(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    key = ("trace", STUDY, "id=F2", "--raw", str(root / "raw"))
    for lang, wrong, told in (
        ("en", "PRIVATE", "line of figures.csv that holds the entry: 3;"),
        ("fr", "PRIVÉ", "ligne de figures.csv qui tient l'entrée : 3 ;"),
    ):
        done = phare(*key, root=root, PHARE_LANG=lang)
        assert done.returncode == ExitCode.DONE, done.stderr
        assert told in done.stdout and wrong not in done.stdout
    assert phare("check", STUDY, root=root).returncode == ExitCode.DONE
    report = next(root.rglob("report.html")).read_text("utf-8")
    assert "aucun répondant" in report and "no respondents" in report
    assert "Rapport privé" not in report and "Private report" not in report


def test_the_entries_of_a_collection_are_called_neither_respondents_nor_estimates(
    root: Path,
) -> None:
    waves = root / "schemas" / STUDY / "waves.yaml"
    declared = yaml.safe_load(waves.read_text("utf-8"))
    declared["waves"]["2020"]["method_notice"]["respondents"] = "7"
    waves.write_text(yaml.safe_dump(declared, allow_unicode=True), "utf-8")
    told = phare("check", STUDY, root=root).stdout
    assert "6 entries kept" in told and "respondent" not in told
    study = root / "schemas" / STUDY / "study.yaml"
    asked = yaml.safe_load(study.read_text("utf-8")) | {"publication": {"publish": "approved"}}
    study.write_text(yaml.safe_dump(asked, allow_unicode=True), "utf-8")
    assert run_study(root, STUDY, RELEASED)["reason"] == "held"
    page = next(root.rglob("preview.html")).read_text("utf-8")
    assert '<span lang="en">figures</span>: 6' in page
    assert "stimat" not in page


@pytest.mark.parametrize(
    ("column", "bad"),
    [("id", "F1"), ("id", "X7"), ("who", "martians"), ("unit", ""), ("number", "many")],
)
def test_a_bad_entry_is_refused_and_nothing_is_published(root: Path, column: str, bad: str) -> None:
    entries = [[*one] for one in ENTRIES]
    entries[1][HEADER.index(column)] = bad
    deliver(root, entries, "2020-06-02")
    with pytest.raises(WaveRefusedError):
        run_study(root, STUDY, RELEASED)
    assert not (root / "published" / STUDY / "versions.json").exists()


def test_a_corrected_figure_needs_an_erratum(root: Path) -> None:
    run_study(root, STUDY, RELEASED)
    entries = [[*one] for one in ENTRIES]
    entries[0][-1] = "88"
    deliver(root, entries, "2020-06-02")
    with pytest.raises(PhareError, match="erratum"):
        run_study(root, STUDY, RELEASED)
    outcome = run_study(root, STUDY, Choices(released="2020-07-02", erratum="F1 mal lu"))
    assert outcome["published"] and outcome["version"] == "1.0.1"


def trust(declared):
    return declared["table"]["comparison"]["concepts"]["trust"]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda one: one["columns"]["who"].update(role="profile"), "published"),
        (lambda one: one["columns"]["id"].update(role="published"), "entry"),
        (lambda one: one["table"]["comparison"].update(wording="saidd"), "said"),
        (lambda one: one["table"]["comparison"].update(certain=["nonee"]), "none"),
        (lambda one: trust(one).update(close=["nearr"]), "near"),
        (lambda one: one["table"]["comparison"].update(shown=["numberr"]), "number"),
        (lambda one: one.update(kind="colection"), "collection"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_declaration_is_shown_with_what_is_valid(
    root: Path, change, shown: str
) -> None:
    declared = about()
    change(declared)
    declare(root, declared)
    with pytest.raises(DeclarationError) as refused:
        load_study(root, STUDY)
    assert shown in refused.value.text("en")
