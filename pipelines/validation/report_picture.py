"""The picture of a report: margins of the wave beside those of the frame, as SVG.

Belongs here: one chart, drawn as text. Not here: the shares (margins.py), the page
(report_page.py).
"""

from html import escape

from pipelines import numbers
from pipelines.texts import Lang, say
from pipelines.validation.margins import Margin, MarginCell

# Labels stand above their bars, so that the picture can be read on a telephone.
WIDTH, PLOT, BAR, ROW, TOP = 400, 340, 13, 66, 30
SERIES = (("weighted", "#1d4f91"), ("respondents", "#9db7d5"), ("frame", "#c96f1a"))


def margin_picture(margin: Margin, lang: Lang) -> str:
    """Return one breakdown as an SVG of horizontal bars: weighted, unweighted, frame.

    Lengths are shares from 0 to the largest one; each bar carries its figure, per cent, so that
    the picture can be read without colour.
    """
    top = max(max(c.weighted, c.respondents, c.frame) for c in margin.cells) or 1.0
    title = escape(say("report-picture", lang, breakdown=getattr(margin.title, lang)))
    rows = "".join(_row(cell, place, top, lang) for place, cell in enumerate(margin.cells))
    return (
        f'<svg viewBox="0 0 {WIDTH} {TOP + ROW * len(margin.cells)}" role="img" '
        f'aria-label="{title}">{_legend(lang)}{rows}</svg>'
    )


def _legend(lang: Lang) -> str:
    parts = []
    for place, (name, colour) in enumerate(SERIES):
        left = 130 * place
        parts.append(
            f'<rect x="{left}" y="4" width="11" height="11" fill="{colour}"/>'
            f'<text x="{left + 17}" y="14">{escape(say(f"report-series-{name}", lang))}</text>'
        )
    return "".join(parts)


def _row(cell: MarginCell, place: int, top: float, lang: Lang) -> str:
    base = TOP + ROW * place
    label = escape(getattr(cell.label, lang))
    bars = "".join(
        _bar(getattr(cell, name), colour, base + 18 + BAR * line, top, lang)
        for line, (name, colour) in enumerate(SERIES)
    )
    return f'<text x="0" y="{base + 13}" class="label">{label}</text>{bars}'


def _bar(share: float, colour: str, down: float, top: float, lang: Lang) -> str:
    long = PLOT * share / top
    figure = numbers.number(100 * share, 1, lang)
    return (
        f'<rect x="0" y="{down}" width="{long:.1f}" height="{BAR - 2}" fill="{colour}"/>'
        f'<text x="{long + 6:.1f}" y="{down + 10}">{figure}</text>'
    )
