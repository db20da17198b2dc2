"""What a study declares to be analysed: loaded if it is there, each mistake shown with its line."""

from pathlib import Path

import pytest

from pipelines.study import DeclarationError, load_study
from pipelines.study.analyses import AnalysesFile, counted_answers
from tests.study.declared import STUDY, TEXT, write_declaration

BATTERY = f"""\
  urgences:
    title: {TEXT}
    wording: {TEXT}
    kind: ordinal
    scale: accord
    domain: domaine
    columns: "urgence_{{domain}}"
  revenu:
    title: {TEXT}
    wording: {TEXT}
    kind: numeric
    minimum: 0
    maximum: 100000
    columns: revenu
"""
ANALYSES = f"""\
priorities:
  urgent: {{title: {TEXT}, question: urgences, answers: [accord]}}
roles:
  expected: {{title: {TEXT}, question: roles, answers: ['2']}}
typologies:
  kinds:
    title: {TEXT}
    active: [avis, roles]
    illustrative: [pourquoi]
    profiles: 3
    names: {{'1': {TEXT}}}
sheets:
  zones:
    title: {TEXT}
    breakdown: zone
    priorities: [urgent]
    roles: [expected]
    alliances:
      - {{question: avis, answers: [oui]}}
      - {{question: note}}
verbatims:
  said:
    title: {TEXT}
    question: propos
    themes:
      money: {{title: {TEXT}, words: [argent]}}
totals:
  yeses:
    title: {TEXT}
    question: urgences
    answers:
      - '0'
      - accord
ratios:
  rate:
    title: {TEXT}
    numerator:
      question: avis
      answer: non
    denominator:
      question: revenu
quantiles:
  middles:
    title: {TEXT}
    questions: [revenu]
    probabilities: [0.2, 0.5]
    grain: 500
"""
MISTAKES = [
    ("question: urgences", "question: urgence", "study-unknown-name", "urgences"),
    ("question: urgences", "question: roles", "study-unknown-name", "urgences"),
    ("question: roles", "question: urgences", "study-unknown-name", "roles"),
    ("answers: [accord]", "answers: [acord]", "study-unknown-name", "accord"),
    ("answers: [accord]", "answers: ['9']", "study-unknown-name", "accord"),
    (", answers: [accord]", "", "study-missing-key", "answers"),
    ("active: [avis, roles]", "active: [avi, roles]", "study-unknown-name", "avis"),
    ("active: [avis, roles]", "active: [avis, note]", "study-unknown-name", "note"),
    ("active: [avis, roles]", "active: []", "study-bad-value", "at least 1"),
    ("profiles: 3", "profiles: 1", "study-bad-value", "at least 2"),
    ("profiles: 3", "profile: 3", "study-unknown-name", "profiles"),
    ("names: {'1'", "names: {'4'", "study-bad-value", "1, 2, 3"),
    ("breakdown: zone", "breakdown: zones", "study-unknown-name", "zone"),
    ("priorities: [urgent]", "priorities: [urgents]", "study-unknown-name", "urgent"),
    ("roles: [expected]", "roles: [urgent]", "study-unknown-name", "expected"),
    ("answers: [oui]", "answers: [ouii]", "study-unknown-name", "oui"),
    ("question: note", "question: notes", "study-unknown-name", "note"),
    ("question: propos", "question: avis", "study-unknown-name", "propos"),
    ("  said:", "  kinds:", "study-analysis-twice", "typologies"),
    ("    question: urgences\n    answers", "    question: urgence\n    answers",
     "study-unknown-name", "urgences"),
    ("      - accord", "      - acord", "study-unknown-name", "accord"),
    ("      - accord", "      - '9'", "study-unknown-name", "accord"),
    ("    question: urgences\n    answers:\n      - '0'\n      - accord", "    question: pourquoi",
     "study-total-filtered", "pourquoi"),
    ("      question: avis\n", "      question: aviss\n", "study-unknown-name", "avis"),
    ("      answer: non\n", "      answer: nsp\n", "study-unknown-name", "non"),
    ("      answer: non\n", "", "study-missing-key", "answer"),
    ("      question: revenu\n", "      answer: oui\n      question: revenu\n",
     "study-unknown-name", "_Z"),
    ("      question: revenu\n", "      question: urgences\n      answer: '2'\n",
     "study-ratio-batteries", "domaine"),
    ("questions: [revenu]", "questions: [avis]", "study-unknown-name", "revenu"),
    ("questions: [revenu]", "questions: []", "study-bad-value", "at least 1"),
    ("    grain: 500\n", "", "study-quantile-grain", "revenu"),
    ("grain: 500", "grain: 0", "study-bad-value", "at least"),
    ("[0.2, 0.5]", "[0.1, 0.5]", "study-quantile-close", "0.2"),
    ("[0.2, 0.5]", "[0.5, 0.6]", "study-quantile-close", "0.5, 0.6"),
    ("[0.2, 0.5]", "[0.5, 0.2]", "study-quantile-close", "0.5, 0.2"),
    ("[0.2, 0.5]", "[0.5, 0.9]", "study-quantile-close", "0.9"),
    ("[0.2, 0.5]", "[]", "study-bad-value", "at least 1"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_declaration(tmp_path)
    with (folder / "questions.yaml").open("a", encoding="utf-8") as questions:
        questions.write(BATTERY)
    about = folder / "study.yaml"
    counted = about.read_text("utf-8").replace("[zone]}", "[region], population: frame}")
    about.write_text(counted, "utf-8")
    (folder / "analyses.yaml").write_text(ANALYSES, "utf-8")
    return folder


def test_a_study_without_the_file_has_no_analyses(folder: Path) -> None:
    (folder / "analyses.yaml").unlink()
    assert load_study(folder.parents[1], STUDY).analyses == AnalysesFile()


def test_a_net_stands_for_its_codes_in_the_order_of_the_scale(folder: Path) -> None:
    study = load_study(folder.parents[1], STUDY)
    ranking = study.analyses.priorities["urgent"]
    question = study.questions[ranking.question]
    assert counted_answers(question, study.codelists, ranking.answers) == ("2", "1")


@pytest.mark.parametrize(("old", "new", "key", "shown"), MISTAKES)
def test_a_mistake_is_shown_with_its_line_and_what_is_valid(
    folder: Path, old: str, new: str, key: str, shown: str
) -> None:
    before, found, after = ANALYSES.partition(old)
    assert found
    path = folder / "analyses.yaml"
    path.write_text(before + new + after, "utf-8")
    with pytest.raises(DeclarationError) as refused:
        load_study(folder.parents[1], STUDY)
    error = refused.value
    assert (error.key, error.values["file"]) == (key, path)
    # what is wrong between two keys stands at the line of their entry, at most six above
    assert -6 <= int(str(error.values["line"])) - (before.count("\n") + 1) <= 0
    assert shown in error.text("en")
    assert str(path) in error.text("fr")


def test_a_total_needs_a_frame_that_counts_its_units(folder: Path) -> None:
    about = folder / "study.yaml"
    about.write_text(about.read_text("utf-8").replace("population: frame", "population: unknown"))
    with pytest.raises(DeclarationError, match=r"yeses.*unknown.*frame.*Remedy") as refused:
        load_study(folder.parents[1], STUDY)
    lines = ANALYSES.splitlines()
    assert lines[int(str(refused.value.values["line"])) - 1].strip() == "yeses:"
