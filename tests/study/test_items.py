"""A battery is one declaration and as many items as its lists say."""

from pipelines.study import Study


def test_a_battery_has_an_item_per_domain_and_actor_each_with_its_column(study: Study) -> None:
    roles = [one for one in study.items if one.question == "roles"]
    assert [(one.domain, one.actor, one.columns) for one in roles] == [
        ("eau", "ville", ("eau_ville",)),
        ("eau", "etat", ("eau_etat",)),
        ("bois", "ville", ("bois_ville",)),
        ("bois", "etat", ("bois_etat",)),
    ]


def test_a_multiple_choice_has_a_column_per_answer_or_columns_of_mentions(study: Study) -> None:
    item = {one.question: one for one in study.items}
    assert item["pourquoi"].columns == ("raison_cout", "raison_temps", "raison_autre")
    assert item["pourquoi"].ticks == ("cout", "temps", "autre")
    assert item["citees"].columns == ("citee_1", "citee_2")
    assert item["citees"].ticks == ()
    assert item["pourquoi"].is_multiple
    assert item["citees"].is_multiple


def test_the_base_holds_non_response_only_where_it_is_declared_asked(study: Study) -> None:
    item = {one.question: one for one in study.items}
    assert item["avis"].answers == ("oui", "non")
    assert item["roles"].answers == ("2", "1", "0", "9")


def test_a_number_has_no_answers_and_open_text_no_item(study: Study) -> None:
    item = {one.question: one for one in study.items}
    assert item["note"].is_numeric
    assert item["note"].answers == ()
    assert "propos" not in item


def test_items_are_numbered_in_declared_order(study: Study) -> None:
    assert [one.index for one in study.items] == list(range(len(study.items)))
    assert list(dict.fromkeys(one.question for one in study.items)) == [
        "avis", "pourquoi", "roles", "citees", "note",
    ]  # fmt: skip


def test_crossings_are_the_total_each_breakdown_then_those_declared(study: Study) -> None:
    assert study.crossings == ((), ("zone",), ("age",), ("region",), ("zone", "age"))


def test_published_figures_are_read_with_their_answers_and_cell(study: Study) -> None:
    one, two, three, four, _ = study.published_figures
    assert (one.answers, one.cell, str(one.published)) == (("oui",), (), "0.50")
    assert (two.answers, two.cell) == (("oui", "non"), (("zone", "N"),))
    assert two.known_reason is not None
    assert two.known_reason.fr == "Écart, connu"
    assert (three.answers, three.cell) == (("2", "1"), (("zone", "N"), ("age", "Y")))
    assert (four.measure, four.answers, four.kind) == ("mean", ("_Z",), "ambiguous")
