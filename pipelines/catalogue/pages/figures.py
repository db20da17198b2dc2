"""An estimate as pages show it: its number, its interval, its bar.

Belongs here: from a published row to words and marks. Not here: drawing (charts), formats of
numbers (numbers.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines import numbers
from pipelines.catalogue.codebook import Codebook, as_number
from pipelines.catalogue.published import Row
from pipelines.texts import Lang

SILENT = {
    "withheld": {"fr": "retenu", "en": "withheld"},
    "not_asked": {"fr": "non posée", "en": "not asked"},
}
Spec = dict[str, Any]


def decimals(codebook: Codebook, row: Row) -> int:
    """Return the decimals of a row as a reader sees them: those it was published with."""
    kept = codebook.release.descriptor["pub:method"]["disclosure"]["precision"]
    name = "national_" if codebook.is_national(row) else ""
    if row["measure"] == "mean":
        return int(kept[f"{name}mean"])
    return max(int(kept[f"{name}share"]) - 2, 0)


def shown(codebook: Codebook, row: Row, lang: Lang, name: str = "value") -> str:
    """Return a figure of a row in words; one that is withheld, or was not asked, says so."""
    if row["status"] != "published":
        return SILENT.get(row["status"], {}).get(lang, "—")
    write = numbers.number if row["measure"] == "mean" else numbers.percent
    return write(row[name], decimals(codebook, row), lang)


def interval(codebook: Codebook, row: Row, lang: Lang) -> str:
    """Return the 95% interval of a row in words."""
    if row["status"] != "published" or row["ci_low"] is None:
        return "—"
    low, high = (shown(codebook, row, lang, name) for name in ("ci_low", "ci_high"))
    return f"{low} – {high}" if lang == "en" else f"{low} à {high}"


def bar(codebook: Codebook, row: Row, label: str, lang: Lang, **more: Any) -> Spec:
    """Return one row of a bar chart."""
    return {
        "label": label, "value": as_number(row["value"]), "low": as_number(row["ci_low"]),
        "high": as_number(row["ci_high"]), "status": row["status"],
        "text": shown(codebook, row, lang), **more,
    }  # fmt: skip


def axis(rows: Iterable[Mapping[str, Any]], lang: Lang, *, mean: tuple[float, float] | None = None
         ) -> Spec:  # fmt: skip
    """Return domain and ticks of a chart: from zero, shares to the next tenth at least."""
    if mean:
        low, high = mean
        step = (high - low) / 5
        ticks = [low + step * at for at in range(6)]
        told = [{"value": one, "text": numbers.number(one, 0, lang)} for one in ticks]
        return {"domain": [low, high], "ticks": told}
    highest = max((one["high"] or one["value"] or 0 for one in rows), default=1)
    top = next(one for one in (0.2, 0.4, 0.6, 0.8, 1.0) if highest <= one or one == 1.0)
    step = top / 4
    told = [{"value": step * at, "text": numbers.percent(step * at, 0, lang)} for at in range(5)]
    return {"domain": [0, top], "ticks": told}


def mean_limits(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return the axis of means: zero to the next ten above what is shown."""
    highest = max((one["high"] or one["value"] or 0 for one in rows), default=10)
    return 0.0, float(max(10, -(-int(highest) // 10) * 10))


def against(row: Row, whole: Row | None) -> str:
    """Return the tone of a cell against the whole: above or below only beyond sampling error.

    Beyond means that the 95% interval of the cell leaves out the value of the whole.
    """
    if whole is None or row["status"] != "published" or whole["status"] != "published":
        return "none"
    if row["ci_low"] is None:
        return "none"
    if row["ci_low"] > whole["value"]:
        return "above"
    return "below" if row["ci_high"] < whole["value"] else "none"


def places(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """Return possible places ('1', '2–5') and group of rows sorted from the highest value.

    A row may hold any place below those it differs from above it and over those it differs from
    below: by more than 1.96 times the root of the sum of their squared errors, as if they were
    independent. A group begins with the first row that differs from the first of the group before.
    """
    found, first, group = [], 0, 0
    for at, row in enumerate(rows):
        if _differ(rows[first], row):
            first, group = at, group + 1
        low = 1 + sum(_differ(other, row) for other in rows[:at])
        high = len(rows) - sum(_differ(other, row) for other in rows[at + 1 :])
        found.append((f"{low}" if low == high else f"{low}–{high}", group))
    return found


def _differ(one: Row, other: Row) -> bool:
    error = float(one["standard_error"] or 0) ** 2 + float(other["standard_error"] or 0) ** 2
    return bool(abs(float(one["value"] - other["value"])) > 1.96 * error**0.5)
