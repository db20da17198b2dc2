"""What a person should look at though no rule is broken: warnings over the accepted responses.

Belongs here: questions that only the whole wave can answer. Not here: rules of single rows
(rules.py), comparison with other extracts (comparison.py). A notice counts, it names no one.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl

from pipelines.intake import Note
from pipelines.study import NOT_APPLICABLE, PublishedFigure, Study, Wave, fold, frame_path
from pipelines.texts import LANGUAGES
from pipelines.validation.communes import frame_names
from pipelines.validation.geography import frame
from pipelines.validation.margins import Margin

BATTERY = 8  # items: below, the same answer everywhere is likely to be sincere
ALIKE_SHARE = 0.10  # of respondents with the same answer to all items of a battery
LONGEST = 86_400  # seconds: an interview of more than a day is a unit mistaken
FAST = 0.3  # of the median duration: the usual bound for speeders in online panels
MEAN_WEIGHT = 0.01  # from 1, in relative terms: weights then do not sum to the respondents
DESIGN_EFFECT = 3.0  # Kish: above, two thirds of the sample are lost to unequal weights
MARGIN_GAP = 0.05  # between a weighted share and the frame's


def find_notices(
    study: Study, wave_id: str, responses: Path, margins: tuple[Margin, ...]
) -> tuple[Note, ...]:
    """Return every warning about the accepted responses of one wave, in a fixed order."""
    rows, wave = pl.scan_parquet(responses), study.wave(wave_id)
    if not rows.select(pl.len()).collect().item():
        return ()
    return (
        *_numbers(study, wave, rows),
        *_weights(study, rows),
        *_durations(study, rows),
        *_alike(study, rows),
        *_communes(study, wave, rows),
        *_without_category(study, wave, rows),
        *_margins(margins),
        *_published(study, wave_id),
    )


def _numbers(study: Study, wave: Wave, rows: pl.LazyFrame) -> Iterator[Note]:
    """Compare the number of respondents, or entries, with the one that the method notice states."""
    told = wave.method_notice.respondents
    told = told if isinstance(told, str) else told.fr
    stated = re.match(r"\s*(\d[\d \u00a0\u202f]*)", told)
    found = rows.select(pl.len()).collect().item()
    if stated and int(re.sub(r"\D", "", stated[1])) != found:
        expected = int(re.sub(r"\D", "", stated[1]))
        key = "notice-entries" if study.collected else "notice-respondents"
        yield Note(key, {"found": found, "expected": expected})


def _weights(study: Study, rows: pl.LazyFrame) -> Iterator[Note]:
    column = study.about.weights.column
    if column is None:
        return
    weight = pl.col(column).cast(pl.Float64)
    count, total, squares, low, high = (
        rows.select(
            pl.len().alias("count"),
            weight.sum().alias("total"),
            (weight * weight).sum().alias("squares"),
            weight.min().alias("low"),
            weight.max().alias("high"),
        )
        .collect()
        .row(0)
    )
    if abs(total / count - 1) > MEAN_WEIGHT:
        yield Note("notice-weight-sum", {"found": round(total, 2), "expected": count})
    if count * squares / total**2 > DESIGN_EFFECT:
        effect = count * squares / total**2
        yield Note(
            "notice-design-effect", {"found": round(effect, 2), "limit": f"{DESIGN_EFFECT:g}"}
        )
    if high / low > study.about.weights.maximum_ratio:
        limit = f"{study.about.weights.maximum_ratio:g}"
        yield Note("notice-weight-ratio", {"found": f"{high / low:.0f}", "limit": limit})


def _durations(study: Study, rows: pl.LazyFrame) -> Iterator[Note]:
    """Count durations that cannot be, and interviews far below the median of the others."""
    column = study.column_with_role("duration")
    if column is None:
        return
    seconds = rows.select("_line", pl.col(column).cast(pl.Float64, strict=False)).collect()
    possible = (pl.col(column) > 0) & (pl.col(column) <= LONGEST)
    impossible = seconds.filter(~possible)
    if impossible.height:
        values = {"count": impossible.height, "line": impossible["_line"][0]}
        yield Note("notice-duration", values)
    median = seconds.filter(possible)[column].median()
    if not isinstance(median, float):
        return
    fast = seconds.filter(possible & (pl.col(column) < FAST * median))
    if fast.height:
        yield Note(
            "notice-fast",
            {"count": fast.height, "median": f"{median:.0f}", "line": fast["_line"][0]},
        )


def _alike(study: Study, rows: pl.LazyFrame) -> Iterator[Note]:
    """Count respondents who gave one and the same answer to every item of a battery."""
    batteries: dict[tuple[str, str], list[str]] = {}
    for item in study.items:
        if len(item.columns) == 1 and item.domain != NOT_APPLICABLE:
            batteries.setdefault((item.question, item.actor), []).append(item.columns[0])
    for (question, actor), columns in batteries.items():
        if len(columns) < BATTERY:
            continue
        alike = pl.all_horizontal(pl.col(one) == pl.col(columns[0]) for one in columns)
        given = ~pl.col(columns[0]).str.starts_with("_")
        count, total, line = (
            rows.select(
                (alike & given).sum().alias("count"),
                pl.len().alias("total"),
                pl.col("_line").filter(alike & given).min().alias("line"),
            )
            .collect()
            .row(0)
        )
        if count > ALIKE_SHARE * total:
            battery = question if actor == NOT_APPLICABLE else f"{question} · {actor}"
            yield Note(
                "notice-alike",
                {"battery": battery, "items": len(columns), "count": count, "line": line,
                 "share": f"{100 * count / total:.0f}"},
            )  # fmt: skip


def _communes(study: Study, wave: Wave, rows: pl.LazyFrame) -> Iterator[Note]:
    column = study.column_with_role("commune")
    if column is None or wave.frame_year is None:
        return
    path = frame_path(study.root, wave.frame_year)
    unsized = frame(path).filter(pl.col("frame_commune_size").is_null())["commune"]
    empty = rows.select("_line", column).filter(pl.col(column).is_in(unsized.implode())).collect()
    if empty.height:
        yield Note(
            "notice-commune-empty",
            {"count": empty.height, "line": empty["_line"][0], "year": wave.frame_year},
        )
    named = study.column_with_role("commune_name")
    if named is None:
        return
    said = rows.select("_line", column, named).filter(pl.col(named) != "").collect()
    folded = {name: fold(name) for name in said[named].unique().to_list()}
    known = said[column].replace_strict(frame_names(path), default=None, return_dtype=pl.String)
    differ = said.filter(said[named].replace_strict(folded, return_dtype=pl.String) != known)
    if differ.height:
        yield Note(
            "notice-commune-name",
            {"count": differ.height, "line": differ["_line"][0], "year": wave.frame_year},
        )


def _without_category(study: Study, wave: Wave, rows: pl.LazyFrame) -> Iterator[Note]:
    """Count respondents whose code of the frame the list of a derived breakdown does not have."""
    column = study.column_with_role("commune")
    if column is None or wave.frame_year is None:
        return
    known = frame(frame_path(study.root, wave.frame_year))
    for name, breakdown in study.breakdowns.items():
        if breakdown.derived is None:
            continue
        code = f"frame_{breakdown.derived.to}"
        lost = (
            rows.filter(pl.col(f"by_{name}") == NOT_APPLICABLE)
            .select("_line", column)
            .collect()
            .join(known.select("commune", code), left_on=column, right_on="commune")
            .drop_nulls(code)
            .sort("_line")
        )
        if lost.height:
            yield Note(
                "notice-no-category",
                {"breakdown": name, "count": lost.height, "line": lost["_line"][0],
                 "codes": ", ".join(lost[code].unique().sort()), "codelist": breakdown.codelist},
            )  # fmt: skip


def _margins(margins: tuple[Margin, ...]) -> Iterator[Note]:
    for margin in margins:
        far = [cell for cell in margin.cells if abs(cell.weighted - cell.frame) > MARGIN_GAP]
        if far:
            yield Note(
                "notice-margin",
                {"breakdown": margin.breakdown, "points": f"{100 * MARGIN_GAP:g}",
                 **{f"codes_{lang}": ", ".join(getattr(cell.label, lang) for cell in far)
                    for lang in LANGUAGES}},
            )  # fmt: skip


def _published(study: Study, wave_id: str) -> Iterator[Note]:
    """Find published shares of one question and cell that add up to more than everyone."""
    groups: dict[tuple[object, ...], list[PublishedFigure]] = defaultdict(list)
    for one in study.published_figures:
        is_share_of_one = (
            one.measure == "share" and study.questions[one.question].kind != "multiple"
        )
        if one.wave == wave_id and is_share_of_one:
            groups[one.question, one.domain, one.actor, one.cell].append(one)
    for figures in groups.values():
        total, rounding, seen = Decimal(0), Decimal(0), set[str]()
        for one in figures:
            if seen.isdisjoint(one.answers):
                seen.update(one.answers)
                total += one.published
                rounding += Decimal(1).scaleb(-one.decimals) / 2
        if total > 1 + rounding:
            names = ", ".join(one.id for one in figures)
            yield Note("notice-published", {"figures": names, "total": f"{100 * total:.0f}"})
