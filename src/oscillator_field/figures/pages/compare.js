// Two to four runs side by side under one bar: their fields or any of their views, and how the fields differ.
"use strict";

(() => {
  const { element, made } = kit;
  const { rows, views, colours, pages } = study;
  const FIELD = "field";
  const DIFFERENCE = "difference";
  const MOST = 4;
  const palette = kit.palette(colours);
  let runs = [];
  let view = FIELD;
  // What is shown: canvases that are painted here, or pages that are told a step.
  let panels = [];
  // Whether the bar stands where it was asked to; until then the address says where.
  let placed = false;

  const bar = transport(element("transport"), (index, step) => {
    kit.setState({ step });
    for (const panel of panels) panel.show(step);
  });

  const names = () => kit.state().runs?.split(",") ?? [];

  // What tells the runs apart, else their whole title.
  function caption(run) {
    const apart = chart.differing().filter((name) => runs.some((other) => other[name] !== run[name]));
    return apart.length ? apart.map((name) => chart.withUnit(`${study.columns[name].words} ${chart.valueText(run, name)}`, name)).join(", ") : chart.title(run);
  }

  function titled(text, run) {
    const stage = made("div", { className: "stage" });
    const words = run ? [made("a", { href: `run.html#${new URLSearchParams({ run: run.run })}`, textContent: text })] : [text];
    element("side").append(made("figure", {}, [made("figcaption", {}, words), stage]));
    return stage;
  }

  function canvasIn(stage, preview, words) {
    const canvas = made("canvas", {});
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words);
    stage.append(canvas);
    return { canvas, paint: kit.painter(canvas, preview.rows, preview.columns, palette), size: preview.rows * preview.columns };
  }

  function fieldPanel(run, preview) {
    const stage = titled(caption(run), run);
    const { canvas, paint, size } = canvasIn(stage, preview, `phases of ${chart.title(run)}`);
    return { show: (step) => paint(preview.frames, kit.frameAt(preview.steps, step) * size), fit: () => kit.fit(canvas, stage) };
  }

  // Levels go round the circle once in 256, so their difference is the phase between the runs, wrapped; zero is the middle.
  function differencePanel(run, preview, first) {
    const stage = titled(`${caption(run)} minus ${caption(runs[0])}`);
    if (String(preview.lattice) !== String(first.lattice)) {
      stage.append(made("p", { className: "muted", textContent: "These lattices have different sizes, so there is no difference." }));
      return { show: () => {}, fit: () => {} };
    }
    const { canvas, paint, size } = canvasIn(stage, preview, `phase difference of ${chart.title(run)} and ${chart.title(runs[0])}`);
    const levels = new Uint8Array(size);
    return {
      show: (step) => {
        const [a, b] = [kit.frameAt(preview.steps, step) * size, kit.frameAt(first.steps, step) * size];
        for (let i = 0; i < size; i++) levels[i] = preview.frames[a + i] - first.frames[b + i] + 128;
        paint(levels);
      },
      fit: () => kit.fit(canvas, stage),
    };
  }

  function viewPanel(run) {
    const stage = titled(caption(run), run);
    const hash = new URLSearchParams({ embedded: "1", step: placed ? bar.step() : kit.state().step ?? "", theme: kit.theme(), ...(run.together > 1 ? { run: run.number } : {}) });
    const frame = made("iframe", { src: `${kit.address("runs", run.job, `${view}.html`)}#${hash}`, title: `${view} of ${chart.title(run)}` });
    stage.append(frame);
    return { run, stage, frame, ranges: null, show: (step) => frame.contentWindow?.postMessage({ step }, "*"), fit: () => {} };
  }

  // The smallest ranges that hold all pages.
  function together(all) {
    const joined = {};
    for (const axis of Object.keys(all[0])) {
      const each = all.map((ranges) => ranges[axis]).filter(Boolean);
      const turned = each.length && each[0][0] > each[0][1];
      const [low, high] = [Math.min(...each.flat()), Math.max(...each.flat())];
      if (each.length) joined[axis] = turned ? [high, low] : [low, high];
    }
    return joined;
  }

  addEventListener("message", ({ data, source }) => {
    const panel = panels.find((one) => one.frame && one.frame.contentWindow === source);
    if (!panel || !data) return;
    if (typeof data.key === "string") bar.key(data.key);
    if (!data.ready) return;
    panel.ranges = data.ranges;
    panel.course = data;
    const framed = panels.filter((one) => one.frame);
    if (!framed.every((one) => one.ranges)) return;
    for (const { run, stage, course: { runs: there } } of framed) {
      if (run.number < there) continue;
      stage.replaceChildren(made("p", { className: "muted", textContent: `This view shows the first ${there} runs of the job, and this is number ${run.number + 1}: compare the fields.` }));
    }
    const joined = together(framed.map((one) => one.ranges));
    for (const one of framed) one.frame.contentWindow?.postMessage({ ranges: joined, theme: kit.theme() }, "*");
    course(framed.map((one) => one.course));
  });

  // Steps of all runs, those of the longest with its times; each run shows its last frame that is not after the step.
  function course(all) {
    const asked = kit.state().step;
    const step = placed ? bar.step() : asked === undefined ? Infinity : Number(asked);
    placed = true;
    const longest = all.reduce((one, other) => (other.steps.at(-1) > one.steps.at(-1) || (other.steps.at(-1) === one.steps.at(-1) && other.steps.length > one.steps.length) ? other : one));
    const alike = all.every((one) => one.seconds && Math.abs(one.seconds[0] / one.steps[0] / (longest.seconds[0] / longest.steps[0]) - 1) < 1e-9);
    bar.load({ steps: longest.steps, seconds: alike ? longest.seconds : null, rate: longest.rate });
    bar.goTo(step === Infinity ? longest.steps.at(-1) : step);
    document.body.dataset.ready = "true";
  }

  function arrange() {
    const count = element("side").childElementCount;
    const across = innerWidth < 700 ? Math.min(count, 2) : count <= 4 ? count : Math.ceil(count / 2);
    element("side").style.setProperty("--across", across);
    const down = Math.ceil(count / across);
    element("side").style.setProperty("--tall", `${Math.max(180, (innerHeight - 210) / down - 34)}px`);
    for (const panel of panels) panel.fit();
  }

  async function open() {
    const state = kit.state();
    delete document.body.dataset.ready;
    const asked = names();
    runs = asked.map((name) => rows.find((row) => row.run === name)).filter(Boolean).slice(0, MOST);
    const lost = asked.filter((name) => !rows.some((row) => row.run === name));
    element("missing").textContent = [
      lost.length ? `The study has no run of the name ${lost.join(", ")}.` : "",
      runs.length < 2 ? "Choose two to four runs in the gallery." : "", asked.length > MOST ? `The first ${MOST} are shown.` : "",
    ].filter(Boolean).join(" ");
    view = [FIELD, DIFFERENCE, ...(pages ? views.map(({ name }) => name) : [])].includes(state.view) ? state.view : FIELD;
    element("view").value = view;
    element("side").replaceChildren();
    panels = [];
    if (runs.length < 2) return;
    document.title = element("title").textContent = `Compare ${runs.length} runs`;
    const share = chart.differing().filter((name) => runs.every((run) => run[name] === runs[0][name]));
    element("alike").textContent = share.length ? `All with ${share.map((name) => chart.withUnit(`${study.columns[name].words} ${chart.valueText(runs[0], name)}`, name)).join(", ")}.` : "";
    if (!pages) {
      element("missing").textContent = "This study has no pages of its runs (render.html.enabled, history.keep), so there is nothing to compare.";
      return;
    }
    if (view === FIELD || view === DIFFERENCE) {
      let previews;
      try {
        previews = await Promise.all(runs.map((run) => kit.preview(run.run, run.job, run.number)));
      } catch (error) {
        element("missing").textContent = `These runs cannot be shown: ${error.message}. Keep the page in its folder of results.`;
        return;
      }
      panels = runs.map((run, index) => fieldPanel(run, previews[index]));
      if (view === DIFFERENCE) panels.push(...runs.slice(1).map((run, index) => differencePanel(run, previews[index + 1], previews[0])));
      arrange();
      course(previews);
    } else {
      panels = runs.map((run) => viewPanel(run));
      arrange();
    }
  }

  element("view").append(...[{ name: FIELD, words: "Field" }, { name: DIFFERENCE, words: "Field and difference" }, ...(pages ? views : [])]
    .map(({ name, words }) => made("option", { value: name, textContent: words })));
  element("view").addEventListener("change", () => {
    kit.setState({ view: element("view").value === FIELD ? "" : element("view").value }, { push: true });
    open();
  });
  element("to_gallery").addEventListener("click", () => {
    element("to_gallery").href = `index.html#${new URLSearchParams({ compare: runs.map((run) => run.run).join(",") })}`;
  });
  function reopen() {
    placed = false;
    open();
  }
  addEventListener("hashchange", reopen);
  addEventListener("resize", arrange);
  kit.onTheme(() => panels.forEach((panel) => panel.frame?.contentWindow?.postMessage({ theme: kit.theme() }, "*")));
  // For the tests.
  globalThis.compare = { step: () => bar.step() };
  open();
})();
