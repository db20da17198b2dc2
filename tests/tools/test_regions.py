"""The regions of the maps are what their outlines give."""

import json

from pipelines.catalogue.charts import geometry
from tools.regions.draw import paths


def test_the_stored_paths_are_those_drawn_from_the_outlines():
    assert geometry() == json.loads(paths())


def test_a_region_has_a_path_that_a_browser_draws():
    regions = geometry()["regions"]
    assert len(regions) == 18
    assert all(
        one["path"].startswith("M") and one["path"].endswith("Z") for one in regions.values()
    )
