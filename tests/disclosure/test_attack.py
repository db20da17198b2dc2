"""An outsider with the published CSV, the frame and a solver, and nothing of ours.

What is attacked is a wave like the mayors': 13 regions, about 100 respondents a size class, weights
that bring each crossing to its communes. The attacks are written from scratch here: the tables, the
number of communes and what the notice says of weights are all they read.
"""

import csv
import itertools

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from scipy.optimize import linprog

from pipelines.disclosure import DisclosureAuditError, audit, protect
from tests.disclosure.made_up_wave import (
    SIZES,
    WAVE,
    Declared,
    declare,
    estimates_of,
    question,
)

REGIONS = tuple(f"R{n:02}" for n in range(1, 14))
COMMUNES = {"LT2000": 240, "2000-19999": 80, "GE20000": 40}
FRAME = {
    (region, size): (count if region != "R13" else count // 8) * (1 + n % 4)
    for n, region in enumerate(REGIONS)
    for size, count in COMMUNES.items()
}
QUESTIONS = {f"q{n}": question(f"q{n}") for n in (1, 2, 3)}
YES = {"q1": 0.3, "q2": 0.76, "q3": 0.92}
K, WIDTH, HALF = 11, 0.2, {True: 0.0005, False: 0.005}


def draw(seed, per_size=100):
    """Draw respondents: sizes in equal number, regions by their communes, answers at random."""
    chance = np.random.default_rng(seed)
    parts = []
    for size in SIZES:
        units = np.array([FRAME[region, size] for region in REGIONS], float)
        regions = chance.choice(REGIONS, size=per_size, p=units / units.sum())
        parts.append(pl.DataFrame({"region": regions, "size": [size] * per_size}))
    people = pl.concat(parts)
    asked = people.group_by("region", "size").len()
    rows = [(*key, count) for key, count in FRAME.items()]
    units = pl.DataFrame(rows, schema=["region", "size", "units"], orient="row")
    people = people.join(asked, on=["region", "size"], maintain_order="left").join(
        units, on=["region", "size"], maintain_order="left"
    )
    answers = {
        name: pl.Series(np.where(chance.random(people.height) < p, "1", "0"))
        for name, p in YES.items()
    }
    return people.with_columns(weight=pl.col("units") / pl.col("len"), **answers)


def publish(folder, people, name="release", crossings=()):
    """Protect and write what everyone can download: one CSV."""
    about = Declared(REGIONS, list(crossings), {}, FRAME, questions=QUESTIONS)
    study = declare(folder / "root", about)
    estimates = estimates_of(study, people, folder / f"{name}-estimates.parquet")
    protect(study, WAVE, estimates, folder / f"{name}.parquet")
    pl.read_parquet(folder / f"{name}.parquet").write_csv(folder / f"{name}.csv")
    return folder / f"{name}.csv"


def download(path):
    with path.open() as lines:
        return list(csv.DictReader(lines))


def held(rows, item):
    """Return cell -> row of an item's yes."""
    mine = [row for row in rows if row["question"] == item and row["answer"] == "1"]
    return {(row["region"], row["size"]): row for row in mine}


CROSSED = list(itertools.product(REGIONS, SIZES))


def sums(cell):
    return np.array([1.0 * (cell[0] in ("_T", r) and cell[1] in ("_T", s)) for r, s in CROSSED])


def ends(goal, **conditions):
    found = [linprog(sign * goal, **conditions, method="highs") for sign in (1, -1)]
    assert all(one.status == 0 for one in found)
    return found[0].fun, -found[1].fun


def count_attack(cells):
    """Return withheld cell -> the least and most respondents it may have."""
    shown = {cell: float(row["respondents"]) for cell, row in cells.items() if row["respondents"]}
    known = {"A_eq": np.array([sums(c) for c in shown]), "b_eq": list(shown.values())}
    limits = [(0, FRAME[cell]) for cell in CROSSED]
    return {cell: ends(sums(cell), **known, bounds=limits) for cell in cells if cell not in shown}


def share_attack(cells):
    """Return withheld cell -> the least and most its share may be: weights sum to communes."""
    rows, right = [], []
    for cell, row in cells.items():
        if row["value"]:
            units = sum(FRAME[one] for one in CROSSED if sums(cell)[CROSSED.index(one)])
            half = HALF[cell == ("_T", "_T")]
            rows += [sums(cell), -sums(cell)]
            right += [(float(row["value"]) + half) * units, -(float(row["value"]) - half) * units]
    found = {}
    for cell, row in cells.items():
        if not row["value"]:
            units = sum(FRAME[one] for one in CROSSED if sums(cell)[CROSSED.index(one)])
            low, high = ends(
                sums(cell), A_ub=np.array(rows), b_ub=right,
                bounds=[(0, FRAME[one]) for one in CROSSED],
            )  # fmt: skip
            found[cell] = low / units, high / units
    return found


SEEDS = [1, 2, pytest.param(3, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_withheld_count_or_share_is_pinned(folder, seed):
    rows = download(publish(folder, draw(seed)))
    withheld = 0
    for item in QUESTIONS:
        cells = held(rows, item)
        for low, high in count_attack(cells).values():
            withheld += 1
            assert np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= K
        confined = confined_by_total(cells)
        for cell, (low, high) in share_attack(cells).items():
            assert high - low >= min(WIDTH, confined[cell] / 2) - 1e-6
    assert withheld


def confined_by_total(cells):
    """Return cell -> how wide its share is when only the national figure is known."""
    alone = {
        cell: row if cell == ("_T", "_T") else {**row, "value": ""} for cell, row in cells.items()
    }
    return {cell: high - low for cell, (low, high) in share_attack(alone).items()}


def test_the_attack_would_find_a_single_withheld_region(folder):
    rows = download(publish(folder, draw(1)))
    cells = held(rows, "q1")
    hidden = [cell for cell, row in cells.items() if row["status"] == "withheld"]
    full = pl.read_parquet(folder / "release-estimates.parquet").filter(question="q1", answer="1")
    for cell in hidden[1:]:
        true = full.filter(region=cell[0], size=cell[1]).to_dicts()[0]
        cells[cell] = {**cells[cell], "respondents": str(true["respondents"]),
                       "value": f"{true['value']:.2f}"}  # fmt: skip
    low, high = count_attack(cells)[hidden[0]]
    assert high - low < 1e-6


def test_a_withheld_row_shows_nothing_at_all(folder):
    for row in download(publish(folder, draw(1))):
        if row["status"] != "published":
            figures = [row[name] for name in row if name not in KEY]
            assert figures == [""] * len(figures)


KEY = {"wave", "question", "domain", "actor", "answer", "measure", "region", "size", "status"}


def test_the_parquet_statistics_hold_no_withheld_count(folder):
    publish(folder, draw(1))
    table = pq.ParquetFile(folder / "release.parquet")
    at = table.schema_arrow.names.index("respondents")
    least = table.metadata.row_group(0).column(at).statistics.min
    assert least >= K


def test_no_small_crossing_is_pinned_by_weights_to_all_or_none(folder):
    """Try every split and answer of a region that gives its share and effective base."""
    rows = download(publish(folder, draw(1)))
    tried = 0
    for item in QUESTIONS:
        for cell, row in held(rows, item).items():
            if cell[0] == "_T" or not row["value"] or not 0.1 <= float(row["value"]) <= 0.9:
                continue
            possible = splits_of(cell[0], row)
            tried += bool(possible)
            for size in range(3):
                small = [(n, a) for n, a in ((s[size], g[size]) for s, g in possible) if n]
                if small and all(n < K for n, _ in small):
                    assert not all(a == 0 for _, a in small)
                    assert not all(a == n for n, a in small)
    assert tried


def splits_of(region, row):
    """Return (respondents, yes) by size that reproduce a region's printed figures."""
    asked, share = int(row["respondents"]), float(row["value"])
    units = np.array([FRAME[region, size] for size in SIZES], float)
    found = []
    for first, second in itertools.product(range(asked + 1), repeat=2):
        split = np.array([first, second, asked - first - second])
        if (split < 1).any():
            continue
        effective = units.sum() ** 2 / (units**2 / split).sum()
        if abs(effective - float(row["effective_respondents"])) > 0.5:
            continue
        found += [
            (tuple(split), yes)
            for yes in itertools.product(*(range(n + 1) for n in split))
            if abs((units / split) @ yes / units.sum() - share) <= 0.005
        ]
    return found


def test_two_releases_do_not_give_the_difference_away(folder):
    """A respondent withdraws: either the audit refuses, or no base tells who."""
    people = draw(1)
    before = publish(folder, people, "before")
    publish(folder, people.slice(1), "after")
    study = declare(folder / "root", Declared(REGIONS, [], {}, FRAME, questions=QUESTIONS))
    with pytest.raises(DisclosureAuditError, match="since an earlier release"):
        audit(study, [folder / "after.parquet"], earlier=[before])
    same = {cell: row["respondents"] for cell, row in held(download(before), "q1").items()}
    later = held(download(folder / "after.csv"), "q1")
    assert any(row["respondents"] != same[cell] for cell, row in later.items())
