"""The audit: what is about to be released, attacked as written on disk.

Belongs here: which intervals are wide enough, and the verdict. Not here: the systems an outsider
solves (outsider.py), differences (differencing.py), weights (reconstruction.py), reading the files
(released.py). None of it shares code with the choice of the pattern.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection

from pipelines import sql
from pipelines.disclosure.bases import is_national
from pipelines.disclosure.differencing import (
    Flags,
    changed_by_few,
    contains,
    nested_by_few,
    with_earlier,
)
from pipelines.disclosure.errors import DisclosureAuditError
from pipelines.disclosure.linked import add_linked, faults_beside
from pipelines.disclosure.outsider import (
    Interval,
    Numerators,
    Printed,
    believed_bases,
    count_intervals,
    counted_by,
    respondents_system,
)
from pipelines.disclosure.population import counted_breakdowns, populations_of
from pipelines.disclosure.programme import NoPointError
from pipelines.disclosure.publishable import refuse_private_columns
from pipelines.disclosure.reconstruction import reconstruct
from pipelines.disclosure.released import (
    NOBODY,
    WITHHELD,
    Floats,
    Key,
    Wave,
    Written,
    load_released,
    read_wave,
    waves_released,
)
from pipelines.disclosure.sums import Sums, sums_of
from pipelines.study import TOTAL, Study
from pipelines.workspace import write_private

# A share that the total alone confines (2 % nationally leaves any region near 0) cannot be opened
# by withholding: then the tables together must leave half of what the total leaves.
LEFT_OPEN = 0.5
KINDS = ("rows", "respondents", "share", "release", "nested", "weights", "contradiction")


@dataclass(frozen=True)
class Finding:
    """One thing that the files give away. `low` and `high` are private: they are the answer."""

    kind: str
    wave: str
    where: str
    rows: int = 1
    item: Key = ()
    cell: Key = ()
    low: float | None = None
    high: float | None = None


@dataclass
class AuditReport:
    """The verdict on what is written. Only `public` may leave the private area.

    `cells_attacked` and `shares_attacked` count what is withheld and was attacked;
    `held_by_the_total` the shares that the total alone confines (a share near 0 % or 100 %
    everywhere), which withholding cannot widen. The last three are those of `Reconstruction`.
    """

    study: str
    waves: tuple[str, ...] = ()
    earlier_releases: int = 0
    items: int = 0
    cells_attacked: int = 0
    shares_attacked: int = 0
    held_by_the_total: int = 0
    crossings_staying: int = 0
    crossings_not_examined: int = 0
    figures_unexplained: int = 0
    rules_not_run: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    intervals: list[dict[str, object]] = field(default_factory=list)

    def public(self) -> dict[str, object]:
        """Return what may be printed: counts of what was attacked, and whether it held."""
        return {
            "study": self.study,
            "waves": list(self.waves),
            "earlier_releases": self.earlier_releases,
            "items": self.items,
            "cells_attacked": self.cells_attacked,
            "shares_attacked": self.shares_attacked,
            "rules_not_run": list(self.rules_not_run),
            "passed": not self.findings,
        }


def audit(
    study: Study,
    released: Sequence[Path],
    earlier: Sequence[Path] = (),
    private: Path | None = None,
) -> AuditReport:
    """Attack what is about to be released, and refuse it when anything gives way.

    As `examine`, after a look at the columns of every table beside `released`; `private`, if given,
    gets the whole account as JSON (mode 0600), also when the audit fails. Raises
    DisclosureAuditError with what was found, in counts and places, never in figures, and
    NotPublishableError for a column of one respondent's own data.
    """
    for folder in sorted({path.parent for path in released}):
        refuse_private_columns(study, folder)
    report = examine(study, released, earlier)
    if private is not None:
        write_private(private, asdict(report))
    if report.findings:
        raise _refusal(study, report.findings)
    return report


def examine(
    study: Study,
    released: Sequence[Path],
    earlier: Sequence[Path] = (),
    only: Collection[Key] | None = None,
) -> AuditReport:
    """Attack a release from its files and those of earlier releases alone; return what was found.

    `released` are the Parquet and CSV files of the estimates (twins, or one a wave), `earlier` one
    file of each earlier release; tables of analyses beside them are read with them (linked.py).
    `only`: the items to attack (question, domain, actor, measure; default: all). An outsider who
    reads them all, knows the frame, the rounding and the weighting,
    must be left with an interval of `minimum_respondents` people and `minimum_share_width` for
    everything withheld, unless withholding every cell would not do it either; a share that the
    total alone confines keeps half of what the total leaves, a hidden part of a whole (a profile)
    half of what the parts printed beside it leave. Bases differ by nobody or by
    `minimum_difference`. Raises EstimatesUnfitError for a file that is not a table of estimates.
    """
    with sql.connect() as connection:
        releases = [released, *([path] for path in earlier)]
        load_released(connection, study, releases)
        add_linked(connection, study, releases)
        report = AuditReport(study.id, waves_released(connection), len(earlier))
        report.findings += _rows_at_fault(connection, study)
        report.findings += [
            Finding("rows", "", f"{table}: {fault}", rows)
            for table, fault, rows in faults_beside(connection, study, released)
        ]
        for name in report.waves:
            wave = read_wave(connection, study, name, 1 + len(earlier))
            if wave.items:  # none where no question was asked
                _WaveAudit(connection, study, wave, report).run(only)
    return report


def _rows_at_fault(connection: DuckDBPyConnection, study: Study) -> Iterator[Finding]:
    rules = study.about.disclosure
    query = sql.read("disclosure/row_faults.sql", is_national=is_national(study.breakdowns))
    skipped = [f"{wave} {one}" for wave, about in study.waves.items() for one in about.not_asked]
    values = {"minimum": rules.minimum_respondents, **rules.precision.model_dump()}
    values["not_asked"] = skipped
    for fault, rows in connection.execute(query, values).fetchall():
        yield Finding("rows", "", fault, rows)


def _refusal(study: Study, findings: list[Finding]) -> DisclosureAuditError:
    said: list[tuple[str, dict[str, object]]] = []
    for kind in KINDS:
        places = [finding for finding in findings if finding.kind == kind]
        if places:
            where = "; ".join(dict.fromkeys(one.where for one in places[:3]))
            count = sum(one.rows for one in places)
            said.append((f"disclosure-finding-{kind}", {"count": count, "where": where}))
    return DisclosureAuditError(
        "disclosure-audit-failed", said, study=study.id, count=len(findings),
        difference=study.about.disclosure.minimum_difference,
    )  # fmt: skip


class _WaveAudit:
    """The attack on one wave; adds what it finds to the report."""

    def __init__(
        self, connection: DuckDBPyConnection, study: Study, wave: Wave, report: AuditReport
    ) -> None:
        self.study, self.wave, self.report = study, wave, report
        self.rules = study.about.disclosure
        self.sums: Sums = sums_of(connection, study, wave.cells)
        self.population = populations_of(connection, study, wave.name, wave.cells)
        self.total = np.array([set(cell) == {TOTAL} for cell in wave.cells])
        self.inside: Flags = contains(wave.cells)
        self.seen: dict[bytes, dict[int, Interval]] = {}
        self.believed: dict[bytes, Floats] = {}

    def run(self, only: Collection[Key] | None) -> None:
        """Attack every item, then look for differences."""
        if not counted_breakdowns(self.study, self.wave.name):
            self.report.rules_not_run = ("minimum_population", "maximum_fraction", "weights")
        for item, (now, *before) in self.wave.items.items():
            if now is None or (only is not None and item not in only):
                continue
            self.report.items += 1
            shown = with_earlier(now, tuple(before), self.inside)
            try:
                self._attack_counts(item, shown)
                self._attack_shares(item, shown)
            except NoPointError:
                self._find("contradiction", item)
        given_away = reconstruct(self.study, self.wave, only)
        self.report.crossings_staying += given_away.staying
        self.report.figures_unexplained += given_away.unexplained
        self.report.crossings_not_examined += given_away.not_examined
        least = self.rules.minimum_difference
        for kind, few in (
            ("weights", given_away.found),
            ("release", changed_by_few(self.wave, least)),
            ("nested", nested_by_few(self.study, self.wave, least)),
        ):
            for item, cell in few:
                self._find(kind, item, cell)

    def _find(
        self, kind: str, item: Key, cell: int | None = None, interval: Interval | None = None
    ) -> None:
        place = " ".join(part for part in item[:3] if part != "_Z")
        if cell is not None:
            by = zip(self.study.breakdowns, self.wave.cells[cell], strict=True)
            place += ": " + (
                " x ".join(f"{name}={code}" for name, code in by if code != TOTAL) or TOTAL
            )
        ends = (interval.low, interval.high) if interval else (None, None)
        codes = () if cell is None else self.wave.cells[cell]
        self.report.findings.append(Finding(kind, self.wave.name, place, 1, item, codes, *ends))

    def _attack_counts(self, item: Key, shown: Written) -> None:
        known = np.where(shown.state == NOBODY, 0.0, shown.respondents)
        hidden = np.flatnonzero(shown.state == WITHHELD)
        self.report.cells_attacked += hidden.size
        key = known.tobytes() + shown.state.tobytes()
        if key not in self.seen:
            wanted = self._reachable(shown)
            ceiling = np.where(np.isnan(self.population), np.inf, self.population)
            system = respondents_system(self.sums, known, ceiling)
            found = count_intervals(system, self.sums, hidden, wanted)
            self.seen[key] = found
            for cell, interval in found.items():
                if interval.width < wanted[cell]:
                    self._find("respondents", item, cell, interval)
        for cell, interval in self.seen[key].items():
            self._note(item, cell, "respondents", interval)

    def _reachable(self, shown: Written) -> Floats:
        """Return the width to ask of each cell: as declared, or all that the total alone leaves.

        With the total published, a cell holds at most the total and its own units, and at least
        what the units outside it could not hold.
        """
        declared = np.full(self.total.size, float(self.rules.minimum_respondents))
        whole, units = shown.respondents[self.total].max(), self.population
        most = np.fmin(whole, units)
        least = np.fmax(whole - (units[self.total].max() - units), 0.0)
        wanted: Floats = np.fmin(declared, np.fmin(most, units) - np.nan_to_num(least))
        return wanted

    def _attack_shares(self, item: Key, shown: Written) -> None:
        hidden = shown.hidden & ~self.total
        if not hidden.any() or shown.state[self.total].max() != 1:
            return
        printed = self._printed(item, shown)
        try:
            self._judge_shares(item, hidden, printed)
        except NoPointError:  # the outsider's idea of the bases was wrong: without it, then
            unknown = np.full(printed.believed.size, np.nan)
            self._judge_shares(item, hidden, replace(printed, believed=unknown))

    def _printed(self, item: Key, shown: Written) -> Printed:
        precision, question = self.rules.precision, self.study.questions.get(item[0])
        is_share = item[3] == "share"
        national = precision.national_share if is_share else precision.national_mean
        below = precision.share if is_share else precision.mean
        half = np.where(self.total, 0.5 * 10.0**-national, 0.5 * 10.0**-below)
        bases = np.where(shown.state == NOBODY, 0.0, shown.weighted_base)
        if bases.tobytes() not in self.believed:
            found = believed_bases(self.sums, bases, self.population)
            self.believed[bases.tobytes()] = found
        believed = self.believed[bases.tobytes()]
        is_multiple = question is not None and question.kind == "multiple"
        counts, unions = counted_by(shown.answers, is_multiple=is_multiple)
        low, high = 0.0, 1.0
        if question is not None and not is_share:
            low, high = _range(question.minimum, question.maximum)
        adds_up = is_share and not is_multiple
        return Printed(shown.values, half, bases, believed, counts, unions, low, high, adds_up)

    def _judge_shares(self, item: Key, hidden: Flags, printed: Printed) -> None:
        system = Numerators(self.sums, printed)
        low = np.full(printed.values.shape, np.inf)
        high = np.full(printed.values.shape, -np.inf)
        span = printed.high - printed.low
        findings = []
        for cell, series in map(tuple, np.argwhere(hidden.T)):
            self.report.shares_attacked += 1
            wanted = self.rules.minimum_share_width * span
            confined = _confined_by_total(printed, series, cell, self.total)
            if item[0] not in self.study.questions:  # parts of a whole, judged by themselves
                confined = min(confined, _left_by_parts(printed, series, cell))
            if confined * LEFT_OPEN < wanted:
                self.report.held_by_the_total += 1
                wanted = confined * LEFT_OPEN
            if high[series, cell] - low[series, cell] >= wanted:
                continue
            interval, points = system.interval(series, cell)
            for point in points:
                low, high = np.fmin(low, point), np.fmax(high, point)
            if interval.width < wanted - 1e-6:
                findings.append((cell, interval))
            self._note(item, cell, f"share {series}", interval)
        for cell, interval in findings:
            self._find("share", item, cell, interval)

    def _note(self, item: Key, cell: int, what: str, interval: Interval) -> None:
        self.report.intervals.append(
            {
                "wave": self.wave.name, "item": list(item), "cell": list(self.wave.cells[cell]),
                "what": what, "low": interval.low, "high": interval.high,
            }
        )  # fmt: skip


def _range(minimum: float | None, maximum: float | None) -> tuple[float, float]:
    return (0.0 if minimum is None else minimum), (1.0 if maximum is None else maximum)


def _confined_by_total(printed: Printed, series: int, cell: int, total: Flags) -> float:
    """Return how wide a share would be if the total alone were published."""
    least, most = _within_total(printed, series, total)
    whole, base = printed.bases[total].max(), printed.believed[cell]
    if not np.isfinite([whole, base]).all() or base <= 0:
        return printed.high - printed.low
    rest = max(whole - base, 0.0)
    low = max(printed.low, (least * whole - printed.high * rest) / base)
    high = min(printed.high, (most * whole - printed.low * rest) / base)
    return float(max(high - low, 0.0))


def _within_total(printed: Printed, series: int, total: Flags) -> tuple[float, float]:
    """Return what the printed totals leave of the total of a share (or mean)."""
    place = int(np.flatnonzero(total)[0])
    value, half = float(printed.values[series, place]), float(printed.half[place])
    if np.isfinite(value):
        return value - half, value + half
    return printed.low, _left_by_parts(printed, series, place)


def _left_by_parts(printed: Printed, series: int, cell: int) -> float:
    """Return the most that a share may be beside the other parts that the same cell prints.

    Of the parts of a whole (profiles) the smallest are hidden everywhere, two at least: what the
    shown ones leave is known wherever these are shown, and is no secret, only how they share it.
    """
    if not printed.adds_up:
        return printed.high
    values = printed.values[:, cell]
    is_part = (printed.counts.sum(axis=1) == 1) & np.isfinite(values)
    others = values[is_part & (printed.counts @ printed.counts[series] == 0)]
    least = np.maximum(others - printed.half[cell], printed.low)
    return min(printed.high, float(1.0 - least.sum()))
