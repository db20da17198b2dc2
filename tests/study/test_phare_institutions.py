"""Facts of the declared mayors study: its batteries, what it never publishes, what it says."""

import csv

import pytest

from pipelines import PROJECT
from pipelines.study import Study, load_study
from pipelines.study.tables import published_tables
from pipelines.validation.plan import plan_columns

NEVER_PUBLISHED = {
    "id_repondant", "code_insee", "courriel", "lot_appel", "poids", "date_entretien",
    "duree_secondes", "verbatim",
}  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(PROJECT, "phare-institutions")


def test_sixteen_domains_and_four_actors_make_the_batteries(study):
    counts = dict.fromkeys(study.questions, 0)
    for item in study.items:
        counts[item.question] += 1
    assert counts["fragility_priority"] == counts["partnerships"] == 16
    assert counts["actor_role"] == 16 * 4
    assert sum(counts.values()) == len(study.items) == 103


def test_every_kind_of_answer_is_asked_for_once_at_least(study):
    kinds = {question.kind for question in study.questions.values()}
    assert kinds == {"single", "ordinal", "multiple", "score", "open_text"}
    assert {question.base for question in study.questions.values()} == {"answered", "asked"}


def test_open_text_is_never_an_item_nor_in_a_published_table(study):
    assert study.questions["verbatim"].kind == "open_text"
    assert all(item.question != "verbatim" for item in study.items)
    for table in published_tables(study):
        assert all("verbatim" not in row for row in table.rows or ())


def test_identifiers_are_no_breakdown_no_item_and_no_published_column(study):
    used = {column for item in study.items for column in item.columns}
    used |= {breakdown.column for breakdown in study.breakdowns.values() if breakdown.column}
    used |= {column for table in published_tables(study) for column in table.columns}
    assert not used & NEVER_PUBLISHED
    plans = plan_columns(study)
    assert set(plans) >= NEVER_PUBLISHED
    assert {name for name, plan in plans.items() if plan.kind == "unread"} == {
        "courriel", "lot_appel",
    }  # fmt: skip


def test_corsica_is_counted_with_its_neighbour_and_every_other_region_stands_alone(study):
    recode = study.breakdowns["region"].recode
    assert recode == {"93": "93-94", "94": "93-94"}
    groups = [recode.get(code, code) for code in study.codelists["region"].names]
    assert set(groups) == set(study.codelists["region-12"].names)
    assert len(study.codelists["region-12"].names) == 12


def test_the_study_says_in_both_languages_that_it_is_synthetic(study):
    assert all(wave.synthetic for wave in study.waves.values())
    for text in (study.about.title, study.wave("2016").title):
        assert "données synthétiques" in text.fr
        assert "synthetic data" in text.en
    assert "aucune ligne ne décrit un maire réel" in study.about.description.fr
    assert "no row describes a real mayor" in study.about.description.en


def test_every_wording_says_that_it_is_ours(study):
    ours = (
        "[Formulation reconstituée]",
        "[Variable récapitulative]",
        "[Question ajoutée par nous]",
    )
    assert all(question.wording.fr.startswith(ours) for question in study.questions.values())


def test_published_figures_name_declared_questions_codes_and_answers(study):
    path = study.folder / "published-figures.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    items = {(item.question, item.domain, item.actor) for item in study.items}
    for row in rows:
        assert (row["question"], row["domain"], row["actor"]) in items, row["figure"]
        scale = study.codelists[study.questions[row["question"]].scale]
        assert row["answer"] in {*scale.names, *scale.about.nets}, row["figure"]
        if row["breakdown"]:
            codes = study.codelists[study.breakdowns[row["breakdown"]].codelist].names
            assert row["code"] in codes, row["figure"]
    assert len({row["figure"] for row in rows}) == len(rows)


def test_no_figure_of_a_synthetic_wave_passes_for_evidence_and_ambiguous_ones_say_why(study):
    path = study.folder / "published-figures.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["kind"] for row in rows} == {"by_construction", "ambiguous"}
    for row in rows:
        assert (row["kind"] == "ambiguous") == (" || " in row["known_reason"]), row["figure"]
