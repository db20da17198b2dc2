"""Validating one wave: raw extract in, responses and rejected rows out.

Belongs here: the order of the steps, batch by batch, and what a breach leads to. Not here: the
rules (rules.py), the readings (coding.py), the frame (geography.py), the report (report.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.blocks import BlockWriter, ahead, blocks_of
from pipelines.study import Study, Wave
from pipelines.validation import geography
from pipelines.validation.by_text import TextJudge, columns_by_text
from pipelines.validation.coding import code_batch
from pipelines.validation.communes import mend_communes
from pipelines.validation.design import design_columns, exact_weight
from pipelines.validation.errors import (
    ColumnsMissingError,
    NothingCheckedError,
    WaveRefusedError,
)
from pipelines.validation.labels import check_labels, labels_in, read_labels
from pipelines.validation.plan import NOT_ASKED, ColumnPlan, plan_columns
from pipelines.validation.rules import Breach, Rule, breaches, rules_of, schema_of, was_asked
from pipelines.validation.summary import Repair, RuleResult, ValidationSummary

BATCH_ROWS = 100_000
BATCH_CELLS = 4_000_000  # of a wide extract fewer rows are in memory
REJECTED = pa.schema(
    [("_line", pa.int64()), ("column", pa.string()), ("value", pa.string()), ("rule", pa.string())]
)


IDENTITIES = pa.schema([("_line", pa.int64()), ("respondent", pa.string())])


@dataclass
class _Tally:
    """What the batches add up to."""

    read: int = 0
    seen: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    failed: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    repairs: list[Repair] = field(default_factory=list)

    def add(self, rows: int, rules: Iterable[Rule], repairs: Iterable[Repair]) -> None:
        """Count a batch: every rule was asked of each of its rows."""
        self.read += rows
        self.repairs += repairs
        for rule in rules:
            self.seen[rule.id, rule.column] += rows

    def breach(self, key: tuple[str, str], lines: list[int]) -> None:
        """Count the lines that broke a rule."""
        self.failed[key] += len(lines)
        self.first[key] = min([*lines, self.first.get(key, lines[0])])


def validate(study: Study, wave: Wave, raw: Path, folder: Path) -> ValidationSummary:
    """Validate the raw extract of one wave.

    `raw` is Parquet with `_line` and text columns as received. Writes into `folder`
    `responses.parquet` (accepted rows in canonical codes, one `by_<breakdown>` column each, the
    columns of the design),
    `rejected_rows.parquet` (`_line`, column, value, rule: one row per breach; private) and
    `validation.json`. Memory is bounded by the batch, whatever the number of rows.

    Raises ColumnsMissingError; DeclarationError for a breakdown whose list has no code of the
    frame that it is derived from; NothingCheckedError when no rule ran or no row came;
    WaveRefusedError when more rows break a rule than the study accepts (the rejected rows are
    written first, so that they can be read).
    """
    plans = plan_columns(study, wave)
    columns = _received_columns(study, wave, raw)
    dropped = _check_columns(study, wave, raw, plans, columns)
    geography.check_derived_lists(study, wave)
    check_labels(study, wave, raw)
    tally = _Tally()
    responses, rejected = folder / "responses.parquet", folder / "rejected_rows.parquet"
    identities = folder / "identities.parquet"
    try:
        _judge_batches(study, wave, raw, plans, columns, responses, rejected, identities, tally)
        kept = _judge_whole(study, responses, rejected, identities, tally)
    finally:
        identities.unlink(missing_ok=True)
    summary = _summary(tally, kept, dropped)
    summary.write(folder / "validation.json")
    _decide(study, summary)
    return summary


def _received_columns(study: Study, wave: Wave, raw: Path) -> dict[str, str]:
    """Return declared name → name in the file, through the wave's renamed columns."""
    names = [name for name in pq.read_schema(raw).names if name != "_line"]
    columns = {wave.renamed.get(name, name): name for name in names}
    for name in names:
        declared = wave.renamed.get(name, name)
        if columns[declared] != name:
            raise ColumnsMissingError(
                "validation-column-twice", wave=_name(study, wave),
                declared=declared, first=name, second=columns[declared],
            )  # fmt: skip
    return columns


def _name(study: Study, wave: Wave) -> str:
    """Return the wave's name; the title of one that is judged without being declared."""
    return next((name for name, one in study.waves.items() if one == wave), wave.title.fr)


def _check_columns(
    study: Study, wave: Wave, raw: Path, plans: dict[str, ColumnPlan], columns: dict[str, str]
) -> tuple[str, ...]:
    missing = [
        name
        for name, plan in plans.items()
        if name not in columns and plan.kind not in {"unread", "not_asked"}
    ]
    if missing:
        raise ColumnsMissingError(
            "validation-columns-missing",
            study=study.id, wave=_name(study, wave),
            count=len(missing), missing=", ".join(missing),
            undeclared=", ".join(name for name in columns if name not in plans) or "—",
        )  # fmt: skip
    return tuple(name for name in columns if name not in plans)


def _judge_batches(
    study: Study, wave: Wave, raw: Path, plans: dict[str, ColumnPlan], columns: dict[str, str],
    responses: Path, rejected: Path, identities: Path, tally: _Tally,
) -> None:  # fmt: skip
    """Write the rows of each batch that break no rule, the breaches, and every row's respondent."""
    rules, labels = rules_of(study, wave, plans), labels_in(raw, wave)
    kept = _kept_columns(study, plans)
    alone = _read_by_text(study, plans, rules, kept, [one for one in columns if one not in labels])
    judge = TextJudge(
        tuple(plans[name] for name in alone), tuple(one for one in rules if one.column in alone)
    )
    in_rows = tuple(one for one in rules if one.column not in alone)
    schema = schema_of(in_rows)
    row_plans = {name: plan for name, plan in plans.items() if name not in alone}
    respondent = study.identity
    writer: BlockWriter | None = None
    with (
        ExitStack() as stack,
        pq.ParquetWriter(rejected, REJECTED) as refused,
        BlockWriter(identities, IDENTITIES, ["respondent"]) as known,
    ):
        batches = stack.enter_context(ahead(_batches(raw, columns, row_plans, alone)))
        for received, answers in batches:
            batch, repairs = read_labels(received, plans, labels)
            batch, mended = code_batch(batch, row_plans.values(), wave.extract.decimal)
            repairs += mended
            batch, mended = mend_communes(batch, study, wave)
            batch = geography.add_geography(batch, study, wave)
            judged = judge.judge(received["_line"].to_numpy(), answers)
            found = [*breaches(schema, in_rows, batch), *judged.breaches]
            tally.add(batch.height, rules, [*repairs, *mended, *judged.repairs])
            refused.write_table(_breach_rows(found, received, answers, tally))
            sound = geography.add_breakdowns(_without(batch, found), study)
            ready = _ready(sound, kept, judged.columns, found)
            if writer is None:
                writer = stack.enter_context(BlockWriter(responses, ready.schema, [respondent]))
            writer.write(ready)
            known.write(
                _plain(batch.select("_line", pl.col(respondent).alias("respondent")), IDENTITIES)
            )
    if writer is None:
        raise NothingCheckedError("validation-no-rows", study=study.id, wave=_name(study, wave))


def _read_by_text(
    study: Study, plans: dict[str, ColumnPlan], rules: Iterable[Rule], kept: dict[str, pl.Expr],
    delivered: Iterable[str],
) -> tuple[str, ...]:  # fmt: skip
    """Return the columns of which nothing is computed but their own code."""
    derived = [geography.breakdown_code(study, name) for name in study.breakdowns]
    derived += [one for one in kept.values() if len(one.meta.root_names()) > 1]
    return columns_by_text(plans, rules, derived, delivered)


def _ready(
    sound: pl.DataFrame, kept: dict[str, pl.Expr], answers: dict[str, pa.DictionaryArray],
    found: list[Breach],
) -> pa.Table:  # fmt: skip
    """Return the rows to keep: `sound` with the answers of the same rows, in declared order."""
    rows = sound.select(one for name, one in kept.items() if name not in answers)
    table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    broken = sorted({position for breach in found for position in breach.positions})
    if broken:
        rest = np.delete(np.arange(sound.height + len(broken)), broken)
        answers = {name: cells.take(pa.array(rest)) for name, cells in answers.items()}
    return pa.table({name: answers[name] if name in answers else table[name] for name in kept})


def _without(batch: pl.DataFrame, found: list[Breach]) -> pl.DataFrame:
    """Return the rows of `batch` that no breach names."""
    broken = sorted({position for breach in found for position in breach.positions})
    if not broken:
        return batch
    return batch.with_row_index("_row").filter(~pl.col("_row").is_in(broken)).drop("_row")


def _kept_columns(study: Study, plans: dict[str, ColumnPlan]) -> dict[str, pl.Expr]:
    """Return the columns kept: weights as exact numbers, cells of those not asked as `_Z`.

    Behind the received ones come the breakdowns and the columns of the design.
    """
    asked = {
        column: was_asked(study, item.question)
        for item in study.items
        for column in item.columns
        if study.questions[item.question].asked_of is not None
    }
    kept = {"_line": pl.col("_line")}
    for plan in plans.values():
        cell = pl.col(plan.name)
        if plan.kind == "unread":
            continue
        if plan.role == "weight":
            cell = exact_weight(plan.name)
        elif plan.name in asked:
            cell = pl.when(asked[plan.name]).then(cell).otherwise(pl.lit(NOT_ASKED))
        kept[plan.name] = cell.alias(plan.name)
    kept |= {f"by_{name}": pl.col(f"by_{name}") for name in study.breakdowns}
    return kept | {name: one.alias(name) for name, one in design_columns(study).items()}


def _batches(
    raw: Path, columns: dict[str, str], plans: dict[str, ColumnPlan], alone: tuple[str, ...]
) -> Iterator[tuple[pl.DataFrame, dict[str, pa.DictionaryArray]]]:
    """Yield blocks of rows: `_line` and the columns of `plans`, and those of `alone` by text."""
    wanted = [name for name in plans if plans[name].kind != "unread"]
    read = [columns[name] for name in wanted if name in columns]
    absent = [pl.lit("").alias(name) for name in wanted if name not in columns]
    names = {received: declared for declared, received in columns.items()}
    by_text = {name: columns[name] for name in alone}
    with pq.ParquetFile(raw, read_dictionary=list(by_text.values())) as extract:
        told = ["_line", *read, *by_text.values()]
        rows = min(BATCH_ROWS, max(1, BATCH_CELLS // len(told)))
        # Not as row groups cut them: each rule costs pandera a while a batch.
        for batch in blocks_of(extract.iter_batches(rows, columns=told), rows):
            frame = pl.from_arrow(pa.Table.from_batches([batch]).select(["_line", *read]))
            if isinstance(frame, pl.DataFrame) and frame.height:
                declared = frame.rename({name: names[name] for name in read})
                texts = {name: _by_text(batch[column]) for name, column in by_text.items()}
                yield declared.with_columns(pl.col(pl.String).fill_null(""), *absent), texts


def _by_text(cells: pa.Array) -> pa.DictionaryArray:
    if cells.null_count:
        cells = pc.fill_null(cells.cast(pa.string()), "")
    return cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()


def _breach_rows(
    found: list[Breach], received: pl.DataFrame, answers: dict[str, pa.DictionaryArray],
    tally: _Tally,
) -> pa.Table:  # fmt: skip
    parts = []
    for breach in found:
        rule, rows = breach.rule, list(breach.positions)
        lines = received["_line"].gather(rows)
        tally.breach((rule.id, rule.column), lines.to_list())
        if rule.column in answers:
            texts = answers[rule.column].take(pa.array(rows)).cast(pa.string())
            value = pl.Series(texts.to_pylist(), dtype=pl.String)
        else:
            value = received[rule.column].gather(rows)
        parts.append(
            pl.DataFrame({"_line": lines, "value": value}).select(
                "_line",
                pl.lit(rule.column).alias("column"),
                "value",
                pl.lit(rule.id).alias("rule"),
            )
        )
    if not parts:
        return REJECTED.empty_table()
    return _plain(pl.concat(parts), REJECTED)


def _plain(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)


def _judge_whole(
    study: Study, responses: Path, rejected: Path, identities: Path, tally: _Tally
) -> int:
    """Take out what only the whole wave shows: a respondent on several lines; return rows kept.

    All the lines are judged, those that break another rule too: the other copy is no better.
    """
    column = study.identity
    query = sql.read("validation/duplicates.sql")
    tally.seen["unique", column] = tally.read
    with sql.connect(responses.parent) as connection:
        values = {"identities": str(identities), "column": column}
        doubles = connection.sql(query, params=values).to_arrow_table().cast(REJECTED)
        if doubles.num_rows:
            tally.breach(("unique", column), doubles["_line"].to_pylist())
            _rewrite_without(connection, doubles, responses)
    before = pq.read_table(rejected)
    rows = pa.concat_tables([before, doubles]).sort_by(
        [("_line", "ascending"), ("column", "ascending"), ("rule", "ascending")]
    )
    pq.write_table(rows, rejected)
    rejected.chmod(0o600)
    return int(pq.read_metadata(responses).num_rows)


def _rewrite_without(connection: DuckDBPyConnection, doubles: pa.Table, responses: Path) -> None:
    """Write the responses again without the lines of `doubles`, in line order."""
    connection.register("doubles", doubles)
    aside = responses.with_suffix(".aside")
    relation = connection.sql(
        sql.read("validation/accepted.sql"), params={"responses": str(responses)}
    )
    reader = relation.to_arrow_reader(BATCH_ROWS)
    with BlockWriter(aside, reader.schema) as writer:
        for batch in reader:
            writer.write(pa.Table.from_batches([batch]))
    aside.replace(responses)


def _summary(tally: _Tally, kept: int, dropped: tuple[str, ...]) -> ValidationSummary:
    rules = tuple(
        RuleResult(*key, rows, tally.failed.get(key, 0), tally.first.get(key))
        for key, rows in tally.seen.items()
    )
    merged: dict[tuple[str, str, str, str], list[Repair]] = defaultdict(list)
    for one in tally.repairs:
        merged[one.column, one.rule, one.found, one.replaced].append(one)
    repairs = tuple(
        Repair(*key, sum(one.rows for one in ones), min(one.first_line for one in ones))
        for key, ones in sorted(merged.items())
    )
    return ValidationSummary(tally.read, kept, tally.read - kept, rules, repairs, dropped)


def _decide(study: Study, summary: ValidationSummary) -> None:
    if summary.rules_run == 0:
        raise NothingCheckedError("validation-no-rule", study=study.id)
    acceptance = study.about.acceptance
    allowed = acceptance.maximum_share if acceptance.policy == "set_aside" else 0.0
    if summary.rejected > allowed * summary.read:
        raise WaveRefusedError(
            "validation-refused",
            study=study.id, rejected=summary.rejected, read=summary.read,
            allowed=f"{100 * allowed:g}",
        )  # fmt: skip
