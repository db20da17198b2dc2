"""Charts drawn at build time, by the code that draws them in the browser (static/charts.js).

Belongs here: the embedded engine and the map's paths, which tools/regions made. Not here: drawing
(charts.js), choosing what is drawn (pages/).
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import quickjs
from markupsafe import Markup

from pipelines import numbers

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"
GEOMETRY = HERE / "geography" / "regions.json"
# In the order in which each needs those before it.
SCALES = ("array", "color", "format", "interpolate", "time", "time-format", "scale")


@cache
def _drawing(name: str) -> Any:
    """Return a function of charts.js, which takes and gives text."""
    return _engine().eval(f"PhareCharts.{name}")


@cache
def _engine() -> Any:
    engine = quickjs.Context()
    for name in SCALES:
        engine.eval((VENDOR / f"d3-{name}.min.js").read_text("utf-8"))
    engine.eval((HERE / "static" / "charts.js").read_text("utf-8"))
    return engine


def draw(kind: str, spec: Mapping[str, Any]) -> Markup:
    """Return a chart (`bars`, `trend`, `multiples`) twice: for a wide page and for a phone."""
    return _drawn("twice", kind, _told(spec))


def draw_map(spec: Mapping[str, Any]) -> Markup:
    """Return a map of the regions."""
    return _drawn("mapped", _told(spec), GEOMETRY.read_text("utf-8"))


@cache
def geometry() -> dict[str, Any]:
    """Return the regions as paths: width, height, regions by code (name, path, x, y, overseas)."""
    found: dict[str, Any] = json.loads(GEOMETRY.read_text("utf-8"))
    return found


def _told(spec: Mapping[str, Any]) -> str:
    return numbers.unbroken(json.dumps(spec, ensure_ascii=False))


def _drawn(name: str, *texts: str) -> Markup:
    return Markup(_drawing(name)(*texts))  # noqa: S704 - charts.js escapes every text that it draws
