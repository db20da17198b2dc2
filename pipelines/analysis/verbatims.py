"""Themes of open answers: declared words looked for in each text and counted.

Belongs here: from texts to one share a theme. Not here: the words (analyses.yaml), the threshold
below which a theme is not published (protection.py). No text leaves this module.
"""

import re
import unicodedata
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipelines import sql
from pipelines.analysis.domains import estimate_cell
from pipelines.analysis.measures import Respondents, read_respondents
from pipelines.analysis.rankings import column
from pipelines.study import Study, fold
from pipelines.study.analyses import Theme

NO_TEXT = ["", "_U", "_Z"]
LETTER = r"[\pL\pN_]"  # of a word; RE2 has neither Unicode \b nor look-around
ENDS = (r"(?:^|[^\pL\pN_])", r"(?:$|[^\pL\pN_])")


def count_themes(study: Study, wave_id: str, weighted: Path, name: str) -> pl.DataFrame:
    """Return, nationally, the share of each theme among those who wrote something.

    One row per declared theme: wave, analysis, theme, respondents (who wrote), mentioning (who have
    the theme, unweighted), value, standard_error, ci_low, ci_high. A text may have several themes
    or none. None of it is broken down: few people wrote, and what they wrote may be recognised.
    Texts are searched inside DuckDB: none comes out of it.
    """
    declared = study.analyses.verbatims[name]
    question = str(study.questions[declared.question].columns)
    is_known = question in pq.read_schema(weighted).names
    columns = [f"theme{place}" for place in range(len(declared.themes))]
    themes = zip(declared.themes.values(), columns, strict=True)
    query = sql.read(
        "analysis/themes.sql",
        question=sql.name(question) if is_known else sql.literal(""),
        breakdowns=sql.names(f"by_{one}" for one in study.breakdowns),
        themes=", ".join(f"{_condition(theme)} AS {column}" for theme, column in themes),
    )
    people = read_respondents(study, wave_id, weighted, columns, query, {"nothing": NO_TEXT})
    return _rows(people, list(declared.themes)).select(
        pl.lit(wave_id).alias("wave"), pl.lit(name).alias("analysis"), pl.all()
    )


def _condition(theme: Theme) -> str:
    """Return 1, 0 or NULL for one respondent's text, as a DOUBLE."""
    has = f"regexp_matches(plain, {sql.literal(pattern(theme.words))})"
    if theme.without:
        has += f" AND NOT regexp_matches(plain, {sql.literal(pattern(theme.without))})"
    return f"CASE WHEN wrote THEN CASE WHEN {has} THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END END"


def pattern(words: tuple[str, ...]) -> str:
    """Return what finds any of `words` as whole words (RE2); `*` stands for the end of a word."""
    found = [re.escape(_plain(one)).replace(r"\*", f"{LETTER}*") for one in words]
    return f"{ENDS[0]}(?:{'|'.join(found)}){ENDS[1]}"


def _plain(word: str) -> str:
    parts = unicodedata.normalize("NFD", fold(word))
    return "".join(one for one in parts if not unicodedata.combining(one))


def _rows(people: Respondents, themes: list[str]) -> pl.DataFrame:
    cell = estimate_cell(people, np.ones(people.weight.size, dtype=np.bool_))
    low, high = cell.bounds(is_share=True)
    return pl.DataFrame(
        {
            "theme": themes,
            "respondents": cell.respondents.astype(np.int64),
            "mentioning": np.nansum(people.values, axis=0).astype(np.int64),
            "value": column(cell.value),
            "standard_error": column(cell.error),
            "ci_low": column(low),
            "ci_high": column(high),
        }
    )
