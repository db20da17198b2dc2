"""The report of a check: what a person gets to read, and who may read it."""

import dataclasses
import datetime as dt
import json
import re
import shutil
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

from pipelines.intake import receive
from pipelines.study import Study, load_study
from pipelines.texts import messages, say
from pipelines.validation.report import CheckReport, check_extract
from tests.intake.cases.conftest import ROOT
from tests.intake.cases.extract import E_MAIL, OPEN_TEXT, Change, cell, column, extract, rows

BAD = (cell(2, "avis", "peut-être"), cell(6, "avis", "non"), cell(3, "note", "11"))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The small study of the cases, in a folder that a test may add to."""
    shutil.copytree(ROOT / "schemas", tmp_path / "root" / "schemas")
    return load_study(tmp_path / "root", "cases")


def check(study: Study, *changes: Change, text: str | None = None, wave="2024") -> CheckReport:
    path = study.root / "extrait.csv"
    path.write_text(extract(*changes) if text is None else text, "utf-8")
    return check_extract(study, wave, path, study.root / "report")


def test_a_refused_extract_is_summed_up_in_both_languages(study):
    report = check(study, *BAD)
    assert not report.is_accepted
    assert "6 lignes lues : 3 acceptées, 3 rejetées" in report.summary_text("fr")
    assert "6 rows read: 3 accepted, 3 rejected" in report.summary_text("en")
    text = report.summary_text("en")
    assert "avis: 2 cells, lines 3, 7: not a value of the codelist. Remedy: ask" in text
    assert "Read: CSV, 6 rows × 22 columns (Encoding utf-8" in text


def test_what_was_mended_is_printed_by_rule_with_its_first_line(study):
    report = check(study, cell(2, "avis", "PAS D'ACCORD – DU TOUT"), cell(3, "commune", "2a004"))
    french = report.summary_text("fr")
    assert "Réparé ou passé, comme déclaré :" in french
    assert "  - commune : 1 cellule, la première ligne 4 : code commune de Corse" in french
    assert "  - avis : 1 cellule, la première ligne 3 : typographie" in french
    page = report.html_path.read_text("utf-8")
    assert "<code>2a004</code> → <code>2A004</code>" in page


def test_the_list_of_rejected_cells_names_line_column_value_rule_and_remedy(study):
    lines = check(study, *BAD).rejected_csv.read_text("utf-8").splitlines()
    assert lines[0] == "file,line,column,value,rule,fr,en"
    assert [line.split(",")[:5] for line in lines[1:]] == [
        ["extrait.csv", "3", "avis", "peut-être", "code"],
        ["extrait.csv", "4", "note", "11", "range"],
        ["extrait.csv", "7", "avis", "non", "code"],
    ]
    assert all("Remède" in line and "Remedy" in line for line in lines[1:])


def test_the_remedy_of_an_empty_cell_is_none_that_changes_nothing(study):
    """No `required: false` lets a respondent go without weight or identifier; a trait it does."""
    report = check(study, cell(1, "id", ""), cell(2, "poids", ""), cell(3, "age", ""))
    lines = report.summary_text("en").splitlines()
    told = {line.split(":")[0][4:]: line for line in lines if "Remedy" in line}
    assert "ask for the identifier" in told["id"] and "does not change" in told["id"]
    assert "ask for the weight" in told["poids"] and "does not change" in told["poids"]
    assert "or declare `required: false`" in told["age"]
    page, cells = report.html_path.read_text("utf-8"), report.rejected_csv.read_text("utf-8")
    facts = json.loads(report.json_path.read_text("utf-8"))["refusals"]
    for lang in ("fr", "en"):
        for role in ("respondent", "weight"):
            remedy = say(f"remedy-required-{role}", lang)
            assert remedy.split("`")[0].replace("'", "&#39;") in page and remedy in cells
            assert remedy in [one["remedy"][lang] for one in facts]


def test_every_file_of_a_report_is_private(study):
    report = check(study, *BAD)
    for path in (report.html_path, report.json_path, report.rejected_csv):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in report.html_path.parent.iterdir()) == [
        "rejected.csv", "report.html", "report.json"
    ]  # fmt: skip


class Page(HTMLParser):
    """Collects what a page would load, and checks that every tag is closed."""

    VOID: ClassVar = {"meta", "input", "rect"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.loads += [value for name, value in attrs if name in {"src", "href", "action"}]
        if tag in {"script", "link", "iframe", "object"}:
            self.loads.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("changes", [(), BAD, None])
def test_the_page_is_whole_and_loads_nothing(study, changes):
    report = check(study, *changes) if changes is not None else check(study, text="")
    text = report.html_path.read_text("utf-8")
    page = Page()
    page.feed(text)
    assert (page.open, page.loads) == ([], [])
    assert 'lang="fr"' in text and 'lang="en"' in text
    assert "url(" not in text and "@import" not in text


def test_text_of_the_extract_cannot_become_markup(study):
    attack = "<script>alert(1)</script>"
    report = check(study, text=extract().replace("verbatim", f"verbatim;{attack}", 1))
    assert attack not in report.html_path.read_text("utf-8")
    report = check(study, text=extract(*BAD).replace("depense;", f"{attack};", 1))
    assert attack not in report.html_path.read_text("utf-8")


def test_no_value_of_an_identifier_and_no_open_text_appears(study):
    changes = (
        cell(2, "avis", E_MAIL), cell(2, "age", OPEN_TEXT * 3), cell(3, "note", "06 12 34 56 78"),
        cell(4, "nom", "chez Jeanne Martin"),
    )  # fmt: skip
    report = check(study, *changes)
    for path in (report.html_path, report.json_path, report.rejected_csv):
        text = path.read_text("utf-8")
        for secret in (E_MAIL, OPEN_TEXT, "06 12 34 56 78", "Jeanne"):
            assert secret not in text
    assert report.rejected_csv.read_text("utf-8").count("***") == 3


def test_the_questions_are_ready_to_send_and_hold_no_value(study):
    data = json.loads(check(study, *BAD).json_path.read_text("utf-8"))
    french, english = data["questions"]["fr"], data["questions"]["en"]
    assert french[0].startswith("Colonne avis (Avis), 2 cellules (lignes 3, 7) : valeur absente")
    assert "Remède" not in french[0]
    assert len(french) == len(english) >= 2
    assert "peut-être" not in " ".join(french + english)


def test_an_unreadable_file_ends_in_a_report_too(study):
    report = check(study, text=extract().replace(";", "!"))
    assert not report.is_accepted
    data = json.loads(report.json_path.read_text("utf-8"))
    assert data["error"]["rule"] == "intake-delimiter-none"
    assert len(data["questions"]["fr"]) == 1
    assert report.rejected_csv.read_text("utf-8") == "file,line,column,value,rule,fr,en\n"


def test_rows_set_aside_within_the_declared_share_leave_the_wave_accepted(study):
    policy = study.about.acceptance.model_copy(update={"policy": "set_aside", "maximum_share": 0.2})
    about = study.about.model_copy(update={"acceptance": policy})
    lenient = dataclasses.replace(study, about=about)
    assert check(lenient, cell(1, "avis", "peut-être")).is_accepted
    assert not check(lenient, *BAD).is_accepted


def test_the_margins_are_drawn_against_the_frame(study):
    text = check(study).html_path.read_text("utf-8")
    assert text.count("<svg") == 4  # two breakdowns in two languages
    data = json.loads((study.root / "report" / "report.json").read_text("utf-8"))
    sizes = {one["code"]: one for one in data["margins"][1]["cells"]}
    assert sizes["LT2000"]["respondents"] == pytest.approx(1 / 6, abs=1e-6)
    assert sizes["LT2000"]["weighted"] == pytest.approx(1.0 / 6.0, abs=1e-6)
    assert 0.8 < sizes["LT2000"]["frame"] < 0.9  # of 34,929 communes with inhabitants in 2024


def test_every_rule_repair_and_note_has_its_text_in_both_languages():
    texts = messages()
    sources = "".join(
        path.read_text("utf-8")
        for room in ("intake", "validation")
        for path in (Path("pipelines") / room).rglob("*.py")
    )
    used = set(re.findall(r'"((?:note|notice|intake|report|question)-[a-z_-]+[a-z])"', sources))
    assert {key for key in used if key not in texts and not key.endswith("-")} == set()


def deliver(study: Study, text: str, wave: str, day: int) -> Path:
    path = study.root / f"{wave}-{day}.csv"
    path.write_text(text, "utf-8")
    receive(
        study.root, study.id, wave, path, producer="Institut", licence="etalab-2.0",
        personal_data=False, synthetic=True, received=dt.date(2024, 12, day),
    )  # fmt: skip
    return path


def test_a_new_delivery_is_compared_with_the_one_before(study):
    deliver(study, extract(lambda table: table.pop()), "2024", 1)
    deliver(study, extract(), "2024", 2)
    changed = (cell(1, "avis", "2"), cell(1, "raison", ""), cell(2, "note", "9"))
    report = check(study, *changed, lambda table: table.pop(), column("operateur", lambda _: "x"))
    (found,) = report.findings.comparisons
    assert (found.kind, found.other) == ("extract", "2024-12-02")
    assert (found.rows_before, found.rows_after) == (6, 5)
    assert found.new_columns == ("operateur",)
    assert found.rows is not None
    assert (found.rows.new, found.rows.gone) == (0, 1)
    assert {"avis": 1, "raison": 1, "note": 1}.items() <= dict(found.rows.changed_cells).items()
    assert ("raison", (), ("a",)) in [dataclasses.astuple(one) for one in found.codes]
    page = report.html_path.read_text("utf-8")
    assert "Depuis la livraison précédente, 2024-12-02" in page
    assert "3 cellules changées dans 3 colonnes" in page
    assert "Identifiants : 0 nouveau, 1 disparu." in page
    assert "Réponses que plus personne ne donne : <code>a</code>, dans <code>raison</code>" in page
    questions = json.loads(report.json_path.read_text("utf-8"))["questions"]["fr"]
    assert any("Identifiants : 0 nouveau, 1 disparu" in one for one in questions)


def test_what_a_delivery_is_compared_with_is_the_one_before_as_corrected(study):
    mistaken = cell(2, "note", "100")
    deliver(study, extract(mistaken), "2024", 1)
    correction = {
        "respondents": ["R2"], "action": "replace", "column": "note", "value": "10",
        "guard": {"note": "100"}, "reason": "zéro de trop", "asked_by": "A. Durand",
        "asked_on": dt.date(2024, 12, 10), "status": "applied",
    }  # fmt: skip
    path = study.root / "raw" / "cases" / "2024" / "corrections.yaml"
    path.write_text(yaml.safe_dump({"corrections": {"note": correction}}), "utf-8")
    (found,) = check(study, mistaken, cell(3, "note", "9")).findings.comparisons
    assert (found.rows_before, found.rows_after) == (6, 6)
    assert found.rows is not None
    assert (found.rows.new, found.rows.gone) == (0, 0)
    assert dict(found.rows.changed_cells) == {"note": 1}


def test_a_long_comparison_is_cut_short_on_the_page_and_whole_in_the_json(study):
    deliver(study, extract(), "2024", 1)
    many = [column(f"ajout_{number:02}", lambda _: "x") for number in range(15)]
    report = check(study, *many)
    page = report.html_path.read_text("utf-8")
    assert "<code>ajout_11</code> et 3 autres" in page
    assert "Identifiants :" not in page
    data = json.loads(report.json_path.read_text("utf-8"))
    assert len(data["comparisons"][0]["new_columns"]) == 15


def many(share: float, count: int = 600) -> str:
    """Return an extract of `count` respondents of whom `share` answer 1."""
    table = [row for number in range(count) for row in [rows()[number % 6] | {"id": f"P{number}"}]]
    for number, row in enumerate(table):
        row |= {"avis": "1" if number < share * count else "2", "raison": "", "poids": "1"}
    return extract(lambda old: old.__setitem__(slice(None), table))


@pytest.fixture
def two_waves(study: Study) -> Study:
    path = study.folder / "waves.yaml"
    data = yaml.safe_load(path.read_text("utf-8"))
    data["waves"]["2025"] = data["waves"]["2024"] | {
        "start": data["waves"]["2024"]["end"], "end": data["waves"]["2024"]["end"]
    }  # fmt: skip
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return load_study(study.root, study.id)


@pytest.mark.parametrize(("share", "drifts"), [(0.5, 0), (0.54, 0), (0.7, 2)])
def test_a_drift_between_waves_is_told_from_sampling_error(two_waves, share, drifts):
    # 0.50 → 0.54 with 600 each: z = 1.4; 0.50 → 0.70: z = 7.1; both answers of the question move.
    deliver(two_waves, many(0.5), "2024", 1)
    text = re.sub(r"2024-11-\d\d", "2024-11-29", many(share))
    report = check(two_waves, text=text, wave="2025")
    (found,) = report.findings.comparisons
    assert (found.kind, found.other) == ("wave", "2024")
    assert len(found.drifts) == drifts
    assert all(one.name.startswith("avis") for one in found.drifts)
    questions = json.loads(report.json_path.read_text("utf-8"))["questions"]["fr"]
    assert sum("aléa" in one for one in questions) == drifts
    assert ("70,0 % maintenant" in report.html_path.read_text("utf-8")) is (drifts > 0)


@pytest.mark.parametrize("written", ["", "NSP", "Refus"])
def test_non_response_that_grew_is_told_and_asked_about(study, written):
    deliver(study, many(0.5), "2024", 1)
    table = many(0.5).replace(";1;;", f";{written};;", 60)
    report = check(study, text=table)
    assert report.findings.extract is not None
    (found,) = report.findings.comparisons
    moved = {one.name: (round(one.before, 2), round(one.after, 2)) for one in found.missing}
    assert moved["avis"] == (0.0, 0.1)
