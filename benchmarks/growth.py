"""Growth: what each respondent, question, breakdown, wave and release adds to a run, drawn.

Belongs here: the series and their plots (SVG, in docs/benchmarks/). Not here: comparisons with
others (compare.py). Costs are processor time, which others on the machine hardly change.
"""

import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.large_study import STUDY, WAVE, add_delivery, write_large_study
from benchmarks.report import Section, seconds, times
from benchmarks.running import PHARE, DisagreementError, Run, run

Points = list[tuple[int, float]]
WIDTH, HEIGHT, MARGIN = 480, 300, 52
WAVES = 4
RELEASES = (2, 10, 25, 50, 100)
BESIDE = 3  # releases next to each other, of which a point is the median


@dataclass(frozen=True)
class Series:
    """One series: what is counted, what is measured; `is_flat` where another must cost no more."""

    what: str
    measured: str
    points: Points
    is_flat: bool = False

    @property
    def expected(self) -> Points:
        """Return the line that costs may not pass: through the first point, level or from 0."""
        (first, cost), (last, _) = self.points[0], self.points[-1]
        return [(first, cost), (last, cost if self.is_flat else cost * last / first)]


def growth(folder: Path, pictures: Path) -> Section:
    """Measure the series; the last columns tell what the last point costs against the first."""
    found = [
        Series("respondents", "all steps of a first run, 20 questions", _first_runs(
            folder, (50_000, 100_000, 200_000, 400_000),
            lambda root, n: write_large_study(root, n, 20),
        )),
        Series("questions", "all steps of a first run, 100,000 respondents", _first_runs(
            folder, (10, 20, 40, 80), lambda root, n: write_large_study(root, 100_000, n),
        )),
        Series("breakdowns", "all steps of a first run, 200,000 respondents × 20", _first_runs(
            folder, (1, 2, 3, 4),
            lambda root, n: write_large_study(root, 200_000, 20, breakdowns=n),
        )),
        Series("waves", "the whole run that a new wave starts, 100,000 respondents × 20",
               _waves(folder), is_flat=True),
        Series("releases", "the whole run of a corrected delivery, 2,000 respondents × 2, each "
               f"the median of {BESIDE} next to each other", _releases(folder), is_flat=True),
    ]  # fmt: skip
    pictures.mkdir(parents=True, exist_ok=True)
    for one in found:
        (pictures / f"{one.what}.svg").write_text(plot(one), "utf-8")
    rows = [
        [
            one.what, one.measured,
            ", ".join(f"{n:,}: {seconds(cost)}" for n, cost in one.points),
            times(one.points[-1][0] / one.points[0][0]),
            times(one.points[-1][1] / one.points[0][1]),
        ]
        for one in found
    ]  # fmt: skip
    return Section(
        "Processor time; dashed: in proportion to the first point, for waves and releases level",
        ["of", "what", "measured", "units grow by", "cost grows by"], rows, (),
        tuple(one.what for one in found),
    )  # fmt: skip


def _first_runs(folder: Path, sizes: Sequence[int], write: Callable[[Path, int], object]) -> Points:
    """Return the cost of all steps of the first run of a study of each size."""
    root, points = folder / "growth", []
    for size in sizes:
        write(root, size)
        points.append((size, _publish(root, folder).cpu_of("step")))
        shutil.rmtree(root)
    return points


def _waves(folder: Path) -> Points:
    """Return the cost of the run that each wave starts, those before it done and kept."""
    root, points = folder / "waves", []
    write_large_study(root, 100_000, 20, waves=WAVES, delivered=1)
    for number in range(1, WAVES + 1):
        if number > 1:
            add_delivery(root, 100_000, 20, wave=str(int(WAVE) + number - 1))
        points.append((number, _publish(root, folder).cpu_of("run")))
    shutil.rmtree(root)
    return points


def _releases(folder: Path) -> Points:
    """Return the cost of some releases of one wave; every delivery changes answers."""
    root, costs = folder / "releases", []
    write_large_study(root, 2_000, 2)
    costs.append(_publish(root, folder).cpu_of("run"))
    for number in range(2, RELEASES[-1] + 1):
        add_delivery(root, 2_000, 2, seed=number)
        costs.append(_publish(root, folder, "--erratum", "benchmark").cpu_of("run"))
    made = len(list((root / "published" / STUDY).glob("*/datapackage.json")))
    if made != len(costs):
        raise DisagreementError(f"releases: {len(costs)} deliveries gave {made} releases")
    shutil.rmtree(root)
    starts = [min(number, RELEASES[-1] - BESIDE + 1) for number in RELEASES]
    return [
        (number, statistics.median(costs[start - 1 : start - 1 + BESIDE]))
        for number, start in zip(RELEASES, starts, strict=True)
    ]


def _publish(root: Path, folder: Path, *options: str) -> Run:
    """Run the study in one process: its parts then hold the whole cost."""
    command = [PHARE, "--root", str(root), "publish", STUDY, *options]
    return run(command, folder, PHARE_PROCESSES="1")


def plot(series: Series) -> str:
    """Return a plot of seconds by units, from the origin, with the line that costs may not pass."""
    points, expected = series.points, series.expected
    right = max(n for n, _ in points)
    top = max(value for _, value in (*points, *expected)) * 1.1
    wide, base = WIDTH - 2 * MARGIN, HEIGHT - MARGIN

    def at(n: float, value: float) -> tuple[float, float]:
        return MARGIN + wide * n / right, base - (HEIGHT - 2 * MARGIN) * value / top

    def line(through: Points) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*one) for one in through))

    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1d4e89"/>'
        for x, y in (at(*one) for one in points)
    )
    labels = "".join(
        f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">'
        f'{value:.2f}</text><text x="{x:.1f}" y="{base + 16}" text-anchor="middle">{n:,}</text>'
        for (n, value), (x, y) in ((one, at(*one)) for one in points)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" role="img">'
        f"<title>Seconds by {series.what}</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<path d="M{MARGIN} {MARGIN}V{base}H{WIDTH - MARGIN}" fill="none" stroke="#555"/>'
        f'<polyline points="{line(expected)}" fill="none" stroke="#888" stroke-dasharray="5 4"/>'
        f'<polyline points="{line(points)}" fill="none" stroke="#1d4e89" stroke-width="2"/>'
        f"{dots}{labels}"
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{series.what}</text>'
        f'<text x="{MARGIN}" y="{MARGIN - 14}">processor time, s</text></svg>\n'
    )
