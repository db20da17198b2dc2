"""Growth: what each respondent, question, breakdown, wave and release adds to a run, drawn.

Belongs here: the series and their plots (SVG, in docs/benchmarks/). Not here: comparisons with
others (compare.py).
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.large_study import STUDY, add_delivery, write_large_study
from benchmarks.report import Section, seconds, times
from benchmarks.running import PHARE, Run, run

Series = list[tuple[int, float]]
WIDTH, HEIGHT, MARGIN = 480, 300, 52


def growth(folder: Path, pictures: Path) -> Section:
    """Measure the series; the last column tells cost per unit at the end against the start."""
    series: dict[str, Series] = {
        "respondents": [
            (n, _steps(folder, lambda root, n=n: write_large_study(root, n, 20)))
            for n in (50_000, 100_000, 200_000, 400_000)
        ],
        "questions": [
            (n, _steps(folder, lambda root, n=n: write_large_study(root, 100_000, n)))
            for n in (10, 20, 40, 80)
        ],
        "breakdowns": [
            (
                n,
                _steps(
                    folder, lambda root, n=n: write_large_study(root, 200_000, 20, breakdowns=n)
                ),
            )
            for n in (1, 2, 3, 4)
        ],
        "waves": [
            (n, _steps(folder, lambda root, n=n: write_large_study(root, 100_000, 20, waves=n)))
            for n in (1, 2, 3, 4)
        ],
        "releases": _releases(folder, 10),
    }
    pictures.mkdir(parents=True, exist_ok=True)
    for name, points in series.items():
        (pictures / f"{name}.svg").write_text(plot(name, points), "utf-8")
    rows = [
        [
            name, ", ".join(f"{n:,}: {seconds(value)}" for n, value in points),
            times(points[-1][0] / points[0][0]), times(points[-1][1] / points[0][1]),
        ]
        for name, points in series.items()
    ]  # fmt: skip
    return Section(
        "Growth: time of the steps (of the release, for releases)",
        ["of", "measured", "units grow by", "cost grows by"], rows, (), tuple(series),
    )  # fmt: skip


def _steps(folder: Path, write: Callable[[Path], object]) -> float:
    """Return the wall time of all steps of one study's first run."""
    root = folder / "growth"
    write(root)
    found = _publish(root, folder)
    shutil.rmtree(root)
    return found.seconds_of("step")


def _releases(folder: Path, count: int) -> Series:
    """Return what each release of a study cost, the second on; every delivery changes answers."""
    root = folder / "releases"
    write_large_study(root, 2_000, 2)
    _publish(root, folder)
    points = []
    for number in range(2, count + 1):
        add_delivery(root, 2_000, 2, seed=number)
        points.append(
            (number, _publish(root, folder, "--erratum", "benchmark").seconds_of("release"))
        )
    shutil.rmtree(root)
    return points


def _publish(root: Path, folder: Path, *options: str) -> Run:
    return run([PHARE, "--root", str(root), "publish", STUDY, *options], folder)


def plot(name: str, points: Sequence[tuple[int, float]]) -> str:
    """Return a plot of seconds by units, from the origin, with the line through the first point."""
    right, top = max(n for n, _ in points), max(value for _, value in points) * 1.1
    wide, high = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    at = [(MARGIN + wide * n / right, HEIGHT - MARGIN - high * value / top) for n, value in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1d4e89"/>' for x, y in at)
    labels = "".join(
        f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{value:.2f} s</text>'
        f'<text x="{x:.1f}" y="{HEIGHT - MARGIN + 16}" text-anchor="middle">{n:,}</text>'
        for (x, y), (n, value) in zip(at, points, strict=True)
    )
    base = HEIGHT - MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" role="img">'
        f"<title>Seconds by {name}</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<path d="M{MARGIN} {MARGIN}V{base}H{WIDTH - MARGIN}" fill="none" stroke="#555"/>'
        f'<polyline points="{line}" fill="none" stroke="#1d4e89" stroke-width="2"/>{dots}{labels}'
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{name}</text>'
        f'<text x="{MARGIN}" y="{MARGIN - 14}">seconds</text></svg>\n'
    )
