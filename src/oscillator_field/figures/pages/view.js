// One view of the runs of a job, as an animation in a figure of plotly: sized from its window, and played by the bar.
// Beside other pages it shows no bar of its own: they say which step, and hand on keys.
"use strict";

(async () => {
  const { element, made } = kit;
  const content = kit.json("content");
  const { fields, steps, kind, top_level: topLevel } = content;
  const all = content.panels;
  const levels = await kit.unpack(content.packed, steps.length, 2);
  const items = levels.length / (steps.length * all.length * fields.length);
  const figure = element("figure");
  const start = kit.state();
  const embedded = "embedded" in start;
  document.body.classList.toggle("embedded", embedded);

  // Runs that have all of their panels here, at least the first.
  const ofEach = content.panels_a_run;
  const runs = Math.max(1, Math.floor(all.length / ofEach));
  // The panels that are shown: all, or those of the run that the address asks for, by its number in the job.
  const chosen = () => {
    const wanted = kit.state().run;
    const numbers = all.map((_, panel) => panel);
    return wanted !== undefined && Number(wanted) < runs ? numbers.filter((panel) => Math.floor(panel / ofEach) === Number(wanted)) : numbers;
  };
  let panels = chosen();
  // Ranges that hold for several pages beside each other.
  let ranges = content.ranges;

  // One field of one panel at a frame, as plotly takes it: a list, or rows of a lattice.
  function values(frame, panel, index) {
    const { low, high, columns } = fields[index];
    const first = ((frame * all.length + panel) * fields.length + index) * items;
    const numbers = new Float32Array(items);
    for (let i = 0; i < items; i++) numbers[i] = low + (levels[first + i] / topLevel) * (high - low);
    return columns ? rows(numbers, columns) : numbers;
  }

  function rows(numbers, columns) {
    return Array.from({ length: numbers.length / columns }, (_, row) => numbers.subarray(row * columns, (row + 1) * columns));
  }

  // --- the layout -------------------------------------------------------------------------------------------------
  const GAP = 14;
  const TITLE = 17;

  // As many columns as make the panels largest; a lattice keeps the shape of its pixels.
  function grid(count, width, height, title) {
    const aspect = kind === "lattice" ? content.shape[1] / content.shape[0] : kind === "scatter" ? 1 : 0;
    let best = null;
    for (let columns = 1; columns <= count; columns++) {
      const down = Math.ceil(count / columns);
      let across = (width - GAP * (columns - 1)) / columns;
      let tall = (height - (GAP + title) * down + GAP) / down;
      if (aspect) {
        const cell = Math.min(across / aspect, tall);
        [across, tall] = [cell * aspect, cell];
      }
      if (across > 0 && tall > 0 && (!best || across * tall > best.across * best.tall)) best = { columns, across, tall, down };
    }
    return best ?? { columns: 1, across: 10, tall: 10, down: count };
  }

  // The marks of the scale; of ranges that several pages share, powers of ten or what plotly chooses.
  function scaleMarks() {
    if (String(ranges.z) === String(content.ranges.z)) return { tickvals: content.colours.ticks.map(([value]) => value), ticktext: content.colours.ticks.map(([, text]) => text) };
    if (!fields[0].powers) return {};
    const [low, high] = ranges.z;
    const powers = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, index) => Math.ceil(low) + index);
    return { tickvals: powers, ticktext: powers.map((power) => String(Number((10 ** power).toPrecision(3)))) };
  }

  // Of a legend of hardly two names a row, which stands below the curves where there is no room beside them.
  const legendHeight = () => 19 * Math.ceil(content.curves.length / 1.6);

  function layout() {
    const [width, height] = [figure.clientWidth, figure.clientHeight];
    const narrow = width < 560;
    const colours = content.colours;
    // The scale stands at the right, or below where there is no room.
    const margin = {
      l: narrow ? 58 : 62, r: narrow ? (colours ? 28 : 12) : colours ? 114 : kind === "curves" ? 232 : 12, t: narrow ? 6 : 10, b: narrow ? (colours ? 112 : kind === "curves" ? 51 + legendHeight() : 48) : 48,
      pad: 0, autoexpand: false,
    };
    const [inner, tall] = [Math.max(60, width - margin.l - margin.r), Math.max(60, height - margin.t - margin.b)];
    const title = panels.length > 1 ? TITLE : 0;
    const place = grid(panels.length, inner, tall, title);
    const deep = place.down * (place.tall + GAP + title) - GAP;
    const used = place.columns * place.across + (place.columns - 1) * GAP;
    const from = (inner - used) / 2;
    const shown = {
      width, height, margin, autosize: false, showlegend: kind === "curves", annotations: [], dragmode: "zoom",
      legend: narrow ? { orientation: "h", x: 0, y: -48 / tall, yanchor: "top", font: { size: 10 }, tracegroupgap: 0 } : { x: 1.01, y: 1, xanchor: "left" },
    };
    if (colours) {
      const bar = narrow
        ? { orientation: "h", x: 0.5, xanchor: "center", y: 1 - (deep + 44) / tall, yanchor: "top", len: 1, title: { text: colours.title.replaceAll("<br>", " "), side: "top" } }
        : { x: 1 - (from - 14) / inner, xanchor: "left", y: 0.5, lenmode: "pixels", len: Math.min(tall, 460), title: { text: `${colours.title}<br><span style="font-size:6px">\u00a0</span>`, side: "top" } };
      shown.coloraxis = {
        colorscale: scaleOf(colours), cmin: ranges.z[0], cmax: ranges.z[1],
        colorbar: { thickness: 14, xpad: 0, outlinewidth: 0, ticklabeloverflow: "allow", ...scaleMarks(), ...bar },
      };
    }
    panels.forEach((panel, index) => {
      const suffix = index ? index + 1 : "";
      const [row, column] = [Math.floor(index / place.columns), index % place.columns];
      const left = from + column * (place.across + GAP);
      const top = title + row * (place.tall + GAP + title);
      const bottom = index + place.columns >= panels.length;
      // Titles of axes stand once, where they cannot collide.
      const inLastRow = panels.length - place.columns * (place.down - 1);
      const middle = row === place.down - 1 && column === Math.floor((inLastRow - 1) / 2);
      const side = row === Math.floor((place.down - 1) / 2);
      const fixed = { automargin: false, zeroline: false, ticks: "outside", ticklen: 3, tickangle: 0 };
      // As many marks as have their place.
      const marks = (length) => Math.max(2, Math.min(panels.length > 4 ? 4 : 8, Math.floor(length / 42)));
      shown[`xaxis${suffix}`] = {
        ...fixed, domain: [left / inner, (left + place.across) / inner], anchor: `y${suffix}`, range: ranges.x, showticklabels: bottom,
        nticks: marks(place.across),
        title: { text: middle ? content.x_title : "", standoff: 6 },
      };
      shown[`yaxis${suffix}`] = {
        ...fixed, domain: [1 - (top + place.tall) / tall, 1 - top / tall], anchor: `x${suffix}`, range: ranges.y, showticklabels: column === 0,
        nticks: marks(place.tall),
        title: { text: column === 0 && side ? content.y_title : "", standoff: 6 },
      };
      if (title) {
        const most = Math.max(8, Math.floor(place.across / 6.2));
        const text = all[panel].title;
        shown.annotations.push({
          text: text.length > most ? `${text.slice(0, most - 1)}…` : text, hovertext: text, font: { size: 11 }, x: left / inner, y: 1 - top / tall,
          xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", showarrow: false,
        });
      }
    });
    return kit.themed(shown);
  }

  // Where there is no room, the buttons of plotly would lie on the figure.
  const options = () => ({ ...kit.PLOT, displayModeBar: figure.clientWidth < 560 ? false : "hover" });

  // --- the traces: those that change come first, one a panel ------------------------------------------------------
  function traces(frame) {
    const axes = (index) => ({ xaxis: `x${index ? index + 1 : ""}`, yaxis: `y${index ? index + 1 : ""}` });
    const moving = panels.map((panel, index) => ({ ...movingTrace(frame, panel), ...axes(index) }));
    if (kind !== "curves") return moving;
    const still = panels.flatMap((panel, index) =>
      content.curves.map(({ name, bold, dash }, curve) => ({
        type: "scatter", mode: "lines", x: all[panel].time, y: all[panel].values[curve], name, legendgroup: name, showlegend: !index,
        line: { width: bold ? 4 : 1.6, dash, color: kit.colour(`curve-${curve % content.curve_colours}`) },
        hovertemplate: content.hover, ...axes(index),
      })));
    return [...moving, ...still];
  }

  // Few classes have the colours of the theme, as flat steps; more of them those of the scale.
  const themed = content.colours?.classes ?? 0;

  function scaleOf({ scale }) {
    if (!themed) return scale;
    return Array.from({ length: themed }, (_, number) => [number / themed, (number + 1) / themed].map((edge) => [edge, kit.colour(`class-${number}`)])).flat();
  }

  function movingTrace(frame, panel) {
    if (kind === "lattice") {
      return { type: "heatmap", coloraxis: "coloraxis", hovertemplate: content.hover, zsmooth: false, ...lattice(values(frame, panel, 0)) };
    }
    if (kind === "curves") {
      const x = values(frame, panel, 0);
      return { type: "scatter", mode: "lines", x: [x[0], x[0]], y: ranges.y, line: { color: kit.colour("ink"), width: 2 }, hoverinfo: "skip", showlegend: false };
    }
    const marks = all[panel].marks;
    const size = Math.max(3, all[panel].marker / (panels.length > 1 ? 2 : 1));
    const scale = scaleOf(content.colours);
    return {
      type: "scatter", x: values(frame, panel, 0), y: values(frame, panel, 1), hovertext: all[panel].hover, hovertemplate: content.hover,
      ...(marks
        ? { mode: "text", text: marks, textfont: { size: size + 3, color: all[panel].level.map((level) => scale[2 * Math.floor(level)][1]) } }
        : { mode: "markers", marker: { size, color: all[panel].level, coloraxis: "coloraxis", line: { width: 0 } } }),
    };
  }

  // What a logarithm stands for, to be read off by the pointer; the lowest stands for all that is less.
  const power = (value) => `${value <= fields[0].low ? "≤ " : ""}${Number((10 ** value).toPrecision(3))}`;
  const lattice = (z) => (fields[0].powers ? { z, customdata: z.map((row) => Array.from(row, power)) } : { z });

  async function draw(frame) {
    if (kind === "lattice") {
      const each = panels.map((panel) => lattice(values(frame, panel, 0)));
      const update = { z: each.map(({ z }) => z) };
      if (fields[0].powers) update.customdata = each.map(({ customdata }) => customdata);
      await Plotly.restyle(figure, update, panels.map((_, index) => index));
      return;
    }
    // Points only move: plotly need not lay out anything anew, which takes half as long again.
    const data = panels.map((panel) => {
      const moved = Object.fromEntries(fields.map(({ name }, index) => [name, values(frame, panel, index)]));
      return kind === "curves" ? { x: [moved.x[0], moved.x[0]] } : moved;
    });
    await Plotly.animate(figure, { data, traces: panels.map((_, index) => index) },
      { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } });
  }

  // --- playing ----------------------------------------------------------------------------------------------------
  let shown = steps.length - 1;
  let drawing = Promise.resolve();
  let ready = false;
  const tell = (message) => embedded && parent !== window && parent.postMessage(message, "*");

  // One thing is drawn at a time: plotly rejects what is drawn while the next comes. What fails holds up nothing.
  function inTurn(task) {
    drawing = drawing.catch(() => {}).then(task);
    return drawing;
  }

  // Of the frames that wait only the newest is drawn.
  function show(frame, step) {
    if (!embedded) kit.setState({ step });
    if (frame === shown && ready) return drawing;
    shown = frame;
    return inTurn(() => frame === shown && ready && draw(frame));
  }

  const bar = transport(element("transport"), show);
  bar.load({ steps, seconds: content.seconds, texts: content.texts, rate: content.frame_rate });

  // The whole figure anew: another size, other colours, other panels.
  const redraw = () => inTurn(() => Plotly.react(figure, traces(shown), layout(), options()));

  function goTo(state) {
    const wanted = chosen();
    if (String(wanted) !== String(panels)) {
      panels = wanted;
      redraw();
    }
    return bar.goTo(state.step === undefined ? steps.at(-1) : Number(state.step));
  }

  // --- the pages around -------------------------------------------------------------------------------------------
  for (const view of content.views) {
    const link = made("a", { textContent: view.words, href: `${view.name}.html` });
    if (view.name === content.view) link.setAttribute("aria-current", "page");
    link.addEventListener("click", () => { link.href = `${view.name}.html#step=${bar.step()}`; });
    element("views").append(link);
  }

  addEventListener("message", ({ data, source }) => {
    if (source !== parent || !data) return;
    if (Number.isInteger(data.step)) bar.goTo(data.step);
    if (typeof data.theme === "string") kit.setTheme(data.theme);
    if (data.ranges) {
      ranges = data.ranges;
      redraw();
    }
  });
  if (embedded) {
    document.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.altKey && !event.metaKey) tell({ key: event.key });
    }, true);
  }
  addEventListener("hashchange", () => goTo(kit.state()));
  const fit = () => ready && (figure.clientWidth !== figure.layout?.width || figure.clientHeight !== figure.layout?.height) && redraw();
  let resizing = 0;
  new ResizeObserver(() => {
    clearTimeout(resizing);
    resizing = setTimeout(fit, 60);
  }).observe(figure);
  kit.onTheme(() => ready && redraw());

  await Plotly.newPlot(figure, traces(shown), layout(), options());
  ready = true;
  await goTo(start);
  // The room may have changed while the figure was drawn for the first time.
  fit();
  figure.on?.("plotly_click", ({ points: [point] }) => {
    const run = all[panels[point.curveNumber]]?.runs?.[point.pointIndex];
    if (run) location.href = `../../run.html#${new URLSearchParams({ run })}`;
  });
  tell({ ready: true, runs, steps, seconds: content.seconds, texts: content.texts, rate: content.frame_rate, ranges: content.ranges });
  // For whoever drives the page from outside, and for the tests.
  globalThis.player = { show: (frame) => bar.show(frame), values, shown: () => shown, step: () => bar.step(), frames: steps.length };
  document.body.dataset.ready = "true";
})();
