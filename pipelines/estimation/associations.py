"""Whether answers depend on a breakdown: Rao and Scott's test on the cube's sums.

Belongs here: one test per item (of a multiple choice: per answer) and declared breakdown. Not here:
the same test from rows (rao_scott.py), which judges this one in the tests.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import fdtrc

from pipelines.estimation.comparisons import keys_of
from pipelines.estimation.counts import Counts
from pipelines.estimation.groups import Groups, Matrix, Vector
from pipelines.estimation.rao_scott import interaction
from pipelines.estimation.significance import LEAST, adjusted
from pipelines.study import NOT_APPLICABLE, TOTAL, Study
from pipelines.study.analyses import Associated

Cells = npt.NDArray[np.float64]  # tests × answers × codes × groups
FIGURES = ("respondents", "statistic", "numerator_df", "denominator_df", "p_value")


def associate(study: Study, wave_id: str, counts: Counts, shown: pl.DataFrame) -> pl.DataFrame:
    """Return the tests of every declared association of one wave, sorted by key.

    One row per analysis and item (or answer of a multiple choice, `_Z` otherwise): wave, analysis,
    question, domain, actor, answer, by, respondents, statistic (F), numerator_df,
    denominator_df, p_value, p_adjusted (Benjamini-Hochberg over the analysis), contrast (depends,
    none). Figures are null where fewer than two answers, or codes, have respondents.
    """
    keys = keys_of(study, counts)
    parts = [
        _association(study, wave_id, counts, keys, name, declared, shown)
        for name, declared in study.analyses.associations.items()
    ]
    key = ["wave", "analysis", "question", "domain", "actor", "answer"]
    return pl.concat(parts).select(*key, "by", *FIGURES, "p_adjusted", "dependence").sort(key)


def _association(
    study: Study, wave_id: str, counts: Counts, keys: pl.DataFrame, name: str,
    declared: Associated, shown: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    questions = [
        one
        for one in declared.questions or study.questions
        if study.questions[one].is_coded
    ]  # fmt: skip
    others = [one for one in study.breakdowns if one != declared.breakdown]
    codes = study.codelists[study.breakdowns[declared.breakdown].codelist].of_kind("answer")
    own = keys.filter(
        pl.col(declared.breakdown).is_in(codes), *(pl.col(one) == TOTAL for one in others),
        ~pl.col("is_net"),
    )  # fmt: skip
    parts = [
        _question(study, counts, own.filter(question=question), question, list(codes), declared)
        for question in questions
    ]
    whole = (
        shown.filter(pl.col(one) == TOTAL for one in others)
        .group_by("question", "domain", "actor")
        .agg(pl.col("is_shown").all())
    )
    hidden = ~pl.col("is_shown").fill_null(False)
    found = (
        pl.concat(parts)
        .join(whole, on=["question", "domain", "actor"], how="left", maintain_order="left")
        .with_columns(
            pl.when(hidden).then(0).otherwise("respondents").alias("respondents"),
            pl.when(~hidden).then("p_value").alias("p_value"),
        )
    )
    over = adjusted(found["p_value"].fill_null(np.nan).to_numpy())
    words = pl.when(pl.col("p_adjusted") < 0.05).then(pl.lit("depends"))
    return found.with_columns(
        wave=pl.lit(wave_id), analysis=pl.lit(name), p_adjusted=pl.Series(over).fill_nan(None)
    ).with_columns(
        dependence=words.when(pl.col("p_adjusted").is_not_null()).then(pl.lit("none"))
    )  # fmt: skip


def _question(
    study: Study, counts: Counts, own: pl.DataFrame, question: str, codes: list[str],
    declared: Associated,
) -> pl.DataFrame:  # fmt: skip
    """Test every item of a question at once: they share answers and codes."""
    is_multiple = study.questions[question].kind == "multiple"
    items = own["item"].unique().sort().to_list()
    answers = own.filter(item=items[0])["answer"].unique().sort().to_list()
    ordered = own.sort("item", "answer", pl.col(declared.breakdown).replace_strict(
        {code: place for place, code in enumerate(codes)}, return_dtype=pl.Int64
    ))  # fmt: skip
    sums = counts.sums(ordered["place"].to_numpy().astype(np.int64))
    shape = (len(items), len(answers), len(codes), len(counts.groups.names))
    weight, square = sums.c.reshape(shape), sums.d.reshape(shape)
    people = sums.n.reshape(shape)[:, 0].sum(axis=(1, 2))
    first = ordered.filter(pl.int_range(pl.len()) % len(codes) == 0)
    if is_multiple:
        base_weight, base_square = sums.a.reshape(shape), sums.b.reshape(shape)
        flat = (len(items) * len(answers), 1, *shape[2:])
        weight, square = (
            np.concatenate([one.reshape(flat), (whole - one).reshape(flat)], axis=1)
            for one, whole in ((weight, base_weight), (square, base_square))
        )
        people = np.repeat(people, len(answers))
    else:
        first = first.filter(pl.int_range(pl.len()) % len(answers) == 0).with_columns(
            answer=pl.lit(NOT_APPLICABLE)
        )
    figures = rao_scott_of_sums(weight, square, people, counts.groups)
    return first.select("question", "domain", "actor", "answer").with_columns(
        by=pl.lit(declared.breakdown),
        respondents=pl.Series(people.astype(np.int64)),
        **{name: pl.Series(np.round(one, 12)).fill_nan(None) for name, one in figures.items()},
    )


def rao_scott_of_sums(
    weight: Cells, square: Cells, people: Vector, groups: Groups
) -> dict[str, Vector]:
    """Return F, its degrees of freedom and the p-value of each test.

    `weight` and `square` are Σw and Σw² of each cell of the tables, by group of the sample;
    `people` the respondents of each. Formula of rao_scott.py, from Rao and Scott (1984), second
    order: V of the cell shares comes from the sums, for all pairs of cells at once. A level that
    nobody has is no level: tables are taken together by which levels they have.
    """
    whole = weight.sum(axis=3)
    rows, columns = whole.sum(axis=2) > 0, whole.sum(axis=1) > 0
    found = {name: np.full(people.size, np.nan) for name in FIGURES[1:]}
    kinds, which = np.unique(np.concatenate([rows, columns], axis=1), axis=0, return_inverse=True)
    for kind, levels in enumerate(kinds):
        row, column = (
            np.flatnonzero(levels[: rows.shape[1]]),
            np.flatnonzero(levels[rows.shape[1] :]),
        )
        at = np.flatnonzero(which.ravel() == kind)
        if row.size < 2 or column.size < 2:
            continue
        cells = np.ix_(at, row, column, np.arange(weight.shape[3]))
        flat = (at.size, row.size * column.size, weight.shape[3])
        tested = _tests(
            weight[cells].reshape(flat), square[cells].reshape(flat), people[at],
            (row.size, column.size), groups,
        )  # fmt: skip
        for name, values in zip(found, tested, strict=True):
            found[name][at] = values
    return found


def _tests(
    weight: Cells, square: Cells, people: Vector, shape: tuple[int, int], groups: Groups
) -> tuple[Vector, Vector, Vector, Vector]:
    size = weight.sum(axis=(1, 2))
    share = weight.sum(axis=2) / size[:, None]
    covariance = _covariance(weight, square, share, size, groups)
    table = share.reshape(-1, *shape)
    expected = table.sum(axis=2, keepdims=True) * table.sum(axis=1, keepdims=True)
    pearson = people * ((table - expected) ** 2 / expected).sum(axis=(1, 2))
    contrast = interaction(shape)
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)
    scaled = contrast[None] * inverse[:, :, None]
    left = np.einsum("ci,tcj->tij", contrast, scaled) / people[:, None, None]
    right = np.einsum("tci,tcd,tdj->tij", scaled, covariance, scaled)
    delta = np.linalg.solve(left, right)
    trace, second = np.einsum("tii->t", delta), np.einsum("tij,tji->t", delta, delta)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic, first = pearson / trace, trace**2 / second
    rest = first * max(groups.sampled.sum() - groups.sampled.size, 1)
    return statistic, first, rest, np.maximum(fdtrc(first, rest, statistic), LEAST)


def _covariance(
    weight: Cells, square: Cells, share: Matrix, size: Vector, groups: Groups
) -> npt.NDArray[np.float64]:
    """Return the covariance of the cell shares of each table: tables × cells × cells.

    By polarisation: Groups.variance of sums and of single cells gives every covariance, whatever
    the design, calibration included.
    """
    cells = share.shape[1]
    one, other = np.triu_indices(cells)
    a, b = weight.sum(axis=1, keepdims=True), square.sum(axis=1, keepdims=True)

    def variances(w: Cells, w2: Cells, p: Matrix) -> Matrix:
        """Return the variance of shares p of sums w, w2: tables × statistics."""
        scale = size[:, None, None]
        p = p[:, :, None]
        flat = (-1, w.shape[2])
        found = groups.variance(
            ((w - p * a) / scale).reshape(flat),
            ((w2 - 2 * p * w2 + p**2 * b) / scale**2).reshape(flat),
            ((w2 - p * b) / scale).reshape(flat),
            np.broadcast_to((w2 + p**2 * b) / scale**2, w2.shape).reshape(flat),
        )
        return found.reshape(w.shape[:2])

    single = variances(weight, square, share)
    both = variances(
        weight[:, one] + weight[:, other], square[:, one] + square[:, other],
        share[:, one] + share[:, other],
    )  # fmt: skip
    value = (both - single[:, one] - single[:, other]) / 2
    value[:, one == other] = single
    covariance = np.empty((share.shape[0], cells, cells))
    covariance[:, one, other] = value
    covariance[:, other, one] = value
    return covariance
