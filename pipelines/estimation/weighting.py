"""The weight of each respondent: the institute's, checked, or one calibrated to the frame.

Belongs here: giving every response its `weight`, and describing the weights. Not here: reading the
institute's (pipelines.validation.design), computing calibrated ones (calibration.py), what weights
are used for (estimate.py).
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.blocks import LINE, BlockWriter, ahead
from pipelines.estimation.calibration import Adjusted, Category, calibrate
from pipelines.estimation.errors import WeightError
from pipelines.study import Study
from pipelines.workspace import link_or_copy

BLOCK_ROWS = 100_000


@dataclass(frozen=True)
class WeightDiagnostics:
    """What the weights are like; `design_effect` is Kish's, n Σw² / (Σw)².

    `margins` has a row a category of each margin that weights were calibrated to, else none.
    """

    method: str
    respondents: int
    total: float
    smallest: float
    largest: float
    ratio: float
    design_effect: float
    effective_respondents: float
    iterations: int = 0
    largest_gap: float = 0.0
    margins: tuple[Category, ...] = ()


def weigh(study: Study, wave_id: str, responses: Path, weighted: Path) -> WeightDiagnostics:
    """Write `weighted`: the responses with `weight` DECIMAL(18, 9) and `stratum`, in line order.

    Responses that have their weight are taken as they are, not copied where the disk has links.
    Kish, "Survey Sampling" (1965), 11.2 for the design effect of weights. Raises WeightError for no
    respondent or a ratio of weights beyond the declared one, CalibrationError when weights are
    calibrated and the margins cannot be met.
    """
    if pq.read_metadata(responses).num_rows == 0:
        raise WeightError("estimation-no-respondent", study=study.id, wave=wave_id)
    with sql.connect(weighted.parent) as connection:
        adjusted = None
        if study.about.weights.calibration is None:
            weighted.unlink(missing_ok=True)
            link_or_copy(responses, weighted)
        else:
            adjusted = calibrate(connection, study, wave_id, responses)
            _add_weights(connection, study, adjusted, responses, weighted)
        row = connection.execute(
            sql.read("estimation/weight_facts.sql"), {"weighted": str(weighted)}
        ).fetchone()
    return _diagnostics(study, wave_id, adjusted, row or (0, 0, 0, 0, 0))


def _add_weights(
    connection: DuckDBPyConnection, study: Study, adjusted: Adjusted, responses: Path, out: Path
) -> None:
    connection.register("adjusted", adjusted.table)
    keys = sql.names(f"by_{name}" for name in adjusted.breakdowns)
    query = sql.read("estimation/calibrated_weights.sql", keys=keys)
    weights = connection.sql(query, params={"responses": str(responses)})
    aside = out.with_suffix(".aside")
    respondent = str(study.column_with_role("respondent"))
    _write_beside(responses, weights.to_arrow_reader(BLOCK_ROWS), aside, respondent)
    aside.chmod(0o600)
    aside.replace(out)


def _write_beside(
    responses: Path, weights: pa.RecordBatchReader, out: Path, respondent: str
) -> None:
    """Write the responses with their weight beside; texts are neither decoded nor sorted.

    Raises RuntimeError when the lines of both are not the same, one by one.
    """
    schema = pq.read_schema(responses)
    texts = [one.name for one in schema if pa.types.is_string(one.type) and one.name != respondent]
    given = weights.schema.empty_table()
    writer: BlockWriter | None = None
    with pq.ParquetFile(responses, read_dictionary=texts) as source, ExitStack() as stack:
        for block in stack.enter_context(ahead(source.iter_batches(BLOCK_ROWS))):
            table = pa.Table.from_batches([block])
            while given.num_rows < table.num_rows and (more := next(weights, None)):
                given = pa.concat_tables([given, pa.Table.from_batches([more])])
            here, given = given.slice(0, table.num_rows), given.slice(table.num_rows)
            if not here[LINE].equals(table[LINE]):
                raise RuntimeError("weights are not those of the responses' lines")
            table = table.append_column("weight", here["weight"])
            if writer is None:
                writer = stack.enter_context(BlockWriter(out, table.schema, [respondent]))
            writer.write(table)
        if given.num_rows or next(weights, None) is not None:
            raise RuntimeError("weights are not those of the responses' lines")


def _diagnostics(
    study: Study, wave_id: str, adjusted: Adjusted | None, row: tuple[float, ...]
) -> WeightDiagnostics:
    respondents = int(row[0])
    total, smallest, largest, squares = map(float, row[1:])
    ratio, allowed = largest / smallest, study.about.weights.maximum_ratio
    if ratio > allowed:
        raise WeightError(
            "estimation-weight-ratio",
            study=study.id, wave=wave_id, found=f"{ratio:.1f}", allowed=f"{allowed:g}",
        )  # fmt: skip
    effective = total**2 / squares
    return WeightDiagnostics(
        adjusted.method if adjusted else "column",
        respondents, total, smallest, largest, ratio, respondents / effective, effective,
        adjusted.iterations if adjusted else 0, adjusted.largest_gap if adjusted else 0.0,
        adjusted.categories if adjusted else (),
    )  # fmt: skip
