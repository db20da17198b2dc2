"""Every cell of a survey at once, from a Parquet file or an Arrow table, for a notebook.

Belongs here: a table and columns named by the caller → the sums and formulas of the pipeline. Not
here: clusters, calibrated weights, totals, ratios, differences (survey.py), quantiles.

    sample = Sample(weight="w", strata=("size",), population="units")
    tabulate("answers.parquet", sample, shares=["opinion"], by=[[], ["region"]])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.counts import Counts, counts_of
from pipelines.estimation.cube import ASKED, COUNTED_AS
from pipelines.estimation.errors import StratumError, UnsupportedDesignError
from pipelines.estimation.estimate import figures_of
from pipelines.estimation.groups import Groups
from pipelines.estimation.survey import Table
from pipelines.study import NOT_APPLICABLE, TOTAL
from pipelines.study.model import Reliability

DECIMALS = 4  # of numbers, as the sums keep them


@dataclass(frozen=True)
class Sample:
    """How respondents were sampled: names of columns of the table.

    `weight` is final; `strata` are crossed; `population` holds the units of the respondent's
    stratum (None: no finite population correction). `replicates` and `stages` are there to be
    refused: columns of replicate weights, and of units of more than one stage.
    """

    weight: str
    strata: tuple[str, ...] = ()
    population: str | None = None
    replicates: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    single: Literal["fail", "certainty", "centered"] = "fail"

    def __post_init__(self) -> None:
        if self.replicates:
            raise UnsupportedDesignError("estimation-replicates", found=len(self.replicates))
        if self.stages:
            raise UnsupportedDesignError("estimation-clusters", found=", ".join(self.stages))


def tabulate(
    table: Table, sample: Sample, *, shares: Sequence[str] = (), means: Sequence[str] = (),
    by: Sequence[Sequence[str]] = ((),), reliability: Reliability | None = None,
) -> pa.Table:  # fmt: skip
    """Return shares of each answer and means of each number, in each cell of each crossing of `by`.

    One row per question, answer (`_Z` for a mean) and cell that has respondents: question, answer,
    the columns of `by` (`_T` where summed over), measure, respondents, answering, weighted_base,
    value, standard_error, ci_low, ci_high, design_effect, effective_respondents,
    degrees_of_freedom, reliability. A row without an answer is out of the base of its question.

    Formulas 1, 2, 4 and 5 of docs/estimation.md: the linearised variance of a domain (Särndal,
    Swensson and Wretman 1992, 5.5), the interval of Korn and Graubard (1998) capped at the base,
    the design effect of Kish (1965, 8.2). One pass in DuckDB, then all cells at once; weights count
    to nine decimals. Raises StratumError for a stratum of one respondent (unless `single` says
    what it does) or of more respondents than units, UnsupportedDesignError for what is not covered
    and for numbers of more than four decimals.
    """
    broken_down = tuple(dict.fromkeys(name for crossing in by for name in crossing))
    with sql.connect() as connection:
        _register(connection, table, sample, means)
        groups = _groups(connection, sample)
        cube = _cube(connection, sample, tuple(shares), tuple(means), broken_down, by)
        counts = counts_of(cube, groups)
    return _labelled(counts, (*shares, *means), len(shares), reliability or Reliability())


def _register(
    connection: DuckDBPyConnection, table: Table, sample: Sample, means: Sequence[str]
) -> None:
    if isinstance(table, pa.Table):
        connection.register("source", table)
    else:
        connection.read_parquet(str(table)).create_view("source")
    for name in means:
        query = sql.read("estimation/longest_decimals.sql", number=sql.name(name))
        rows = connection.execute(query, {"decimals": DECIMALS}).fetchall()
        if rows[0][0]:
            raise UnsupportedDesignError("estimation-decimals", column=name, decimals=DECIMALS)


def _stratum(sample: Sample) -> str:
    return f"concat_ws('|', {sql.names(sample.strata)})" if sample.strata else sql.literal(TOTAL)


def _groups(connection: DuckDBPyConnection, sample: Sample) -> Groups:
    query = sql.read(
        "estimation/sampled.sql",
        stratum=_stratum(sample), weight=sql.name(sample.weight),
        population=sql.name(sample.population) if sample.population else "NULL",
    )  # fmt: skip
    rows = connection.sql(query).fetchall()
    names, respondents, weight, squares, units = zip(*rows, strict=True)
    sampled = np.array(respondents, dtype=np.float64)
    population = np.array([np.inf if one is None else one for one in units], dtype=np.float64)
    for name, n, size in zip(names, sampled, population, strict=True):
        if n == 1 and size > 1 and sample.single == "fail":
            raise StratumError("estimation-single-stratum", study="—", wave="—", stratum=name)
        if n > size:
            raise StratumError("estimation-unknown-stratum", study="—", wave="—", stratum=name)
    return Groups(
        tuple(names), np.arange(len(names)), sampled, np.array(weight), np.array(squares),
        sampled, population, centered=sample.single == "centered",
    )  # fmt: skip


def _cube(
    connection: DuckDBPyConnection, sample: Sample, shares: tuple[str, ...],
    means: tuple[str, ...], broken_down: tuple[str, ...], by: Sequence[Sequence[str]],
) -> pa.Table:  # fmt: skip
    questions = (*shares, *means)
    breakdowns = [f"by_{name}" for name in broken_down]
    columns = [f"q{place}" for place in range(len(questions))]
    counted = sql.read(
        "estimation/tabulated.sql",
        weight=sql.name(sample.weight), stratum=_stratum(sample),
        coded=", ".join(
            f"CAST({sql.name(one)} AS VARCHAR) AS {sql.name(name)}"
            for one, name in zip((*broken_down, *questions), (*breakdowns, *columns), strict=True)
        ),
        columns=sql.names(columns), breakdowns="".join(f", {sql.name(one)}" for one in breakdowns),
    )  # fmt: skip
    connection.execute(counted)
    asked = [
        {"column": name, "item": place, "is_numeric": place >= len(shares), "is_multiple": False}
        for place, name in enumerate(columns)
    ]
    connection.register("asked", pa.Table.from_pylist(asked, schema=ASKED))
    connection.register("counted_as", _counted_as(connection, columns, len(shares)))
    crossings = [[f"by_{name}" for name in crossing] for crossing in by]
    slots = {
        "breakdowns": sql.names(breakdowns), "totals": sql.totals(breakdowns, TOTAL),
        "crossings": sql.grouping_sets(crossings),
    }  # fmt: skip
    if not breakdowns:  # the cube is written for at least one: a constant stands for none
        connection.execute("ALTER TABLE counted ADD COLUMN by_all VARCHAR DEFAULT '_T'")
        slots |= {"breakdowns": "by_all", "totals": "by_all", "crossings": "(by_all)"}
        breakdowns = ["by_all"]
    cells = connection.sql(sql.read("estimation/occupied.sql", **slots)).to_arrow_table()
    connection.register("cells", cells)
    query = sql.read(
        "estimation/cube.sql", **slots,
        cell_breakdowns=sql.names(breakdowns, "cells."),
        same_cell=sql.same("bases", "cells", breakdowns),
        same_given=sql.same("given", "cells", breakdowns),
    )  # fmt: skip
    return connection.sql(query).to_arrow_table()


def _counted_as(connection: DuckDBPyConnection, columns: Sequence[str], shares: int) -> pa.Table:
    query = sql.read("estimation/distinct_codes.sql")
    place = {name: at for at, name in enumerate(columns)}
    codes = [
        (place[name], code)
        for name, code in connection.sql(query).fetchall()
        if place[name] < shares
    ] + [(at, NOT_APPLICABLE) for at in range(shares, len(columns))]
    rows = [{"item": at, "code": code, "answer": code, "is_net": False} for at, code in codes]
    return pa.Table.from_pylist(rows, schema=COUNTED_AS)


def _labelled(
    counts: Counts, questions: tuple[str, ...], shares: int, reliability: Reliability
) -> pa.Table:
    parts = []
    for block in counts.blocks(counts.everything):
        keys, sums = counts.keys.take(pa.array(block)), counts.sums(block)
        items = keys["item"].to_numpy()
        is_share = items < shares
        by = [name for name in keys.column_names if name.startswith("by_") and name != "by_all"]
        labels = {
            "question": pa.array(np.array(questions)[items]), "answer": keys["answer"],
            **{name.removeprefix("by_"): keys[name] for name in by},
            "measure": pa.array(np.where(is_share, "share", "mean")),
        }  # fmt: skip
        figures = figures_of(sums, counts.groups, is_share, np.ones(block.size), reliability)
        parts.append(pa.table({**labels, **figures}))
    found = pa.concat_tables(parts).combine_chunks()
    return found.filter(pc.greater(found["respondents"], 0))
