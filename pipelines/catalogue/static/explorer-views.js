/* The views of the explorer: from published rows and a choice of codes to what is drawn and listed.
   Belongs here: pure functions over rows. Not here: the page (explorer.js), drawing (charts.js). */
var PhareViews = (function () {
  "use strict";
  var TOTAL = "_T", NONE = "_Z";
  var WORDS = {
    fr: { withheld: "retenu", not_asked: "non posée", whole: "Ensemble", to: " à ", note: {
      answers: "Parts des réponses, intervalle à 95\u00a0%.",
      rank: "Classés ; à gauche, les places que l'échantillon laisse possibles ; un trait avant le premier qui diffère du premier du groupe précédent.",
      break: "Couleur seulement où l'intervalle à 95\u00a0% laisse dehors la valeur de l'ensemble (pointillé).",
      map: "Couleur seulement où l'intervalle à 95\u00a0% laisse dehors la valeur de l'ensemble ; hachuré : retenu.",
      multiples: "Un graphique par modalité, même échelle, intervalle à 95\u00a0%.",
      trend: "Trait plein : évolution plus grande que l'erreur d'échantillonnage ; pointillé : pas d'évolution établie ; hachuré : retenu ; « non posée » : la vague n'a pas posé la question." } },
    en: { withheld: "withheld", not_asked: "not asked", whole: "Total", to: " – ", note: {
      answers: "Shares of answers, 95% interval.",
      rank: "Ranked; at left, the places that the sample leaves possible; a line before the first that differs from the first of the group above.",
      break: "Coloured only where the 95% interval leaves out the value of the total (dashed).",
      map: "Coloured only where the 95% interval leaves out the value of the total; hatched: withheld.",
      multiples: "One chart a category, one scale, 95% interval.",
      trend: "Full line: change larger than sampling error; dotted: no change established; hatched: withheld; 'not asked': the wave did not put the question." } }
  };

  function format(value, decimals, lang) {
    var parts = Math.abs(value).toFixed(decimals).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+(?!\d))/g, lang === "fr" ? "\u202f" : ",");
    return (value < 0 ? "\u2212" : "") + parts.join(lang === "fr" ? "," : ".");
  }

  function percent(share, decimals, lang) {
    return format(share * 100, decimals, lang) + (lang === "fr" ? "\u00a0%" : "%");
  }

  function differ(a, b) {
    return Math.abs(a.value - b.value) > 1.96 * Math.sqrt(a.standard_error * a.standard_error + b.standard_error * b.standard_error);
  }

  function against(row, whole) {
    if (!whole || whole.status !== "published" || row.status !== "published" || row.ci_low === null) return "none";
    return row.ci_low > whole.value ? "above" : row.ci_high < whole.value ? "below" : "none";
  }

  /* codes: data/<study>/codes.js; rows: objects of one question; state: what the reader chose. */
  function of(codes, rows, state, lang) {
    var question = codes.questions[state.q], isMean = question.kind === "score" || question.kind === "numeric";
    var breakdowns = codes.breakdowns.map(function (one) { return one.name; });
    var words = WORDS[lang];

    function find(change) {
      var wanted = { wave: state.wave, domain: state.domain, actor: state.actor, answer: isMean ? NONE : state.answer };
      breakdowns.forEach(function (name) { wanted[name] = state[name] || TOTAL; });
      Object.keys(change).forEach(function (key) { wanted[key] = change[key]; });
      return rows.find(function (row) {
        return Object.keys(wanted).every(function (key) { return row[key] === wanted[key]; });
      });
    }
    function isNational(row) { return breakdowns.every(function (name) { return row[name] === TOTAL; }); }
    function decimals(row) {
      var kept = codes.precision[(isNational(row) ? "national_" : "") + (isMean ? "mean" : "share")];
      return isMean ? kept : Math.max(kept - 2, 0);
    }
    function show(row, name) {
      if (row.status !== "published") return words[row.status] || "—";
      return isMean ? format(row[name || "value"], decimals(row), lang) : percent(row[name || "value"], decimals(row), lang);
    }
    function interval(row) {
      return row.status !== "published" || row.ci_low === null ? "—" : show(row, "ci_low") + words.to + show(row, "ci_high");
    }
    function bar(row, label, more) {
      return Object.assign({ label: label, value: row.value, low: row.ci_low, high: row.ci_high, status: row.status, text: show(row) }, more || {});
    }
    function axis(bars) {
      var top = Math.max.apply(null, bars.map(function (one) { return one.high || one.value || 0; }).concat([0]));
      if (isMean) {
        var end = Math.max(10, Math.ceil(top / 10) * 10), step = end / 5;
        return { domain: [0, end], ticks: [0, 1, 2, 3, 4, 5].map(function (at) { return { value: at * step, text: format(at * step, 0, lang) }; }) };
      }
      var limit = [0.2, 0.4, 0.6, 0.8, 1].find(function (one) { return top <= one || one === 1; });
      return { domain: [0, limit], ticks: [0, 1, 2, 3, 4].map(function (at) { return { value: at * limit / 4, text: percent(at * limit / 4, 0, lang) }; }) };
    }
    function listed(list, key) {
      return list.map(function (one) {
        var change = {}; change[key] = one.code;
        return { label: one[lang], code: one.code, row: find(change) };
      }).filter(function (one) { return one.row; });
    }
    function result(kind, lines, spec, note, first) {
      return { kind: kind, spec: spec, note: words.note[note], first: first,
        lines: lines.map(function (one) { return { label: one.label, place: one.place, row: one.row, value: show(one.row), interval: interval(one.row) }; }) };
    }
    var answers = isMean ? [{ code: NONE, fr: question.unit ? question.unit.fr : question.fr, en: question.unit ? question.unit.en : question.en }] : question.answers;

    var views = {
      answers: function () {
        var lines = listed(answers, "answer"), bars = lines.map(function (one) { return bar(one.row, one.label); });
        return result("bars", lines, Object.assign({ rows: bars }, axis(bars)), "answers", "answer");
      },
      rank: function (key) {
        var lines = listed(question[key + "s"], key), told = lines.filter(function (one) { return one.row.status === "published"; });
        told.sort(function (a, b) { return b.row.value - a.row.value; });
        var first = 0, band = 0;
        told.forEach(function (one, at) {
          function apart(other) { return differ(other.row, one.row); }
          if (apart(told[first])) { first = at; band += 1; }
          var low = 1 + told.slice(0, at).filter(apart).length, high = told.length - told.slice(at + 1).filter(apart).length;
          one.band = band;
          one.place = low === high ? String(low) : low + "–" + high;
        });
        var ordered = told.concat(lines.filter(function (one) { return one.row.status !== "published"; }));
        var bars = ordered.map(function (one) { return bar(one.row, one.label, { place: one.place, band: one.band === undefined ? band + 1 : one.band }); });
        return result("bars", ordered, Object.assign({ rows: bars }, axis(bars)), "rank", key);
      },
      breakdown: function (name) {
        var about = codes.breakdowns.find(function (one) { return one.name === name; });
        var change = {}; change[name] = TOTAL;
        var whole = find(change), lines = listed(about.codes.filter(function (one) { return one.code !== TOTAL; }), name);
        var bars = lines.map(function (one) { return bar(one.row, one.label, { tone: against(one.row, whole) }); });
        var isTold = whole && whole.status === "published";
        var spec = Object.assign({ rows: bars }, axis(isTold ? bars.concat(bar(whole)) : bars));
        if (isTold) spec.reference = { value: whole.value, text: words.whole + " " + show(whole) };
        return result("bars", (whole ? [{ label: words.whole, row: whole }] : []).concat(lines), spec, "break", name);
      },
      map: function (name) {
        var found = views.breakdown(name), about = codes.breakdowns.find(function (one) { return one.name === name; });
        var change = {}; change[name] = TOTAL;
        var whole = find(change);
        found.kind = "map";
        found.note = words.note.map;
        found.spec = { groups: listed(about.codes, name).filter(function (one) { return about.map[one.code]; }).map(function (one) {
          return { label: one.label, regions: about.map[one.code], status: one.row.status, tone: against(one.row, whole), text: show(one.row) };
        }) };
        return found;
      },
      multiples: function (name) {
        var about = codes.breakdowns.find(function (one) { return one.name === name; }), lines = [], every = [];
        var panels = about.codes.map(function (code) {
          var rows = answers.map(function (answer) {
            var change = { answer: answer.code }; change[name] = code.code;
            return { label: answer[lang], row: find(change) };
          }).filter(function (one) { return one.row; });
          rows.forEach(function (one) { lines.push({ label: code[lang] + " · " + one.label, row: one.row }); });
          var bars = rows.map(function (one) { return bar(one.row, one.label); });
          every = every.concat(bars);
          return { title: code[lang], rows: bars };
        }).filter(function (panel) { return panel.rows.length; });
        return result("multiples", lines, Object.assign({ panels: panels }, axis(every)), "multiples", name);
      },
      trend: function () {
        var lines = listed(codes.waves, "wave"), before = null;
        var points = lines.map(function (one) {
          var wave = codes.waves.find(function (two) { return two.code === one.code; });
          var point = bar(one.row, one.label, { time: wave.time, changed: Boolean(before && before.status === "published" && one.row.status === "published" && differ(before, one.row)) });
          before = one.row;
          return point;
        });
        return result("trend", lines, Object.assign({ points: points }, axis(points)), "trend", "wave");
      }
    };
    var parts = state.view.split(":");
    return views[parts[0]](parts[1]);
  }

  /* The views that a question has, as [value, words]. */
  function available(codes, code, lang) {
    var question = codes.questions[code], fr = lang === "fr", found = [];
    var isMean = question.kind === "score" || question.kind === "numeric";
    if (!isMean) found.push(["answers", fr ? "Réponses" : "Answers"]);
    if (question.domains.length > 1) found.push(["rank:domain", fr ? "Domaines classés" : "Domains ranked"]);
    if (question.actors.length > 1) found.push(["rank:actor", fr ? "Acteurs classés" : "Actors ranked"]);
    codes.breakdowns.forEach(function (one) {
      if (one.map) found.push(["map:" + one.name, (fr ? "Carte : " : "Map: ") + one[lang]]);
      found.push(["breakdown:" + one.name, (fr ? "Par " : "By ") + one[lang].toLowerCase()]);
      if (!isMean && one.codes.length < 9) found.push(["multiples:" + one.name, (fr ? "Petits graphiques : " : "Small multiples: ") + one[lang]]);
    });
    if (codes.waves.length > 1) found.push(["trend", fr ? "Évolution" : "Trend"]);
    return found;
  }

  return { of: of, available: available, format: format, percent: percent };
})();
