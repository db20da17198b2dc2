"""The picture of a report: margins of the wave beside those of the frame, as SVG.

Belongs here: one chart, drawn as text. Not here: the shares (margins.py), the page
(report_page.py).
"""

from html import escape

from pipelines.texts import Lang, say
from pipelines.validation.margins import Margin, MarginCell

ROW, BAR, LABEL, PLOT, VALUE = 34, 9, 210, 360, 120
SERIES = (("weighted", "#1d4f91"), ("respondents", "#9db7d5"), ("frame", "#c96f1a"))


def margin_picture(margin: Margin, lang: Lang) -> str:
    """Return one breakdown as an SVG of horizontal bars: weighted, unweighted, frame.

    Lengths are shares from 0 to the largest one; each bar carries its figure, so that the picture
    can be read without colour.
    """
    top = max(max(c.weighted, c.respondents, c.frame) for c in margin.cells) or 1.0
    height = ROW * len(margin.cells) + 26
    title = escape(getattr(margin.title, lang))
    rows = "".join(_row(cell, place, top, lang) for place, cell in enumerate(margin.cells))
    return (
        f'<svg viewBox="0 0 {LABEL + PLOT + VALUE} {height}" role="img" '
        f'aria-label="{escape(say("report-picture", lang, breakdown=title))}">'
        f"{_legend(lang)}{rows}</svg>"
    )


def _legend(lang: Lang) -> str:
    parts = []
    for place, (name, colour) in enumerate(SERIES):
        left = LABEL + 160 * place
        parts.append(
            f'<rect x="{left}" y="4" width="10" height="10" fill="{colour}"/>'
            f'<text x="{left + 15}" y="13">{escape(say(f"report-series-{name}", lang))}</text>'
        )
    return "".join(parts)


def _row(cell: MarginCell, place: int, top: float, lang: Lang) -> str:
    base = 24 + ROW * place
    label = escape(getattr(cell.label, lang)[:34])
    bars = "".join(
        f'<rect x="{LABEL}" y="{base + BAR * line}" height="{BAR - 1}" fill="{colour}" '
        f'width="{PLOT * getattr(cell, name) / top:.1f}"/>'
        for line, (name, colour) in enumerate(SERIES)
    )
    figures = " · ".join(f"{100 * getattr(cell, name):.1f}" for name, _ in SERIES)
    return (
        f'<text x="{LABEL - 8}" y="{base + 17}" text-anchor="end">{label}</text>{bars}'
        f'<text x="{LABEL + PLOT + 6}" y="{base + 17}">{figures}</text>'
    )
