"""The declared analyses of one wave: weighted responses in, one private Parquet a table out.

Belongs here: which tables are made, checked against the estimates and written. Not here: making
them (rankings.py, portraits.py, verbatims.py), what may be published of them (protection.py).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from threadpoolctl import threadpool_limits

from pipelines.analysis.as_published import profiles_as_published, rankings_as_published
from pipelines.analysis.beside import beside_estimates
from pipelines.analysis.errors import AnalysisError
from pipelines.analysis.rankings import Shown, rank, shown_cells
from pipelines.analysis.verbatims import count_themes
from pipelines.study import Study
from pipelines.study.analyses import counted_answers
from pipelines.workspace import ITEM_COUNTS, MEMBERS, analysis_file

SAID = ("value", "standard_error", "ci_low", "ci_high")
SAME = 1e-9  # of two routes to one share, in double precision


@dataclass(frozen=True)
class AnalysisSummary:
    """What was made: rows of each table, and the typologies that the data do not support."""

    study: str
    wave: str
    rows: Mapping[str, int]
    unsupported: tuple[str, ...]


def analyse(
    study: Study, wave_id: str, weighted: Path, estimates: Path, protected: Path,
    out_folder: Path, *, before: Path | None = None,
) -> AnalysisSummary:  # fmt: skip
    """Write every table of `workspace.analysis_files(study)` into `out_folder`, at full precision.

    `weighted` has one row per respondent, `estimates` the wave's table of full precision, which
    every ranked share must agree with, and beside it what was written with it, `protected` what is
    published of it: what is not has no place in an order and no p-value. `before` is this folder of
    the wave before: profiles that are alike keep its numbers, and comparisons use its estimates.
    All files are private (0600); same inputs, same bytes. A table that nothing is declared for is
    not written. Raises AnalysisError.
    """
    published, item_counts = pl.read_parquet(protected), estimates.with_name(ITEM_COUNTS)
    shown = shown_cells(study, published)
    # One thread: matrices are small (threads that wait for one another took 7 times longer on two
    # cores), and the order in which BLAS adds up must not depend on the machine.
    with threadpool_limits(limits=1):
        tables = {
            **_rankings(study, wave_id, weighted, pl.read_parquet(estimates), shown),
            **_profiles(study, wave_id, weighted, before),
            **_themes(study, wave_id, weighted),
            **beside_estimates(study, wave_id, weighted, item_counts, published, before),
        }
    out_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, table in tables.items():
        _write(table, out_folder / analysis_file(name))
    support = tables.get("profile_support")
    weak = () if support is None else support.filter(pl.col("supported") == "no")["analysis"]
    return AnalysisSummary(
        study.id, wave_id, {name: table.height for name, table in tables.items()},
        tuple(sorted(set(weak))),
    )  # fmt: skip


def _rankings(
    study: Study, wave_id: str, weighted: Path, estimates: pl.DataFrame, shown: Shown
) -> dict[str, pl.DataFrame]:
    declared = study.analyses
    alliances = [(name, one) for name, sheet in declared.sheets.items() for one in sheet.alliances]
    found: dict[str, pl.DataFrame] = {}
    for section, rankings in (
        ("priorities", list(declared.priorities.items())),
        ("roles", list(declared.roles.items())),
        ("alliances", alliances),
    ):
        parts = [
            rank(study, wave_id, weighted, name, one, section, shown).with_columns(
                answers=pl.lit(one.answers_text)
            )
            for name, one in rankings
        ]
        if parts:
            ranked = _as_estimated(study, wave_id, pl.concat(parts), estimates)
            found[section] = rankings_as_published(study, ranked, estimates)
    return found


def _profiles(
    study: Study, wave_id: str, weighted: Path, before: Path | None
) -> dict[str, pl.DataFrame]:
    if not study.analyses.typologies:
        return {}
    from pipelines.analysis.portraits import portray  # noqa: PLC0415 - a tenth of a second of scipy

    answers = before / analysis_file("profile_answers") if before else None
    known = answers if answers and answers.exists() else None
    found = [portray(study, wave_id, weighted, name, known) for name in study.analyses.typologies]
    return {
        "profiles": pl.concat([one.sizes for one in found]),
        "profile_answers": profiles_as_published(study, pl.concat([one.answers for one in found])),
        "profile_support": pl.concat([one.support for one in found]),
        "profile_axes": pl.concat([one.axes for one in found]),
        MEMBERS: pl.concat([one.members for one in found]),
    }


def _themes(study: Study, wave_id: str, weighted: Path) -> dict[str, pl.DataFrame]:
    found = [count_themes(study, wave_id, weighted, name) for name in study.analyses.verbatims]
    return {"themes": pl.concat(found)} if found else {}


def _as_estimated(
    study: Study, wave_id: str, table: pl.DataFrame, estimates: pl.DataFrame
) -> pl.DataFrame:
    """Return `table` with the very figures of the estimates, where one estimate says the same.

    Two routes to one figure may differ in its last bit, and then in print. Raises AnalysisError
    where they differ by more: the analysis would contradict the estimates.
    """
    item = ["question", "domain", "actor", "measure", *study.breakdowns]
    counted = pl.concat(
        [
            pl.DataFrame(
                {"question": question, "answers": answers, "answer": _codes(study, *asked)}
            )
            for asked in table.select("question", "answers").unique().sort(pl.all()).rows()
            for question, answers in [asked]
        ]
    )
    summed = (
        estimates.join(counted, on=["question", "answer"])
        .group_by(*item, "answers")
        .agg(pl.len().alias("_estimates"), *(pl.col(name).sum().alias(f"_{name}") for name in SAID))
    )
    both = table.join(summed, on=[*item, "answers"], how="left", maintain_order="left")
    _check_agreement(study, wave_id, both)
    is_one = pl.col("_estimates").fill_null(0) == 1
    return both.select(
        pl.when(is_one).then(pl.col(f"_{name}")).otherwise(pl.col(name)).alias(name)
        if name in SAID else name
        for name in table.columns
    )  # fmt: skip


def _codes(study: Study, question: str, answers: str) -> list[str]:
    about = study.questions[question]
    return list(counted_answers(about, study.codelists, answers.split("+"))) or ["_Z"]


def _check_agreement(study: Study, wave_id: str, both: pl.DataFrame) -> None:
    """Raise AnalysisError where a figure is not that of the estimates.

    A net of a multiple choice is not the sum of its answers and has no estimate to agree with.
    """
    nets = [name for name, one in study.questions.items() if one.kind == "multiple"]
    judged = both.filter(
        pl.col("value").is_not_null(),
        ~(pl.col("question").is_in(nets) & (pl.col("_estimates").fill_null(0) > 1)),
    )
    off = judged.filter(~((pl.col("value") - pl.col("_value")).abs() <= SAME).fill_null(False))
    if off.height:
        raise AnalysisError(
            "analysis-disagrees", study=study.id, wave=wave_id,
            question=", ".join(off["question"].unique().sort()), count=off.height,
        )  # fmt: skip


def _write(table: pl.DataFrame, path: Path) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table.write_parquet(aside, compression="zstd", statistics=False)
        aside.chmod(0o600)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
