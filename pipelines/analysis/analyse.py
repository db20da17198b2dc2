"""The declared analyses of one wave: weighted responses in, one private Parquet a table out.

Belongs here: which tables are made, checked against the estimates and written. Not here: making
them (rankings.py, portraits.py, verbatims.py), what may be published of them (protection.py).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.analysis.errors import AnalysisError
from pipelines.analysis.portraits import portray
from pipelines.analysis.rankings import rank
from pipelines.analysis.verbatims import count_themes
from pipelines.study import Study
from pipelines.study.analyses import Counted, counted_answers

SAME = 1e-9  # of two routes to one share, in double precision
MEMBERS = "profile_members"  # private for ever: no published table has its rows


@dataclass(frozen=True)
class AnalysisSummary:
    """What was made: rows of each table, and the typologies that the data do not support."""

    study: str
    wave: str
    rows: Mapping[str, int]
    unsupported: tuple[str, ...]


def analyse(
    study: Study, wave_id: str, weighted: Path, estimates: Path, out_folder: Path,
    *, before: Path | None = None,
) -> AnalysisSummary:  # fmt: skip
    """Write `<table>.parquet` of every declared analysis into `out_folder`, at full precision.

    `weighted` has one row per respondent, `estimates` the wave's table of full precision, which
    every ranked share must agree with. `before` is this folder of the wave before: profiles that
    are alike keep its numbers. All files are private (0600); same inputs, same bytes. A table
    that nothing is declared for is not written. Raises AnalysisError.
    """
    tables = {
        **_rankings(study, wave_id, weighted),
        **_profiles(study, wave_id, weighted, before),
        **_themes(study, wave_id, weighted),
    }
    known = pl.read_parquet(estimates)
    for name in ("priorities", "roles", "alliances"):
        if name in tables:
            _check_agreement(study, wave_id, tables[name], known)
    out_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, table in tables.items():
        _write(table, out_folder / f"{name}.parquet")
    support = tables.get("profile_support")
    weak = () if support is None else support.filter(pl.col("supported") == "no")["analysis"]
    return AnalysisSummary(
        study.id, wave_id, {name: table.height for name, table in tables.items()},
        tuple(sorted(set(weak))),
    )  # fmt: skip


def _rankings(study: Study, wave_id: str, weighted: Path) -> dict[str, pl.DataFrame]:
    declared = study.analyses
    alliances = [(name, one) for name, sheet in declared.sheets.items() for one in sheet.alliances]
    found: dict[str, pl.DataFrame] = {}
    for section, rankings in (
        ("priorities", list(declared.priorities.items())),
        ("roles", list(declared.roles.items())),
        ("alliances", alliances),
    ):
        parts = [
            rank(study, wave_id, weighted, name, one, section).with_columns(
                answers=pl.lit(answers_text(one))
            )
            for name, one in rankings
        ]
        if parts:
            found[section] = pl.concat(parts)
    return found


def answers_text(counted: Counted) -> str:
    """Return the answers that count as one text, as declared: `tres+plutot`; `_Z` for a mean."""
    return "+".join(counted.answers) or "_Z"


def _profiles(
    study: Study, wave_id: str, weighted: Path, before: Path | None
) -> dict[str, pl.DataFrame]:
    answers = before / "profile_answers.parquet" if before else None
    known = answers if answers and answers.exists() else None
    found = [portray(study, wave_id, weighted, name, known) for name in study.analyses.typologies]
    if not found:
        return {}
    return {
        "profiles": pl.concat([one.sizes for one in found]),
        "profile_answers": pl.concat([one.answers for one in found]),
        "profile_support": pl.concat([one.support for one in found]),
        "profile_axes": pl.concat([one.axes for one in found]),
        MEMBERS: pl.concat([one.members for one in found]),
    }


def _themes(study: Study, wave_id: str, weighted: Path) -> dict[str, pl.DataFrame]:
    found = [count_themes(study, wave_id, weighted, name) for name in study.analyses.verbatims]
    return {"themes": pl.concat(found)} if found else {}


def _check_agreement(
    study: Study, wave_id: str, table: pl.DataFrame, estimates: pl.DataFrame
) -> None:
    """Raise AnalysisError where a figure is not that of the estimates: it would contradict them.

    A net of a multiple choice is not the sum of its answers and has no estimate to agree with.
    """
    item = ["question", "domain", "actor", "measure", *study.breakdowns]
    for question, answers in table.select("question", "answers").unique().sort(pl.all()).rows():
        about = study.questions[question]
        names = answers.split("+")
        codes = counted_answers(about, study.codelists, names) or ("_Z",)
        if about.kind == "multiple" and len(codes) > 1:
            continue
        summed = estimates.filter(
            pl.col("question") == question, pl.col("answer").is_in(codes)
        ).group_by(item).agg(pl.col("value").sum().alias("estimated"))  # fmt: skip
        mine = table.filter(pl.col("question") == question, pl.col("answers") == answers)
        both = mine.join(summed, on=item, how="left").filter(pl.col("value").is_not_null())
        off = both.filter(~((pl.col("value") - pl.col("estimated")).abs() <= SAME).fill_null(False))
        if off.height:
            raise AnalysisError(
                "analysis-disagrees", study=study.id, wave=wave_id, question=question,
                count=off.height,
            )  # fmt: skip


def _write(table: pl.DataFrame, path: Path) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table.write_parquet(aside, compression="zstd", statistics=False)
        aside.chmod(0o600)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
