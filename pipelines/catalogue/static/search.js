/* Search on the front page over a static index: every word typed must be found; titles count most. The
   index is loaded when the reader turns to the box. */
(function () {
  "use strict";
  var form = document.getElementById("search"), box = document.getElementById("q");
  var list = document.getElementById("results"), told = document.getElementById("found");
  var fr = document.documentElement.lang === "fr", MOST = 30;
  var KINDS = fr ? { study: "étude", question: "question", domain: "domaine", code: "code", column: "colonne" }
    : { study: "study", question: "question", domain: "domain", code: "code", column: "column" };
  var WEIGHT = { study: 5, question: 4, domain: 3, column: 2, code: 1 };
  function plain(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/['’]/g, " "); }
  var index = null, isAsked = false;

  function load() {
    if (isAsked) return;
    isAsked = true;
    var script = document.createElement("script");
    script.src = form.dataset.index;
    script.onload = function () { index = window.PHARE_SEARCH.map(entry); search(); };
    document.head.appendChild(script);
  }

  function entry(one) { return { kind: one[0], title: one[1], more: one[2], to: one[3], study: one[4], head: plain(one[1]), all: plain(one[1] + " " + one[2]) }; }

  function search() {
    load();
    if (!index) return;
    var words = plain(box.value).split(/\s+/).filter(Boolean);
    list.textContent = "";
    told.textContent = "";
    try { history.replaceState(null, "", location.pathname + (box.value ? "?q=" + encodeURIComponent(box.value) : "")); } catch (refused) { /* from disk */ }
    if (!words.length) return;
    var found = index.filter(function (one) { return words.every(function (word) { return one.all.indexOf(word) >= 0; }); });
    found.forEach(function (one) {
      one.score = WEIGHT[one.kind] + words.filter(function (word) { return one.head.indexOf(word) >= 0; }).length * 10;
    });
    found.sort(function (a, b) { return b.score - a.score || (a.head < b.head ? -1 : 1); });
    told.textContent = found.length === 0 ? (fr ? "Rien de trouvé." : "Nothing found.")
      : (fr ? found.length + (found.length > 1 ? " résultats" : " résultat") : found.length + (found.length > 1 ? " results" : " result")) + (found.length > MOST ? (fr ? ", les 30 premiers" : ", the first 30") : "");
    found.slice(0, MOST).forEach(function (one) {
      var item = document.createElement("li"), link = document.createElement("a"), small = document.createElement("small");
      link.href = one.to;
      link.textContent = one.title;
      small.textContent = KINDS[one.kind] + " · " + one.study + (one.kind === "study" ? "" : " · " + one.more.slice(0, 160));
      item.appendChild(link);
      item.appendChild(small);
      list.appendChild(item);
    });
  }

  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  box.addEventListener("focus", load);
  box.addEventListener("input", search);
  var asked = new URLSearchParams(location.search).get("q");
  if (asked) { box.value = asked; search(); }
})();
