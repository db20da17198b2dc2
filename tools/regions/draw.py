"""The regions of France as paths for the maps of the site, drawn once: `make regions`.

Belongs here: from outlines in degrees to paths in pixels. Not here: maps (charts.js), which read
the file that this writes.
"""

import json
from pathlib import Path

import quickjs

from pipelines.catalogue.charts import GEOMETRY, VENDOR

HERE = Path(__file__).parent
WIDTH = 560  # pixels of the map


def paths() -> str:
    """Return width, height and the regions by code (name, path, x, y, overseas), as JSON."""
    engine = quickjs.Context()
    for script in (VENDOR / "d3-array.min.js", HERE / "d3-geo.min.js", HERE / "project.js"):
        engine.eval(script.read_text("utf-8"))
    outlines = (HERE / "regions-simplified.geojson").read_text("utf-8")
    found = json.loads(engine.eval(f"JSON.stringify(project({outlines}, {WIDTH}))"))
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    GEOMETRY.write_text(paths(), "utf-8")
