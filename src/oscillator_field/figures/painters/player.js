// Plays the frames of one animation in a plotly figure: play, pause, step, seek, speed, loop, and a link by step
// to the other views of the run. Reads the JSON that html.py puts beside it.
(async () => {
  "use strict";
  const animation = JSON.parse(document.getElementById("animation").textContent);
  const { steps, texts, fields, panels, top_level: topLevel } = animation;
  const element = (id) => document.getElementById(id);
  const last = steps.length - 1;

  // Levels of all frames, from their deflated changes: (frame, panel, field, item).
  async function unpack(packed) {
    const deflated = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
    const planes = new Uint8Array(await new Response(stream).arrayBuffer());
    const count = planes.length / 2;
    const size = count / steps.length;
    const levels = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      levels[i] = (i < size ? 0 : levels[i - size]) + (planes[i] | (planes[count + i] << 8));
    }
    return levels;
  }

  const levels = await unpack(animation.packed);
  const items = levels.length / (steps.length * panels * fields.length);

  // One field of one panel at a frame, as plotly takes it: a list, or rows of a lattice.
  function values(frame, panel, index) {
    const { low, high, columns } = fields[index];
    const first = ((frame * panels + panel) * fields.length + index) * items;
    const numbers = new Float32Array(items);
    for (let i = 0; i < items; i++) {
      numbers[i] = low + (levels[first + i] / topLevel) * (high - low);
    }
    return columns ? rows(numbers, columns) : numbers;
  }

  function rows(numbers, columns) {
    return Array.from({ length: numbers.length / columns }, (_, row) => numbers.subarray(row * columns, (row + 1) * columns));
  }

  const figure = element("figure");
  const numbersOfPanels = Array.from({ length: panels }, (_, panel) => panel);
  let shown = -1;
  // The step that was asked for: a thinned view shows the frame not after it, and links hand it on.
  let step = 0;
  let drawing = Promise.resolve();

  // One frame is drawn at a time: plotly rejects what is drawn while the next comes. Of those that wait, only the newest.
  function show(frame, asked = steps[frame], tell = true) {
    step = asked;
    if (frame === shown) return drawing;
    shown = frame;
    element("frame").value = frame;
    element("time").textContent = texts[frame];
    // Whoever shows this page beside another keeps the two in step.
    if (tell && parent !== window) parent.postMessage({ step }, "*");
    drawing = drawing.then(() => frame === shown && draw(frame));
    return drawing;
  }

  // The traces that change come first in the figure, one a panel.
  async function draw(frame) {
    if (!fields[0].columns) {
      // Points only move: plotly need not lay out anything anew, which takes half as long again.
      const data = numbersOfPanels.map((panel) =>
        Object.fromEntries(fields.map(({ name }, index) => [name, values(frame, panel, index)])));
      await Plotly.animate(figure, { data, traces: numbersOfPanels },
        { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } });
      return;
    }
    const lattices = numbersOfPanels.map((panel) => values(frame, panel, 0));
    const update = { [fields[0].name]: lattices };
    // What a logarithm stands for, to be read off by the pointer.
    if (fields[0].powers) update.customdata = lattices.map((rows) => rows.map((row) => row.map((value) => 10 ** value)));
    await Plotly.restyle(figure, update, numbersOfPanels);
  }

  // Views may be thinned in different ways: the last frame not after the step.
  function frameAt(step) {
    let frame = 0;
    while (frame < last && steps[frame + 1] <= step) frame++;
    return frame;
  }

  let playing = false;
  let startTime = 0;
  let startFrame = 0;

  function startFrom(frame) {
    startFrame = frame;
    startTime = performance.now();
  }

  function setPlaying(wanted) {
    playing = wanted;
    element("play").textContent = wanted ? "Pause" : "Play";
    if (wanted) {
      startFrom(shown === last ? 0 : shown);
      requestAnimationFrame(tick);
    }
  }

  // The clock decides which frame is due, so a slow machine drops frames but keeps the time.
  async function tick() {
    if (!playing) return;
    const rate = animation.frame_rate * Number(element("speed").value);
    let due = startFrame + Math.floor(((performance.now() - startTime) / 1000) * rate);
    if (due > last && element("loop").checked) {
      due %= last + 1;
      startFrom(due);
    }
    await show(Math.min(due, last));
    if (due > last) setPlaying(false);
    else if (playing) requestAnimationFrame(tick);
  }

  function seek(frame) {
    const wanted = Math.max(0, Math.min(last, frame));
    startFrom(wanted);
    return show(wanted);
  }

  function stepBy(count) {
    setPlaying(false);
    return seek(shown + count);
  }

  element("play").addEventListener("click", () => setPlaying(!playing));
  element("back").addEventListener("click", () => stepBy(-1));
  element("forward").addEventListener("click", () => stepBy(1));
  element("frame").addEventListener("input", (event) => seek(Number(event.target.value)));
  element("speed").addEventListener("change", () => startFrom(shown));
  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "SELECT" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " " && event.target.matches("button, [type=checkbox]")) return;
    const actions = {
      " ": () => setPlaying(!playing),
      ArrowLeft: () => stepBy(-1),
      ArrowRight: () => stepBy(1),
      Home: () => stepBy(-last),
      End: () => stepBy(last),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });

  // Whoever clicks goes on with the keys of the page, and not with those of what was clicked.
  document.addEventListener("click", (event) => {
    if (event.detail && event.target.matches("button, [type=checkbox]")) event.target.blur();
  });

  function goTo(asked) {
    setPlaying(false);
    return show(frameAt(asked), asked, false);
  }

  // The step that a page beside this one shows; it is not told back.
  window.addEventListener("message", ({ data }) => {
    if (Number.isInteger(data?.step)) goTo(data.step);
  });

  const stepOfAddress = () => Number(/^#step=(\d+)$/.exec(location.hash)?.[1] ?? 0);
  window.addEventListener("hashchange", () => goTo(stepOfAddress()));

  for (const view of animation.views) {
    const link = document.createElement("a");
    link.textContent = view;
    link.href = `${view}.html`;
    if (view === animation.view) link.className = "here";
    link.addEventListener("click", () => { link.href = `${view}.html#step=${step}`; });
    element("views").append(link);
  }

  await Plotly.newPlot(figure, animation.figure.data, animation.figure.layout, { displaylogo: false });
  element("frame").max = last;
  await goTo(stepOfAddress());
  if (parent !== window) parent.postMessage({ height: document.body.scrollHeight }, "*");
  // For whoever drives the page from outside, and for the tests.
  window.player = { show: seek, values, shown: () => shown, frames: steps.length };
  document.body.dataset.ready = "true";
})();
