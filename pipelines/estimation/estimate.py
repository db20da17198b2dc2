"""Estimating one wave: weighted responses in, the table of estimates at full precision out.

Belongs here: the order of the steps and the table's columns. Not here: sums (cube.py), formulas
(variance.py, intervals.py), what may be published (pipelines.disclosure).
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.counts import Counts, Positions, counts_of
from pipelines.estimation.cube import NONE, breakdown_columns, count_cells
from pipelines.estimation.groups import Groups, Vector, read_groups
from pipelines.estimation.intervals import mean_interval, share_interval
from pipelines.estimation.reliability import flags
from pipelines.estimation.response import item_response
from pipelines.estimation.variance import Estimates, Sums, ratio_estimates
from pipelines.study import Study
from pipelines.study.model import Reliability
from pipelines.study.sums import Together, all_nets, sums_of
from pipelines.study.tables import KEY_BEFORE_BREAKDOWNS
from pipelines.workspace import ITEM_COUNTS


def estimate(
    study: Study, wave_id: str, weighted: Path, estimates: Path, sums: Path | None = None
) -> int:
    """Write the estimates of one wave and return how many rows they are.

    `weighted` has one row per respondent (see weighting.weigh). `estimates` gets one row per item,
    answer and published cell, empty cells included, sorted by key: wave, question, domain, actor,
    answer, measure (share, mean), breakdowns, respondents, answering, weighted_base, value,
    standard_error, ci_low, ci_high, design_effect, effective_respondents, degrees_of_freedom,
    reliability. Figures are at full precision, null where nobody is in the base. `sums`, if given,
    gets rows of the same form for each sum of answers that some table shows, `answer` being its
    name (study/sums.py), without the design effect, which no table tells. ITEM_COUNTS beside
    `estimates` gets one row an item: see item_response. Same input, same bytes, whatever the number
    of threads.

    Raises StratumError for a stratum of one respondent (unless declared otherwise) or one that
    the frame does not know.
    """
    together = sums_of(study) if sums else NONE
    with sql.connect(estimates.parent) as connection:
        counts = count_wave(connection, study, wave_id, weighted, together)
        respondents = int(counts.groups.respondents.sum())
        asked = item_response(connection, study, wave_id, respondents)
    _write_whole(asked.to_arrow(), estimates.with_name(ITEM_COUNTS))
    of_sums = _places_of(study, counts, together)
    answers = np.setdiff1d(counts.everything, of_sums)
    if sums:
        table = estimates_of(study, wave_id, counts, of_sums)
        unprinted = pa.nulls(table.num_rows, pa.float64())
        at = table.schema.get_field_index("design_effect")
        _write(study, table.set_column(at, "design_effect", unprinted), sums)
    _write(study, estimates_of(study, wave_id, counts, answers), estimates)
    return answers.size


def _write(study: Study, table: pa.Table, path: Path) -> None:
    _write_whole(table.sort_by([(name, "ascending") for name in _key(study)]), path)


def _write_whole(table: pa.Table, path: Path) -> None:
    aside = path.with_suffix(".aside")
    pq.write_table(table, aside)
    aside.chmod(0o600)
    aside.replace(path)


def _key(study: Study) -> tuple[str, ...]:
    return (*KEY_BEFORE_BREAKDOWNS, *study.breakdowns)


def count_wave(
    connection: DuckDBPyConnection, study: Study, wave_id: str, weighted: Path,
    together: Together = NONE,
) -> Counts:  # fmt: skip
    """Return the sums of one wave; sums of answers named in `together` are counted too.

    Raises StratumError as `estimate` does.
    """
    groups = read_groups(connection, study, wave_id, weighted)
    return counts_of(count_cells(connection, study, weighted, together), groups)


def estimates_of(study: Study, wave_id: str, counts: Counts, at: Positions) -> pa.Table:
    """Return the table of some estimates of a wave, in the order of `at`."""
    return pa.concat_tables(
        _table(study, wave_id, counts, block) for block in counts.blocks(at)
    ).combine_chunks()


def nets_of_wave(study: Study, wave_id: str, counts: Counts) -> pl.DataFrame:
    """Return the estimates of the nets alone, sorted by key; `counts` was made with nets."""
    at = _places_of(study, counts, all_nets(study))
    found = pl.from_arrow(estimates_of(study, wave_id, counts, at))
    if not isinstance(found, pl.DataFrame):
        raise TypeError("a table was expected")
    return found.sort(_key(study))


def _places_of(study: Study, counts: Counts, together: Together) -> Positions:
    """Return where the estimates of sums of answers are, in order."""
    pairs = [(item.index, name) for item in study.items for name in together.get(item.question, ())]
    sums = pl.DataFrame(pairs, schema={"item": pl.Int32, "answer": pl.String}, orient="row")
    keys = pl.DataFrame(
        {"item": counts.keys["item"].to_numpy(), "answer": counts.keys["answer"].to_pylist()}
    ).with_row_index("place")
    at = keys.join(sums, on=["item", "answer"], how="semi")["place"]
    return np.sort(at.to_numpy().astype(np.int64))


def is_share_of(study: Study, items: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which of `items` (by index) are measured by shares; the others by means."""
    found: npt.NDArray[np.bool_] = ~np.array([item.is_numeric for item in study.items])[items]
    return found


def _table(study: Study, wave_id: str, counts: Counts, at: Positions) -> pa.Table:
    first, sums = counts.keys.take(pa.array(at)), counts.sums(at)
    items = first["item"].to_numpy()
    is_share = is_share_of(study, items)
    figures = figures_of(
        sums, counts.groups, is_share, _ranges(study)[items], study.about.reliability
    )
    return pa.table(
        {
            "wave": pa.array([wave_id] * first.num_rows),
            **key_columns(study, first),
            "answer": first["answer"],
            "measure": pa.array(np.where(is_share, "share", "mean")),
            **{name[3:]: first[name] for name in breakdown_columns(study)},
            **figures,
        }
    )


def figures_of(
    sums: Sums, groups: Groups, is_share: npt.NDArray[np.bool_], ranges: Vector,
    thresholds: Reliability,
) -> dict[str, pa.Array]:  # fmt: skip
    """Return the figures of estimates as columns; `ranges` is that of each measure."""
    found = ratio_estimates(sums, groups, is_share=is_share)
    low, high = bounds(found, is_share)
    width = (high - low) / ranges
    return {
        "respondents": pa.array(found.respondents.astype(np.int64)),
        "answering": pa.array(sums.answering.sum(axis=1).astype(np.int64)),
        "weighted_base": _figures(found, found.weighted_base),
        "value": _figures(found, found.value),
        "standard_error": _figures(found, np.sqrt(found.variance)),
        "ci_low": _figures(found, low),
        "ci_high": _figures(found, high),
        "design_effect": _figures(found, found.design_effect),
        "effective_respondents": _figures(found, found.effective),
        "degrees_of_freedom": _figures(found, found.degrees_of_freedom),
        "reliability": pa.array(
            flags(thresholds, found.respondents, found.effective, width), pa.string()
        ),
    }


def key_columns(study: Study, keys: pa.Table) -> dict[str, pa.Array]:
    """Return question, domain and actor of each estimate."""
    items = keys["item"].to_numpy()
    return {
        name: pa.array(np.array([getattr(item, name) for item in study.items])[items])
        for name in ("question", "domain", "actor")
    }


def bounds(found: Estimates, is_share: npt.NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """Return the 95% interval of each estimate: Korn-Graubard for shares, Student for means."""
    freedom = found.degrees_of_freedom
    share = share_interval(found.value, found.variance, found.respondents, found.effective, freedom)
    mean = mean_interval(found.value, found.variance, freedom)
    return np.where(is_share, share[0], mean[0]), np.where(is_share, share[1], mean[1])


def _ranges(study: Study) -> Vector:
    """Return the range of each item's measure: 1 for shares, maximum - minimum for numbers."""
    asked = [study.questions[item.question] for item in study.items]
    return np.array(
        [
            (one.maximum or 0) - (one.minimum or 0) if one.is_numeric else 1.0 for one in asked
        ],
        dtype=float,
    )  # fmt: skip


def _figures(found: Estimates, values: Vector) -> pa.Array:
    """Return a column of figures: null where nobody is in the base, or nothing is defined."""
    usable = (found.respondents > 0) & np.isfinite(values)
    return pa.array(np.where(usable, values, 0.0), mask=~usable)
