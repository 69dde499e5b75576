// The runs of the study that study.js holds, as rows.
"use strict";

if (globalThis.study) study.rows = chart.rowsOf(study);
else {
  document.querySelector("main").replaceChildren(kit.made("p", {
    className: "wrong", role: "alert",
    textContent: "This page cannot show anything: study.js was not found beside it. Keep the page in its folder of results.",
  }));
  throw new Error("study.js is missing");
}
