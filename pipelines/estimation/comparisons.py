"""Comparisons: a cell against everybody else, against the whole, against the wave before.

Belongs here: differences and their variance, from the cube's sums. Not here: which comparisons a
study declares (pipelines.study.analyses), what of them is published (pipelines.disclosure).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.estimation.counts import Counts, Positions
from pipelines.estimation.errors import UnsupportedDesignError
from pipelines.estimation.estimate import estimates_of, is_share_of, key_columns
from pipelines.estimation.groups import Matrix, Vector
from pipelines.estimation.intervals import mean_interval
from pipelines.estimation.significance import adjusted, contrasts, p_values
from pipelines.estimation.variance import Estimates, Sums, linearised, ratio_estimates
from pipelines.study import TOTAL, Study
from pipelines.study.analyses import Compared
from pipelines.study.sums import nets_of

ITEM = ("question", "domain", "actor", "answer", "measure")
FIGURES = (
    "respondents", "other_respondents", "value", "difference", "difference_low", "difference_high",
    "p_value", "p_adjusted", "contrast",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """Differences of ratios, one entry each: value, error, degrees of freedom, respondents."""

    value: Vector
    error: Vector
    freedom: Vector
    respondents: Vector
    other_respondents: Vector


def compare(
    study: Study, wave_id: str, counts: Counts, shown: pl.DataFrame, before: pl.DataFrame | None
) -> pl.DataFrame:
    """Return the rows of every declared comparison of one wave, sorted by key, full precision.

    One row per analysis, item, answer (nets too) and cell: wave, analysis, question, domain, actor,
    answer, breakdowns, measure, against, respondents, other_respondents (of what it is compared
    with), value, difference, difference_low, difference_high (95%, Student), p_value, p_adjusted
    (Benjamini-Hochberg over the rows of the analysis that are shown), contrast. `shown` says of
    each item and cell whether it `is_shown`. `before` has the estimates that are shown of the wave
    before, nets among them; without it, nothing is compared with that wave.

    Raises UnsupportedDesignError for waves of a panel, whose pairs of answers are not known.
    """
    parts = [
        _comparison(study, wave_id, counts, name, declared, shown, before)
        for name, declared in study.analyses.comparisons.items()
    ]
    key = ["wave", "analysis", *ITEM[:-1], *study.breakdowns]
    return pl.concat(parts, how="vertical").select(*key, "measure", "against", *FIGURES).sort(key)


def _comparison(
    study: Study, wave_id: str, counts: Counts, name: str, declared: Compared,
    shown: pl.DataFrame, before: pl.DataFrame | None,
) -> pl.DataFrame:  # fmt: skip
    keys = keys_of(study, counts)
    at = _cells(study, keys, declared)
    if declared.against == "wave":
        if study.waves[wave_id].panel:
            raise UnsupportedDesignError("estimation-panel", study=study.id, wave=wave_id)
        found = _with_wave_before(study, wave_id, counts, at, before)
    else:
        found = _within_wave(study, counts, keys, at, declared.against)
    least = study.about.disclosure.minimum_respondents
    is_told = (pl.min_horizontal("respondents", "other_respondents") >= least) & pl.col(
        "is_shown"
    ).fill_null(False)
    found = found.join(shown, on=[*ITEM[:3], *study.breakdowns], how="left", maintain_order="left")
    p = found.select(pl.when(is_told).then("p_value"))["p_value"].cast(pl.Float64)
    over = adjusted(p.fill_null(np.nan).to_numpy())
    return found.with_columns(
        wave=pl.lit(wave_id), analysis=pl.lit(name), against=pl.lit(declared.against),
        p_adjusted=pl.Series(over).fill_nan(None),
        contrast=pl.Series(
            contrasts(found["difference"].fill_null(np.nan).to_numpy(), over), dtype=pl.String
        ),
    )  # fmt: skip


def keys_of(study: Study, counts: Counts) -> pl.DataFrame:
    """Return the key of each estimate, with its place, its measure and whether it is a net."""
    named = pl.from_arrow(
        pa.table(
            {
                **key_columns(study, counts.keys),
                **{
                    name.removeprefix("by_"): counts.keys[name] for name in counts.keys.column_names
                },
            }
        )
    )
    if not isinstance(named, pl.DataFrame):
        raise TypeError("a table was expected")
    is_share = is_share_of(study, named["item"].to_numpy())
    nets = [(item.index, net) for item in study.items for net in nets_of(study, item.question)]
    of_nets = pl.DataFrame(
        nets, schema={"item": pl.Int32, "answer": pl.String}, orient="row"
    ).with_columns(is_net=pl.lit(True))
    return (
        named.with_row_index("place")
        .with_columns(measure=pl.Series(np.where(is_share, "share", "mean")))
        .join(of_nets, on=["item", "answer"], how="left", maintain_order="left")
        .with_columns(pl.col("is_net").fill_null(False))
    )


def _cells(study: Study, keys: pl.DataFrame, declared: Compared) -> Positions:
    """Return the places of what is compared: the coded cells of the breakdown, or the total."""
    wanted = [pl.col("question").is_in(declared.questions or list(study.questions))]
    for name, breakdown in study.breakdowns.items():
        codes = study.codelists[breakdown.codelist].of_kind("answer")
        is_of = pl.col(name).is_in(codes) if name == declared.breakdown else pl.col(name) == TOTAL
        wanted.append(is_of)
    return keys.filter(wanted)["place"].to_numpy().astype(np.int64)


def _within_wave(
    study: Study, counts: Counts, keys: pl.DataFrame, at: Positions, against: str
) -> pl.DataFrame:
    national = keys.filter(pl.col(name) == TOTAL for name in study.breakdowns)
    of_total = national.select("item", "answer", total="place")
    rows = keys[at.astype(np.uint32)].join(
        of_total, on=["item", "answer"], how="left", maintain_order="left"
    )
    total = rows["total"].to_numpy().astype(np.int64)
    parts = [
        _differences(study, counts, at[block], total[block], is_rest=against == "rest")
        for block in counts.blocks(np.arange(at.size))
    ]
    return rows.select(*ITEM, *study.breakdowns).with_columns(
        pl.concat([NOTHING, *(_columns(value, one) for value, one in parts)])
    )


def _differences(
    study: Study, counts: Counts, at: Positions, total: Positions, *, is_rest: bool
) -> tuple[Vector, Difference]:
    own, whole = counts.sums(at), counts.sums(total)
    is_share = is_share_of(study, counts.keys["item"].to_numpy()[at])
    other = whole.less(own) if is_rest else whole
    first, second, union = (
        ratio_estimates(one, counts.groups, is_share=is_share) for one in (own, other, whole)
    )
    product = np.zeros_like(own.a) if is_rest else _product(own, first, second)
    z = linearised(own, first.value).minus(linearised(other, second.value), product)
    variance = z.variance(counts.groups)
    variance += of_extremes(first.value, first.effective, is_share)
    variance += of_extremes(second.value, second.effective, is_share)
    return first.value, Difference(
        first.value - second.value, np.sqrt(variance), union.degrees_of_freedom,
        first.respondents, second.respondents,
    )  # fmt: skip


def _product(own: Sums, first: Estimates, whole: Estimates) -> Matrix:
    """Return Σ w² z z' of a cell and of the whole it is part of, by group, over the cell."""
    p, q = first.value[:, None], whole.value[:, None]
    size = first.weighted_base[:, None] * whole.weighted_base[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((own.e - (p + q) * own.d + p * q * own.b) / size)


def of_extremes(value: Vector, effective: Vector, is_share: npt.NDArray[np.bool_]) -> Vector:
    """Return the variance that shares of 0 and 1 lack by the formula, else 0.

    Agresti and Coull (1998) on Kish's effective base: anything would differ from what never errs.
    """
    drawn = (value * effective + 2) / (effective + 4)
    is_extreme = is_share & ((value <= 0) | (value >= 1))
    result: Vector = np.where(is_extreme, drawn * (1 - drawn) / (effective + 4), 0.0)
    return result


def _with_wave_before(
    study: Study, wave_id: str, counts: Counts, at: Positions, before: pl.DataFrame | None
) -> pl.DataFrame:
    """Compare with independent samples: variances add up, and so do degrees of freedom."""
    now = pl.from_arrow(estimates_of(study, wave_id, counts, at)) if at.size else None
    key = [*ITEM, *study.breakdowns]
    if not isinstance(now, pl.DataFrame) or before is None:
        return pl.concat(
            [pl.DataFrame(schema=dict.fromkeys(key, pl.String)), NOTHING], how="horizontal"
        )
    both = now.join(before, on=key, how="left", suffix="_before", maintain_order="left")

    def of(name: str) -> Vector:
        return both[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    is_share = (both["measure"] == "share").to_numpy()
    variance = np.zeros(both.height)
    for wave in ("", "_before"):
        variance += of(f"standard_error{wave}") ** 2
        variance += of_extremes(of(f"value{wave}"), of(f"effective_respondents{wave}"), is_share)
    return both.select(key).with_columns(
        _columns(
            of("value"),
            Difference(
                of("value") - of("value_before"), np.sqrt(variance),
                of("degrees_of_freedom") + of("degrees_of_freedom_before"),
                of("respondents"), of("respondents_before"),
            ),
        )
    )  # fmt: skip


def _columns(value: Vector, found: Difference) -> pl.DataFrame:
    low, high = mean_interval(found.value, found.error**2, found.freedom)
    figures = {
        "value": value, "difference": found.value, "difference_low": low, "difference_high": high,
        "p_value": p_values(found.value, found.error, found.freedom),
    }  # fmt: skip
    return pl.DataFrame(
        {
            "respondents": found.respondents,
            "other_respondents": found.other_respondents,
            # less its noise: what the order of sums may change is rounded off
            **{name: np.round(one, 12) for name, one in figures.items()},
        }
    ).with_columns(
        pl.col(list(figures)).fill_nan(None),
        pl.col("respondents", "other_respondents").fill_nan(0).cast(pl.Int64),
    )


NOTHING = _columns(np.zeros(0), Difference(*(np.zeros(0),) * 5))
