"""The committed releases attacked by an outsider from all their tables at once.

Made releases are attacked the same way in test_two_worlds.py.
"""

import csv
import json
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.study import load_study
from tests.disclosure.outsider import (
    QUANTITIES,
    TOTAL,
    Release,
    changed_by_few,
    figures_beside_withheld,
    judged_tables,
    nested_by_few,
    read,
    too_fine,
)
from tests.disclosure.outsider_attacks import (
    alike,
    count_attack,
    left_by_total,
    quantile_attack,
    share_attack,
    ways,
    weight_attack,
)

PROJECT = Path(__file__).parents[2]
HIDDEN = "attitudes-climat-2019"  # two regions of each item are withheld
RELEASES = {"phare-institutions": "2016", "attitudes-climat-2019": "2019"}


def newest(name: str) -> Path:
    folder = PROJECT / "published" / name
    version: str = json.loads((folder / "latest.json").read_text("utf-8"))["version"]
    return folder / version


def open_release(name: str, folder: Path | None = None) -> Release:
    """Read a release as it is public: its files, the declared codes, the frame."""
    study = load_study(PROJECT, name)  # the declaration is public
    answers_of = {
        (item.question, net): frozenset(one.answers) & set(item.answers)
        for item in study.items
        if (scale := study.questions[item.question].scale)
        for net, one in study.codelists[scale].about.nets.items()
    }
    release = Release(folder or newest(name), RELEASES[name], tuple(study.breakdowns), answers_of)
    release.units = frame(release) if study.about.weights.population == "frame" else {}
    return release


SIZES = {"<2000": "LT2000", "2000-19999": "2000-19999", "20000+": "GE20000"}


def frame(release: Release) -> dict[tuple[str, ...], float]:
    """Count the communes of metropolitan France by region (Corsica with 93) and size."""
    communes = pl.read_csv(
        PROJECT / "schemas" / "codelists" / "communes-2024.csv", infer_schema=False
    ).filter(zone="metro")
    counted = (
        communes.select(
            pl.col("region_code").replace({"93": "93-94", "94": "93-94"}),
            pl.col("size3").replace(SIZES),
        )
        .group_by("region_code", "size3").len()
    )  # fmt: skip
    assert release.breakdowns == ("region", "commune_size")
    found: dict[tuple[str, ...], float] = {}
    for region, size, count in counted.iter_rows():
        for cell in ((region, size), (region, TOTAL), (TOTAL, size), (TOTAL, TOTAL)):
            found[cell] = found.get(cell, 0.0) + count
    return found


def pinned_counts(release: Release) -> list:
    least = release.rules["minimum_respondents"]
    found = []
    for item in release.status:
        for cell, (low, high) in count_attack(release, item).items():
            if math.floor(high + 1e-6) - math.ceil(low - 1e-6) < least:
                found.append((item, cell, low, high))
    return found


def pinned_shares(release: Release, every: int = 1) -> tuple[int, list]:
    """Return how many withheld shares were attacked, and those found too narrowly."""
    asked, tried, found = release.rules["minimum_share_width"], 0, []
    items = [item for item in release.status if release.withheld(item)]
    for item in items[::every]:
        for (counted, cell), (low, high) in share_attack(release, item).items():
            tried += 1
            national = release.shares[item, counted].get(release.total)
            enough = min(asked, left_by_total(release, item, national, cell) / 2)
            if high - low < enough - 1e-4:
                found.append((item, sorted(counted), cell, low, high, enough))
    return tried, found


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest) -> Release:
    return open_release(request.param)


def test_every_table_that_speaks_of_respondents_is_read(release: Release) -> None:
    told = {row[0] for row in release.rows()}
    by_cell = {
        name
        for name, rows in judged_tables(release).items()
        if {"value", *release.breakdowns} <= set(rows[0]) or name == "sheets"
    }
    assert told == by_cell - set(QUANTITIES) and len(told) > 5


def test_what_is_withheld_is_told_by_no_row_of_any_table(release: Release) -> None:
    assert sum(len(release.withheld(item)) for item in release.status) > 90
    assert figures_beside_withheld(release) == []


def test_every_table_tells_one_base_of_a_cell_and_prints_no_more_decimals_than_declared(
    release: Release,
) -> None:
    told = [counts for cells in release.bases.values() for counts in cells.values()]
    assert len(told) > 900 and {len(counts) for counts in told} == {1}
    assert too_fine(release) == []
    assert nested_by_few(release) == []


def test_no_withheld_count_is_pinned_by_all_tables_together(release: Release) -> None:
    assert pinned_counts(release) == []


EVERY = [pytest.param(8, id="sample"), pytest.param(1, id="all", marks=pytest.mark.slow)]


@pytest.mark.parametrize("every", EVERY)
def test_no_withheld_share_is_pinned_by_all_tables_together(release: Release, every: int) -> None:
    tried, found = pinned_shares(release, every)
    assert tried > 50 and found == []


def by_quantiles(release: Release) -> tuple[int, list]:
    """Return how many shares of withheld distributions were attacked, and those found narrowly."""
    asked, tried, found = release.rules["minimum_share_width"], 0, []
    for item in {release.item("quantiles", row) for row in release.table("quantiles")}:
        told = release.distributions(item)
        for (level, cell), (low, high) in quantile_attack(release, item).items():
            tried += 1
            national = told.get((float(min(level)), release.total))
            enough = min(asked, left_by_total(release, item, national, cell) / 2)
            if high - low < enough - 1e-4:
                found.append((item, level, cell, low, high))
    return tried, found


def test_no_withheld_distribution_is_pinned_by_quantiles() -> None:
    tried, found = by_quantiles(open_release(HIDDEN))
    assert tried > 5 and found == []
    assert by_quantiles(open_release("phare-institutions")) == (0, [])  # of no withheld cell


@pytest.mark.parametrize("every", EVERY)
def test_no_small_crossing_is_pinned_to_all_or_none_by_weights(every: int) -> None:
    release = open_release("phare-institutions")
    items = [item for item in release.status if item[0] != "profiles"][::every]
    assert len(items) > 10
    for item in items:
        assert list(weight_attack(release, item, "commune_size")) == []


# What the attack finds when something is left open, on copies of the committed releases.


def copy_of(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(newest(name), folder / "release"))


def change(folder: Path, table: str, changed: Callable[[dict[str, str]], dict[str, str]]) -> int:
    """Rewrite the rows of one table; return how many became others."""
    path = folder / "data" / f"{table}.csv"
    rows = read(path)
    new = [{**row, **changed(row)} for row in rows]
    path.chmod(0o644)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(new)
    return sum(one != other for one, other in zip(rows, new, strict=True))


def freed(row: dict[str, str], before: Release) -> dict[str, str]:
    """Return figures that leave 7 people to the other withheld region."""
    item = next(one for one in before.status if one[:3] == before.item("estimates", row))
    shown = {cell: min(counts) for cell, counts in before.bases[item].items()}
    regions = sum(count for cell, count in shown.items() if cell[0] != TOTAL)
    base = shown[before.total] - regions - 7
    told = {"status": "published", "respondents": f"{base}", "value": "0.30",
            "weighted_base": f"{base}"}  # fmt: skip
    return {name: text for name, text in told.items() if name in row}


@pytest.mark.parametrize("table", ["estimates", "nets", "comparisons", "priorities"])
def test_one_withheld_cell_freed_in_any_table_gives_its_company_away(
    tmp_path: Path, table: str
) -> None:
    folder, before = copy_of(HIDDEN, tmp_path), open_release(HIDDEN)
    done: set[tuple[str, str]] = set()

    def free(row: dict[str, str]) -> dict[str, str]:
        here = (row["question"], row["region"])
        if row["status"] != "withheld" or row["region"] == TOTAL or done - {here}:
            return {}
        done.add(here)
        return freed(row, before)

    assert change(folder, table, free) > 0
    found = open_release(HIDDEN, folder)
    assert {round(high) for *_, high in pinned_counts(found)} >= {7}
    assert table == "estimates" or figures_beside_withheld(found)


def test_a_freed_share_pins_the_share_of_its_company(tmp_path: Path) -> None:
    folder, before = copy_of(HIDDEN, tmp_path), open_release(HIDDEN)
    item = next(one for one in before.status if one[0] == "tax_approval")
    cell = max(before.withheld(item))

    def free(row: dict[str, str]) -> dict[str, str]:
        here = tuple(row[name] for name in before.breakdowns)
        return freed(row, before) if row["question"] == item[0] and here == cell else {}

    assert change(folder, "estimates", free) > 1
    widths = [
        max(high - low for low, high in share_attack(one, item).values())
        for one in (open_release(HIDDEN, folder), before)
    ]
    assert widths[0] < widths[1]


def test_close_quantiles_of_all_regions_but_one_pin_the_distribution_of_that_one(
    tmp_path: Path,
) -> None:
    folder = copy_of(HIDDEN, tmp_path)
    told = {"0.25": ("0.4999", "3"), "0.5": ("0.5001", "4")}

    def close(row: dict[str, str]) -> dict[str, str]:
        if row["probability"] not in told or not (row["value"] or row["region"] == "PACA"):
            return {}
        probability, value = told[row["probability"]]
        return {"probability": probability, "value": value}

    def free(row: dict[str, str]) -> dict[str, str]:
        is_it = row["question"] == "emission_target" and row["region"] == "PACA"
        return {"weighted_base": "37", "value": "3.0"} if is_it else {}  # 200 are left

    assert change(folder, "quantiles", close) > 0
    assert change(folder, "estimates", free) == 1
    _, found = by_quantiles(open_release(HIDDEN, folder))
    assert {cell[0] for _, _, cell, *_ in found} >= {"autre"}


def test_one_difference_left_at_full_precision_is_seen_and_narrows_its_cell(
    tmp_path: Path,
) -> None:
    folder = copy_of("phare-institutions", tmp_path)
    first: list[dict[str, str]] = []

    def refine(row: dict[str, str]) -> dict[str, str]:
        if first or row["status"] != "published" or row["measure"] != "share":
            return {}
        first.append(row)
        return {"difference": row["difference"] + "417"}

    assert change(folder, "comparisons", refine) == 1
    found, before = open_release("phare-institutions", folder), open_release("phare-institutions")
    assert [(table, name) for table, name, _ in too_fine(found)] == [("comparisons", "difference")]
    row = first[0]
    series = (found.item("comparisons", row), found.counted("comparisons", row))
    cell = tuple(row[name] for name in found.breakdowns)
    widths = [np.subtract(*one.shares[series][cell][::-1]) for one in (found, before)]
    assert widths[0] < widths[1] / 4


def test_one_share_left_at_full_precision_gives_a_small_crossing_away(tmp_path: Path) -> None:
    """A true split of some region, its share printed with six decimals in one table."""
    before = open_release("phare-institutions")
    item, counted, cell, share = next(openings(before))
    folder = copy_of("phare-institutions", tmp_path)

    def refine(row: dict[str, str]) -> dict[str, str]:
        here = tuple(row[name] for name in before.breakdowns) == cell
        is_it = here and before.item("comparisons", row) == item and row["answer"] in counted
        return {"value": f"{share:.6f}"} if is_it and row["value"] else {}

    assert change(folder, "comparisons", refine) == 1
    found = open_release("phare-institutions", folder)
    assert any(place == cell for _, place, _ in weight_attack(found, item, "commune_size"))


def openings(release: Release) -> Iterator[tuple]:
    """Give printed shares with a split behind that, printed exactly, would confine a crossing."""
    for (item, counted), shown in release.shares.items():
        cells = [cell for cell in shown if cell[0] != TOTAL and item[0] == "actor_role"]
        for cell in cells if len(counted) == 1 else ():
            low, high = shown[cell]
            row = next(
                row
                for row in release.table("estimates")
                if release.item("estimates", row) == item
                and tuple(row[name] for name in release.breakdowns) == cell
            )
            units = tuple(release.units.get((cell[0], one), 0.0) for one in sorted(SIZES.values()))
            base = (int(row["respondents"]), float(row["effective_respondents"]))
            split, given, share = ways(units, None, *base)
            inside = (share > low) & (share < high)
            for at in np.flatnonzero(inside)[:400]:
                same = np.abs(share - share[at]) <= 1e-6
                if alike(split[same], given[same], release.rules["minimum_respondents"]).any():
                    yield item, counted, cell, float(share[at])
                    break


@pytest.mark.parametrize("table", ["estimates", "comparisons", "item_response", "profile_answers"])
def test_a_count_that_changes_by_a_few_between_two_releases_is_seen_in_any_table(
    tmp_path: Path, table: str
) -> None:
    folder = copy_of(HIDDEN, tmp_path)
    before = open_release(HIDDEN)
    assert changed_by_few(before, open_release(HIDDEN, folder)) == []
    seen: list[str] = []

    def move(row: dict[str, str]) -> dict[str, str]:
        if seen or not row["respondents"]:
            return {}
        seen.append(row["respondents"])
        return {"respondents": str(int(row["respondents"]) - 1)}

    assert change(folder, table, move) == 1
    found = changed_by_few(before, open_release(HIDDEN, folder))
    assert [(where, by) for where, _, by in found] == [(table, -1)]
