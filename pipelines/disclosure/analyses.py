"""Protecting the tables of analyses: each row judged by the cell of estimates that it speaks of.

Belongs here: one loop over declared tables: which rows leave, with which figures, how precise.
Not here: which cells of estimates are withheld (protect.py), what the tables are
(pipelines.study.analysis_tables), computing them (pipelines.analysis).
"""

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import sql
from pipelines.analysis import gather_sheets, totals_as_published
from pipelines.disclosure.bases import ITEM, is_national
from pipelines.disclosure.errors import EstimatesUnfitError
from pipelines.disclosure.linked import Linked, items_query, linked_tables, names_bound
from pipelines.disclosure.protect import (
    NOT_ASKED,
    PUBLISHED,
    VOID,
    WITHHELD,
    protect,
    typed_columns,
)
from pipelines.study import TOTAL, Study
from pipelines.study.quantity_tables import TOTALS
from pipelines.study.tables import (
    ESTIMATES,
    FIGURES,
    Field,
    Judgement,
    Table,
    gathered_tables,
    judged_tables,
)
from pipelines.workspace import analysis_file, protected_file

STATUS = "status"
# how each gathered table comes from published ones
GATHER = {"sheets": gather_sheets, TOTALS: totals_as_published}


def protect_analyses(
    study: Study, analyses: Path, estimates: Path, protected_estimates: Path, out_folder: Path,
    before: str | None = None,
) -> dict[str, dict[str, int]]:  # fmt: skip
    """Write what may be published of every table of analyses; return the rows of each status.

    `analyses` is the folder of the private tables (`analysis_file` each), `estimates`
    the private estimates and `protected_estimates` what is published of them; `out_folder` gets
    one `protected_file` a table; `before` is the wave that comparisons are made with. Tables that
    are gathered from others come from what these publish. Raises EstimatesUnfitError.
    """
    found: dict[str, dict[str, int]] = {}
    written: dict[str, Path] = {ESTIMATES: protected_estimates}
    for table in judged_tables(study):
        written[table.name] = out_folder / protected_file(table.name)
        rows = analyses / analysis_file(table.name)
        found[table.name] = protect_analysis(
            study, table, rows, estimates, protected_estimates, written[table.name], before
        )
    for table in gathered_tables(study):
        rows_of_it = GATHER[table.name](study, table, written)
        ordered = rows_of_it.sort(table.primary_key).to_arrow()
        _write_rows(ordered, table, out_folder / protected_file(table.name))
        found[table.name] = dict(rows_of_it.group_by(STATUS).len().sort(STATUS).iter_rows())
    return found


def protect_analysis(
    study: Study,
    table: Table,
    rows: Path,
    estimates: Path,
    protected_estimates: Path,
    protected: Path,
    before: str | None = None,
) -> dict[str, int]:
    """Write what may be published of one table of analyses; return the rows of each status.

    `rows` is the private table (Parquet, full precision), `estimates` the private estimates of the
    same wave and `protected_estimates` what it publishes of them. `protected` gets exactly the
    columns of `table`, sorted by its key. A row is judged as its `Judgement` says: it leaves where
    its cell of estimates does, which was judged with it; the parts of a whole are protected as an
    item of their own. A row of a question that its wave (or `before`, where it compares with
    that) did not put says so. What is not published has no figure. Columns that `table` does not
    have (counts that only judge) stay behind. Raises EstimatesUnfitError for a table without a
    judgement or a private table that lacks a column: nothing is written then.
    """
    judgement = table.judgement
    found = pl.read_parquet(rows)
    if judgement is None:
        raise EstimatesUnfitError("disclosure-not-judged", file=rows.name, table=table.name)
    _check_columns(table, judgement, found, rows)
    found = found.with_columns(_is_unsafe=pl.lit(False))
    for linked in linked_tables(study):
        if linked.table.name == table.name and linked.part:
            found = _protected_as_items(study, linked, found, rows, estimates, protected.parent)
    judged = _judge(study, table, judgement, found, pl.read_parquet(protected_estimates))
    status = pl.when(_is_not_asked(study, judged, before)).then(pl.lit(NOT_ASKED)).otherwise(STATUS)
    judged = judged.with_columns(status.alias(STATUS))
    _write(study, table, judgement, judged, protected)
    counted = judged.group_by(STATUS).len().sort(STATUS)
    return dict(counted.iter_rows())


def _is_not_asked(study: Study, rows: pl.DataFrame, before: str | None) -> pl.Expr:
    """Return whether a row speaks of a question that was not put, as waves declare.

    Of a ratio, either question; of open answers, that of the analysis; of a comparison with the
    wave before, in either wave.
    """
    if rows.is_empty():
        return pl.lit(False)
    skipped = study.wave(str(rows["wave"][0])).not_asked
    searched = [name for name, one in study.analyses.verbatims.items() if one.question in skipped]
    told = [
        pl.col(column).is_in(codes)
        for column, codes in (
            ("question", skipped), ("of_question", skipped), ("analysis", searched),
        )
        if column in rows.columns
    ]  # fmt: skip
    if before is not None and "against" in rows.columns:
        then = pl.col("question").is_in(study.wave(before).not_asked)
        told.append(then & (pl.col("against") == "wave"))
    return pl.any_horizontal(pl.lit(False), *told)


def _protected_as_items(
    study: Study, linked: Linked, found: pl.DataFrame, rows: Path, estimates: Path, folder: Path
) -> pl.DataFrame:
    """Mark the rows that the protection of their item withholds (linked.py)."""
    query = items_query(study, linked, "read_parquet($file)", "read_parquet($estimates)", "NULL")
    values = {"file": str(rows), "estimates": str(estimates), **names_bound(linked)}
    with sql.connect(folder) as connection:
        items = pl.DataFrame(connection.sql(query, params=values).to_arrow_table())
    if items.is_empty():
        return found
    aside = folder / f".{os.getpid()}-items.parquet"
    absent = [name for name in FIGURES if name not in items.columns and name != STATUS]
    items.drop(STATUS, "has_figures").with_columns(
        **{name: pl.lit(None, pl.Float64) for name in absent}
    ).write_parquet(aside)
    try:
        protect(study, items["wave"][0], aside, aside)
        hidden = pl.read_parquet(aside).filter(pl.col(STATUS) == WITHHELD)
    finally:
        aside.unlink(missing_ok=True)
    key = ["_item", *study.breakdowns]
    named = pl.concat_str(pl.lit(linked.table.name), *linked.named_by, separator="|")
    hidden = hidden.rename({"question": "_item"}).select(key).unique()
    joined = found.with_columns(_item=named).join(
        hidden.with_columns(_hidden=pl.lit(True)), on=key, how="left", maintain_order="left"
    )
    return joined.with_columns(_is_unsafe=pl.col("_hidden").fill_null(False)).drop(
        "_item", "_hidden"
    )


def _check_columns(table: Table, judgement: Judgement, found: pl.DataFrame, rows: Path) -> None:
    needed = (*table.columns, *judgement.counts, *(judgement.rest or ()), *judgement.block)
    for column in needed:
        if column != STATUS and column not in found.columns:
            raise EstimatesUnfitError(
                "disclosure-missing-column",
                file=rows.name, column=column, found=", ".join(found.columns),
            )  # fmt: skip


def _judge(
    study: Study, table: Table, judgement: Judgement, rows: pl.DataFrame, estimates: pl.DataFrame
) -> pl.DataFrame:
    """Return `rows` with their status, and without the order of blocks that are not whole."""
    least = study.about.disclosure.minimum_respondents
    at_cell = _of_cells(study, table, judgement, rows, estimates)
    small = [pl.col(name).fill_null(0) < least for name in judgement.counts]
    if judgement.rest:
        left = pl.col(judgement.rest[1]) - pl.col(judgement.rest[0])
        small.append((left > 0) & (left < least))
    if judgement.part:
        hidden = _hidden_parts(study, table, judgement, rows, least)
        at_cell = at_cell.join(
            hidden.with_columns(_is_hidden=pl.lit(True)), on=hidden.columns,
            how="left", maintain_order="left",
        )  # fmt: skip
        small.append(pl.col("_is_hidden").fill_null(False))
    is_small = pl.any_horizontal("_is_unsafe", *small)
    judged = at_cell.with_columns(
        pl.when((pl.col(STATUS) == PUBLISHED) & is_small)
        .then(pl.lit(WITHHELD))
        .otherwise(pl.col(STATUS))
        .alias(STATUS)
    )
    if judgement.ordered:
        is_placed = pl.any_horizontal(pl.col(*judgement.ordered).is_not_null())
        is_whole = ((pl.col(STATUS) == PUBLISHED) | ~is_placed).all().over(judgement.block)
        judged = judged.with_columns(pl.when(is_whole).then(pl.col(*judgement.ordered)))
    return judged


def _of_cells(
    study: Study, table: Table, judgement: Judgement, rows: pl.DataFrame, estimates: pl.DataFrame
) -> pl.DataFrame:
    """Return `rows` with the status of their cell of estimates; with none, withheld."""
    cells = _item_cells(study, estimates) if judgement.item else _whole_cells(study, estimates)
    key = [*judgement.item, *study.breakdowns]
    absent = [name for name in study.breakdowns if name not in table.columns]
    cells = cells.group_by(key).agg(
        pl.when((pl.col(STATUS) == PUBLISHED).all())
        .then(pl.lit(PUBLISHED))
        .when((pl.col(STATUS) == VOID).all())
        .then(pl.lit(VOID))
        .otherwise(pl.lit(WITHHELD))
        .alias(STATUS)
    )
    placed = rows.with_columns(**{name: pl.lit(TOTAL) for name in absent})
    joined = placed.join(cells, on=key, how="left", maintain_order="left")
    return joined.with_columns(pl.col(STATUS).fill_null(WITHHELD))


def _item_cells(study: Study, estimates: pl.DataFrame) -> pl.DataFrame:
    return estimates.select(*ITEM, *study.breakdowns, STATUS).unique()


def _whole_cells(study: Study, estimates: pl.DataFrame) -> pl.DataFrame:
    """Return the cells as the items of the widest base show them: one of these is enough.

    Every respondent is in the base of such an item, as in that of a table without items: whatever
    the items withhold beyond the pattern they all share hides answers, not the cell.
    """
    items = _item_cells(study, estimates)
    national = [pl.col(name) == TOTAL for name in study.breakdowns]
    bases = estimates.filter(*national).group_by(ITEM).agg(pl.col("respondents").max())
    widest = bases.filter(pl.col("respondents") == pl.col("respondents").max()).select(ITEM)
    shown = items.join(widest, on=ITEM, how="semi")
    order = {PUBLISHED: 0, VOID: 1, WITHHELD: 2}
    return (
        shown.sort(pl.col(STATUS).replace_strict(order))
        .group_by(*study.breakdowns, maintain_order=True)
        .first()
        .select(*study.breakdowns, STATUS)
    )


def _hidden_parts(
    study: Study, table: Table, judgement: Judgement, rows: pl.DataFrame, least: int
) -> pl.DataFrame:
    """Return the parts (with what they are parts of) too small to show, or that hide another.

    The whole is published: what the shown parts leave of it is known, so the hidden ones must be
    at least two and reach the threshold together.
    """
    part = str(judgement.part)
    whole = [one for one in table.primary_key if one not in (part, *study.breakdowns)]
    parts = (
        rows.group_by(*whole, part)
        .agg(pl.col(judgement.part_count).max().fill_null(0).alias("_count"))
        .sort(*whole, "_count", part)
    )
    taken = (
        parts.group_by(whole, maintain_order=True)
        .agg(pl.col(part), pl.col("_count"))
        .with_columns(
            pl.col("_count")
            .map_elements(lambda counts: _taken(counts.to_list(), least), pl.Int64)
            .alias("_taken")
        )
        .with_columns(pl.col(part).list.head(pl.col("_taken")))
    )
    return taken.select(*whole, part).explode(part).drop_nulls(part)


def _taken(counts: Sequence[int], least: int) -> int:
    """Return how many of the smallest parts are hidden; `counts` by rising size."""
    small = sum(one < least for one in counts)
    if not small:
        return 0
    taken = max(small, 2)
    while taken < len(counts) and sum(counts[:taken]) < least:
        taken += 1
    return taken


def _write(
    study: Study, table: Table, judgement: Judgement, judged: pl.DataFrame, protected: Path
) -> None:
    has_cells = set(study.breakdowns) <= set(table.columns)
    at_national = "true" if judgement.is_national else "false"
    query = sql.read(
        "disclosure/protected_analysis.sql",
        is_national=is_national(study.breakdowns) if has_cells else at_national,
        is_mean="measure = 'mean'" if "measure" in table.columns else "false",
        rounded=", ".join(_rounded(one) for one in table.fields),
        key=sql.names(table.primary_key),
    )
    with sql.connect(protected.parent) as connection:
        connection.register("judged", judged.to_arrow())
        values = study.about.disclosure.precision.model_dump()
        rows = connection.sql(query, params=values).to_arrow_table()
    _write_rows(rows, table, protected)


def _write_rows(rows: pa.Table, table: Table, protected: Path) -> None:
    aside = protected.with_name(f".{os.getpid()}-{protected.stem}.parquet")
    try:
        # One chunk: where a batch ends must not show in the bytes.
        pq.write_table(rows.cast(typed_columns(table)).combine_chunks(), aside, compression="zstd")
        aside.chmod(0o600)
        aside.replace(protected)
    finally:
        aside.unlink(missing_ok=True)


ROUNDED = {
    "none": "round({column} * {steps}) / {steps}",
    "low": "floor(round({column} * {steps}, 6)) / {steps}",
    "high": "ceil(round({column} * {steps}, 6)) / {steps}",
}


def _rounded(field: Field) -> str:
    """Return the SQL of one published column: rounded as declared, empty where not published."""
    own = sql.name(field.name)
    if field.type not in {"integer", "number"}:
        shown = own
    else:
        steps = {
            "row": "steps", "national": "national_steps",
            "probability": f"(CASE WHEN {own} <= 0.1 THEN 100 ELSE 10 END)",
        }.get(field.precision, f"1e{field.decimals}")  # fmt: skip
        column = f"CASE WHEN isfinite({own}::DOUBLE) THEN {own}::DOUBLE END"
        if field.bound != "none":
            column = f"round({column}, 9)"
        rounding = ROUNDED[field.bound].format(column=column, steps=steps)
        shown = f"CAST({rounding} AS DECIMAL({field.digits}, {field.decimals}))"
    if field.is_figure:
        is_shown = f"{STATUS} = {sql.literal(PUBLISHED)}"
        if field.national_only:
            is_shown += " AND is_national"
        shown = f"CASE WHEN {is_shown} THEN {shown} END"
    return f"{shown} AS {own}"
