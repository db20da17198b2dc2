"""Axes: the breakdowns that read the same source, and the combinations of codes it allows.

Belongs here: what the declaration says of how breakdowns nest (a zone is a sum of regions). Not
here: tables and cells (structure.py), anything counted.
"""

from dataclasses import dataclass

from pipelines.study import NOT_APPLICABLE, Study
from pipelines.study.model import Breakdown


@dataclass(frozen=True)
class Axis:
    """Breakdowns of one source: `breakdowns` are positions in the study's order.

    `combinations` holds the code of each of them for every value that the source may take, such
    as (region, zone); empty for a breakdown that shares its source with none, whose codes are
    simply those of its cells.
    """

    breakdowns: tuple[int, ...]
    combinations: tuple[tuple[str, ...], ...] = ()


def axes_of(study: Study) -> tuple[Axis, ...]:
    """Return the axes of a study, in the order of their first breakdown."""
    names = list(study.breakdowns)
    by_source: dict[tuple[str, str], list[int]] = {}
    for position, name in enumerate(names):
        by_source.setdefault(_source(study.breakdowns[name]), []).append(position)
    return tuple(
        Axis(tuple(shared), _combinations(study, [names[at] for at in shared]))
        if len(shared) > 1
        else Axis(tuple(shared))
        for shared in by_source.values()
    )


def _source(breakdown: Breakdown) -> tuple[str, str]:
    if breakdown.derived:
        return ("frame", breakdown.derived.to)
    return ("column", str(breakdown.column))


def _combinations(study: Study, names: list[str]) -> tuple[tuple[str, ...], ...]:
    maps = [_code_of(study, name) for name in names]
    values = sorted({value for codes in maps for value in codes})
    targets = {code for name in names for code in study.breakdowns[name].recode.values()}
    found = {tuple(codes.get(value, NOT_APPLICABLE) for codes in maps): value for value in values}
    # A code that only grouping makes (a zone) is no value of the source: it would be an atom
    # that stands in a zone and in no region, where an attacker could put what is missing.
    return tuple(
        sorted(
            combination
            for combination, value in found.items()
            if not (NOT_APPLICABLE in combination and value in targets)
        )
    )


def _code_of(study: Study, name: str) -> dict[str, str]:
    """Return value of the source → code of the breakdown."""
    breakdown = study.breakdowns[name]
    codes = study.codelists[breakdown.codelist].of_kind("answer")
    plain = {code: code for code in codes if code not in breakdown.recode}
    grouped = {value: code for value, code in breakdown.recode.items() if code in codes}
    return plain | grouped
