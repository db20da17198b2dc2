"""Reconciliation: the figures published by a study's producer against our estimates.

Belongs here: finding our figure for each published one and saying whether they agree. Not here:
reading and checking the published figures (pipelines.study.published), deciding whether a
disagreement stops a release (pipelines.evidence).
"""

import json
import os
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from pipelines import sql
from pipelines.study import TOTAL, PublishedFigure, Study

Outcome = Literal["agrees", "differs", "ambiguous", "not_found"]
COUNTS = ("agrees", "differs", "not_found")


@dataclass(frozen=True)
class Comparison:
    """One published figure beside ours, both rounded to the decimals that are compared.

    Those are the figure's own, or those of our tables where these have fewer. `ours` is None where
    the figure is ambiguous, hence not compared, or where the estimates hold no value for it. What
    is found of a figure that `is_withheld` is for the operator alone: our tables do not tell it.
    """

    figure: PublishedFigure
    decimals: int
    ours: Decimal | None
    is_withheld: bool = False

    @property
    def outcome(self) -> Outcome:
        """How the comparison ended."""
        if self.figure.kind == "ambiguous":
            return "ambiguous"
        if self.difference is None:
            return "not_found"
        return "agrees" if abs(self.difference) <= self.figure.tolerance else "differs"

    @property
    def difference(self) -> Decimal | None:
        """Ours less the published figure, after rounding."""
        return None if self.ours is None else self.ours - self.published

    @property
    def published(self) -> Decimal:
        """The published figure, to the decimals that are compared."""
        return _to(self.figure.published, self.decimals)

    @property
    def is_explained(self) -> bool:
        """Whether a reason for differing is declared, and the figure does differ."""
        return self.outcome == "differs" and self.figure.known_reason is not None

    @property
    def is_stale(self) -> bool:
        """Whether a reason for differing is declared of a figure that agrees."""
        return self.outcome == "agrees" and self.figure.known_reason is not None


@dataclass(frozen=True)
class Reconciliation:
    """Every published figure of a wave, compared; agreement by construction proves nothing.

    Counts and lists are of the figures that may be told: whether ours agrees with a figure that our
    tables withhold would tell it, and so would a release that is refused or passes for it.
    """

    study: str
    wave: str
    figures: tuple[Comparison, ...]

    @property
    def told(self) -> tuple[Comparison, ...]:
        """The comparisons that may be told."""
        return tuple(one for one in self.figures if not one.is_withheld)

    @property
    def agree(self) -> int:
        """Number of figures that are evidence and agree."""
        return self._count("evidence", "agrees")

    @property
    def differ(self) -> int:
        """Number of figures that are evidence and differ, for a known reason or none."""
        return self._count("evidence", "differs")

    @property
    def not_found(self) -> tuple[str, ...]:
        """The figures that the estimates hold no value for: an error, whatever their kind."""
        return tuple(one.figure.id for one in self.told if one.outcome == "not_found")

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The figures that differ for no declared reason."""
        return tuple(
            one.figure.id for one in self.told
            if one.outcome == "differs" and not one.is_explained
        )  # fmt: skip

    def counts(self) -> dict[str, int]:
        """Return how many figures ended how: evidence apart from what agrees by construction."""
        kinds = ("evidence", "by_construction")
        return {
            **{f"{kind}_{end}": self._count(kind, end) for kind in kinds for end in COUNTS},
            "explained": sum(one.is_explained for one in self.told),
            "ambiguous": self._count("ambiguous", "ambiguous"),
            "withheld": len(self.figures) - len(self.told),
        }

    def _count(self, kind: str, outcome: str) -> int:
        return sum(one.figure.kind == kind and one.outcome == outcome for one in self.told)

    def write(self, path: Path) -> None:
        """Write the reconciliation as JSON: keys and figures in fixed order, in one move."""
        content = {
            "study": self.study,
            "wave": self.wave,
            "counts": self.counts(),
            "not_found": self.not_found,
            "unexplained": self.unexplained,
            "figures": [_record(one) for one in self.figures],
        }
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            aside.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
            aside.chmod(0o600)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def reconcile(
    study: Study, wave_id: str, estimates: Path, protected: Path | None = None
) -> Reconciliation:
    """Compare the published figures of one wave with our estimates, in file order.

    `estimates` is Parquet of full precision, one row per item, answer and cell; `protected` what is
    published of it (None: all of it). A figure is compared after rounding, half away from zero, to
    the decimals that were published, and no finer than our tables are; that of several answers is
    the sum of their shares. Where `tolerance` is declared, so much difference still agrees. An
    ambiguous figure is listed and never compared; one that the estimates hold no value for is
    `not_found`, which no reason excuses. A figure of a cell that is not published, or a sum of
    answers below the total, which no published table tells so exactly, is withheld.
    """
    figures = tuple(one for one in study.published_figures if one.wave == wave_id)
    ours = _ours(study, wave_id, figures, estimates) if figures else {}
    hidden = _hidden(study, figures, protected) if figures and protected else frozenset()
    found = (
        Comparison(one, decimals, _rounded(ours.get(one.id), decimals), one.id in hidden)
        for one in figures
        for decimals in [min(one.decimals, _decimals(study, one))]
    )
    return Reconciliation(study.id, wave_id, tuple(found))


def _decimals(study: Study, figure: PublishedFigure) -> int:
    """Return the decimals that our tables have where a figure stands."""
    precision = study.about.disclosure.precision
    if figure.measure == "share":
        return precision.share if figure.cell else precision.national_share
    return precision.mean if figure.cell else precision.national_mean


def _hidden(study: Study, figures: tuple[PublishedFigure, ...], protected: Path) -> frozenset[str]:
    """Return the figures that our tables do not tell, by id."""
    query = sql.read("analysis/withheld_figures.sql", breakdowns=sql.names(study.breakdowns))
    with sql.connect(protected.parent) as connection:
        connection.register("wanted", _wanted(study, figures))
        rows = connection.execute(query, {"protected": str(protected)}).fetchall()
    sums = {one.id for one in figures if one.cell and len(one.answers) > 1}
    return frozenset({name for (name,) in rows} | sums)


def _ours(
    study: Study, wave_id: str, figures: tuple[PublishedFigure, ...], estimates: Path
) -> dict[str, Decimal]:
    """Return our value of each figure that is compared and whose every answer has one value."""
    query = sql.read("analysis/reconciliation.sql", breakdowns=sql.names(study.breakdowns))
    with sql.connect(estimates.parent) as connection:
        connection.register("wanted", _wanted(study, figures))
        values = {"estimates": str(estimates), "wave": wave_id}
        rows = connection.execute(query, values).fetchall()
    answers = {one.id: len(one.answers) for one in figures}
    return {name: value for name, count, value in rows if count == answers[name]}


def _wanted(study: Study, figures: tuple[PublishedFigure, ...]) -> pa.Table:
    names = ("figure", "question", "domain", "actor", "answer", "measure", *study.breakdowns)
    rows = [
        (
            one.id, one.question, one.domain, one.actor, answer, one.measure,
            *(dict(one.cell).get(name, TOTAL) for name in study.breakdowns),
        )
        for one in figures
        if one.kind != "ambiguous"
        for answer in one.answers
    ]  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _rounded(ours: Decimal | None, decimals: int) -> Decimal | None:
    return None if ours is None else _to(ours, decimals)


def _to(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _record(one: Comparison) -> dict[str, Any]:
    """Return a comparison for JSON; `agrees` is null where nothing was compared."""
    figure, reason = one.figure, one.figure.known_reason
    says_why = one.is_explained or one.outcome == "ambiguous"
    return {
        "figure": figure.id,
        "question": figure.question,
        "domain": figure.domain,
        "actor": figure.actor,
        "answers": figure.answers,
        "measure": figure.measure,
        "cell": dict(figure.cell),
        "kind": figure.kind,
        "published": str(figure.published),
        "ours": None if one.ours is None else str(one.ours),
        "difference": None if one.difference is None else str(one.difference),
        "tolerance": str(figure.tolerance),
        "outcome": one.outcome,
        "agrees": None if one.outcome == "ambiguous" else one.outcome == "agrees",
        "known_reason": reason.model_dump() if reason and says_why else None,
        "stale_reason": one.is_stale,
        "source": figure.source,
        "withheld": one.is_withheld,
    }
