"""The tables beside the estimates: nets, item non-response, comparisons, ratios and the like.

Belongs here: which of them a study has, what is shown of its cells, the wave before. Not here:
computing them (pipelines.estimation), withholding rows (pipelines.disclosure).
"""

from pathlib import Path

import polars as pl

from pipelines import sql
from pipelines.analysis.as_published import from_published_figures
from pipelines.analysis.quantities import quantiles_as_published, ratios_as_published
from pipelines.estimation import (
    associate,
    compare,
    count_wave,
    nets_of_wave,
    quantiles_of_wave,
    ratios_of_wave,
)
from pipelines.estimation.estimate import estimates_of
from pipelines.study import Study
from pipelines.study.estimation_tables import (
    ASSOCIATIONS,
    COMPARISONS,
    ITEM_RESPONSE,
    NETS,
    declared_nets,
)
from pipelines.study.quantity_tables import QUANTILES, RATIOS
from pipelines.study.sums import all_nets
from pipelines.workspace import analysis_file

ITEM = ("question", "domain", "actor")


def beside_estimates(
    study: Study,
    wave_id: str,
    weighted: Path,
    item_counts: Path,
    protected: pl.DataFrame,
    before: Path | None,
) -> dict[str, pl.DataFrame]:
    """Return each table that `study` has, at full precision.

    p-values are adjusted over what is shown: a row whose cell (or what it is compared with) is not
    published has no p-value and no respondents to be compared with, which withholds it.
    `item_counts` was written with the estimates. `before` is the private folder of the wave before.
    Raises what pipelines.estimation raises.
    """
    tables = {ITEM_RESPONSE: pl.read_parquet(item_counts)}
    declared = study.analyses
    beside = (declared.comparisons, declared.associations, declared.ratios, declared.quantiles)
    if not (declared_nets(study) or any(beside)):
        return tables
    with sql.connect(weighted.parent) as connection:
        counts = count_wave(connection, study, wave_id, weighted, all_nets(study))
        shown = _shown(study, protected)
        if declared.ratios:
            ratios = ratios_of_wave(connection, study, wave_id, counts, weighted)
            tables[RATIOS] = ratios_as_published(study, ratios, protected)
        if declared.quantiles:
            found = quantiles_of_wave(connection, study, wave_id, counts)
            tables[QUANTILES] = quantiles_as_published(study, found)
    if declared_nets(study):
        tables[NETS] = nets_of_wave(study, wave_id, counts)
    if declared.comparisons:
        compared = compare(study, wave_id, counts, shown, _wave_before(study, before))
        everything = pl.DataFrame(estimates_of(study, wave_id, counts, counts.everything))
        tables[COMPARISONS] = from_published_figures(study, compared, everything)
    if declared.associations:
        tables[ASSOCIATIONS] = associate(study, wave_id, counts, shown)
    return tables


def _shown(study: Study, protected: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of items, and whether every answer of theirs is published."""
    is_shown = (pl.col("status") == "published").all()
    return protected.group_by(*ITEM, *study.breakdowns).agg(is_shown=is_shown)


def _wave_before(study: Study, before: Path | None) -> pl.DataFrame | None:
    """Return the estimates of the wave before, nets among them, where they are published."""
    if before is None or not (before / "protected.parquet").exists():
        return None
    estimates = pl.read_parquet(before / "estimates.parquet")
    nets = before / analysis_file(NETS)
    parts = [estimates, *([pl.read_parquet(nets)] if nets.exists() else [])]
    names = [name for name in estimates.columns if all(name in one.columns for one in parts)]
    shown = _shown(study, pl.read_parquet(before / "protected.parquet")).filter("is_shown")
    found = pl.concat([one.select(names) for one in parts])
    return found.join(shown, on=[*ITEM, *study.breakdowns], how="semi")
