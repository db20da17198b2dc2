"""The weight of each respondent: the institute's, checked, or one calibrated to the frame.

Belongs here: giving every response its `weight` and `stratum`, and describing the weights. Not
here: computing calibrated weights (calibration.py), what weights are used for (estimate.py).
"""

import os
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.estimation.calibration import Adjusted, calibrate
from pipelines.estimation.errors import WeightError
from pipelines.study import TOTAL, Study


@dataclass(frozen=True)
class WeightDiagnostics:
    """What the weights are like; `design_effect` is Kish's, n Σw² / (Σw)²."""

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


def weigh(study: Study, wave_id: str, responses: Path, weighted: Path) -> WeightDiagnostics:
    """Write `weighted`: the responses with `weight` DECIMAL(18, 9) and `stratum`, in line order.

    Kish, "Survey Sampling" (1965), 11.2 for the design effect of weights. Raises WeightError for
    no respondent or a ratio of weights beyond the declared one, CalibrationError when weights are
    calibrated and the margins cannot be met.
    """
    with sql.connect(weighted.parent) as connection:
        adjusted = _adjusted(connection, study, wave_id, responses)
        query = sql.read("estimation/weigh.sql", **_slots(study, adjusted))
        aside = weighted.with_suffix(".aside")
        relation = connection.sql(query, params={"responses": str(responses)})
        relation.to_parquet(str(aside), compression="zstd")
        aside.chmod(0o600)
        os.replace(aside, weighted)  # noqa: PTH105
        row = connection.execute(
            sql.read("estimation/weight_facts.sql"), {"weighted": str(weighted)}
        ).fetchone()
    return _diagnostics(study, wave_id, adjusted, row or (0, 0, 0, 0, 0))


def _adjusted(
    connection: DuckDBPyConnection, study: Study, wave_id: str, responses: Path
) -> Adjusted | None:
    """Calibrate, where the study declares it, and register the weights of each kind of person."""
    if study.about.weights.calibration is None:
        return None
    adjusted = calibrate(connection, study, wave_id, responses)
    connection.register("adjusted", adjusted.table)
    return adjusted


def _slots(study: Study, adjusted: Adjusted | None) -> dict[str, str]:
    strata = [f"responses.{sql.name(f'by_{one}')}" for one in study.about.weights.strata]
    stratum = f"concat_ws('|', {', '.join(strata)})" if strata else sql.literal(TOTAL)
    if adjusted is None:
        weight = f"responses.{sql.name(str(study.about.weights.column))}"
        return {"weight": weight, "stratum": stratum, "joined": ""}
    keys = [f"by_{name}" for name in adjusted.breakdowns]
    return {
        "weight": "adjusted.adjusted_weight",
        "stratum": stratum,
        "joined": f"JOIN adjusted USING ({sql.names(keys)})",
    }


def _diagnostics(
    study: Study, wave_id: str, adjusted: Adjusted | None, row: tuple[float, ...]
) -> WeightDiagnostics:
    respondents = int(row[0])
    if respondents == 0:
        raise WeightError("estimation-no-respondent", study=study.id, wave=wave_id)
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
    )  # fmt: skip
