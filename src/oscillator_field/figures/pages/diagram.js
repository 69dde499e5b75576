// A study of very many runs as one image: a cell is the mean of the runs at its place. It zooms, and says what is where.
"use strict";

(() => {
  const { element, made, options } = kit;
  const { parameters, observables, shared, defaults, runs } = diagram;
  const MEAN = "mean of all";
  // The fewest that the perplexity of a config by default allows.
  const SITES_OF_TSNE = 91;
  const text = (value) => (typeof value === "number" ? String(Number(value.toPrecision(6))).replace("-", "−") : String(value));
  const withUnit = (value, column) => (column.unit ? `${text(value)} ${column.unit}` : text(value));
  const axisTitle = (column) => (column.unit ? `${column.words} (${column.unit})` : column.words);

  // --- columns ----------------------------------------------------------------------------------------------------
  const unpacked = (packed, Kind) => new Kind(kit.bytesOf(packed).buffer);

  // The cell of each run along a parameter, and what the cells are called: its values, or pieces of its range.
  function along(name) {
    const column = parameters[name];
    if (!column.cells) {
      if (column.numbers) column.cells = { of: unpacked(column.numbers, Uint32Array), at: column.levels };
      else {
        const values = unpacked(column.values, Float64Array);
        let [low, high] = [Infinity, -Infinity];
        for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
        const width = (high - low) / diagram.cells;
        column.cells = {
          of: Uint16Array.from(values, (value) => Math.min(diagram.cells - 1, Math.floor((value - low) / width))),
          at: Array.from({ length: diagram.cells }, (_, cell) => low + (cell + 0.5) * width), values,
        };
      }
    }
    return column.cells;
  }

  const valuesOf = (name) => (observables[name].unpacked ??= unpacked(observables[name].values, Float32Array));
  const names = Object.keys(parameters);
  // Pieces of a range cannot be chosen one by one.
  const choosable = (name) => Boolean(parameters[name].levels);

  // --- what is shown ----------------------------------------------------------------------------------------------
  let choice = {};
  function completed(state) {
    const known = (wanted, fallback) => (names.includes(wanted) ? wanted : fallback);
    const observable = observables[state.observable] ? state.observable : observables[diagram.observable] ? diagram.observable : Object.keys(observables)[0];
    const x = known(state.x, diagram.axes[0]);
    const y = known(state.y === x ? "" : state.y, diagram.axes.find((name) => name !== x));
    const fixed = {};
    for (const name of names.filter((one) => one !== x && one !== y && choosable(one))) {
      const index = parameters[name].levels.findIndex((value) => String(value) === state[name]);
      if (index >= 0) fixed[name] = index;
    }
    return { observable, x, y, fixed };
  }

  // The mean of the runs of each cell, and one run of each to speak for its parameters. Of a time that a run had not
  // reached at its end there is none: that of the others would be too early.
  function image({ observable, x, y, fixed }) {
    const [across, up] = [along(x), y ? along(y) : { of: null, at: [""] }];
    const [width, height] = [across.at.length, up.at.length];
    const sums = new Float64Array(width * height);
    const counts = new Uint32Array(width * height);
    const here = new Uint32Array(width * height);
    const first = new Int32Array(width * height).fill(-1);
    const values = valuesOf(observable);
    const { censored } = observables[observable];
    const tests = Object.entries(fixed).map(([name, index]) => [along(name).of, index]);
    for (let run = 0; run < runs; run++) {
      if (tests.some(([of, index]) => of[run] !== index)) continue;
      const cell = (up.of ? up.of[run] : 0) * width + across.of[run];
      if (first[cell] < 0) first[cell] = run;
      here[cell] += 1;
      if (Number.isNaN(values[run])) {
        if (censored) sums[cell] = NaN;
        continue;
      }
      sums[cell] += values[run];
      counts[cell] += 1;
    }
    const z = Array.from({ length: height }, (_, row) => Array.from({ length: width }, (__, column) => {
      const cell = row * width + column;
      return counts[cell] && !Number.isNaN(sums[cell]) ? sums[cell] / counts[cell] : null;
    }));
    return { z, here, first, width, height, xs: across.at, ys: up.at };
  }

  let shown = null;
  function draw() {
    choice = completed(kit.state());
    drawControls();
    shown = image(choice);
    const numeric = (values) => values.every((value) => typeof value === "number");
    const axis = (name, values) => ({ title: { text: name ? axisTitle(parameters[name]) : "" }, automargin: true, showgrid: false, ...(numeric(values) ? {} : { type: "category" }) });
    const column = observables[choice.observable];
    const height = Math.max(320, Math.min(innerHeight - 190, 900));
    const words = column.words[0].toUpperCase() + column.words.slice(1);
    Plotly.react(element("figure"), [{
      type: "heatmap", x: shown.xs, y: shown.ys, z: shown.z, colorscale: diagram.scale, hoverongaps: false,
      colorbar: { title: { text: column.unit || " " }, thickness: 14, outlinewidth: 0 },
      hovertemplate: `${parameters[choice.x].words} %{x}${choice.y ? `<br>${parameters[choice.y].words} %{y}` : ""}<br>${column.words} %{z:.4g}<extra></extra>`,
    }], kit.themed({
      height, margin: { l: 70, r: 20, t: 44, b: 50 }, title: { text: words, font: { size: 15 }, x: 0.02, xanchor: "left" },
      xaxis: axis(choice.x, shown.xs), yaxis: axis(choice.y, shown.ys), dragmode: "zoom", uirevision: `${choice.x} ${choice.y}`,
    }), { ...kit.PLOT, scrollZoom: true });
    const most = shown.here.reduce((a, b) => Math.max(a, b), 0);
    const pieces = [choice.x, choice.y].filter((name) => name && !choosable(name)).map((name) => parameters[name].words);
    element("note").textContent = [
      most > 1 ? `A cell is the mean of up to ${most.toLocaleString("en")} runs.` : "A cell is one run.",
      pieces.length ? `${pieces.join(" and ")} have too many values for a cell each: a cell is a piece of the range.` : "",
      column.censored ? "Cells are empty where a run had not settled at its end." : "",
    ].filter(Boolean).join(" ");
    point(shown.first.findIndex((run) => run >= 0));
  }

  // What is known of a cell: its parameters, its numbers, and the command that runs it.
  function point(cell) {
    const run = shown.first[cell] ?? -1;
    if (run < 0) return;
    const alone = shown.here[cell] === 1;
    const of = Object.fromEntries(names.map((name) => [name, valueAt(name, run)]));
    const parts = [];
    const told = (word, value) => parts.push(made("dt", { textContent: word }), made("dd", { textContent: value }));
    for (const name of names) {
      // Of a piece of a range a run has one value, and the cell has many.
      const here = alone || name in choice.fixed || ((name === choice.x || name === choice.y) && choosable(name));
      told(parameters[name].words, `${here ? "" : `${MEAN}; first `}${withUnit(of[name], parameters[name])}`);
    }
    for (const [name, column] of Object.entries(observables)) {
      const value = name === choice.observable ? shown.z[Math.floor(cell / shown.width)][cell % shown.width] : alone ? valuesOf(name)[run] : null;
      if (value !== null) told(column.words, Number.isNaN(value) ? "–" : withUnit(value, column));
    }
    element("point").replaceChildren(...parts);
    element("command").textContent = command({ ...shared, ...of });
    element("copied").textContent = "";
  }

  function valueAt(name, run) {
    const cells = along(name);
    return cells.values ? cells.values[run] : cells.at[cells.of[run]];
  }

  // YAML in the words of --config: nested keys in braces, so that no file is needed.
  function command(of) {
    const quoted = (value) => {
      if (Array.isArray(value)) return `[${value.map(quoted).join(", ")}]`;
      return typeof value === "string" && !/^[\w./-]+$/.test(value) ? JSON.stringify(value) : String(value);
    };
    if ((of.direction ?? "none") !== "none") return "A run of a chain begins with the end of the one before it, and cannot be run by itself.";
    // What the config of the study states otherwise than the defaults stands in a file that the command reads too.
    const { encoding: stated_encoding, field: stated_field, measure } = diagram.provenance.config;
    const stated = { ...stated_encoding, ...stated_field };
    const isSaid = (name, value) => name in defaults && (value !== defaults[name] || (name in stated && stated[name] !== defaults[name]));
    const different = Object.entries(of).filter(([name, value]) => isSaid(name, value));
    const braces = (entries) => `{${entries.map(([name, value]) => `${name}: ${quoted(value)}`).join(", ")}}`;
    const encoding = different.filter(([name]) => diagram.encoding.includes(name));
    const field = different.filter(([name]) => !diagram.encoding.includes(name));
    const label = diagram.label === "digit" ? "digits" : "labels";
    const words = [
      Object.keys(diagram.pictures).length ? `'pictures=${braces(Object.entries(diagram.pictures))}'` : "",
      `'${label}=[${quoted(of[diagram.label])}]'`, of.instance ? `'instances=[${of.instance}]'` : "",
      encoding.length ? `'encoding=${braces(encoding)}'` : "", field.length ? `'field=${braces(field)}'` : "",
      // Whether a field has settled is looked at where frames are kept.
      of.stop_when_settled > 0 && measure.every > 1 ? `'history={every: ${measure.every}}'` : "",
      measure.settled_share === diagram.settled_share ? "" : `'measure={settled_share: ${measure.settled_share}}'`,
      // No plane holds so few channels, and t-SNE wants more sites.
      of.channels < 2 || diagram.pixels[of.size] < SITES_OF_TSNE ? "'embed={methods: [], samples: {methods: []}}'" : "",
      "'study={name: point}'",
    ];
    return `snakemake --cores all --config ${words.filter(Boolean).join(" ")}`;
  }

  // --- controls ---------------------------------------------------------------------------------------------------
  function drawControls() {
    options(element("observable"), Object.entries(observables).map(([name, column]) => [name, column.words]), choice.observable);
    const all = names.map((name) => [name, parameters[name].words]);
    options(element("x"), all, choice.x);
    options(element("y"), all.filter(([name]) => name !== choice.x), choice.y);
    element("y").parentElement.hidden = names.length < 2;
    const others = names.filter((name) => name !== choice.x && name !== choice.y && choosable(name));
    element("others").replaceChildren(...others.map((name) => {
      const select = made("select");
      const entries = parameters[name].levels.map((value) => [String(value), withUnit(value, parameters[name])]);
      options(select, [["", MEAN], ...entries], name in choice.fixed ? String(parameters[name].levels[choice.fixed[name]]) : "");
      select.addEventListener("change", () => change({ [name]: select.value }));
      return made("label", {}, [parameters[name].words, select]);
    }));
  }

  function change(changes) {
    kit.setState(changes, { push: true });
    draw();
  }

  for (const name of ["observable", "x", "y"]) element(name).addEventListener("change", () => change({ [name]: element(name).value }));
  addEventListener("hashchange", draw);
  addEventListener("popstate", draw);
  kit.onTheme(() => shown && draw());
  let later = 0;
  addEventListener("resize", () => { clearTimeout(later); later = setTimeout(draw, 150); });

  element("copy").addEventListener("click", async () => {
    const words = element("command").textContent;
    try {
      await navigator.clipboard.writeText(words);
      element("copied").textContent = "copied";
    } catch {
      // A page on a disk may not write to the clipboard: the text is chosen, to be copied by hand.
      getSelection().selectAllChildren(element("command"));
      element("copied").textContent = "press Ctrl+C";
    }
  });

  kit.listStudies(diagram.name);
  element("provenance").textContent = JSON.stringify(diagram.provenance, null, 2);
  let held = false;
  draw();
  const cellOf = ({ points: [one] }) => (Array.isArray(one.pointNumber) ? one.pointNumber[0] * shown.width + one.pointNumber[1] : one.pointNumber);
  const hint = () => { element("hint").textContent = held ? "Held: click the diagram to let go." : "Click to hold a point. Drag or scroll to zoom, double-click for all."; };
  element("figure").on("plotly_hover", (event) => held || point(cellOf(event)));
  element("figure").on("plotly_click", (event) => { held = !held; point(cellOf(event)); hint(); });
  hint();
  document.body.dataset.ready = "true";
  // For the tests.
  globalThis.page = { shown: () => shown, choice: () => choice, point, command };
})();
