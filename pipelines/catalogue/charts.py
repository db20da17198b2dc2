"""Charts drawn at build time, by the code that draws them in the browser (static/charts.js).

Belongs here: the embedded engine and the map's paths. Not here: drawing (charts.js), choosing what
is drawn (pages/).
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
GEOMETRY = HERE / "geography" / "regions-simplified.geojson"
# In the order in which each needs those before it; the map alone needs the last.
SCALES = ("array", "color", "format", "interpolate", "time", "time-format", "scale")
MAP_WIDTH = 560


@cache
def _engine() -> Any:
    engine = quickjs.Context()
    for name in (*SCALES, "geo"):
        engine.eval((VENDOR / f"d3-{name}.min.js").read_text("utf-8"))
    engine.eval((HERE / "static" / "charts.js").read_text("utf-8"))
    return engine


def draw(kind: str, spec: Mapping[str, Any]) -> Markup:
    """Return a chart (`bars`, `trend`, `multiples`) twice: for a wide page and for a phone."""
    told = numbers.unbroken(json.dumps(spec, ensure_ascii=False))
    wide, narrow = (_drawn(f"PhareCharts.{kind}({told}, {one})") for one in ("false", "true"))
    return wide + narrow


def draw_map(spec: Mapping[str, Any]) -> Markup:
    """Return a map of the regions."""
    told = numbers.unbroken(json.dumps(spec, ensure_ascii=False))
    return _drawn(f"PhareCharts.map({told}, {json.dumps(geometry())})")


@cache
def geometry() -> dict[str, Any]:
    """Return the regions as paths: width, height, regions by code (name, path, x, y, overseas)."""
    shapes = GEOMETRY.read_text("utf-8")
    found: dict[str, Any] = json.loads(
        _call(f"JSON.stringify(PhareCharts.project({shapes}, {MAP_WIDTH}))")
    )
    return found


def _drawn(expression: str) -> Markup:
    return Markup(_call(expression))  # noqa: S704 - charts.js escapes every text that it draws


def _call(expression: str) -> str:
    return str(_engine().eval(expression))
