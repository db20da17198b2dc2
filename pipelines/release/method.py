"""The method of a release in one object: when it changes, published figures mean something else.

Belongs here: what goes into `pub:method` and the comparison of two of them. Not here: other
metadata (descriptor.py), the bump that follows (version.py).
"""

from collections.abc import Mapping
from typing import Any

from pipelines.release.inputs import Release
from pipelines.study import Study
from pipelines.study.analyses import AnalysesFile
from pipelines.study.model import Weights

# Raise it when a formula, a rounding rule or a disclosure rule changes what is published.
ESTIMATORS = "1"
OPEN = ("waves", "codelists", "analyses")  # here a new entry adds to the method without changing it

Method = Mapping[str, Any]


def method(release: Release) -> dict[str, Any]:
    """Return the method: weights, estimators, disclosure policy, codelists and frame years.

    Of a collection, how its entries are compared, and the codelists.
    """
    study = release.study
    about = study.about
    if study.collected:
        comparison = study.collected.comparison
        return {
            "comparison": comparison.model_dump(mode="json") if comparison else None,
            "codelists": {name: study.codelists[name].about.version for name in _coded(study)},
            "waves": {wave: {} for wave in release.waves},
        }
    return {
        "estimators": ESTIMATORS,
        "weights": _weights(about.weights),
        "disclosure": about.disclosure.model_dump(mode="json"),
        "reliability": about.reliability.model_dump(mode="json"),
        "codelists": {name: study.codelists[name].about.version for name in _codelists(release)},
        "analyses": _analyses(study.analyses),
        "waves": {wave: {"frameYear": study.waves[wave].frame_year} for wave in release.waves},
    }


def changed_method(old: Method, new: Method) -> tuple[str, ...]:
    """Return the entries that changed; a wave or codelist that is new is no change.

    Nor is which columns a comparison of entries repeats.
    """
    changed = [
        name
        for name in sorted({*old, *new} - set(OPEN))
        if _meaning(old.get(name)) != _meaning(new.get(name))
    ]  # fmt: skip
    for name in OPEN:
        before, after = old.get(name, {}), new.get(name, {})
        changed += [f"{name}.{key}" for key in sorted(before) if before[key] != after.get(key)]
    return tuple(changed)


def _meaning(entry: Any) -> Any:
    return {**entry, "shown": None} if isinstance(entry, Mapping) else entry


def _weights(weights: Weights) -> dict[str, Any]:
    calibration = weights.calibration
    return {
        "origin": calibration.method if calibration else "producer",
        "margins": [list(one) for one in calibration.margins] if calibration else [],
        "collapse": calibration.collapse if calibration else {},
        "trimRatio": calibration.trim_ratio if calibration else None,
        "strata": list(weights.strata),
        "population": weights.population,
        "singleRespondentStratum": weights.single_respondent_stratum,
    }


def _analyses(declared: AnalysesFile) -> dict[str, Any]:
    """Return each analysis as declared, by name: titles and names of profiles are no method."""
    words = {"title", "names"}
    return {
        name: one.model_dump(mode="json", exclude=words)
        for section in type(declared).model_fields
        for name, one in getattr(declared, section).items()
    }


def _coded(study: Study) -> list[str]:
    return sorted({one.codelist for one in study.about.columns.values() if one.codelist})


def _codelists(release: Release) -> list[str]:
    study = release.study
    asked = [one for one in study.questions.values() if one.kind != "open_text"]
    named = {name for one in asked for name in (one.scale, one.domain, one.actor) if name}
    return sorted(named | {one.codelist for one in study.breakdowns.values()})
