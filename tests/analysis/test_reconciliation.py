"""Published figures are found again in our estimates, or it is said which are not, by how much."""

import json
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from tests.analysis.conftest import Compare

WHY = '"Coquille || Misprint"'


def test_a_figure_agrees_when_ours_rounds_to_it(compare: Compare) -> None:
    found = compare(
        ["a,2024,avis,_Z,_Z,oui,share,,,0.72,2,,evidence,Essai,"],
        {"avis _Z _Z oui share": 0.7158},
    )
    (one,) = found.figures
    assert (one.ours, one.difference, one.outcome) == (Decimal("0.72"), Decimal("0.00"), "agrees")
    assert (found.agree, found.differ) == (1, 0)


def test_a_figure_that_rounds_to_another_number_differs_by_so_much(compare: Compare) -> None:
    found = compare(
        ["a,2024,avis,_Z,_Z,oui,share,,,0.35,2,,evidence,Essai,"],
        {"avis _Z _Z oui share": 0.34499},
    )
    (one,) = found.figures
    assert (one.ours, one.difference, one.outcome) == (Decimal("0.34"), Decimal("-0.01"), "differs")
    assert found.unexplained == ("a",)


@pytest.mark.parametrize(
    ("decimals", "published", "value"),
    [(2, "0.13", 0.125), (1, "0.3", 0.25), (0, "1", 0.5), (3, "0.063", 0.0625)],
)
def test_a_half_is_rounded_up_as_people_round(
    compare: Compare, decimals: int, published: str, value: float
) -> None:
    line = f"a,2024,avis,_Z,_Z,oui,share,,,{published},{decimals},,evidence,Essai,"
    assert compare([line], {"avis _Z _Z oui share": value}).agree == 1


def test_a_net_and_a_sum_of_answers_are_sums_of_shares_rounded_once(compare: Compare) -> None:
    found = compare(
        [
            "net,2024,roles,eau,ville,accord,share,,,0.41,2,,evidence,Essai,",
            "sum,2024,roles,eau,ville,0+9,share,,,0.59,2,,evidence,Essai,",
        ],
        {
            "roles eau ville 2 share": 0.204,  # 0.20 + 0.20 = 0.40 if rounded before
            "roles eau ville 1 share": 0.204,
            "roles eau ville 0 share": 0.3,
            "roles eau ville 9 share": 0.292,
        },
    )
    assert [one.ours for one in found.figures] == [Decimal("0.41"), Decimal("0.59")]


def test_a_cell_is_found_by_its_codes_and_never_mistaken_for_the_total(compare: Compare) -> None:
    found = compare(
        [
            "n,2024,avis,_Z,_Z,oui,share,zone,N,0.10,2,,evidence,Essai,",
            "ny,2024,avis,_Z,_Z,oui,share,age+zone,Y+N,0.20,2,,evidence,Essai,",
            "all,2024,avis,_Z,_Z,oui,share,,,0.30,2,,evidence,Essai,",
        ],
        {
            "avis _Z _Z oui share | zone=N": 0.1,
            "avis _Z _Z oui share | zone=N age=Y": 0.2,
            "avis _Z _Z oui share": 0.3,
            "avis _Z _Z oui share | zone=S": 0.9,
            "avis _Z _Z oui share | wave=2023": 0.9,
            "avis _Z _Z non share": 0.9,
        },
    )
    assert found.agree == 3


def test_a_mean_is_compared_in_its_unit(compare: Compare) -> None:
    found = compare(
        ["m,2024,note,_Z,_Z,_Z,mean,,,5.5,1,,evidence,Essai,"], {"note _Z _Z _Z mean": 5.4501}
    )
    assert found.agree == 1


def test_a_tolerance_says_how_much_difference_still_agrees(compare: Compare) -> None:
    lines = [
        "in,2024,avis,_Z,_Z,oui,share,,,0.50,2,0.02,evidence,Essai,",
        "out,2024,avis,_Z,_Z,oui,share,,,0.50,2,0.01,evidence,Essai,",
    ]
    found = compare(lines, {"avis _Z _Z oui share": 0.52})
    assert [one.outcome for one in found.figures] == ["agrees", "differs"]


def test_agreement_by_construction_is_counted_apart_from_evidence(compare: Compare) -> None:
    lines = [
        "made,2024,avis,_Z,_Z,oui,share,,,0.50,2,,by_construction,Essai,",
        "off,2024,avis,_Z,_Z,oui,share,,,0.60,2,,by_construction,Essai,",
    ]
    found = compare(lines, {"avis _Z _Z oui share": 0.5})
    assert (found.agree, found.differ) == (0, 0)
    assert found.counts()["by_construction_agrees"] == 1
    assert found.counts()["by_construction_differs"] == 1
    assert found.unexplained == ("off",)


def test_an_ambiguous_figure_is_listed_and_never_compared(compare: Compare) -> None:
    found = compare(
        [f"a,2024,avis,_Z,_Z,oui,share,,,0.50,2,,ambiguous,Essai,{WHY}"],
        {"avis _Z _Z oui share": 0.5},
    )
    assert (found.figures[0].outcome, found.figures[0].ours) == ("ambiguous", None)
    assert sum(found.counts().values()) == found.counts()["ambiguous"] == 1
    assert found.unexplained == ()


def test_a_known_reason_explains_a_difference_and_is_stale_where_there_is_none(
    compare: Compare,
) -> None:
    lines = [
        f"known,2024,avis,_Z,_Z,oui,share,,,0.08,2,,evidence,Essai,{WHY}",
        f"stale,2024,avis,_Z,_Z,oui,share,,,0.36,2,,evidence,Essai,{WHY}",
    ]
    found = compare(lines, {"avis _Z _Z oui share": 0.356})
    known, stale = found.figures
    assert (known.is_explained, known.is_stale) == (True, False)
    assert (stale.is_explained, stale.is_stale) == (False, True)
    assert (found.differ, found.unexplained) == (1, ())


@pytest.mark.parametrize(
    "estimates",
    [
        {},
        {"avis _Z _Z oui share": None, "avis _Z _Z non share": 0.5},
        {"avis _Z _Z oui share": 0.5},
    ],
    ids=["no row", "an empty cell", "one answer of two"],
)
def test_a_figure_that_the_estimates_do_not_hold_is_an_error_that_no_reason_excuses(
    compare: Compare, tmp_path: Path, estimates: dict[str, float | None]
) -> None:
    line = f"a,2024,avis,_Z,_Z,oui+non,share,,,0.50,2,,evidence,Essai,{WHY}"
    found = compare([line], estimates)
    assert found.not_found == ("a",)
    assert (found.agree, found.differ, found.counts()["evidence_not_found"]) == (0, 0, 1)
    found.write(tmp_path / "reconciliation.json")
    (record,) = json.loads((tmp_path / "reconciliation.json").read_text("utf-8"))["figures"]
    assert record["agrees"] is False
    assert record["known_reason"] is None


def test_figures_of_another_wave_are_not_compared_with_this_one(compare: Compare) -> None:
    assert compare([], {"avis _Z _Z oui share": 0.5}).figures == ()


def test_what_is_written_says_for_each_figure_what_was_published_and_what_is_ours(
    compare: Compare, tmp_path: Path
) -> None:
    found = compare(
        [
            f"known,2024,avis,_Z,_Z,oui,share,zone,N,0.08,2,,evidence,Essai,{WHY}",
            f"vague,2024,avis,_Z,_Z,oui,share,,,0.5,1,,ambiguous,Essai,{WHY}",
        ],
        {"avis _Z _Z oui share | zone=N": 0.356},
    )
    path = tmp_path / "reconciliation.json"
    found.write(path)
    written = json.loads(path.read_text("utf-8"))
    assert list(written) == ["study", "wave", "counts", "not_found", "unexplained", "figures"]
    known, vague = written["figures"]
    assert (known["published"], known["ours"], known["difference"]) == ("0.08", "0.36", "0.28")
    assert (known["agrees"], known["cell"]) == (False, {"zone": "N"})
    assert known["known_reason"] == {"fr": "Coquille", "en": "Misprint"}
    assert (vague["agrees"], vague["ours"]) == (None, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_finer_than_the_published_decimals_is_written(
    compare: Compare, tmp_path: Path
) -> None:
    found = compare(
        ["a,2024,avis,_Z,_Z,oui,share,,,0.7,1,,evidence,Essai,"],
        {"avis _Z _Z oui share": 0.7158},
    )
    found.write(tmp_path / "reconciliation.json")
    assert "158" not in (tmp_path / "reconciliation.json").read_text("utf-8")


def test_the_same_estimates_in_another_order_give_the_same_bytes(
    compare: Compare, tmp_path: Path
) -> None:
    lines = [
        "b,2024,roles,eau,ville,2+1+0,share,,,0.60,2,,evidence,Essai,",
        "a,2024,avis,_Z,_Z,oui,share,,,0.50,2,,evidence,Essai,",
    ]
    estimates: dict[str, float | None] = {
        "roles eau ville 2 share": 0.1,
        "roles eau ville 1 share": 0.2,
        "roles eau ville 0 share": 0.3,
        "avis _Z _Z oui share": 0.5,
    }
    path = tmp_path / "reconciliation.json"
    written = []
    for order in (estimates, dict(reversed(estimates.items()))):
        compare(lines, order).write(path)
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert [one["figure"] for one in json.loads(written[0])["figures"]] == ["b", "a"]


@pytest.mark.parametrize("value", [0.10, 0.35])
def test_a_withheld_cell_counts_nowhere_whatever_its_figure_is(
    compare: Compare, value: float
) -> None:
    lines = [
        "n,2024,avis,_Z,_Z,oui,share,zone,N,0.10,2,,evidence,Essai,",
        "all,2024,avis,_Z,_Z,oui,share,,,0.30,2,,evidence,Essai,",
    ]
    hidden = "avis _Z _Z oui share | zone=N"
    found = compare(lines, {hidden: value, "avis _Z _Z oui share": 0.3}, [hidden])
    assert (found.agree, found.differ, found.unexplained) == (1, 0, ())
    assert found.counts()["withheld"] == 1
    assert found.figures[0].outcome == ("agrees" if value == 0.10 else "differs")


def test_a_figure_is_compared_no_finer_than_our_tables_print_it(compare: Compare) -> None:
    lines = [
        "n,2024,avis,_Z,_Z,oui,share,zone,N,0.104,3,,evidence,Essai,",
        "all,2024,avis,_Z,_Z,oui,share,,,0.304,3,,evidence,Essai,",
    ]
    shares = {"avis _Z _Z oui share | zone=N": 0.0961, "avis _Z _Z oui share": 0.3038}
    found = compare(lines, shares)
    assert [one.ours for one in found.figures] == [Decimal("0.10"), Decimal("0.304")]
    assert found.agree == 2


def test_a_sum_of_answers_below_the_total_is_told_by_no_table_hence_not_told(
    compare: Compare,
) -> None:
    found = compare(
        [
            "n,2024,avis,_Z,_Z,oui+non,share,zone,N,0.90,2,,evidence,Essai,",
            "all,2024,avis,_Z,_Z,oui+non,share,,,0.90,2,,evidence,Essai,",
        ],
        {
            f"avis _Z _Z {answer} share{cell}": 0.45
            for answer in ("oui", "non")
            for cell in ("", " | zone=N")
        },
    )
    assert [one.is_withheld for one in found.figures] == [True, False]
