"""Themes of open answers: declared words looked for in each text and counted.

Belongs here: from texts to one share a theme. Not here: the words (analyses.yaml), the threshold
below which a theme is not published (protection.py). No text leaves this module.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipelines import sql
from pipelines.analysis.domains import estimate_cell
from pipelines.analysis.measures import Respondents, read_measures
from pipelines.analysis.rankings import column
from pipelines.study import Study, fold
from pipelines.study.analyses import Theme

NO_TEXT = ("", "_U", "_Z")


def count_themes(study: Study, wave_id: str, weighted: Path, name: str) -> pl.DataFrame:
    """Return, nationally, the share of each theme among those who wrote something.

    One row per declared theme: wave, analysis, theme, respondents (who wrote), mentioning (who have
    the theme, unweighted), value, standard_error, ci_low, ci_high. A text may have several themes
    or none. None of it is broken down: few people wrote, and what they wrote may be recognised.
    """
    declared = study.analyses.verbatims[name]
    question = str(study.questions[declared.question].columns)
    texts = _texts(weighted, question)
    people = read_measures(study, wave_id, weighted, ())
    wrote = ~np.isin(texts, NO_TEXT)
    folded = np.array([fold(one) for one in texts], dtype=object)
    has = {theme: _mentions(folded, rule) & wrote for theme, rule in declared.themes.items()}
    values = np.where(wrote[:, None], np.column_stack(list(has.values())), np.nan)
    return _rows(replace(people, values=values), list(has)).select(
        pl.lit(wave_id).alias("wave"), pl.lit(name).alias("analysis"), pl.all()
    )


def _texts(weighted: Path, question: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return each respondent's text, in line order; '' where the extract has no such column."""
    known = question in pq.read_schema(weighted).names
    query = sql.read(
        "analysis/texts.sql", question=sql.name(question) if known else sql.literal("")
    )
    with sql.connect(weighted.parent) as connection:
        rows = connection.execute(query, {"weighted": str(weighted)}).fetchnumpy()
    return np.ma.filled(rows["said"], "").astype(object)


def _mentions(
    texts: np.ndarray[tuple[int], np.dtype[np.object_]], rule: Theme
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    wanted, unwanted = _pattern(rule.words), _pattern(rule.without)
    return np.array(
        [
            bool(wanted.search(one)) and not (rule.without and unwanted.search(one))
            for one in texts
        ],
        dtype=np.bool_,
    )  # fmt: skip


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of `words` as whole words; `*` stands for the end of a word."""
    found = [re.escape(fold(one)).replace(r"\*", r"\w*") for one in words]
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)")


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
