"""What a test run says at its end of the cases of reference: how many ran, agree, were skipped."""

from collections import Counter

import pytest

pytest_plugins = ["tests.bucket"]
OUTCOMES = ("passed", "failed", "skipped")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the cases of R's reference by kind; reports come here from every worker."""
    counted: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    for outcome in OUTCOMES:
        for report in terminalreporter.stats.get(outcome, []):
            properties = dict(getattr(report, "user_properties", []))
            if kind := properties.get("r_kind"):
                counted.setdefault(kind, Counter())[outcome] += 1
            if reason := properties.get("r_skipped"):
                reasons[reason] += 1
    _say_coverage(terminalreporter)
    if not counted and not reasons:
        return
    terminalreporter.write_line("Cases of R survey, agreeing of those that ran, by kind:")
    for kind, counts in sorted(counted.items()):
        ran = counts["passed"] + counts["failed"]
        terminalreporter.write_line(f"  {kind}: {counts['passed']} of {ran}")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"  skipped, {reason}: {count}")


def _say_coverage(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("passed", []):
        if said := dict(report.user_properties).get("coverage"):
            terminalreporter.write_line(f"Coverage of 95% intervals, {said}")
