/* The explorer's page: choices in a form and in the address, table and chart drawn together.
   Belongs here: the document, the address, loading, saving. Not here: what a view holds
   (explorer-views.js), how it is drawn (charts.js). Data come as scripts, so that it works from disk. */
(function () {
  "use strict";
  var page = document.getElementById("explorer"), lang = page.dataset.lang, study = page.dataset.study;
  var loaded = {}, waiting = {}, codes = null, shown = null, state = {};
  var fr = lang === "fr", TOTAL = "_T", NONE = "_Z";
  function byId(id) { return document.getElementById(id); }

  window.PhareData = function (of, name, content) { loaded[name] = content; };

  function load(name, then) {
    if (loaded[name]) return then(loaded[name]);
    if (waiting[name]) return waiting[name].push(then);
    waiting[name] = [then];
    var script = document.createElement("script");
    script.src = page.dataset.data + study + "/" + name + ".js";
    script.onload = function () { waiting[name].forEach(function (one) { one(loaded[name]); }); delete waiting[name]; };
    document.head.appendChild(script);
  }

  function rowsOf(content) {
    if (!content.objects) {
      content.objects = content.map(function (cells) {
        var row = {};
        codes.columns.forEach(function (name, at) { row[name] = cells[at]; });
        return row;
      });
    }
    return content.objects;
  }

  /* State: from the address, made whole so that it always means one view. */
  function read() {
    var asked = new URLSearchParams(location.search), found = {};
    var questions = Object.keys(codes.questions);
    found.q = questions.indexOf(asked.get("q")) >= 0 ? asked.get("q") : questions[0];
    return complete(found, function (name) { return asked.get(name); });
  }

  function complete(found, get) {
    var question = codes.questions[found.q];
    function pick(name, list, otherwise) {
      var known = list.map(function (one) { return one.code; }), asked = get(name);
      found[name] = known.indexOf(asked) >= 0 ? asked : otherwise === undefined ? known[0] || NONE : otherwise;
    }
    pick("wave", codes.waves, codes.waves[codes.waves.length - 1].code);
    pick("domain", question.domains);
    pick("actor", question.actors);
    pick("answer", question.answers);
    codes.breakdowns.forEach(function (one) { pick(one.name, one.codes, TOTAL); });
    var views = PhareViews.available(codes, found.q, lang).map(function (one) { return one[0]; });
    found.view = views.indexOf(get("view")) >= 0 ? get("view") : views.indexOf("rank:domain") >= 0 && !question.actors.length ? "rank:domain" : views[0];
    return found;
  }

  function write() {
    var told = new URLSearchParams();
    Object.keys(state).forEach(function (name) {
      if (state[name] !== TOTAL && state[name] !== NONE) told.set(name, state[name]);
    });
    var address = location.pathname + "?" + told.toString();
    try { history.replaceState(null, "", address); } catch (refused) { /* some browsers refuse it from disk */ }
    document.querySelectorAll("header a[hreflang]").forEach(function (one) {
      one.href = one.getAttribute("href").split("?")[0] + "?" + told.toString();
    });
  }

  function control(name, words, options) {
    if (options.length < 2) return "";
    return "<label>" + words + '<select name="' + name + '" id="choose-' + name + '">' + options.map(function (one) {
      return '<option value="' + PhareCharts.escape(one[0]) + '"' + (one[0] === state[name] ? " selected" : "") + ">" + PhareCharts.escape(one[1]) + "</option>";
    }).join("") + "</select></label>";
  }

  function pairs(list) { return list.map(function (one) { return [one.code, one[lang]]; }); }

  function controls() {
    var question = codes.questions[state.q], view = state.view.split(":");
    var held = document.activeElement && document.activeElement.id;
    byId("controls").innerHTML =
      control("q", "Question", Object.keys(codes.questions).map(function (code) { return [code, codes.questions[code][lang]]; })) +
      control("view", fr ? "Vue" : "View", PhareViews.available(codes, state.q, lang)) +
      (view[0] === "rank" && view[1] === "domain" ? "" : control("domain", fr ? "Domaine" : "Domain", pairs(question.domains))) +
      (view[0] === "rank" && view[1] === "actor" ? "" : control("actor", fr ? "Acteur" : "Actor", pairs(question.actors))) +
      (view[0] === "answers" || view[0] === "multiples" ? "" : control("answer", fr ? "Réponse" : "Answer", pairs(question.answers))) +
      (view[0] === "trend" ? "" : control("wave", fr ? "Vague" : "Wave", pairs(codes.waves))) +
      codes.breakdowns.filter(function (one) { return one.name !== view[1]; })
        .map(function (one) { return control(one.name, one[lang], pairs(one.codes)); }).join("");
    if (held && byId(held)) byId(held).focus();
  }

  function label(list, code) {
    var found = list.find(function (one) { return one.code === code; });
    return found ? found[lang] : "";
  }

  function about() {
    var question = codes.questions[state.q], view = state.view.split(":"), parts = [];
    if (!(view[0] === "rank" && view[1] === "domain")) parts.push(label(question.domains, state.domain));
    if (!(view[0] === "rank" && view[1] === "actor")) parts.push(label(question.actors, state.actor));
    if (view[0] !== "answers" && view[0] !== "multiples") parts.push(label(question.answers, state.answer));
    if (view[0] !== "trend") parts.push(label(codes.waves, state.wave));
    codes.breakdowns.forEach(function (one) {
      if (one.name !== view[1] && state[one.name] !== TOTAL) parts.push(label(one.codes, state[one.name]));
    });
    return parts.filter(Boolean).join(" · ");
  }

  function chart() {
    var narrow = byId("chart").clientWidth < 560;
    var spec = Object.assign({ label: codes.questions[state.q][lang] + ", " + about() + ". " + shown.lines.slice(0, 4).map(function (one) { return one.label + " " + one.value; }).join(", ") + "…" }, shown.spec);
    if (!shown.lines.length) return "";
    return shown.kind === "map" ? PhareCharts.map(spec, codes.regions) : PhareCharts[shown.kind](spec, narrow);
  }

  function silent(status) {
    var why = { withheld: fr ? "retenu pour protéger les répondants" : "withheld to protect respondents", not_asked: fr ? "question non posée dans cette vague" : "question not asked in this wave" };
    return '<td class="' + (status === "withheld" ? "withheld" : "soft") + '" colspan="4"><span>' + (why[status] || "—") + "</span></td>";
  }

  function table() {
    var heads = [fr ? "Modalité" : "Category", fr ? "Valeur" : "Value", fr ? "Intervalle à 95\u00a0%" : "95% interval", fr ? "Répondants" : "Respondents", fr ? "Fiabilité" : "Reliability"];
    var places = shown.lines.some(function (one) { return one.place; }), escape = PhareCharts.escape;
    byId("table").innerHTML = "<caption>" + escape(codes.questions[state.q][lang] + " · " + about()) + "</caption><thead><tr>" +
      (places ? '<th scope="col">' + (fr ? "Place" : "Place") + "</th>" : "") +
      heads.map(function (one, at) { return '<th scope="col"' + (at > 0 && at < 4 ? ' class="n"' : "") + ">" + one + "</th>"; }).join("") + "</tr></thead><tbody>" +
      shown.lines.map(function (one) {
        var start = "<tr>" + (places ? "<td>" + (one.place || "—") + "</td>" : "") + '<th scope="row">' + escape(one.label) + "</th>";
        if (one.row.status !== "published") return start + silent(one.row.status) + "</tr>";
        return start + '<td class="n">' + one.value + '</td><td class="n">' + one.interval + '</td><td class="n">' + PhareViews.format(one.row.respondents, 0, lang) + "</td><td>" + one.row.reliability + "</td></tr>";
      }).join("") + "</tbody>";
  }

  function draw() {
    load(state.q, function (content) {
      shown = PhareViews.of(codes, rowsOf(content), state, lang);
      controls();
      write();
      byId("view-title").textContent = codes.questions[state.q][lang];
      byId("view-about").textContent = about();
      byId("view-note").textContent = shown.lines.length ? shown.note : (fr ? "Ce croisement n'est pas publié." : "This crossing is not published.");
      byId("chart").innerHTML = chart();
      byId("legend").hidden = !/^(map|breakdown)/.test(state.view);
      table();
      byId("view-source").innerHTML = PhareCharts.escape(codes.citation) + ", version " + codes.version + ". " +
        '<a href="' + page.dataset.questions + state.q + '.html">' + (fr ? "Page de la question" : "Page of the question") + '</a> · <a href="' + page.dataset.parquet + '">Parquet</a>';
      page.dataset.ready = state.q;
    });
  }

  function save(name, kind, text) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: kind }));
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  function fileName(ending) { return [study, codes.version, state.q, state.view.replace(":", "-")].join("_") + ending; }

  function csv() {
    var lines = shown.lines.map(function (one) { return codes.columns.map(function (name) { return one.row[name]; }); });
    return [codes.columns].concat(lines).map(function (cells) {
      return cells.map(function (cell) {
        var text = cell === null ? "" : String(cell);
        return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
      }).join(",");
    }).join("\n") + "\n";
  }

  /* A saved chart stands alone: each colour is written into it, with its title and its source. */
  function svg() {
    var drawn = byId("chart").querySelector("svg"), copy = drawn.cloneNode(true);
    var from = drawn.querySelectorAll("*"), to = copy.querySelectorAll("*");
    from.forEach(function (one, at) {
      var style = getComputedStyle(one);
      ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "font-family", "paint-order"].forEach(function (name) {
        var value = style.getPropertyValue(name);
        if (value && value !== "none" || name === "fill") to[at].setAttribute(name, value.replace(/url\([^#]*#/, "url(#").replace(/"\)/, ")"));
      });
    });
    copy.insertAdjacentHTML("afterbegin", PhareCharts.hatch().replace('class="hatch-ground"', 'fill="#f1eee7"').replace('class="hatch-line"', 'stroke="#8a8577" stroke-width="1.6"'));
    var box = drawn.viewBox.baseVal, height = box.height + 58;
    copy.setAttribute("viewBox", "0 -34 " + box.width + " " + height);
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", height);
    var ink = getComputedStyle(document.body).color, ground = getComputedStyle(document.documentElement).backgroundColor, escape = PhareCharts.escape;
    copy.insertAdjacentHTML("afterbegin", '<rect x="0" y="-34" width="' + box.width + '" height="' + height + '" fill="' + ground + '"/>');
    copy.insertAdjacentHTML("beforeend", '<text x="4" y="-12" font-size="16" font-weight="600" font-family="sans-serif" fill="' + ink + '">' + escape(codes.questions[state.q][lang]) + '</text><text x="4" y="' + (box.height + 16) + '" font-size="11" font-family="sans-serif" fill="' + ink + '">' + escape((about() + " · " + study + " " + codes.version + (codes.synthetic ? (fr ? " · données synthétiques" : " · synthetic data") : "") + " · " + codes.licence)) + "</text>");
    return new XMLSerializer().serializeToString(copy);
  }

  page.hidden = false;
  byId("controls").addEventListener("change", function (event) {
    var next = Object.assign({}, state);
    next[event.target.name] = event.target.value;
    if (event.target.name === "view") {
      var name = event.target.value.split(":")[1];
      codes.breakdowns.forEach(function (one) { if (name && one.name !== name && event.target.value.indexOf("rank") !== 0) next[one.name] = TOTAL; });
    }
    var one = codes.breakdowns.find(function (about) { return about.name === event.target.name; });
    if (one) codes.breakdowns.forEach(function (other) { if (other.name !== one.name) next[other.name] = TOTAL; });
    state = complete({ q: next.q }, function (key) { return key === "q" ? next.q : next[key]; });
    draw();
  });
  byId("controls").addEventListener("submit", function (event) { event.preventDefault(); });
  byId("save-csv").addEventListener("click", function () { save(fileName(".csv"), "text/csv", csv()); });
  byId("save-svg").addEventListener("click", function () { save(fileName(".svg"), "image/svg+xml", svg()); });
  byId("copy-link").addEventListener("click", function (event) {
    var done = function () { event.target.textContent = fr ? "Adresse copiée" : "Address copied"; };
    if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(done);
  });
  addEventListener("popstate", function () { state = read(); draw(); });
  var width = innerWidth;
  addEventListener("resize", function () { if (shown && innerWidth !== width) { width = innerWidth; byId("chart").innerHTML = chart(); } });
  load("codes", function (found) { codes = found; state = read(); draw(); });
})();
