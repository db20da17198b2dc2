/* Regions as SVG paths: run once, by draw.py, not in a browser. Scales and projections are d3's.
   Belongs here: projecting and thinning. Not here: colours and labels (charts.js). */
"use strict";

/* GeoJSON of regions → paths in pixels; overseas regions in boxes below. */
function project(collection, width) {
  var isFar = function (one) { return one.properties.zone !== "metro"; };
  var near = { type: "FeatureCollection", features: collection.features.filter(function (one) { return !isFar(one); }) };
  var projection = d3.geoConicConformal().rotate([-3, 0]).parallels([44, 49]).fitWidth(width, near);
  var height = Math.ceil(d3.geoPath(projection).bounds(near)[1][1]) + 2;
  var found = { width: width, height: height, tall: height + 110, regions: {} };
  var far = 0;
  collection.features.forEach(function (one) {
    var used = projection;
    if (isFar(one)) {
      var left = 10 + far * 105;
      used = d3.geoMercator().fitExtent([[left, height + 15], [left + 85, height + 100]], one);
      far += 1;
    }
    var path = d3.geoPath(used), center = path.centroid(one);
    found.regions[one.properties.region_code] = {
      name: one.properties.region_name, overseas: isFar(one), path: thin(one.geometry, used),
      x: Math.round(center[0]), y: Math.round(center[1])
    };
  });
  return found;
}

/* Rings in tenths of a pixel, points nearer than two thirds of a pixel left out. */
function thin(geometry, projection) {
  var polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map(function (polygon) {
    return polygon.map(function (ring) {
      var last = null, steps = [];
      ring.forEach(function (point) {
        var at = projection(point);
        var here = [round(at[0]), round(at[1])];
        if (last && Math.abs(here[0] - last[0]) + Math.abs(here[1] - last[1]) < 1.2) return;
        steps.push(here.join(","));
        last = here;
      });
      return steps.length > 2 ? "M" + steps.join("L") + "Z" : "";
    }).join("");
  }).join("");
}

function round(number) { return Math.round(number * 10) / 10; }
