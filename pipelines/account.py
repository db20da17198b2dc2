"""The private account of disclosure control, as the operator reads it.

Belongs here: gathering what the steps and the audit have kept, and telling it in words. Not here:
deciding what is withheld, attacking what is written (pipelines.disclosure). Everything here is
private: it tells unsafe cells from those that cover them, and where the tables nearly gave way.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.disclosure import NoAccountError, examine
from pipelines.publication import AUDIT
from pipelines.release import release_folder, release_state
from pipelines.steps import (
    PROTECTED_ANALYSES,
    PROTECTION,
    RECONCILIATION,
    delivered_waves,
    is_current,
)
from pipelines.study import Study, load_study
from pipelines.study.columns import breakdown_codes, field
from pipelines.study.tables import ESTIMATES
from pipelines.texts import Lang, default_language, say
from pipelines.workspace import private_path

Facts = dict[str, Any]
STATUSES = field("status").enum
SHOWN = 12  # pieces of advice that are worth a line; JSON has them all
COUNTS = (
    "items", "earlier_releases", "cells_attacked", "shares_attacked", "held_by_the_total",
    "crossings_staying", "crossings_not_examined", "figures_unexplained",
)  # fmt: skip


def disclosure_account(root: Path, name: str, wave: str | None = None) -> Facts:
    """Return the private account of a study, as JSON-able facts without any interval.

    `waves`: for each delivered wave (or `wave` alone) its `tables` and `analyses` (cells, or rows,
    by table and status), `reasons`, `costs`, `groupings`, `saved`, `rules_not_run`,
    `withheld_figures` (what the producer published of cells that we withhold), and whether it is
    `current`: no delivery, declaration or code has changed since. `audit`: the last attack on a
    release, or, where the last run has kept none, one made now on the newest; None without any.
    Raises NoAccountError where nothing was protected yet, or the study has no respondents.
    """
    study = load_study(root, name)
    if study.collected:
        raise NoAccountError("disclosure-no-respondents", study=name)
    if wave is not None:
        study.wave(wave)  # an unknown wave is said before anything is looked for
    wanted = delivered_waves(study) if wave is None else (wave,)
    waves = [_wave(study, one) for one in wanted if (_folder(study, one) / PROTECTION).exists()]
    if not waves:
        raise NoAccountError("disclosure-no-account", study=name, wave=wave or "—")
    return {"private": True, "study": name, "waves": waves, "audit": _audit(study)}


def _folder(study: Study, wave: str) -> Path:
    return private_path(study.root, study.id, wave)


def _wave(study: Study, wave: str) -> Facts:
    folder = _folder(study, wave)
    kept = {"reasons": None, **json.loads((folder / PROTECTION).read_text("utf-8"))}
    beside = folder / PROTECTED_ANALYSES
    return {
        **kept,
        "analyses": json.loads(beside.read_text("utf-8")) if beside.exists() else {},
        "withheld_figures": _withheld_figures(folder / RECONCILIATION),
        "current": is_current(study, wave, "protected_analyses"),
    }


def _withheld_figures(path: Path) -> list[Facts]:
    """Return the producer's figures of cells that we withhold: ours would be told by comparing."""
    figures = json.loads(path.read_text("utf-8"))["figures"] if path.exists() else []
    return [
        {name: one[name] for name in ("figure", "published", "ours", "outcome")}
        for one in figures
        if one.get("withheld")
    ]


def _audit(study: Study) -> Facts | None:
    path = private_path(study.root, study.id) / AUDIT
    if _is_of_last_run(study, path):
        return {"release": None, **_told(json.loads(path.read_text("utf-8")))}
    known = release_state(study, study.root, dt.date.today())
    with_data = [one["version"] for one in known["versions"] if one["status"] != "purged"]
    if known["latest"] is None:
        return None
    data, *earlier = (
        release_folder(study.root, f"{study.id}@{version}") / "data"
        for version in (known["latest"], *(one for one in with_data if one != known["latest"]))
    )
    written = [data / f"{ESTIMATES}.{kind}" for kind in ("parquet", "csv")]
    report = examine(study, written, [one / f"{ESTIMATES}.parquet" for one in earlier])
    return {"release": known["latest"], **_told(asdict(report))}


def _is_of_last_run(study: Study, audit: Path) -> bool:
    """Return whether an audit was kept, and nothing was protected since.

    A run whose content is what was released already is not audited again: what stands there then
    may be the refusal of another delivery.
    """
    if not audit.exists():
        return False
    folders = [_folder(study, wave) for wave in delivered_waves(study)]
    protected = [path for one in folders if (path := one / PROTECTED_ANALYSES).exists()]
    last = max((path.stat().st_mtime_ns for path in protected), default=0)
    return audit.stat().st_mtime_ns >= last


def _told(report: Mapping[str, Any]) -> Facts:
    """Return an audit report without the intervals, which are the answers themselves."""
    findings = [
        {name: one[name] for name in ("kind", "wave", "where", "rows")}
        for one in report["findings"]
    ]
    return {
        **{name: report[name] for name in COUNTS},
        "rules_not_run": list(report["rules_not_run"]),
        "passed": not findings,
        "findings": findings,
    }


def account_text(study: Study, account: Mapping[str, Any], lang: Lang | None = None) -> str:
    """Return an account in words, a line each; it opens by saying that it is private."""
    spoken = lang or default_language()
    lines = [say("account-private", spoken, study=study.id)]
    for wave in account["waves"]:
        lines += ["", *_wave_lines(study, wave, spoken)]
    return "\n".join([*lines, "", *_audit_lines(study, account["audit"], spoken)])


def _wave_lines(study: Study, wave: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    declared = wave["minimum_respondents"]
    yield say("account-wave", lang, study=study.id, wave=wave["wave"], declared=declared)
    if not wave["current"]:
        yield say("account-stale", lang, study=study.id)
    yield from _table_lines(study, wave, lang)
    if wave["reasons"]:  # None: written by an earlier version of this software
        yield say("account-reasons", lang, **wave["reasons"])
    yield say("account-costs", lang)
    for one in wave["costs"]:
        key = "account-cost" if one["withheld"] is not None else "account-cost-impossible"
        mark = say("account-declared", lang) if one["minimum_respondents"] == declared else ""
        yield say(key, lang, **one, mark=mark)
    yield say("account-groupings" if wave["groupings"] else "account-no-grouping", lang)
    for one in wave["groupings"][:SHOWN]:
        labels = _labels(study, one["breakdown"], one["codes"], lang)
        yield say("account-grouping", lang, codes=labels, breakdown=one["breakdown"],
                  freed=one["freed"])  # fmt: skip
    if (left := len(wave["groupings"]) - SHOWN) > 0:
        yield say("account-more", lang, count=left)
    for one in wave["saved"]:
        key = "account-saved" if one["withheld_without"] is not None else "account-saved-all"
        yield say(key, lang, **{**one, "grouped": ", ".join(one["grouped"])})
    for one in wave["withheld_figures"]:
        ours = one["ours"] or say("account-no-figure", lang)
        yield say("account-figure", lang, **{**one, "ours": ours})
    yield from _rules_lines(wave["rules_not_run"], lang)


def _table_lines(study: Study, wave: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    titles = (say(f"account-{one}", lang) for one in ("table", *STATUSES))
    yield say("account-tables", lang)
    yield _columns(*titles)
    for by, counts in sorted(wave["tables"].items()):
        yield _columns(f"{ESTIMATES}, {by or say('account-total', lang)}", *_counts(counts))
    for table, counts in sorted(wave["analyses"].items()):
        yield _columns(table, *_counts(counts))


def _counts(counts: Mapping[str, int]) -> Iterator[str]:
    yield from (str(counts.get(status, 0)) for status in STATUSES)


def _columns(name: str, *numbers: str) -> str:
    return f"  {name:40}" + "".join(f"{one:>16}" for one in numbers)


def _labels(study: Study, breakdown: str, codes: list[str], lang: Lang) -> str:
    names = {code: getattr(label, lang) for code, label in breakdown_codes(study, breakdown)}
    return " + ".join(f"{names[code]} ({code})" if code in names else code for code in codes)


def _rules_lines(rules: list[str], lang: Lang) -> Iterator[str]:
    if rules:
        yield say("account-rules-not-run", lang, rules=", ".join(rules))
    else:
        yield say("account-rules-all", lang)


def _audit_lines(study: Study, audit: Mapping[str, Any] | None, lang: Lang) -> Iterator[str]:
    if audit is None:
        yield say("account-no-audit", lang, study=study.id)
        return
    which = "account-audit-now" if audit["release"] else "account-audit-last"
    yield say(which, lang, study=study.id, release=audit["release"])
    yield say("account-audit-attacked", lang, **audit)
    yield say("account-audit-total", lang, **audit)
    yield say("account-audit-weights", lang, **audit)
    if "weights" in audit["rules_not_run"]:
        yield say("account-audit-no-frame", lang)
    yield say("account-audit-passed" if audit["passed"] else "account-audit-failed", lang,
              count=len(audit["findings"]))  # fmt: skip
    for one in audit["findings"][:SHOWN]:
        told = say(f"disclosure-finding-{one['kind']}", lang, count=one["rows"], where=one["where"])
        yield f"  - {told}"
    if (left := len(audit["findings"]) - SHOWN) > 0:
        yield say("account-more", lang, count=left)
    if audit["release"] is None:
        yield say("account-intervals", lang, study=study.id)
