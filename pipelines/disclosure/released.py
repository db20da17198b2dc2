"""What was written: the rows of a release and of earlier ones, read back from their files.

Belongs here: reading Parquet and CSV twins into one relation, and laying out what each item shows.
Not here: judging it (audit.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.disclosure.errors import EstimatesUnfitError
from pipelines.study import TOTAL, Study

Key = tuple[str, ...]
Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]
SHOWN, WITHHELD, NOBODY = 1, 0, -1
STATE_OF = {"published": SHOWN, "withheld": WITHHELD, "not_applicable": NOBODY}
BY_ANSWER = ("value", "standard_error", "design_effect")
ITEM = ["question", "domain", "actor", "measure"]


@dataclass(frozen=True)
class Written:
    """One item of one release, one entry per cell.

    `state` is 1 (published), 0 (withheld) or -1 (not applicable, or no row: nobody there).
    `answers` are those of all releases, sums of several among them (linked.py); `values`, standard
    `errors` and design `effects` are answers × cells, NaN where not shown, and `hidden` says which
    are withheld, alone or with their cell.
    """

    state: States
    hidden: npt.NDArray[np.bool_]
    respondents: Floats
    weighted_base: Floats
    effective: Floats
    answers: tuple[str, ...]
    values: Floats
    errors: Floats
    effects: Floats


@dataclass(frozen=True)
class Wave:
    """One wave as written: its cells (one code per breakdown, sorted) and its items.

    `items` maps (question, domain, actor, measure) to what each release shows of it, the one to
    judge first; None where a release does not have the item.
    """

    name: str
    cells: tuple[Key, ...]
    items: dict[Key, tuple[Written | None, ...]]


def load_released(
    connection: DuckDBPyConnection, study: Study, releases: Sequence[Sequence[Path]]
) -> None:
    """Create the table `released` from the files of each release, the one to judge first.

    The files of a release are twins: a row that stands in several counts once, and what one of
    them shows is shown. Raises EstimatesUnfitError for a file that is not a table of estimates.
    """
    releases_of: dict[Path, list[int]] = {}
    for release, paths in enumerate(releases):
        for path in paths:
            releases_of.setdefault(path, []).append(release)
    others = _of_another_kind(connection, study, releases_of)
    parts: list[str] = []
    values: dict[str, Any] = {}
    for paths in _of_one_form(releases_of):
        name = f"files_{len(parts)}"
        parts.append(_rows(connection, study, paths[0], name))
        values[name] = list(map(str, paths))
        values[f"releases_{name}"] = [releases_of[path] for path in paths]
        values[f"others_{name}"] = [others[path] for path in paths]
    rows = " UNION BY NAME ".join(parts)
    connection.execute(sql.read("disclosure/released_table.sql", rows=rows), values)


def _of_one_form(paths: Iterable[Path]) -> list[list[Path]]:
    """Return the files in groups that one query may read: Parquet files of the same columns.

    A query a file would make a release cost more with each release before it.
    """
    found: dict[object, list[Path]] = {}
    for path in paths:
        is_parquet = path.suffix == ".parquet"
        form = tuple(pl.read_parquet_schema(path).items()) if is_parquet else path
        found.setdefault(form, []).append(path)
    return list(found.values())


def source_of(path: Path, name: str, *, is_named: bool = False) -> str:
    """Return the table function call that reads written files in the form of one of them.

    Their path, or list of paths, is bound as `name`; `is_named`: the column `filename` tells which.
    """
    named = ", filename = true" if is_named else ""
    if path.suffix == ".parquet":
        return f"read_parquet(${name}{named})"
    return f"read_csv(${name}, all_varchar = true, header = true{named})"


def columns_of(connection: DuckDBPyConnection, path: Path) -> list[str]:
    """Return the columns of a written file."""
    query = sql.read("disclosure/written_columns.sql", source=source_of(path, "file"))
    columns: list[str] = connection.sql(query, params={"file": str(path)}).columns
    return columns


def _rows(connection: DuckDBPyConnection, study: Study, path: Path, name: str) -> str:
    """Return the query of the rows of files of the form of `path`, bound as a list to `name`."""
    found = columns_of(connection, path)
    present = [one for one in study.breakdowns if one in found]
    if not present or "status" not in found:
        raise EstimatesUnfitError(
            "disclosure-missing-column",
            file=path.name, column="status" if present else next(iter(study.breakdowns)),
            found=", ".join(found),
        )  # fmt: skip
    return sql.read(
        "disclosure/released_rows.sql",
        source=source_of(path, name, is_named=True),
        files=f"${name}",
        releases=f"$releases_{name}",
        others=f"$others_{name}",
        breakdowns=sql.names(present),
        absent="".join(
            f"{sql.literal(TOTAL)} AS {sql.name(one)}, "
            for one in study.breakdowns
            if one not in present
        ),
    )


def _of_another_kind(
    connection: DuckDBPyConnection, study: Study, paths: Iterable[Path]
) -> dict[Path, list[str]]:
    """Return, by file, the waves that it tells of made-up people and the study of real ones, or so.

    Read from the table of waves beside the file, if it has one. Such releases have no respondent
    in common: to subtract one from the other would only frighten.
    """
    told: dict[str, list[str]] = {}
    beside = {path: path.with_name(f"waves{path.suffix}") for path in paths}
    for files in _of_one_form(one for one in {*beside.values()} if one.exists()):
        source = source_of(files[0], "beside", is_named=True)
        query = sql.read("disclosure/waves_of_another_kind.sql", source=source)
        bound = {"beside": list(map(str, files))}
        for file, wave, made_up in connection.execute(query, bound).fetchall():
            if wave in study.waves and study.waves[wave].synthetic != made_up:
                told.setdefault(file, []).append(wave)
    return {path: told.get(str(one), []) for path, one in beside.items()}


def waves_released(connection: DuckDBPyConnection) -> tuple[str, ...]:
    """Return the waves of the release to judge, sorted."""
    query = sql.read("disclosure/waves_released.sql")
    return tuple(wave for (wave,) in connection.execute(query).fetchall())


def read_wave(connection: DuckDBPyConnection, study: Study, wave: str, releases: int) -> Wave:
    """Lay out one wave of the table `released` (of so many `releases`) item by item."""
    query = sql.read("disclosure/released.sql", breakdowns=sql.names(study.breakdowns))
    table = pl.DataFrame(connection.sql(query, params={"wave": wave}).to_arrow_table())
    breakdowns = list(study.breakdowns)
    cells = table.select(breakdowns).unique().sort(breakdowns)
    place = table.select(breakdowns).join(
        cells.with_row_index("place"), on=breakdowns, how="left", maintain_order="left"
    )["place"]
    states = table["status"].replace_strict(STATE_OF, default=WITHHELD, return_dtype=pl.Int8)
    columns = {
        "cell": place.to_numpy(),
        "answer": table["answer"].to_numpy(),
        "state": states.to_numpy(),
        **{
            name: table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for name in ("respondents", "weighted_base", "effective_respondents", *BY_ANSWER)
        },
    }
    items: dict[Key, list[Written | None]] = {}
    answers = table.group_by(ITEM).agg(pl.col("answer").unique().sort())
    parts = table.group_by([*ITEM, "release"], maintain_order=True).len().join(
        answers, on=ITEM, how="left", maintain_order="left"
    )  # fmt: skip
    end = 0  # rows are sorted: those of an item in a release follow one another
    for *item, release, rows, of_item in parts.iter_rows():
        start, end = end, end + rows
        shown = items.setdefault(tuple(map(str, item)), [None] * releases)
        part = {name: column[start:end] for name, column in columns.items()}
        shown[int(release)] = _written(part, tuple(of_item), cells.height)
    keys = tuple(cells.iter_rows())
    return Wave(wave, keys, {key: tuple(shown) for key, shown in items.items()})


def _written(rows: dict[str, npt.NDArray[Any]], answers: Key, cells: int) -> Written:
    """Lay out the rows of one item of one release; twins may both tell of a row."""
    cell = rows["cell"]
    answer = np.searchsorted(np.array(answers), rows["answer"].astype(str))
    states = np.full((len(answers), cells), NOBODY, dtype=np.int8)
    np.maximum.at(states, (answer, cell), rows["state"])
    state = states.max(axis=0)

    def by_answer(name: str) -> Floats:
        figures = np.full((len(answers), cells), np.nan)
        np.fmax.at(figures, (answer, cell), rows[name])
        return figures

    def by_cell(name: str) -> Floats:
        column = np.full(cells, np.nan)
        np.fmax.at(column, cell, rows[name])
        return column

    return Written(
        state, (states == WITHHELD) | (state == WITHHELD), by_cell("respondents"),
        by_cell("weighted_base"), by_cell("effective_respondents"), answers,
        *map(by_answer, BY_ANSWER),
    )  # fmt: skip
