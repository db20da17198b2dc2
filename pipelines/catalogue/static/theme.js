/* The reader's choice of light or dark, kept on their machine; copy buttons. Runs before the page shows. */
(function () {
  "use strict";
  var root = document.documentElement, kept = null;
  try { kept = localStorage.getItem("phare-theme"); } catch (refused) { /* a file opened without storage */ }
  if (kept) root.setAttribute("data-theme", kept);
  document.addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("theme");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var isDark = root.getAttribute("data-theme") === "dark" ||
          (!root.getAttribute("data-theme") && matchMedia("(prefers-color-scheme: dark)").matches);
        root.setAttribute("data-theme", isDark ? "light" : "dark");
        try { localStorage.setItem("phare-theme", isDark ? "light" : "dark"); } catch (refused) { /* for this page only */ }
      });
    }
    var here = /^https?:/.test(location.protocol) && new URL(document.body.dataset.published, location.href).href;
    document.querySelectorAll("[data-base]").forEach(function (one) {
      if (here) one.textContent = one.textContent.split(one.dataset.base).join(here);
    });
    document.querySelectorAll(".copy").forEach(function (one) {
      if (!navigator.clipboard) return;
      one.hidden = false;
      one.addEventListener("click", function () {
        navigator.clipboard.writeText(document.getElementById(one.dataset.of).textContent).then(function () {
          one.textContent = one.dataset.done;
        });
      });
    });
  });
})();
