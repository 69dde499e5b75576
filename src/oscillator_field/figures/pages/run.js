// One run: its picture, its parameters, its numbers and curves, and its views one at a time, all at one step.
"use strict";

(() => {
  const { element, made } = kit;
  const { columns, rows, views, colours, pages } = study;
  const names = rows.map((row) => row.run);
  const stage = element("stage");
  const FIELD = "field";
  // What is shown, with its preview, and what was asked for last: a preview may take its time.
  let run = null;
  let preview = null;
  let wanted = null;
  let view = FIELD;
  let frame = null;
  let cursor = Promise.resolve();

  const bar = transport(element("transport"), (index, step) => {
    kit.setState({ step });
    if (view === FIELD) paint?.(preview.frames, index * preview.rows * preview.columns);
    else frame?.contentWindow?.postMessage({ step }, "*");
    drawCursor(step);
  });
  let paint = null;

  // --- what it is -------------------------------------------------------------------------------------------------
  function described(pairs, apart) {
    return pairs.flatMap(([name, value]) => {
      const unit = columns[name].unit && value !== null ? ` ${columns[name].unit}` : "";
      const className = apart.has(name) ? "apart" : "";
      return [made("dt", { textContent: columns[name].words, title: columns[name].meaning, className }),
        made("dd", { textContent: `${chart.valueText(run, name)}${unit}`, className })];
    });
  }

  function describe() {
    const index = names.indexOf(run.run);
    document.title = element("title").textContent = chart.title(run);
    const link = (id, other) => {
      element(id).hidden = !other;
      if (other) element(id).href = `#${new URLSearchParams({ run: other.run, ...(view === FIELD ? {} : { view }) })}`;
    };
    link("previous", rows[index - 1]);
    link("next", rows[index + 1]);
    element("place").textContent = `run ${index + 1} of ${rows.length}`;
    const differing = new Set(chart.differing());
    const parameters = Object.keys(columns).filter((name) => columns[name].kind === "parameter");
    parameters.sort((a, b) => differing.has(b) - differing.has(a));
    element("parameters").replaceChildren(...described(parameters.map((name) => [name, run[name]]), differing));
    const observables = Object.keys(columns).filter((name) => columns[name].kind === "observable");
    element("observables").replaceChildren(...described(observables.map((name) => [name, run[name]]), new Set()));
    // The live page has the first of each digit, at their own size, and couplings that are stated.
    const { dataset, size } = study.provenance.config.pictures;
    element("live").hidden = dataset !== "mnist" || size !== null || run.size !== 0 || run.instance !== 0 || run.channels > 8 || run.learned !== "none" || run.direction !== "none";
    element("live").href = `live.html#${new URLSearchParams(["digit", ...parameters].map((name) => [name, String(run[name])]))}`;
    const kept = study.provenance.config.history.keep === "none" ? "observables" : "history";
    element("store").href = kit.address("runs", run.job, `${kept}.zarr`);
    element("store").textContent = `folder of the ${kept}`;
  }

  // --- the views --------------------------------------------------------------------------------------------------
  function tabs() {
    const each = [{ name: FIELD, words: "Field" }, ...(pages ? views : [])];
    element("tabs").replaceChildren(...each.map(({ name, words }) => {
      const tab = made("button", { type: "button", textContent: words, id: `tab-${name}` });
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-selected", name === view);
      tab.setAttribute("aria-controls", "stage");
      tab.tabIndex = name === view ? 0 : -1;
      tab.addEventListener("click", () => choose(name, true));
      tab.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const next = each[(each.findIndex((one) => one.name === name) + by + each.length) % each.length].name;
        choose(next, true);
        element(`tab-${next}`).focus();
      });
      return tab;
    }));
    const selected = element(`tab-${view}`);
    stage.setAttribute("aria-labelledby", selected.id);
    element("alone").hidden = view === FIELD;
    if (view !== FIELD) element("alone").href = `${kit.address("runs", run.job, `${view}.html`)}`;
  }

  function choose(name, push = false) {
    if (push && name === view && stage.childElementCount) return;
    const step = bar.step();
    view = name === FIELD || (pages && views.some((one) => one.name === name)) ? name : FIELD;
    if (push) kit.setState({ view: view === FIELD ? "" : view }, { push: true });
    tabs();
    frame = paint = null;
    element("left_out").hidden = true;
    if (view === FIELD) {
      const canvas = made("canvas", { className: "field" });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `phases of ${chart.title(run)}`);
      stage.replaceChildren(canvas);
      paint = kit.painter(canvas, preview.rows, preview.columns, palette);
      kit.fit(canvas, stage);
      bar.load({ steps: preview.steps, seconds: preview.seconds });
      bar.goTo(step);
      element("left_out").hidden = preview.block === 1;
      element("left_out").textContent = `Each square is the mean of ${preview.block} × ${preview.block} pixels; the views show every pixel.`;
      return;
    }
    const hash = new URLSearchParams({ embedded: "1", step, theme: kit.theme(), ...(run.together > 1 ? { run: run.number } : {}) });
    frame = made("iframe", { src: `${kit.address("runs", run.job, `${view}.html`)}#${hash}`, title: `${view} of ${chart.title(run)}` });
    stage.replaceChildren(frame);
  }

  addEventListener("message", ({ data, source }) => {
    if (!frame || source !== frame.contentWindow || !data) return;
    if (data.ready) {
      // A page shows the first runs of a job that shares one store; the field alone has every run.
      element("left_out").hidden = run.number < data.runs;
      element("left_out").textContent = `This view shows the first ${data.runs} runs of the job; this run is number ${run.number + 1}, so you see all that it has.`;
      const step = bar.step();
      bar.load(data);
      bar.goTo(step);
    }
    if (typeof data.key === "string") bar.key(data.key);
  });

  // --- the curves -------------------------------------------------------------------------------------------------
  // Fixed, so that the cursor over the figure knows where its frame is.
  const MARGIN = { l: 46, r: 8, t: 46, b: 40 };
  const TALL = 270;
  const times = () => preview.seconds ?? preview.steps;

  function drawCurves() {
    const box = element("curves");
    const data = Object.values(columns).filter((one) => one.share).map(({ over_time: name, short }, index) => ({
      type: "scatter", mode: "lines", x: times(), y: preview.curves[name], name: short,
      line: { width: 2, color: kit.colour(`curve-${index}`) }, hovertemplate: "%{x:.4g}: %{y:.3f}",
    }));
    const layout = {
      width: box.clientWidth, height: TALL, margin: { ...MARGIN, autoexpand: false }, showlegend: true,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 11 } },
      xaxis: { title: { text: preview.seconds ? "time (s)" : "step", standoff: 4 }, range: [0, times().at(-1)], zeroline: false },
      yaxis: { title: { text: "share (0 to 1)", standoff: 4 }, range: [0, 1.02], zeroline: false },
    };
    cursor = cursor.then(() => Plotly.react(box, data, kit.themed(layout), { ...kit.PLOT, displayModeBar: false })).then(() => drawCursor(bar.step()));
  }

  // A line of the page over the figure: plotly need not draw anything anew while it plays.
  function drawCursor(step) {
    if (!preview) return;
    const share = times()[kit.frameAt(preview.steps, step)] / times().at(-1);
    const wide = element("curves").clientWidth - MARGIN.l - MARGIN.r;
    Object.assign(element("cursor").style, { left: `${MARGIN.l + share * wide - 1}px`, top: `${MARGIN.t}px`, height: `${TALL - MARGIN.t - MARGIN.b}px` });
    element("cursor").hidden = false;
  }

  // --- which run --------------------------------------------------------------------------------------------------
  const palette = kit.palette(colours);
  // A study without pages of its runs has parameters and numbers alone.
  for (const id of ["shown", "order", "transport"]) element(id).hidden = !pages;

  async function open() {
    const state = kit.state();
    const asked = rows.find((row) => row.run === state.run) ?? (state.run === undefined ? rows[0] : null);
    wanted = asked;
    if (!asked) {
      element("title").textContent = "No such run";
      element("missing").hidden = false;
      element("missing").textContent = `The study has no run of the name ${state.run}.`;
      element("content").hidden = true;
      run = frame = null;
      return;
    }
    const same = run === asked;
    if (!same) {
      const [read] = await Promise.allSettled([pages ? kit.preview(asked.run, asked.job, asked.number) : null]);
      if (wanted !== asked) return;
      run = asked;
      preview = read.value ?? null;
      paint = null;
      describe();
      element("content").hidden = element("missing").hidden = false;
      element(read.reason ? "content" : "missing").hidden = true;
      if (read.reason) element("missing").textContent = `This run cannot be shown: ${read.reason.message}. Keep the page in its folder of results, or run the workflow again.`;
    }
    if (preview) play(kit.state(), !same);
    document.body.dataset.ready = "true";
  }

  // The preview of the run: at the step and in the view of the address.
  function play(state, another) {
    if (another) {
      bar.load({ steps: preview.steps, seconds: preview.seconds });
      const picture = element("picture");
      kit.painter(picture, preview.rows, preview.columns, kit.GREYS)(preview.pixel);
      picture.setAttribute("aria-label", `the picture that drives ${chart.title(run)}`);
    }
    bar.goTo(state.step === undefined ? preview.steps.at(-1) : Number(state.step));
    if (another || (state.view ?? FIELD) !== view) choose(state.view ?? FIELD);
    if (another) drawCurves();
  }

  addEventListener("hashchange", open);
  let resizing = 0;
  addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      if (view === FIELD && stage.firstChild) kit.fit(stage.firstChild, stage);
      if (preview) drawCurves();
    }, 80);
  });
  kit.onTheme(() => {
    frame?.contentWindow?.postMessage({ theme: kit.theme() }, "*");
    if (preview) drawCurves();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, select")) return;
    const link = { n: "next", p: "previous" }[event.key];
    if (link && !element(link).hidden) location.hash = element(link).hash;
  });
  open();
})();
