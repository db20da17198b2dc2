"""Two worlds that differ only in what is withheld look the same from outside, to the last byte.

Whatever is printed of a withheld cell, in whatever rendering (a count, a percent, a French decimal
comma, a rounded bound, the length of a bar, a verdict), would make some public file of one world
differ from that of the other. So no figure need be long or odd to be found.

The worlds: who is young changes, in both releases of a wave; every row by age is withheld.
"""

import json
import logging
import re
import shutil
import sqlite3
import zipfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines.release import trace
from pipelines.run import Choices, run_study
from tests.disclosure.outsider import (
    Release,
    changed_by_few,
    figures_beside_withheld,
    nested_by_few,
    too_fine,
)
from tests.disclosure.test_leaks import public_files, text_of, withheld_keys
from tests.disclosure.test_outsider import pinned_counts, pinned_shares
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

AGE = 3
MOVED = (3, 10, 17, 31)  # young in one world, not in the other
TAKEN = (5, 12)  # young in the other world alone
ANALYSES = """
comparisons:
  age_rest: {title: {fr: Âge, en: Age}, against: rest, breakdown: age}
associations:
  by_age: {title: {fr: Âge, en: Age}, breakdown: age}
"""
FIGURES = """\
figure,wave,question,domain,actor,answer,measure,breakdown,code,published,decimals,tolerance,kind,source,known_reason
ensemble,2020,avis,_Z,_Z,1,share,,,0.70,2,1,evidence,Essai,
jeunes,2020,avis,_Z,_Z,1,share,age,Y,0.75,2,{tolerance},evidence,Essai,
"""
# Item by item, what must never tell: each is a pattern of public files, and some must exist.
ARTEFACTS = {
    "Parquet and the statistics in its footers": "published/*/*/data/*.parquet",
    "CSV": "published/*/*/data/*.csv",
    "workbook": "published/*/*/tables.xlsx",
    "descriptor": "published/*/*/datapackage.json",
    "diff": "published/*/*/diff/*",
    "reconciliation, weights and margins, checks, counts withheld": "published/*/*/quality/*.json",
    "lineage and its row counts": "published/*/*/lineage/*.ndjson",
    "texts of a release": "published/*/*/*.md",
    "pages": "published/site/**/*.html",
    "data of the charts and the explorer": "published/site/data/*/*.js",
    "downloads": "published/site/downloads/*.zip",
    "DDI frequencies": "published/site/**/ddi.xml",
    "Croissant": "published/site/**/croissant.json",
    "DCAT": "published/site/catalog.ttl",
    "JSON-LD": "published/site/catalog.jsonld",
    "Zenodo and RO-Crate": "published/*/*/ro-crate-metadata.json",
    "feed": "published/site/**/feed.atom",
    "trace": "trace-*.json",
    "log": "run.log",
    "Dagster's own store": ".dagster/**/*.db",
}


@dataclass(frozen=True)
class World:
    root: Path
    seen: dict[str, str]  # public file → all that it says, what changes from run to run masked


def people(*, is_other: bool) -> list[list[str]]:
    """Return the answers; in the other world four of the young are not, and two others are."""
    answers = rows()
    for number in (*MOVED, *TAKEN) if is_other else ():
        answers[number][AGE] = "O" if number in MOVED else "Y"
    return answers


def build(root: Path, *, is_other: bool, disclosure: str = "") -> World:
    """Publish a wave, then five more people, and look at all that is public."""
    write_tiny_study(root)
    shutil.rmtree(root / "raw" / STUDY)
    folder = root / "schemas" / STUDY
    (folder / "analyses.yaml").write_text(ANALYSES, "utf-8")
    (folder / "published-figures.csv").write_text(
        FIGURES.format(tolerance="1" if disclosure else "0.01"), "utf-8"
    )
    study = folder / "study.yaml"
    study.write_text(study.read_text("utf-8") + disclosure, "utf-8")
    log = logging.FileHandler(root / "run.log", encoding="utf-8")
    logging.getLogger().addHandler(log)
    try:
        answers = people(is_other=is_other)
        deliver(root, answers)
        run_study(root, STUDY, Choices(released="2020-07-01"))
        more = [[f"N{at}", *row[1:AGE], "O", *row[AGE + 1 :]] for at, row in enumerate(rows()[:5])]
        deliver(root, [*answers, *more], name="2020-06-09")
        outcome = run_study(root, STUDY, Choices(released="2020-08-01", erratum="Cinq de plus"))
    finally:
        logging.getLogger().removeHandler(log)
        log.close()
    release = Path(outcome["path"])
    by_age = [{"question": "avis", "answer": "1", "measure": "share", "zone": "_T", "age": age,
               "wave": "2020"} for age in ("Y", "O")]  # fmt: skip
    for row in by_age:
        told = json.dumps(trace(release, row), default=str, sort_keys=True)
        (root / f"trace-{row['age']}.json").write_text(told, "utf-8")
    return World(root, look(root))


def look(root: Path) -> dict[str, str]:
    """Return what each public file says; files named by a run's id together, in any order."""
    said: dict[str, list[str]] = {}
    for path in public_files(root):
        name = masked(path.relative_to(root).as_posix(), root)
        said.setdefault(name, []).append(says(path, root))
    return {name: "\n".join(sorted(texts)) for name, texts in said.items()}


def says(path: Path, root: Path) -> str:
    return masked(stored(path) if path.suffix == ".db" else text_of(path), root)


RUN_TO_RUN = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"(?<![0-9a-f])(?=[0-9]*[a-f])[0-9a-f]{12,64}(?![0-9a-f])"), "<digest>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?[0-9.]*(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\(\d+[.,]\d+ s\)"), "(<seconds>)"),
    (re.compile(r"\d+(\.\d+)?m?s\""), "<seconds>"),
)


def masked(text: str, root: Path) -> str:
    """Return a text without ids, digests (of salted lines, of extracts), times and the folder."""
    text = text.replace(str(root), "<root>")
    for pattern, word in RUN_TO_RUN:
        text = pattern.sub(word, text)
    return text


def stored(path: Path) -> str:
    """Return what Dagster keeps of materialisations and checks: labels and values, sorted."""
    told: list[str] = []
    with sqlite3.connect(path) as store:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master")]
        if "event_logs" in tables:
            for (event,) in store.execute("SELECT event FROM event_logs"):
                told += metadata_of(json.loads(event))
    return "\n".join(sorted(told))


def metadata_of(event: object) -> list[str]:
    """Return each piece of metadata below an event, times and seconds apart."""
    found: list[str] = []
    if isinstance(event, dict):
        for name, value in event.items():
            if name in {"metadata", "metadata_entries"} and value:
                found.append(json.dumps(value, sort_keys=True))
            found += metadata_of(value)
    elif isinstance(event, list):
        for value in event:
            found += metadata_of(value)
    return found


def differing(one: World, other: World) -> dict[str, tuple[str, str]]:
    """Return the public files that differ, each with the first words that do."""
    names = sorted(one.seen.keys() | other.seen.keys())
    pairs = {name: (one.seen.get(name, ""), other.seen.get(name, "")) for name in names}
    return {name: first_words(*pair) for name, pair in pairs.items() if pair[0] != pair[1]}


def first_words(one: str, other: str) -> tuple[str, str]:
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return one[max(same - 60, 0) : same + 60], other[max(same - 60, 0) : same + 60]


def matching(world: World, pattern: str) -> set[str]:
    return {
        masked(path.relative_to(world.root).as_posix(), world.root)
        for path in world.root.glob(pattern)
        if path.is_file()
    }


Worlds = tuple[World, World]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    one, other = (tmp_path_factory.mktemp("world") for _ in range(2))
    return build(one, is_other=False), build(other, is_other=True)


def test_the_worlds_differ_in_private_and_withhold_every_row_by_age(worlds: Worlds) -> None:
    for world in worlds:
        release = max((world.root / "published" / STUDY).glob("0.*"))
        assert {row["age"] for row in withheld_keys(release)} == {"Y", "O"}
    private = [world.root / ".phare" / STUDY / "2020" / "estimates.parquet" for world in worlds]
    assert text_of(private[0]) != text_of(private[1])


def test_every_artefact_is_looked_at(worlds: Worlds) -> None:
    for name, pattern in ARTEFACTS.items():
        found = matching(worlds[0], pattern)
        assert found and found <= worlds[0].seen.keys(), name
    store = "".join(text for name, text in worlds[0].seen.items() if name.endswith(".db"))
    assert "rows" in store and "agree" in store and "seen" in store


def test_no_public_file_tells_one_world_from_the_other(worlds: Worlds) -> None:
    assert differing(*worlds) == {}


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if "Dagster" not in name])
@pytest.mark.parametrize("leak", ["9 ", "75 %", "0,8"])
def test_any_rendering_of_a_figure_is_seen_in_any_artefact(
    worlds: Worlds, tmp_path: Path, name: str, leak: str
) -> None:
    """Short figures too: a base of 9, a percent, a rounded share with a French comma."""
    path = min(worlds[0].root.glob(ARTEFACTS[name]))
    copy = tmp_path / path.name
    if path.suffix == ".parquet":
        rows_of_it = pl.read_parquet(path)
        column = next(one for one, kind in rows_of_it.schema.items() if kind == pl.String)
        planted = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(leak)).otherwise(column)
        rows_of_it.with_columns(planted.alias(column)).write_parquet(copy)
    elif path.suffix in {".xlsx", ".zip"}:
        shutil.copy(path, copy)
        copy.chmod(0o644)
        with zipfile.ZipFile(copy, "a") as archive:
            archive.writestr("leak", leak)
    else:
        text = path.read_bytes()
        copy.write_bytes(text[: len(text) // 2] + leak.encode() + text[len(text) // 2 :])
    assert says(copy, worlds[0].root) != says(path, worlds[0].root)


def test_a_figure_in_the_metadata_of_dagster_is_seen(worlds: Worlds, tmp_path: Path) -> None:
    found = [path for path in worlds[0].root.glob(".dagster/**/*.db") if stored(path)]
    copy = Path(shutil.copy(min(found), tmp_path / "runs.db"))
    with sqlite3.connect(copy) as store:
        event = json.dumps({"metadata_entries": [{"label": "base", "entry_data": {"value": 9}}]})
        names = [row[1] for row in store.execute("PRAGMA table_info(event_logs)")]
        values = {"run_id": "r", "event": event, "timestamp": "2020-01-01"}
        chosen = [name for name in values if name in names]
        store.execute(
            f"INSERT INTO event_logs ({', '.join(chosen)}) VALUES ({', '.join('?' * len(chosen))})",
            [values[name] for name in chosen],
        )
    assert stored(copy) != stored(min(found))


SHOWS_CELLS = (
    "Parquet and the statistics in its footers", "CSV", "workbook", "pages",
    "data of the charts and the explorer", "downloads", "trace",
)  # fmt: skip


def test_an_outsider_works_nothing_out_of_the_two_releases_of_a_world(worlds: Worlds) -> None:
    folders = sorted((worlds[0].root / "published" / STUDY).glob("0.*"))
    releases = [Release(path, "2020", ("zone", "age")) for path in folders]
    assert changed_by_few(*releases) == []
    assert [one.bases["note", "_Z", "_Z"]["_T", "_T"] for one in releases] == [{60}, {65}]
    for one in releases:
        assert figures_beside_withheld(one) == too_fine(one) == nested_by_few(one) == []
        assert sum(len(one.withheld(item)) for item in one.status) == 4
        assert pinned_counts(one) == []
        tried, found = pinned_shares(one)
        assert tried == 4 and found == []


@pytest.mark.slow
def test_worlds_whose_policy_withholds_nothing_are_told_apart_by_every_artefact_that_shows_cells(
    tmp_path: Path,
) -> None:
    """The leak on purpose: the same people, a threshold of 3, no complement."""
    policy = "disclosure: {minimum_respondents: 3, minimum_difference: 1}\n"
    worlds = [
        build(tmp_path / name, is_other=name == "other", disclosure=policy)
        for name in ("one", "other")
    ]
    differ = differing(*worlds)
    for name in SHOWS_CELLS:
        assert differ.keys() & matching(worlds[0], ARTEFACTS[name]), name
    assert differ.keys() & matching(
        worlds[0], ARTEFACTS["reconciliation, weights and margins, checks, counts withheld"]
    )
