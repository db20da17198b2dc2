/* Charts as SVG text: pure functions of a specification, without a document, so that the pages are
   drawn by the same code at build time (in an embedded engine) and in the reader's browser.
   Scales and projections are d3's (static/vendor). Colours are classes of site.css.
   Belongs here: drawing. Not here: choosing what to draw (explorer.js, pages/). */
var PhareCharts = (function () {
  "use strict";
  var WIDE = 720, NARROW = 340;

  function escape(text) {
    return String(text).replace(/[&<>"]/g, function (sign) {
      return { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[sign];
    });
  }

  function svg(width, height, label, parts, extra) {
    return '<svg class="chart' + (extra || "") + '" viewBox="0 0 ' + width + " " + height +
      '" role="img" aria-label="' + escape(label) + '" xmlns="http://www.w3.org/2000/svg">' +
      parts.join("") + "</svg>";
  }

  /* A page holds the pattern once (base.html); a saved chart must hold its own. */
  function hatch() {
    return '<defs><pattern id="withheld" width="6" height="6" patternUnits="userSpaceOnUse" ' +
      'patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/>' +
      '<line class="hatch-line" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>';
  }

  function text(x, y, words, kind, anchor) {
    return '<text x="' + round(x) + '" y="' + round(y) + '" class="' + kind + '"' +
      (anchor ? ' text-anchor="' + anchor + '"' : "") + ">" + escape(words) + "</text>";
  }

  function line(x1, y1, x2, y2, kind) {
    return '<line x1="' + round(x1) + '" y1="' + round(y1) + '" x2="' + round(x2) + '" y2="' +
      round(y2) + '" class="' + kind + '"/>';
  }

  function rect(x, y, width, height, kind, rounded) {
    return '<rect x="' + round(x) + '" y="' + round(y) + '" width="' + round(Math.max(width, 0)) +
      '" height="' + round(height) + '" class="' + kind + '"' + (rounded ? ' rx="2"' : "") + "/>";
  }

  function round(number) { return Math.round(number * 10) / 10; }

  /* Break a label where it fits: SVG text does not wrap. */
  function wrap(label, most, lines) {
    var found = [""];
    String(label).split(" ").forEach(function (word) {
      var last = found[found.length - 1];
      if (last && (last + " " + word).length > most) found.push(word);
      else found[found.length - 1] = last ? last + " " + word : word;
    });
    if (found.length > lines) {
      found = found.slice(0, lines);
      found[lines - 1] = found[lines - 1].slice(0, most - 1) + "…";
    }
    return found;
  }

  function whisker(x, row, y, size) {
    if (row.low === null || row.low === undefined) return "";
    var a = x(row.low), b = x(row.high);
    return line(a, y, b, y, "whisker") + line(a, y - size, a, y + size, "whisker") +
      line(b, y - size, b, y + size, "whisker");
  }

  function mark(row, x, left, right, y, height) {
    var middle = y + height / 2;
    if (row.status === "withheld") return rect(left, y, right - left, height, "withheld");
    if (row.status !== "published") return "";
    return rect(x(x.domain()[0]), y, x(row.value) - x(x.domain()[0]), height,
      "bar tone-" + (row.tone || "plain"), true) + whisker(x, row, middle, 4);
  }

  /* Horizontal bars with intervals.
     spec: {label, rows: [{label, value, low, high, text, status, tone, place, band}], domain,
     ticks: [{value, text}], reference: {value, text}} */
  function bars(spec, isNarrow) {
    var width = isNarrow ? NARROW : WIDE, places = spec.rows.some(function (one) { return one.place; });
    var left = isNarrow ? 4 : (places ? 300 : 250), right = width - (isNarrow ? 62 : 80);
    var x = d3.scaleLinear().domain(spec.domain).range([left, right]);
    var top = spec.reference ? 24 : 8, y = top, parts = [], marks = [], lastBand = null;
    spec.rows.forEach(function (row) {
      var most = isNarrow ? 46 : (places ? 33 : 35);
      var words = wrap(isNarrow && row.place ? row.place + "  " + row.label : row.label, most, 2);
      var height = isNarrow ? 16 : 18;
      var rowHeight = isNarrow ? 17 * words.length + height + 14 : Math.max(30, 17 * words.length + 10);
      if (row.band !== undefined && row.band !== null && row.band !== lastBand) {
        if (lastBand !== null) { parts.push(line(0, y + 3, width, y + 3, "divide")); y += 7; }
        lastBand = row.band;
      }
      var from = isNarrow ? y + 17 * words.length + 3 : y + (rowHeight - height) / 2;
      words.forEach(function (one, at) {
        marks.push(isNarrow ? text(4, y + 13 + 17 * at, one, "label")
          : text(left - 12, y + rowHeight / 2 + 5 + (at - (words.length - 1) / 2) * 17, one, "label", "end"));
      });
      if (row.place && !isNarrow) marks.push(text(4, y + rowHeight / 2 + 5, row.place, "place"));
      marks.push(mark(row, x, left, right, from, height));
      marks.push(text(right + 10, from + height / 2 + 5, row.text, row.status === "published" ? "value" : "note"));
      y += rowHeight;
    });
    var bottom = y + 4;
    (spec.ticks || []).forEach(function (one) {
      parts.push(line(x(one.value), top - 4, x(one.value), bottom, "grid"));
      parts.push(text(x(one.value), bottom + 15, one.text, "tick", isNarrow && x(one.value) < 20 ? "start" : "middle"));
    });
    if (spec.reference) {
      var at = x(spec.reference.value);
      marks.push(line(at, top - 6, at, bottom, "reference"));
      marks.push(text(Math.max(at, left + 30), 13, spec.reference.text, "note", at > right - 60 ? "end" : "middle"));
    }
    return svg(width, bottom + 24, spec.label, parts.concat(marks), isNarrow ? " narrow" : " wide");
  }

  /* A value over time: intervals always, a full line only where a change is larger than its error.
     spec: {label, points: [{label, time, value, low, high, text, status, changed}], domain, ticks} */
  function trend(spec, isNarrow) {
    var width = isNarrow ? NARROW : WIDE, height = 300, left = 52, right = width - 24;
    var times = spec.points.map(function (one) { return one.time; });
    var isDated = times.every(function (one, at) { return times.indexOf(one) === at; });
    if (!isDated) times = times.map(function (_, at) { return at; }); // waves of one day: in their order
    var x = d3.scaleLinear().domain([Math.min.apply(null, times), Math.max.apply(null, times)])
      .range([left + 30, right - 46]);
    var y = d3.scaleLinear().domain(spec.domain).range([height - 56, 30]);
    var step = Math.min.apply(null, times.map(function (one, at) { return at ? x(one) - x(times[at - 1]) : width; }));
    var parts = spec.ticks.map(function (one) {
      return line(left, y(one.value), right, y(one.value), "grid") +
        text(left - 8, y(one.value) + 4, one.text, "tick", "end");
    });
    var lines = [], marks = [], words = [], said = -width, dated = -width;
    spec.points.forEach(function (one, at) {
      var here = x(times[at]), before = spec.points[at - 1], isLast = at === spec.points.length - 1;
      if (isLast || here - dated >= 62 && x(times[times.length - 1]) - here >= 62) {
        wrap(one.label, Math.max(6, Math.floor(Math.max(step, 62) / 7.2)), 2).forEach(function (part, row) {
          words.push(text(here, height - 29 + 19 * row, part, "tick", "middle"));
        });
        dated = here;
      }
      if (one.status !== "published") {
        if (one.status === "withheld") marks.push(rect(here - 8, 30, 16, height - 86, "withheld"));
        if (step > 44) words.push(text(here, 20, one.text, "note", "middle"));
        return;
      }
      if (before && before.status === "published") {
        lines.push(line(x(times[at - 1]), y(before.value), here, y(one.value), one.changed ? "trend" : "trend unsure"));
      }
      if (one.low !== null && one.low !== undefined) {
        marks.push(line(here, y(one.low), here, y(one.high), "whisker") +
          line(here - 4, y(one.low), here + 4, y(one.low), "whisker") + line(here - 4, y(one.high), here + 4, y(one.high), "whisker"));
      }
      marks.push('<circle cx="' + round(here) + '" cy="' + round(y(one.value)) + '" r="5" class="dot"/>');
      if (here - said >= 62 || isLast && step >= 31) {
        words.push(text(here + 9, y(one.value) - 8, one.text, "value"));
        said = here;
      }
    });
    return svg(width, height, spec.label, parts.concat(lines, marks, words), isNarrow ? " narrow" : " wide");
  }

  /* One small chart a code, side by side, on one scale. spec: {label, panels: [{title, rows}], domain, ticks} */
  function multiples(spec, isNarrow) {
    var width = isNarrow ? NARROW : WIDE, columns = isNarrow ? 1 : Math.min(3, spec.panels.length);
    var gap = 20, each = (width - gap * (columns - 1)) / columns, most = Math.floor(each / 8.2);
    var heights = spec.panels.map(function (panel) { return 34 + panel.rows.length * 36 + 20; });
    var y = 0, parts = [];
    for (var start = 0; start < spec.panels.length; start += columns) {
      var row = spec.panels.slice(start, start + columns), tallest = 0;
      row.forEach(function (panel, column) {
        var left = column * (each + gap), right = left + each - 58;
        var x = d3.scaleLinear().domain(spec.domain).range([left, right]);
        wrap(panel.title, most, 1).forEach(function (one) { parts.push(text(left, y + 18, one, "panel")); });
        spec.ticks.forEach(function (one) { parts.push(line(x(one.value), y + 28, x(one.value), y + 30 + panel.rows.length * 36, "grid")); });
        panel.rows.forEach(function (one, at) {
          var top = y + 32 + at * 36;
          parts.push(text(left, top + 12, wrap(one.label, most, 1)[0], "label small"));
          parts.push(mark(one, x, left, right, top + 17, 12));
          parts.push(text(right + 6, top + 28, one.text, one.status === "published" ? "value small" : "note small"));
        });
        tallest = Math.max(tallest, heights[start + column]);
      });
      y += tallest;
    }
    return svg(width, y, spec.label, parts, isNarrow ? " narrow" : " wide");
  }

  /* France by region. geo: geography/regions.json; spec: {label, groups: [{label, regions, tone, status, text}]} */
  function map(spec, geo) {
    var covered = {}, overseas = false, parts = [], labels = [];
    spec.groups.forEach(function (group) {
      group.regions.forEach(function (code) {
        covered[code] = group;
        if (geo.regions[code] && geo.regions[code].overseas) overseas = true;
      });
    });
    Object.keys(geo.regions).sort().forEach(function (code) {
      var region = geo.regions[code], group = covered[code];
      if (region.overseas && !overseas) return;
      var kind = !group ? "uncovered" : group.status === "withheld" ? "withheld" : "tone-" + group.tone;
      parts.push('<path d="' + region.path + '" class="region ' + kind + '"><title>' +
        escape(!group ? region.name : group.text ? group.label + ", " + group.text : group.label) + "</title></path>");
      if (group && group.status === "published" && group.regions[0] === code) {
        labels.push(text(region.x, region.y + 5, group.text, "map-value", "middle"));
      }
    });
    return svg(geo.width, overseas ? geo.tall : geo.height, spec.label, parts.concat(labels), " map");
  }

  /* At build time, where arguments are text: a chart for a wide page, then for a phone; a map. */
  function twice(kind, spec) {
    var drawn = { bars: bars, trend: trend, multiples: multiples }[kind], told = JSON.parse(spec);
    return drawn(told, false) + drawn(told, true);
  }

  function mapped(spec, geo) { return map(JSON.parse(spec), JSON.parse(geo)); }

  return { bars: bars, trend: trend, multiples: multiples, map: map, twice: twice, mapped: mapped, hatch: hatch, escape: escape };
})();
