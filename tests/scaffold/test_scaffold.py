"""A scaffold guesses, marks its guesses, copies no rare value, and leads to a study that runs."""

import csv
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
import xlsxwriter
import yaml

from pipelines import PROJECT
from pipelines.intake import ExtractError
from pipelines.scaffold import scaffold
from pipelines.scaffold.batteries import gather
from pipelines.scaffold.columns import Candidate, candidates_of
from pipelines.scaffold.errors import ScaffoldError
from pipelines.study import ExtractFormat, load_study
from pipelines.study.errors import DeclarationError
from pipelines.study.yaml_source import parse

MAYORS = next((PROJECT / "raw/phare-institutions/2016").glob("*/*.csv"))
PHARE = Path(sys.executable).with_name("phare")


def coded(name: str, *codes: str) -> Candidate:
    return Candidate(name, "code", len(codes), codes, {}, has_comma=False)


def test_columns_of_one_battery_are_one_question() -> None:
    found = gather([coded(f"accord_{one}", "1", "2") for one in ("eau", "air", "sol")])
    assert [one.columns for one in found] == ["accord_{domain}"]
    assert found[0].domains == ("eau", "air", "sol")


def test_a_full_grid_of_names_is_a_battery_over_two_lists() -> None:
    names = [f"role_{one}_{two}" for one in ("eau", "l_air") for two in ("maire", "etat")]
    found = gather([coded(name, "oui", "non") for name in names])
    assert [(one.columns, one.domains, one.actors) for one in found] == [
        ("role_{domain}_{actor}", ("eau", "l_air"), ("maire", "etat"))
    ]


def test_columns_with_other_answers_stay_apart() -> None:
    found = gather([coded("q_a", "1", "2"), coded("q_b", "x", "y"), coded("q_c", "1", "2")])
    assert [one.columns for one in found] == ["q_a", "q_c", "q_b"]


def test_a_column_at_odds_with_any_column_of_a_battery_is_none_of_it() -> None:
    """Only the first was asked: 2 of q_b became `Peut-être`."""
    yes, no, maybe = ({"1": "Oui"}, {"1": "Oui", "2": "Non"}, {"1": "Oui", "2": "Peut-être"})
    columns = zip(("q_a", "q_b", "q_c"), (yes, no, maybe), strict=True)
    found = gather([replace(coded(name, *labels), labels=labels) for name, labels in columns])
    assert [one.columns for one in found] == ["q_a", "q_b", "q_c"]
    assert [one.labels for one in found] == [yes, no, maybe]


def test_columns_whose_file_names_their_codes_otherwise_are_no_battery_and_share_no_scale(
    tmp_path: Path,
) -> None:
    """1 was `18-24 ans` in the list of a battery of trust, and Q1, Q5, Q6 were one question."""
    age, trust = {"1": "18-24 ans", "2": "25 ans et plus"}, {"1": "Confiance", "2": "Défiance"}
    file = tmp_path / "extrait.sav"
    names = ["id", "age", "q_a", "q_b", "q_c", "p1", "p2", "p3"]
    rows = [[f"R{one}", *[1.0 + one % 2] * 7] for one in range(40)]
    labels = {"age": age, "q_a": trust, "q_b": trust, "q_c": trust, "p1": age, "p2": trust}
    pyreadstat.write_sav(
        pl.DataFrame(rows, schema=names, orient="row"), str(file),
        variable_value_labels={
            name: {float(code): label for code, label in one.items()}
            for name, one in labels.items()
        },
    )  # fmt: skip
    folder = scaffold(tmp_path, "enquete", file)
    found = yaml.safe_load((folder / "questions.yaml").read_text("utf-8"))["questions"]
    assert [one["columns"] for one in found.values()] == ["age", "q_{domain}", "p1", "p2", "p3"]
    shown = {
        name: [row["label_fr"] for row in _codes(folder, str(one["scale"]))]
        for name, one in found.items()
    }
    assert all("18-24 ans" in shown[name][0] for name in ("age", "p1"))
    assert all("Confiance" in shown[name][0] for name in ("q", "p2"))
    assert "ans" not in shown["p3"][0] and "Confiance" not in shown["p3"][0]


def test_a_workbook_of_several_sheets_with_a_title_is_scaffolded_from_the_one_named(
    tmp_path: Path,
) -> None:
    """The remedy was to declare the sheet in a wave, before there was any declaration."""
    file = tmp_path / "extrait.xlsx"
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Lisez-moi").write(0, 0, "À lire")
        sheet = book.add_worksheet("Base")
        sheet.merge_range(0, 0, 0, 2, "Enquête 2024")
        for at, row in enumerate([["id", "poids", "q1"], *[["R", 1.5, "oui"]] * 30], start=1):
            sheet.write_row(at, 0, row)
    with pytest.raises(ExtractError) as refused:
        scaffold(tmp_path, "enquete", file)
    assert "--sheet" in refused.value.text("fr") and "--sheet" in refused.value.text("en")
    at = [str(PHARE), "--root", str(tmp_path), "new", "enquete", "--extract", str(file)]
    subprocess.run([*at, "--sheet", "Base", "--title-rows", "1"], check=True)
    waves = yaml.safe_load((tmp_path / "schemas" / "enquete" / "waves.yaml").read_text("utf-8"))
    extract = waves["waves"]["TO COMPLETE"]["extract"]
    assert (extract["format"], extract["sheet"], extract["title_rows"]) == ("xlsx", "Base", 1)
    questions = (tmp_path / "schemas" / "enquete" / "questions.yaml").read_text("utf-8")
    assert yaml.safe_load(questions)["questions"]["q1"]["columns"] == "q1"


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (("1", "2"), "code"),
        (("1101", "1102"), "code"),
        (("18-24", "25-34"), "code"),
        (("<2000", "2000 à 19999"), "commune_size"),
        (("Moins de 2 000 habitants", "Paris"), "commune_size"),
        (("rural", "20-100k"), "commune_size"),
    ],
)
def test_a_column_is_a_commune_size_where_its_codes_look_like_one(
    tmp_path: Path, codes: tuple[str, str], kind: str
) -> None:
    """Any `STRATE` was: a stratum of any design, then checked against the communes' sizes."""
    file = tmp_path / "extrait.csv"
    lines = [f"R{one};{codes[one % 2]}" for one in range(20)]
    file.write_text("\n".join(["id;STRATE", *lines]) + "\n", "utf-8")
    _, (_, found) = candidates_of(file, ExtractFormat(delimiters=(";",)))
    assert found.kind == kind


def _codes(folder: Path, scale: str) -> list[dict[str, str]]:
    with (folder / "codelists" / f"{scale}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_mayors_extract_gives_batteries_roles_and_its_format(tmp_path: Path) -> None:
    folder = scaffold(tmp_path, "maires", MAYORS)
    study = yaml.safe_load((folder / "study.yaml").read_text("utf-8"))
    roles = {name: about["role"] for name, about in study["columns"].items()}
    assert roles == {
        "id_repondant": "respondent", "code_insee": "commune", "region": "region",
        "tranche_taille": "commune_size", "date_entretien": "date", "duree_secondes": "duration",
        "poids": "weight", "courriel": "direct_identifier",
    }  # fmt: skip
    questions = yaml.safe_load((folder / "questions.yaml").read_text("utf-8"))["questions"]
    patterns = {about["columns"] for about in questions.values()}
    assert {"fragilite_{domain}", "role_{domain}_{actor}"} <= patterns
    assert questions["verbatim"]["kind"] == "open_text"
    wave = next(iter(yaml.safe_load((folder / "waves.yaml").read_text("utf-8"))["waves"].values()))
    assert wave["extract"] == {
        "format": "csv", "encodings": ["cp1252"], "delimiters": [";"], "decimal": ",",
    }  # fmt: skip
    scale = (folder / "codelists" / "fragilite.csv").read_text("utf-8")
    assert "NSP,À COMPLÉTER : NSP,TO COMPLETE: NSP,,dont_know" in scale
    written = "".join(path.read_text("utf-8") for path in folder.rglob("*.*"))
    assert "@" not in written and "Verbatim" not in written


def test_names_as_long_as_questions_with_quotes_and_line_breaks_are_names(tmp_path: Path) -> None:
    names = ["N°", 'Q1. L\'école dite\n"publique" ?', 'Q2;\n""', "-- Q3\nFROM"]
    path = tmp_path / "extrait.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([names, *([n, "oui", "non", "nsp"] for n in range(9))])
    folder = scaffold(tmp_path, "longs", path)
    questions = yaml.safe_load((folder / "questions.yaml").read_text("utf-8"))["questions"]
    assert [about["columns"] for about in questions.values()] == names[1:]


def test_a_proposed_numeric_question_has_every_key_that_one_needs(tmp_path: Path) -> None:
    """Taken as it stood, it did not load: its limits were missing, and nothing said so before."""
    path = tmp_path / "extrait.csv"
    path.write_text(
        "id,avis,heures\n" + "".join(f"R{n},{n % 2},{n}.5\n" for n in range(90)), "utf-8"
    )
    folder = scaffold(tmp_path, "nombres", path)
    text = (folder / "questions.yaml").read_text("utf-8")
    taken = re.sub(r"^  # ( *\w+:)", r"  \1", text, flags=re.MULTILINE)
    proposed = yaml.safe_load(taken)["questions"]["heures"]
    assert proposed["kind"] == "numeric"
    assert proposed["minimum"] == proposed["maximum"] == "TO COMPLETE"


def test_columns_that_differ_by_case_are_looked_at_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "extrait.csv"
    path.write_text("id,AVIS,avis\n" + "".join(f"{n},oui,{n % 2}\n" for n in range(20)), "utf-8")
    candidates = candidates_of(path, ExtractFormat())[1]
    assert [(one.name, one.codes) for one in candidates if one.kind == "code"] == [
        ("AVIS", ("oui",)), ("avis", ("0", "1")),
    ]  # fmt: skip


def test_names_keep_the_letters_below_accents_and_are_each_others_own(tmp_path: Path) -> None:
    names = ["Numéro", "Avis !", "avis?", "Avis 2", "Qualité de l’œuvre", "Libre é", "libre_e"]
    path = tmp_path / "extrait.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [names, *([n, n % 2, n % 3, n % 4, n % 5, f"{n}{'é' * 30}", f"{n}{'e' * 30}"]
                      for n in range(60))]
        )  # fmt: skip
    folder = scaffold(tmp_path, "noms", path)
    asked = parse(folder / "questions.yaml").data["questions"]  # refuses a name given twice
    assert {name: about["columns"] for name, about in asked.items()} == {
        "avis": "Avis !", "avis_3": "avis?", "avis_2": "Avis 2", "qualite_de_l_oeuvre": names[4],
        "libre_e": "Libre é", "libre_e_2": "libre_e",
    }  # fmt: skip
    held = (folder / "codelists" / "avis_3.csv").read_text("utf-8").splitlines()
    assert [line[0] for line in held[1:]] == ["0", "1", "2"]  # a scale of its own


def test_a_column_named_as_the_list_of_a_battery_leaves_it_its_name(tmp_path: Path) -> None:
    names = ["id", "accord_eau", "accord_air", "accord_sol", "accord_domain"]
    path = tmp_path / "extrait.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = ([n, n % 2, n % 2, n % 2, "xyz"[n % 3]] for n in range(60))
        csv.writer(stream).writerows([names, *rows])
    lists = scaffold(tmp_path, "listes", path) / "codelists"
    assert "eau" in (lists / "accord_domain.csv").read_text("utf-8")
    assert "x,À COMPLÉTER" in (lists / "accord_domain_2.csv").read_text("utf-8")


def test_what_is_left_to_complete_is_counted(tmp_path: Path) -> None:
    scaffold(tmp_path, "maires", MAYORS)
    with pytest.raises(DeclarationError) as told:
        load_study(tmp_path, "maires")
    left = (tmp_path / "schemas/maires/study.yaml").read_text("utf-8").splitlines()
    cells = sum(
        len(re.findall("À COMPLÉTER|TO COMPLETE", line.split("#")[0]))
        for line in left
        if not line.startswith("#")
    )
    assert told.value.values["count"] == cells


@pytest.mark.parametrize("name", ["Majuscule", "9vies", "a b", "../x"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScaffoldError):
        scaffold(tmp_path, name, MAYORS)
    assert not (tmp_path / "schemas").exists()


def extract_of_60(path: Path) -> Path:
    lines = ["id;age;accord_eau;accord_air;accord_sol;note;poids"]
    lines += [
        f"R{n:02};{'jeune' if n % 3 else 'ancien'};{1 + n % 2};{1 + n % 3 // 2};{1 + n % 5 // 3};"
        f"{n % 40};{'1,5' if n % 2 else '0,5'}"
        for n in range(60)
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def complete(folder: Path) -> None:
    """Write what a person would write: a text in each blank, a wave, a trait, a breakdown."""
    study = folder / "study.yaml"
    text = study.read_text("utf-8").replace(
        '    codelist: "TO COMPLETE"\n    column: "TO COMPLETE"',
        '    codelist: age\n    column: "age"',
    )
    text = text.replace("columns:\n", 'columns:\n  "age": {role: profile, codelist: age}\n', 1)
    text = text.replace("to_complete:", "age:")
    study.write_text(text, "utf-8")
    questions = folder / "questions.yaml"
    asked = yaml.safe_load(questions.read_text("utf-8"))
    del asked["questions"]["age"]
    questions.write_text(yaml.safe_dump(asked, allow_unicode=True), "utf-8")
    waves = folder / "waves.yaml"
    waves.write_text(waves.read_text("utf-8").replace('"TO COMPLETE":', '"2024":', 1), "utf-8")
    for path in folder.rglob("*.*"):
        text = path.read_text("utf-8")
        blanks = text.replace("À COMPLÉTER", "Texte").replace("TO COMPLETE", "Text")
        path.write_text(blanks.replace('"Text"', '"unknown: essai"'), "utf-8")


def test_a_new_study_goes_from_an_extract_to_a_release_without_code(tmp_path: Path) -> None:
    extract = extract_of_60(tmp_path / "livraison.csv")
    root = tmp_path / "root"
    root.mkdir()

    def phare(*arguments: str) -> str:
        done = subprocess.run(
            [str(PHARE), "--root", str(root), *arguments], capture_output=True, text=True,
            env={**os.environ, "PHARE_LANG": "en"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    phare("new", "essai", "--extract", str(extract))
    complete(root / "schemas" / "essai")
    assert "2024" in phare("studies")
    phare(
        "receive", str(extract), "--study", "essai", "--wave", "2024", "--producer", "Institut",
        "--licence", "etalab-2.0", "--no-personal-data",
    )  # fmt: skip
    phare("check", "essai")
    phare("publish", "essai", "--date", "2024-07-01")
    assert (root / "published" / "essai" / "1.0.0" / "datapackage.json").exists()
    phare("verify")


def test_what_a_scaffold_explains_is_said_in_french_and_in_english(tmp_path: Path) -> None:
    folder = scaffold(tmp_path, "maires", MAYORS)
    for name in ("study.yaml", "questions.yaml", "waves.yaml"):
        text = (folder / name).read_text("utf-8")
        assert text.startswith("# Une ébauche : ") and "\n# A scaffold: " in text
