// The gallery of a study: a wall of its fields, which play in step; its figure; its table. What is filtered, sorted,
// chosen and drawn stands in the address, so it is the same after a reload, after a return, and for whom it is sent to.
"use strict";

(() => {
  const { element, made } = kit;
  const { columns, rows, sets, pages, provenance } = study;
  const palette = kit.palette(study.colours);
  const CARDS = 100;
  const ROWS = 100;
  const MOST_COMPARED = 4;
  const DEFAULT_COLUMNS = ["run", ...chart.dimensions(study), ...study.shown].filter((name, index, all) => all.indexOf(name) === index);
  const order = new Map(rows.map((row, index) => [row, index]));

  let state = {};
  let found = rows;
  let ticked = [];

  // --- what is found: filter and order ----------------------------------------------------------------------------
  function find() {
    const asked = filter.parse(state.filter ?? "");
    element("complaint").textContent = asked.complaints.join("; ");
    found = rows.filter((row) => asked.matches(row));
    const name = (state.sort ?? "").replace(/^-/, "");
    if (name in columns) {
      const sign = state.sort.startsWith("-") ? -1 : 1;
      // Texts in the order of the config.
      const place = new Map(chart.levels(rows, name).map((value, index) => [value, index]));
      found.sort((one, other) => {
        const [a, b] = [one[name], other[name]];
        // A number that does not exist comes last, whichever way.
        if (a === null || b === null) return (a === null) - (b === null) || order.get(one) - order.get(other);
        const after = typeof a === "number" && typeof b === "number" ? a - b : place.get(a) - place.get(b);
        return sign * after || order.get(one) - order.get(other);
      });
    }
    const [some, all] = [found.length, rows.length].map((count) => count.toLocaleString("en"));
    element("count").textContent = rows.length === 1 ? "" : found.length === rows.length ? `all ${all} runs` : `${some} of ${all} runs`;
    element("clear").hidden = !state.filter;
  }

  function pager(host, name, size) {
    const count = Math.max(1, Math.ceil(found.length / size));
    const page = Math.min(count, Math.max(1, Number(state[name]) || 1));
    const to = (number, text, words) => {
      const button = made("button", { type: "button", textContent: text, disabled: number < 1 || number > count, ariaLabel: words });
      button.addEventListener("click", () => change({ [name]: number === 1 ? "" : String(number) }));
      return button;
    };
    host.hidden = count === 1;
    host.replaceChildren(to(page - 1, "Previous", "previous page"), made("span", { textContent: `page ${page} of ${count.toLocaleString("en")}` }), to(page + 1, "Next", "next page"));
    return found.slice((page - 1) * size, page * size);
  }

  // --- the wall ---------------------------------------------------------------------------------------------------
  const shown = new Map();
  let started = false;

  const bar = transport(element("transport"), (_, step) => {
    for (const card of shown.values()) card.show?.(step);
  });
  bar.loop.checked = true;

  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) fill(target);
  }, { rootMargin: "300px" });

  async function fill(node) {
    const card = shown.get(node);
    if (!card || card.asked) return;
    card.asked = true;
    try {
      const preview = await kit.preview(card.row.run, card.row.job, card.row.number);
      const paint = kit.painter(card.field, preview.rows, preview.columns, palette);
      kit.painter(card.picture, preview.rows, preview.columns, kit.GREYS)(preview.pixel);
      const size = preview.rows * preview.columns;
      card.show = (step) => paint(preview.frames, kit.frameAt(preview.steps, step) * size);
      // The longest run is the measure of the bar.
      if (!started || preview.steps.at(-1) > bar.steps().at(-1)) {
        const step = started ? bar.step() : preview.steps.at(-1);
        const playing = bar.playing();
        bar.load({ steps: preview.steps, seconds: study.one_clock ? preview.seconds : null });
        bar.goTo(step);
        if (playing || (!started && !kit.still())) bar.play(true);
        started = true;
      }
      card.show(bar.step());
    } catch (error) {
      node.dataset.missing = error.message;
    }
    document.body.dataset.wall = [...shown.values()].filter((one) => one.show).length;
  }

  const runAddress = (row) => `run.html#${new URLSearchParams({ run: row.run })}`;

  function tickOf(row, words) {
    const tick = made("input", { type: "checkbox", checked: ticked.includes(row.run), ariaLabel: `compare ${chart.title(row)}` });
    tick.dataset.run = row.run;
    tick.addEventListener("change", () => choose(row.run, tick.checked));
    return made("label", {}, words ? [tick, words] : [tick]);
  }

  function drawWall() {
    if (!pages) return;
    const page = pager(element("pager"), "page", CARDS);
    watch.disconnect();
    shown.clear();
    element("wall").replaceChildren(...page.map((row) => {
      const field = made("canvas", { className: "field", width: 1, height: 1 });
      const picture = made("canvas", { className: "picture", width: 1, height: 1 });
      for (const [canvas, words] of [[field, "field of"], [picture, "picture of"]]) {
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", `${words} ${chart.title(row)}`);
      }
      const link = made("a", { href: runAddress(row) }, [made("span", { className: "pair" }, [field, picture]), made("span", { className: "name", textContent: chart.title(row) })]);
      const node = made("li", { className: "card" }, [link, tickOf(row, "compare")]);
      shown.set(node, { row, field, picture });
      if (pages) watch.observe(node);
      return node;
    }));
    element("none").hidden = found.length > 0;
  }

  // --- comparing --------------------------------------------------------------------------------------------------
  function choose(run, wanted) {
    ticked = wanted ? [...ticked, run] : ticked.filter((one) => one !== run);
    change({ compare: ticked.join(",") }, { redraw: false });
  }

  function drawTray() {
    const many = ticked.length > MOST_COMPARED;
    element("tray").hidden = !ticked.length;
    element("chosen").textContent = ticked.length === 1 ? "1 run chosen: choose one to three more" : many ? `${ticked.length} runs chosen: four at most can be compared` : `${ticked.length} runs chosen`;
    element("compare").disabled = ticked.length < 2 || many;
    for (const tick of document.querySelectorAll("input[data-run]")) tick.checked = ticked.includes(tick.dataset.run);
  }

  element("compare").addEventListener("click", () => { location.href = `compare.html#${new URLSearchParams({ runs: ticked.join(",") })}`; });
  element("untick").addEventListener("click", () => {
    ticked = [];
    change({ compare: "" }, { redraw: false });
  });

  // --- the figure -------------------------------------------------------------------------------------------------
  const select = (id) => element(`figure_${id}`);
  const touched = matchMedia("(pointer: coarse)").matches;
  const curves = new Map();
  let drawing = Promise.resolve();
  let choice = {};

  function look() {
    const classes = Array.from({ length: 10 }, (_, index) => kit.colour(`class-${index}`));
    return { ink: kit.colour("ink"), accent: kit.colour("accent-line"), band: kit.colour("band"), classes, scale: study.scale, shades: study.shades };
  }

  function options(node, names, value, none) {
    const words = (name) => (name === "none" ? none : columns[name].words);
    kit.options(node, names.map((name) => [name, words(name)]), value);
  }

  function drawControls() {
    const dimensions = chart.dimensions(study);
    const observables = Object.keys(columns).filter((name) => columns[name].kind === "observable");
    select("kind").value = choice.kind;
    // Curves are read from the previews, which are beside pages.
    select("kind").querySelector('[value="time"]').hidden = !pages;
    options(select("observable"), observables, choice.observable);
    const fallback = dimensions.length ? dimensions : [study.label];
    options(select("x"), fallback, choice.x);
    options(select("y"), ["none", ...fallback.filter((name) => name !== choice.x)], choice.y, "lines");
    options(select("panel"), ["none", ...dimensions.filter((name) => name !== choice.x && name !== choice.y)], choice.panel, "one figure");
    options(select("colour"), ["none", ...dimensions], choice.colour, "none");
    options(select("other"), observables.filter((name) => name !== choice.observable), choice.other);
    const map = choice.kind === "parameters" && choice.y !== "none";
    const visible = { x: choice.kind === "parameters" && fallback.length > 1, y: choice.kind === "parameters" && fallback.length > 1, panel: map && dimensions.length > 2, colour: !map && dimensions.some((name) => name !== choice.x), other: choice.kind === "scatter" };
    for (const [id, there] of Object.entries(visible)) select(id).closest("label").hidden = !there;
  }

  async function drawFigure() {
    choice = chart.completed(study, rows, state);
    drawControls();
    if (choice.kind === "time" && pages) {
      const wanted = chart.drawn(found).filter((row) => !curves.has(row.run));
      const settled = await Promise.allSettled(wanted.map((row) => kit.preview(row.run, row.job, row.number)));
      settled.forEach((one, index) => one.status === "fulfilled" && curves.set(wanted[index].run, one.value));
    }
    const box = element("figure");
    const width = Math.max(280, box.clientWidth);
    const tall = Math.max(300, Math.min(640, width * 0.72));
    const { data, layout, note } = chart.figure(found, choice, look(), { width, height: tall, margin: { l: 60, r: 20, t: 46, b: 50 } }, curves);
    element("note").textContent = note;
    if (width < 560 && layout.legend !== undefined) layout.legend = { orientation: "h", y: -0.25 };
    // A finger that moves scrolls the page.
    layout.dragmode = touched ? false : "select";
    layout.selections = [];
    drawing = drawing.then(() => Plotly.react(box, data, kit.themed(layout), { ...kit.PLOT, modeBarButtonsToRemove: ["sendChartToCloud", "lasso2d", "autoScale2d"] }));
    await drawing;
    element("hint").textContent = data.length ? `${touched ? "Touch" : "Click"} a point to open its run, or a cell to see its runs${touched ? "" : "; drag a box to filter by it"}.` : "";
  }

  // Chosen points as words of the filter: ranges of numbers, lists of values.
  function narrow(names) {
    const chosen = found.filter((row) => names.has(row.run));
    if (!chosen.length) return;
    if (chosen.length === 1 && choice.kind !== "parameters") { location.href = runAddress(chosen[0]); return; }
    const kept = filter.wordsOf(state.filter ?? "");
    const words = [];
    const dimensions = chart.dimensions(study);
    if (choice.kind === "scatter") {
      for (const name of [choice.observable, choice.other]) {
        const each = chosen.map((row) => row[name]);
        words.push(`${name}>=${Math.min(...each)}`, `${name}<=${Math.max(...each)}`);
      }
    } else {
      for (const name of dimensions) {
        const values = chart.levels(chosen, name);
        if (values.length < chart.levels(found, name).length) words.push(`${name}=${values.join(",")}`);
      }
    }
    const named = new Set(words.map((word) => /^\w+/.exec(word)[0]));
    change({ filter: [...kept.filter((word) => !named.has(/^\w+/.exec(word)?.[0])), ...words].join(" "), page: "", rows: "" }, { push: true });
  }

  function watchFigure() {
    const box = element("figure");
    box.on("plotly_click", ({ points }) => {
      const runs = points.map((point) => point.customdata).find((one) => Array.isArray(one) && one.length);
      if (!runs) return;
      const row = found.find((one) => one.run === runs[0]);
      if (runs.length === 1 && row) location.href = runAddress(row);
      else narrow(new Set(runs));
    });
    box.on("plotly_selected", (event) => {
      if (event?.points?.length) narrow(new Set(event.points.flatMap((point) => point.customdata ?? [])));
    });
  }

  for (const id of ["kind", "observable", "x", "y", "panel", "colour", "other"]) {
    select(id).addEventListener("change", () => change({ [id]: select(id).value }, { redraw: false, figure: true, push: true }));
  }

  // --- the table --------------------------------------------------------------------------------------------------
  const columnNames = () => (state.columns ? ["run", ...state.columns.split(",").filter((name) => name in columns && name !== "run")] : DEFAULT_COLUMNS);

  function about(name) {
    const id = `about-${name}`;
    const { words, meaning, unit } = columns[name];
    if (!element(id)) {
      const box = made("div", { id });
      box.popover = "auto";
      const filtering = name === "run" ? [] : [made("p", { className: "muted", textContent: `In the filter: ${name}` })];
      box.append(made("p", {}, [made("strong", { textContent: words })]), made("p", { textContent: `${meaning}${unit ? `, in ${unit}` : ""}` }), ...filtering);
      document.body.append(box);
    }
    const button = made("button", { className: "about", type: "button", textContent: "?", ariaLabel: `about ${words}`, title: meaning });
    button.setAttribute("popovertarget", id);
    return button;
  }

  function drawHead(names) {
    const ofPages = pages ? ["compare", "field"].map((words) => made("th", { scope: "col", textContent: words })) : [];
    element("head").replaceChildren(...ofPages, ...names.map((name) => {
      const { words, unit } = columns[name];
      const sorted = (state.sort ?? "").replace(/^-/, "") === name;
      const down = sorted && state.sort.startsWith("-");
      const button = made("button", { type: "button", textContent: `${words}${unit ? ` (${unit})` : ""}${sorted ? (down ? " ▼" : " ▲") : ""}` });
      button.addEventListener("click", () => change({ sort: sorted && !down ? `-${name}` : sorted ? "" : name, page: "", rows: "" }));
      const cell = made("th", { scope: "col", className: name === "run" ? "sticky" : "" }, [button, about(name)]);
      cell.setAttribute("aria-sort", sorted ? (down ? "descending" : "ascending") : "none");
      return cell;
    }));
  }

  function drawTable() {
    const names = columnNames();
    drawHead(names);
    const page = pager(element("table_pager"), "rows", ROWS);
    element("body").replaceChildren(...page.map((row) => {
      const cells = names.map((name) => {
        if (name !== "run") return made("td", { textContent: chart.valueText(row, name) });
        return made("th", { scope: "row" }, [made("a", { href: runAddress(row), textContent: row.run })]);
      });
      const ofPages = pages ? [made("td", {}, [tickOf(row)]), made("td", {}, [made("a", { href: runAddress(row), tabIndex: -1, ariaHidden: "true" }, [made("img", { src: kit.address("runs", row.job, "preview", `${row.number}.png`), loading: "lazy", alt: "", width: 56, height: 56 })])])] : [];
      return made("tr", {}, [...ofPages, ...cells]);
    }));
  }

  function drawChooser() {
    const names = Object.keys(columns).filter((name) => name !== "run");
    element("chooser").replaceChildren(...names.map((name) => {
      const box = made("input", { type: "checkbox", checked: columnNames().includes(name) });
      box.addEventListener("change", () => {
        const wanted = names.filter((one) => (one === name ? box.checked : columnNames().includes(one)));
        change({ columns: String(["run", ...wanted]) === String(DEFAULT_COLUMNS) ? "" : wanted.join(",") || "run" }, { redraw: false });
      });
      return made("label", {}, [box, columns[name].words]);
    }));
  }

  // What the table shows, of all pages of it.
  function csv() {
    const names = columnNames();
    const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const lines = [names, ...found.map((row) => names.map((name) => (row[name] === null || row[name] === undefined ? "" : String(row[name]))))];
    return lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n";
  }

  element("csv").addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    made("a", { href: address, download: "runs.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });

  // --- all of it, from the address --------------------------------------------------------------------------------
  function draw() {
    state = kit.state();
    ticked = (state.compare ?? "").split(",").filter((name) => rows.some((row) => row.run === name));
    if (document.activeElement !== element("filter")) element("filter").value = state.filter ?? "";
    find();
    drawWall();
    drawTable();
    drawTray();
    return drawFigure();
  }

  // Changes of what is shown go into the address at once, and from there to the page.
  function change(changes, { redraw = true, figure = false, push = false } = {}) {
    state = { ...state, ...changes };
    for (const [name, value] of Object.entries(state)) if (value === "") delete state[name];
    kit.setState(changes, { push });
    if (redraw) {
      find();
      if (document.activeElement !== element("filter")) element("filter").value = state.filter ?? "";
      drawWall();
      drawTable();
      if ("filter" in changes) scheduleFigure();
    } else if (figure) drawFigure();
    else if ("columns" in changes) drawTable();
    drawTray();
  }

  let later = 0;
  function scheduleFigure() {
    clearTimeout(later);
    later = setTimeout(drawFigure, 120);
  }

  element("filter").addEventListener("input", () => change({ filter: element("filter").value.trim(), page: "", rows: "" }));
  element("clear").addEventListener("click", () => {
    element("filter").value = "";
    change({ filter: "", page: "", rows: "" });
    element("filter").focus();
  });
  addEventListener("hashchange", draw);
  // A browser that goes back may put old values into the boxes after this has run: the address is what holds.
  addEventListener("pageshow", (event) => { if (event.persisted) draw(); else element("filter").value = kit.state().filter ?? ""; });
  let resizing = 0;
  let width = innerWidth;
  addEventListener("resize", () => {
    if (width === innerWidth) return;
    width = innerWidth;
    clearTimeout(resizing);
    resizing = setTimeout(drawFigure, 120);
  });
  kit.onTheme(() => scheduleFigure());

  for (const [name, kinds] of Object.entries(sets)) {
    element("sets").append(...kinds.map((view) => made("a", { href: kit.address("runs", name, `${view.name}.html`), textContent: `${view.words}: ${name}` })));
  }
  element("samples").hidden = !pages || !Object.values(sets).some((kinds) => kinds.length);
  kit.listStudies(study.name);
  element("provenance").textContent = JSON.stringify(provenance, null, 2);
  element("wall_section").hidden = !pages;
  element("transport").hidden = !pages;
  drawChooser();
  draw().then(() => {
    watchFigure();
    document.body.dataset.ready = "true";
  });
  // For the tests.
  globalThis.gallery = { found: () => found, csv, bar, filter: (text) => { element("filter").value = text; change({ filter: text, page: "", rows: "" }); } };
})();
