// What all pages share: elements, addresses of results, packed frames, the theme, state in the address, previews of runs.
"use strict";

const kit = (() => {
  const element = (id) => document.getElementById(id);

  function made(tag, properties = {}, children = []) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in node) node[name] = value; else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  // Names of runs hold characters that mean something in an address.
  const address = (...parts) => parts.map(encodeURIComponent).join("/");

  // What a select offers, each a value and its words, and which of them is chosen.
  function options(select, entries, chosen) {
    select.replaceChildren(...entries.map(([value, words]) => made("option", { value, textContent: words })));
    select.value = chosen;
  }

  const json = (id) => JSON.parse(element(id).textContent);

  // --- packed frames ----------------------------------------------------------------------------------------------
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  // Levels of all frames from their deflated changes: one plane of bytes, or the low bytes and then the high ones.
  async function unpack(packed, frames, planes) {
    const stream = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const count = bytes.length / planes;
    const size = count / frames;
    const levels = planes === 1 ? new Uint8Array(count) : new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      const change = planes === 1 ? bytes[i] : bytes[i] | (bytes[count + i] << 8);
      levels[i] = (i < size ? 0 : levels[i - size]) + change;
    }
    return levels;
  }

  // The last frame that is not after a step.
  function frameAt(steps, step) {
    let low = 0;
    let high = steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (steps[middle] <= step) low = middle; else high = middle - 1;
    }
    return low;
  }

  // --- the theme --------------------------------------------------------------------------------------------------
  const THEMES = ["system", "light", "dark"];
  const listeners = [];
  let theme = "system";

  // A browser may keep nothing for pages that lie on a disk.
  function remembered() {
    try { return localStorage.getItem("theme"); } catch { return null; }
  }

  function setTheme(wanted) {
    theme = THEMES.includes(wanted) ? wanted : "system";
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try { localStorage.setItem("theme", theme); } catch { /* It lasts as long as the page. */ }
    const button = element("theme");
    if (button) button.textContent = `Theme: ${theme}`;
    for (const listener of listeners) listener();
  }

  function onTheme(listener) { listeners.push(listener); }

  // A colour of the style sheet, as the theme in force has it.
  function colour(name) {
    const probe = made("span", { hidden: true });
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  // A layout of plotly in the colours of the page.
  function themed(layout) {
    const [ink, muted, grid] = [colour("ink"), colour("muted"), colour("grid")];
    const shown = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: colour("plot"), modebar: { color: muted, activecolor: ink, bgcolor: "rgba(0,0,0,0)" },
      hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("edge"), font: { color: ink } },
      ...layout, font: { family: getComputedStyle(document.body).fontFamily, size: 13, ...layout.font, color: ink },
    };
    for (const name of Object.keys(shown).filter((key) => /^[xy]axis\d*$/.test(key))) {
      shown[name] = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, ...shown[name] };
    }
    return shown;
  }

  // Nothing is sent to anybody, and the logo leads nowhere.
  const PLOT = { displaylogo: false, responsive: false, plotlyServerURL: "", modeBarButtonsToRemove: ["sendChartToCloud"] };

  // --- state in the address ---------------------------------------------------------------------------------------
  function state() { return Object.fromEntries(new URLSearchParams(location.hash.slice(1))); }

  let writing = 0;
  let waiting = {};
  // What is empty is left out. Browsers refuse many changes in a row, so while something plays there are a few a second.
  function setState(changes, { push = false } = {}) {
    Object.assign(waiting, changes);
    if (push) write("pushState");
    else if (!writing) writing = setTimeout(write, 250, "replaceState");
  }

  function write(how) {
    clearTimeout(writing);
    writing = 0;
    const kept = Object.entries({ ...state(), ...waiting }).filter(([, value]) => value !== "" && value !== null && value !== undefined);
    waiting = {};
    const hash = new URLSearchParams(kept).toString();
    if (hash !== new URLSearchParams(state()).toString()) history[how](null, "", hash ? `#${hash}` : location.pathname + location.search);
  }
  addEventListener("pagehide", () => writing && write("replaceState"));

  // --- previews of runs -------------------------------------------------------------------------------------------
  const known = new Map();
  const arriving = new Map();

  // The files of previews call this: pages that lie on a disk may load scripts, but read no other files.
  globalThis.preview = (run, content) => arriving.get(run)?.(content);

  // The frames, the picture and the curves of a run; rejected where its file is missing.
  function preview(run, job, place) {
    if (!known.has(run)) {
      known.set(run, new Promise((resolve, reject) => {
        arriving.set(run, async (content) => {
          arriving.delete(run);
          content.frames = await unpack(content.packed, content.steps.length, 1);
          content.pixel = bytesOf(content.pixel);
          resolve(content);
        });
        const script = made("script", { src: address("runs", job, "preview", `${place}.js`), async: true });
        script.addEventListener("error", () => reject(new Error(`${script.getAttribute("src")} was not found`)));
        document.head.append(script);
      }));
    }
    return known.get(run);
  }

  // --- lattices on a canvas ---------------------------------------------------------------------------------------
  // 256 colours as they lie in a picture's memory.
  function palette(text) {
    const rgb = bytesOf(text);
    const words = new Uint32Array(256);
    for (let i = 0; i < 256; i++) words[i] = 0xff000000 | (rgb[3 * i + 2] << 16) | (rgb[3 * i + 1] << 8) | rgb[3 * i];
    return words;
  }

  const GREYS = Uint32Array.from({ length: 256 }, (_, level) => 0xff000000 | (level << 16) | (level << 8) | level);

  // What draws levels on a canvas, one pixel of it a site; the style sheet makes them larger.
  function painter(canvas, rows, columns, colours) {
    Object.assign(canvas, { width: columns, height: rows });
    canvas.classList.toggle("tall", rows > columns);
    const context = canvas.getContext("2d");
    const picture = context.createImageData(columns, rows);
    const words = new Uint32Array(picture.data.buffer);
    return (levels, first = 0) => {
      for (let i = 0; i < words.length; i++) words[i] = colours[levels[first + i]];
      context.putImageData(picture, 0, 0);
    };
  }

  // As large as fits into a box, in whole pixels a site where that is possible.
  function fit(canvas, box) {
    const scale = Math.min(box.clientWidth / canvas.width, box.clientHeight / canvas.height);
    const whole = scale >= 1 ? Math.floor(scale) : scale;
    canvas.style.width = `${canvas.width * whole}px`;
    canvas.style.height = `${canvas.height * whole}px`;
  }

  // Links to the studies beside one, which studies.js lists.
  function listStudies(name) {
    for (const other of globalThis.listedStudies ?? []) {
      if (other.name !== name) element("studies").append(made("a", { href: `${name ? "../" : ""}${other.path}`, textContent: other.title }));
    }
    element("other_studies").hidden = !element("studies").childElementCount;
  }

  addEventListener("storage", (event) => event.key === "theme" && setTheme(event.newValue));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(theme));
  setTheme(new URLSearchParams(location.hash.slice(1)).get("theme") ?? remembered());
  addEventListener("DOMContentLoaded", () => {
    setTheme(theme);
    element("theme")?.addEventListener("click", () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % 3]));
  });

  return {
    element, made, options, address, json, bytesOf, unpack, frameAt, onTheme, theme: () => theme, setTheme, colour, themed, PLOT, state, setState,
    preview, palette, GREYS, painter, fit, listStudies,
    still: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
})();
