// The gallery of a study: its figure, its table of runs with sort and filter, thumbnails that play under the pointer,
// and two runs side by side in step. Reads the JSON that gallery.py puts beside it.
(() => {
  "use strict";
  const content = JSON.parse(document.getElementById("content").textContent);
  const element = (id) => document.getElementById(id);
  const { columns, units, words, runs, figures, views, sets, pictures, pages, provenance } = content;

  // Names hold characters that mean something in an address.
  const address = (job, file) => `runs/${encodeURIComponent(job)}/${encodeURIComponent(file)}`;

  function made(tag, properties = {}, children = []) {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  }

  function options(select, names, label = (name) => name) {
    select.append(...names.map((name) => made("option", { value: name, textContent: label(name) })));
  }

  // --- the figure -------------------------------------------------------------------------------------------------
  options(element("observable"), Object.keys(figures), (name) => words[name]);
  element("observable").value = content.observable;

  async function drawFigure() {
    const { data, layout } = figures[element("observable").value];
    await Plotly.react("figure", data, layout, { displaylogo: false });
    const linked = data.some((trace) => trace.customdata);
    element("hint").textContent = linked && pages ? "click a point to open its run" : "";
  }

  element("observable").addEventListener("change", drawFigure);

  // --- the sets of samples ----------------------------------------------------------------------------------------
  for (const [name, kinds] of Object.entries(sets)) {
    element("sets").append(...kinds.map((view) => made("a", { href: address(name, `${view}.html`), textContent: `${name}: ${view}` })));
  }
  element("samples").hidden = !pages || !Object.values(sets).some((kinds) => kinds.length);

  // --- the table --------------------------------------------------------------------------------------------------
  let sortedBy = null;
  let upward = false;
  const ticked = new Set();
  const thumbnail = pictures && views.length ? views[0] : null;

  const shownNumber = (value) =>
    value === null ? "–" : typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);

  function head() {
    const cells = [made("th", { textContent: "" })];
    if (thumbnail) cells.push(made("th", { textContent: thumbnail }));
    for (const name of ["run", ...columns]) {
      const unit = units[name] && units[name] !== "1" ? ` (${units[name]})` : "";
      const cell = made("th", { textContent: name + unit, title: words[name] ?? name });
      cell.dataset.column = name;
      cell.addEventListener("click", () => sortBy(name));
      cells.push(cell);
    }
    if (pages) cells.push(made("th", { textContent: "views" }));
    document.querySelector("thead tr").append(...cells);
  }

  // Rows are made once; sorting and filtering only moves and hides them.
  const rows = runs.map((run) => {
    const tick = made("input", { type: "checkbox", ariaLabel: `compare ${run.run}` });
    tick.addEventListener("change", () => choose(run, tick));
    const cells = [made("td", {}, [tick])];
    if (thumbnail) {
      const poster = address(run.job, `${thumbnail}-poster.png`);
      const picture = made("img", { src: poster, loading: "lazy", alt: `${thumbnail} of ${run.run}`, width: 120, height: 112 });
      picture.addEventListener("mouseenter", () => { picture.src = address(run.job, `${thumbnail}.png`); });
      picture.addEventListener("mouseleave", () => { picture.src = poster; });
      cells.push(made("td", {}, [picture]));
    }
    cells.push(made("td", { textContent: run.run }));
    cells.push(...columns.map((name) => made("td", { textContent: shownNumber(run[name]) })));
    if (pages) {
      const links = views.flatMap((view) => [made("a", { href: address(run.job, `${view}.html`), textContent: view }), " "]);
      cells.push(made("td", {}, [...links, made("a", { href: address(run.job, "history.zarr"), textContent: "store" })]));
    }
    return { run, tick, node: made("tr", {}, cells) };
  });

  function sortBy(name) {
    upward = sortedBy === name ? !upward : true;
    sortedBy = name;
    document.querySelectorAll("th").forEach((cell) => {
      cell.classList.toggle("sorted", cell.dataset.column === name);
      cell.classList.toggle("up", upward);
    });
    const sign = upward ? 1 : -1;
    rows.sort((one, other) => {
      const [a, b] = [one.run[name], other.run[name]];
      // A number that does not exist comes last, whichever way.
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));
    });
    document.querySelector("tbody").append(...rows.map(({ node }) => node));
  }

  const COMPARISONS = {
    "=": (a, b) => a === b, ">": (a, b) => a > b, "<": (a, b) => a < b, ">=": (a, b) => a >= b, "<=": (a, b) => a <= b,
  };

  function matches(run, word) {
    const [, name, sign, value] = /^(\w+)(>=|<=|=|>|<)([^+]+)$/.exec(word) ?? [];
    if (!(name in run)) return run.run.includes(word);
    if (run[name] === null) return false;
    return typeof run[name] === "number" ? COMPARISONS[sign](run[name], Number(value)) : COMPARISONS[sign](String(run[name]), value);
  }

  function filterRows() {
    const asked = element("filter").value.trim().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { run, node } of rows) {
      node.hidden = !asked.every((word) => matches(run, word));
      count += !node.hidden;
    }
    element("count").textContent = `${count} of ${rows.length} runs`;
  }

  element("filter").addEventListener("input", filterRows);

  // --- two runs side by side --------------------------------------------------------------------------------------
  options(element("view"), views);
  const frames = [];

  function choose(run, tick) {
    if (tick.checked) ticked.add(run); else ticked.delete(run);
    element("chosen").textContent = chosenNames() || "tick two runs below";
    element("compare").disabled = ticked.size !== 2 || !pages;
  }

  const chosenNames = () => [...ticked].map(({ run }) => run).join(" and ");

  function compare() {
    frames.length = 0;
    // Runs of one job are panels of one figure.
    const jobs = new Set([...ticked].map(({ job }) => job));
    for (const job of jobs) {
      frames.push(made("iframe", { src: address(job, `${element("view").value}.html`), title: job }));
    }
    element("chosen").textContent = `${chosenNames()}${jobs.size < ticked.size ? ": panels of one figure" : ""}`;
    element("side").replaceChildren(...frames.map((frame) => made("div", {}, [frame])));
    element("close").hidden = false;
  }

  element("compare").addEventListener("click", compare);
  element("view").addEventListener("change", () => frames.length && compare());
  element("close").addEventListener("click", () => {
    frames.length = 0;
    element("side").replaceChildren();
    element("close").hidden = true;
  });

  // Pages that lie on a disk may not look into each other; they tell their height and step, and are told a step.
  window.addEventListener("message", ({ data, source }) => {
    for (const frame of frames) {
      const itself = frame.contentWindow === source;
      if (itself && Number.isInteger(data?.height)) {
        frame.style.height = `${data.height}px`;
        // Its height on the screen, where it is smaller.
        frame.parentElement.style.height = `${frame.getBoundingClientRect().height}px`;
      }
      if (!itself && Number.isInteger(data?.step)) frame.contentWindow.postMessage({ step: data.step }, "*");
    }
  });

  // --- what made it -----------------------------------------------------------------------------------------------
  element("provenance").textContent = JSON.stringify(provenance, null, 2);
  head();
  document.querySelector("tbody").append(...rows.map(({ node }) => node));
  filterRows();
  drawFigure().then(() => {
    element("figure").on("plotly_click", ({ points: [point] }) => {
      const job = point.customdata;
      if (typeof job === "string" && job && pages && views.length) location.href = address(job, `${views[0]}.html`);
    });
    document.body.dataset.ready = "true";
  });
})();
