"""A comparison in plain words: what is there, what is not, what is not published."""

from decimal import Decimal

from pipelines.catalogue.words import in_words

ROW = {
    "status": "published", "measure": "share", "against": "rest", "contrast": "none",
    "difference": Decimal("0.020"), "difference_low": Decimal("-0.050"),
    "difference_high": Decimal("0.100"),
}  # fmt: skip


def test_no_difference_is_said_to_be_none_beyond_sampling_error() -> None:
    assert in_words(ROW, "Brittany", "yes", "en") == (
        "Brittany, 'yes': no difference beyond sampling error "
        "(+2\u00a0points against all others; 95% interval from \u22125 to +10)."
    )
    assert in_words(ROW, "Bretagne", "oui", "fr") == (
        "Bretagne, «\u00a0oui\u00a0»\u00a0: pas d'écart au-delà de l'erreur d'échantillonnage "
        "(+2\u00a0points comparé à tous les autres\u00a0; intervalle à 95\u00a0% de \u22125 à +10)."
    )


def test_a_difference_says_which_way_and_in_which_unit() -> None:
    mean = {**ROW, "measure": "mean", "contrast": "below", "difference": Decimal("-1.50"),
            "against": "wave"}  # fmt: skip
    said = in_words(mean, "Total", "score", "fr")
    assert "valeur plus basse" in said and "\u22121,5 comparé à la vague précédente" in said


def test_what_is_withheld_says_nothing_else() -> None:
    hidden = {**dict.fromkeys(ROW), "status": "withheld", "measure": "share", "against": "rest"}
    assert in_words(hidden, "Corsica", "yes", "en") == (
        "Corsica, 'yes': not published, to protect respondents."
    )
