"""Nothing that a study makes public holds a figure of a withheld cell, in any kind of file.

The weights of this study are odd, so that bases, shares and errors are numbers that nothing else
would print. All that leaves the private area is searched for them: tables and the statistics in
their footers, workbook, descriptors, diff, lineage, quality, pages, Dagster's own store, logs, and
what `trace` prints.
"""

import io
import json
import logging
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.release import trace
from pipelines.run import Choices, run_study
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study

FIGURES = ("weighted_base", "value", "standard_error", "ci_low", "ci_high", "design_effect")
KINDS = {".parquet", ".csv", ".xlsx", ".json", ".ndjson", ".md", ".html", ".db", ".log", ".sha256"}


def odd_rows(first: float) -> list[list[str]]:
    """Return the 60 answers with weights between 60,000 and 100,000, no two alike."""
    return [
        [number, f"{first + 611.37 * place:.3f}", *others]
        for place, (number, _, *others) in enumerate(rows())
    ]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Release one wave, then two: the second release has a diff. Keep logs and a trace beside."""
    root = write_tiny_study(tmp_path_factory.mktemp("root"), waves=("2020", "2021"))
    shutil.rmtree(root / "raw" / STUDY)
    log = logging.FileHandler(root / "run.log", encoding="utf-8")
    logging.getLogger().addHandler(log)
    try:
        for wave, first in (("2020", 60_317.811), ("2021", 63_911.277)):
            deliver(root, odd_rows(first), wave=wave)
            outcome = run_study(root, STUDY, Choices(released="2021-07-01"))
            assert outcome["published"]
    finally:
        logging.getLogger().removeHandler(log)
    release = Path(outcome["path"])
    for row in withheld_keys(release)[:3]:
        told = json.dumps(trace(release, row), default=str)
        (root / f"trace-{row['age']}.json").write_text(told, "utf-8")
    return root


def withheld_keys(release: Path) -> list[dict[str, str]]:
    table = pl.read_parquet(release / "data" / "estimates.parquet").filter(status="withheld")
    return table.select("question", "answer", "measure", "zone", "age", "wave").to_dicts()


def secrets(root: Path) -> set[str]:
    """Return the figures of withheld rows at the precision that tells them apart, as digits."""
    digits: set[str] = set()
    for private in sorted((root / ".phare" / STUDY).glob("*/estimates.parquet")):
        hidden = pl.read_parquet(private.with_name("protected.parquet")).filter(status="withheld")
        key = ["question", "answer", "measure", "zone", "age"]
        found = pl.read_parquet(private).join(hidden, on=key, how="semi")
        for name in FIGURES:
            for value in found[name].drop_nulls().cast(pl.Float64):
                whole = {f"{value:.0f}", str(int(value))}
                digits |= whole if name == "weighted_base" else {f"{value:.9f}"[:7]}
    return {one for one in digits if len(one) >= 6 and len(set(one[2:])) > 3}


def text_of(path: Path) -> str:
    """Return all that a file says, whatever its kind; of numbers, every digit."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            groups = (file.metadata.row_group(at) for at in range(file.metadata.num_row_groups))
            columns = [one.column(at) for one in groups for at in range(one.num_columns)]
            footer = [(one.statistics.min, one.statistics.max) for one in columns if one.statistics]
            return f"{footer} {file.read().to_pylist()}"
    if path.suffix in {".xlsx", ".zip"}:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            return "\n".join(archive.read(name).decode("latin-1") for name in archive.namelist())
    return path.read_bytes().decode("latin-1")


def public_files(root: Path) -> list[Path]:
    private = {root / ".phare", root / "raw", root / "schemas"}
    return sorted(
        path for path in root.rglob("*") if path.is_file() and not private & set(path.parents)
    )


def leaks(paths: list[Path], sought: set[str]) -> dict[str, set[str]]:
    found = {str(path): {one for one in sought if one in text_of(path)} for path in paths}
    return {name: hits for name, hits in found.items() if hits}


def test_no_public_file_of_any_kind_holds_a_figure_of_a_withheld_cell(root: Path) -> None:
    sought, paths = secrets(root), public_files(root)
    assert len(sought) > 20
    assert {path.suffix for path in paths} >= KINDS
    assert any("diff" in path.parts for path in paths)
    assert any(path.name.startswith("trace-") for path in paths)
    assert leaks(paths, sought) == {}


def test_the_search_sees_them_in_the_private_area(root: Path) -> None:
    private = sorted((root / ".phare").rglob("estimates.parquet"))
    found = leaks(private, secrets(root))
    assert len(found) == 2
    assert len(set().union(*found.values())) > 20


@pytest.mark.parametrize("kind", ["figure", "footer", ".csv", ".xlsx", ".json", ".html", ".db"])
def test_a_figure_planted_in_any_kind_of_file_is_found(root: Path, tmp_path: Path, kind) -> None:
    sought = secrets(root)
    secret = max(sought)
    path = tmp_path / f"planted{kind if kind.startswith('.') else '.parquet'}"
    if kind == "figure":
        pl.DataFrame({"value": [None, float(secret)]}).write_parquet(path, statistics=False)
    elif kind == "footer":
        pl.DataFrame({"value": [0.0, float(secret)]}).write_parquet(path)
    elif kind == ".xlsx":
        pl.DataFrame({"value": [float(secret)]}).write_excel(path)
    elif kind == ".db":
        with sqlite3.connect(path) as store:
            store.execute("CREATE TABLE event_logs (event TEXT)")
            store.execute("INSERT INTO event_logs VALUES (?)", [f'{{"rows": "{secret}"}}'])
    else:
        path.write_text(f"<td>{secret}</td>", "utf-8")
    assert secret in leaks([path], sought)[str(path)]


def test_withheld_rows_and_their_footers_are_empty_in_every_table(root: Path) -> None:
    for path in (one for one in public_files(root) if one.suffix == ".parquet"):
        table = pl.read_parquet(path)
        if "status" in table.columns:
            hidden = table.filter(pl.col("status") != "published")
            figures = [name for name, kind in table.schema.items() if kind.is_numeric()]
            assert hidden.select(pl.col(figures).is_not_null().any()).row(0).count(True) == 0


def test_row_counts_shown_publicly_are_those_of_whole_tables(root: Path) -> None:
    """A count of the rows of one cell would be its base: only whole tables are counted."""
    tables = [*public_files(root), *(root / ".phare").rglob("*")]
    whole = {pq.read_metadata(path).num_rows for path in tables if path.suffix == ".parquet"}
    events = sorted((root / "published" / STUDY).rglob("openlineage.ndjson"))
    told = {
        count
        for path in events
        for line in path.read_text("utf-8").splitlines()
        for count in row_counts(json.loads(line))
    }
    assert told
    assert told <= whole


def row_counts(told: object) -> Iterator[int]:
    if isinstance(told, dict):
        yield from (told[name] for name in ("rowCount", "rows") if isinstance(told.get(name), int))
    for one in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from row_counts(one)


def test_a_release_says_which_rules_did_not_run(root: Path) -> None:
    release = max((root / "published" / STUDY).glob("0.*"))
    told = json.loads((release / "quality" / "report.json").read_text("utf-8"))
    for wave in ("2020", "2021"):
        assert told[wave]["disclosure_rules_not_run"] == ["minimum_population", "maximum_fraction"]
    assert "minimum_population, maximum_fraction did not run" in (release / "README.md").read_text()


def test_the_account_of_the_policy_stays_with_its_owner(root: Path) -> None:
    accounts = sorted((root / ".phare" / STUDY).glob("*/protection.json"))
    assert len(accounts) == 2
    for path in (*accounts, root / ".phare" / STUDY / "audit.json"):
        assert path.stat().st_mode & 0o077 == 0
    told = json.loads(accounts[0].read_text("utf-8"))
    assert {one["minimum_respondents"] for one in told["costs"]} == {3, 5, 11}
    assert told["tables"]["age"]["withheld"] > 0
    public = "\n".join(text_of(path) for path in public_files(root) if path.suffix != ".db")
    assert '"unsafe"' not in public and "groupings" not in public
