// The live page: a picture that one draws drives the model; sliders, curves, the settings as a config and as a link.
"use strict";

(() => {
  const { element, made } = kit;
  const content = kit.json("content");
  const controls = content.groups.flatMap((group) => group.controls);
  const DEFAULTS = Object.fromEntries(controls.map((one) => [one.name, one.default]));
  const PALETTES = Object.fromEntries(Object.entries(content.palettes).map(([kind, text]) => [kind, kit.palette(text)]));
  const SIDES = [28, 64, 128];
  const SPEEDS = [1, 2, 5, 10, 20];
  const POINTS = 1200;
  // What makes another field, where all else changes the one that runs.
  const OF_START = ["seed", "start", "winding_rows", "winding_columns", "frequency_distribution", "frequency_mean", "frequency_spread", "channels"];
  const ENCODING = ["scale", "arc", "invert"];
  // Parameters that say something only where another one has some value.
  const NEEDS = {
    radius: () => ["disc", "gaussian"].includes(settings.neighbourhood),
    winding_rows: () => settings.start === "twisted" && settings.boundary === "periodic",
    winding_columns: () => settings.start === "twisted" && settings.boundary === "periodic",
    frequency_mean: () => settings.frequency_distribution !== "none",
    frequency_spread: () => settings.frequency_distribution !== "none",
    noise: () => settings.integrator !== "rk4",
  };

  const side = content.side;
  const digits = content.digits.map(kit.bytesOf);
  let settings = { ...DEFAULTS };
  // Grey levels of the picture, and the digit that it is, if it is one.
  let picture = Uint8Array.from(digits[3]);
  let digit = 3;
  let lattice = SIDES[0];
  let field;
  let playing = !kit.still();
  let course = [];
  // Whether the field that runs began with other settings, or another picture.
  let changed = false;
  let painters = {};
  // One value a pixel of what is painted, and its colour.
  let shown;
  let bytes;

  // --- the picture --------------------------------------------------------------------------------------------------
  const pad = element("pad");
  const pen = { down: false, x: 0, y: 0 };

  function paintPad() {
    kit.painter(pad, side, side, kit.GREYS)(picture);
    for (const button of element("digits").children) button.setAttribute("aria-pressed", String(Number(button.value) === digit));
  }

  // Sixteen greys, so that the picture, its link and its file are one.
  const GREY_STEP = 17;
  const asGrey = (value) => Math.min(255, GREY_STEP * Math.round(value / GREY_STEP));

  function drewOn() {
    digit = null;
    paintPad();
    drive();
    remember();
  }

  // A soft disc along the way of the pen, in pixels of the picture.
  function stroke(x, y) {
    const radius = Number(element("pen").value);
    const count = Math.max(1, Math.ceil(2 * Math.hypot(x - pen.x, y - pen.y)));
    for (let part = 1; part <= count; part++) {
      const cx = pen.x + ((x - pen.x) * part) / count;
      const cy = pen.y + ((y - pen.y) * part) / count;
      for (let row = Math.max(0, Math.floor(cy - radius - 1)); row <= Math.min(side - 1, cy + radius + 1); row++) {
        for (let column = Math.max(0, Math.floor(cx - radius - 1)); column <= Math.min(side - 1, cx + radius + 1); column++) {
          const ink = 255 * Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(column + 0.5 - cx, row + 0.5 - cy)));
          picture[row * side + column] = Math.max(picture[row * side + column], asGrey(ink));
        }
      }
    }
    [pen.x, pen.y] = [x, y];
    drewOn();
  }

  function placeOf(event) {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  }

  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    pen.down = true;
    [pen.x, pen.y] = placeOf(event);
    // The first stroke on a digit begins a picture of one's own.
    if (digit !== null) picture.fill(0);
    stroke(...placeOf(event));
  });
  pad.addEventListener("pointermove", (event) => pen.down && stroke(...placeOf(event)));
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { pen.down = false; });

  // Another picture, which is a digit or none: the field begins anew.
  function takePicture(number) {
    digit = number;
    if (number !== null) picture = Uint8Array.from(digits[number]);
    paintPad();
    restart();
    remember();
  }

  async function takeFile(file) {
    try {
      const image = await createImageBitmap(file);
      const canvas = made("canvas", { width: side, height: side });
      const context = canvas.getContext("2d");
      context.fillRect(0, 0, side, side);
      // As a whole, in the middle.
      const scale = side / Math.max(image.width, image.height);
      const [width, height] = [image.width * scale, image.height * scale];
      context.drawImage(image, (side - width) / 2, (side - height) / 2, width, height);
      const { data } = context.getImageData(0, 0, side, side);
      picture = Uint8Array.from({ length: side * side }, (_, place) => asGrey(0.299 * data[4 * place] + 0.587 * data[4 * place + 1] + 0.114 * data[4 * place + 2]));
      element("said").textContent = `${file.name}, at ${side} x ${side} pixels.`;
      takePicture(null);
    } catch {
      element("said").textContent = `${file.name} is no picture that this browser can read.`;
    }
  }

  element("file").addEventListener("change", (event) => event.target.files[0] && takeFile(event.target.files[0]));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) takeFile(file);
  });

  // Mean and deviation of the picture at its own size; of one grey level alone no deviation, whatever rounding says.
  function statistics(level) {
    const mean = level.reduce((sum, value) => sum + value, 0) / level.length;
    const deviation = Math.sqrt(level.reduce((sum, value) => sum + (value - mean) ** 2, 0) / level.length);
    return level.every((value) => value === level[0]) ? [level[0], 0] : [mean, deviation];
  }

  // Input phases of the lattice: levels, standardised by the set of a digit and else by themselves, times the arc.
  function phases() {
    const own = Float64Array.from(picture, (value) => value / 255);
    let level = lattice === side ? own : enlarged(own);
    if (settings.scale === "standardised") {
      const [mean, deviation] = digit === null ? statistics(own) : content.statistics;
      level = level.map((value) => (value - mean) / (deviation || 1));
    }
    return level.map((value) => Math.fround(settings.invert ? 2 * Math.PI - value * settings.arc : value * settings.arc));
  }

  // Bilinear, from the middle of one pixel to that of the next.
  function enlarged(level) {
    const at = Array.from({ length: lattice }, (_, place) => Math.min(side - 1, Math.max(0, ((place + 0.5) * side) / lattice - 0.5)));
    return Float64Array.from({ length: lattice * lattice }, (_, pixel) => {
      const [y, x] = [at[Math.floor(pixel / lattice)], at[pixel % lattice]];
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [down, right] = [Math.min(side - 1, top + 1), Math.min(side - 1, left + 1)];
      const line = (row) => level[row * side + left] * (1 - (x - left)) + level[row * side + right] * (x - left);
      return line(top) * (1 - (y - top)) + line(down) * (y - top);
    });
  }

  // --- the field ----------------------------------------------------------------------------------------------------
  function restart() {
    field = model.field({
      rows: lattice, columns: lattice, channels: settings.channels, drive: phases(), seed: settings.seed, parameters: settings,
      start: { kind: settings.start, winding_rows: settings.winding_rows, winding_columns: settings.winding_columns },
      frequency: { kind: settings.frequency_distribution, mean: settings.frequency_mean, spread: settings.frequency_spread },
    });
    painters = Object.fromEntries(Object.entries(PALETTES).map(([kind, colours]) => [kind, kit.painter(element(kind), lattice, lattice, colours)]));
    shown = new Float64Array(lattice * lattice);
    bytes = new Uint8Array(lattice * lattice);
    fitAll();
    course = [];
    changed = false;
    draw();
  }

  // Another picture pulls on the field that is there, unless that begins with it.
  function drive() {
    if (settings.start === "input") {
      restart();
      return;
    }
    changed = field.step() > 0;
    field.pull(phases());
    if (!playing) draw();
  }

  function draw() {
    const paint = (kind, level) => {
      model.pixels(field, kind, shown);
      for (let pixel = 0; pixel < shown.length; pixel++) bytes[pixel] = level(shown[pixel]);
      painters[kind](bytes);
    };
    // From -pi to pi, as everywhere.
    paint("phase", (phase) => Math.floor((phase / (2 * Math.PI) + 0.5) * 256) & 255);
    paint("local", (order) => Math.min(255, Math.floor(order * 256)));
    // Four decades below the fastest.
    let fastest = 1e-12;
    for (const speed of field.velocity) fastest = Math.max(fastest, Math.abs(speed));
    const top = field.step() ? Math.ceil(Math.log10(fastest)) : 0;
    paint("velocity", (speed) => Math.max(0, Math.min(255, Math.floor(((Math.log10(speed + 1e-12) - top + 4) / 4) * 256))));
    element("velocity-words").textContent = `Velocity, 1e${top - 4}-1e${top} rad/s`;
    const { order, alignment } = model.order(field);
    course.push([field.seconds(), order, alignment]);
    // Every other point of a long course will do.
    if (course.length > POINTS) course = course.filter((_, place) => place % 2 === 0);
    drawCurve();
    element("now").textContent = `${order.toFixed(3)}, ${alignment.toFixed(3)}`;
    element("time").textContent = `${field.seconds().toFixed(2)} s, step ${field.step()}`;
  }

  function drawCurve() {
    const canvas = element("curve");
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio)) Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const end = Math.max(1, course.at(-1)[0]);
    const [left, bottom] = [26, 18];
    const x = (time) => left + (time / end) * (width - left - 6);
    const y = (value) => 6 + (1 - value) * (height - bottom - 8);
    context.font = "11px sans-serif";
    context.fillStyle = colours.muted;
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    for (const mark of [0, 0.5, 1]) {
      const at = y(mark);
      context.beginPath();
      context.moveTo(left, at);
      context.lineTo(width - 6, at);
      context.stroke();
      context.fillText(String(mark), 2, at + 4);
    }
    const text = `${Number(end.toPrecision(3))} s`;
    context.fillText("0", left, height - 4);
    context.fillText(text, width - 8 - context.measureText(text).width, height - 4);
    for (const [place, colour, dash] of [[2, colours.alignment, [6, 4]], [1, colours.order, []]]) {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.setLineDash(dash);
      context.beginPath();
      for (const point of course) context.lineTo(x(point[0]), y(point[place]));
      context.stroke();
    }
    context.setLineDash([]);
  }

  let colours = {};
  function readColours() {
    colours = { order: kit.colour("accent-line"), alignment: kit.colour("wrong"), muted: kit.colour("muted"), grid: kit.colour("grid") };
  }

  function fitAll() {
    for (const kind of Object.keys(PALETTES)) kit.fit(element(kind), element(kind).parentElement);
  }

  // --- settings -----------------------------------------------------------------------------------------------------
  const inputs = {};

  // Limits to twelve digits, as the workflow has them.
  const limit = (value) => (value === undefined ? undefined : Number(value.toPrecision(12)));
  const allowed = (control, value) => Number.isFinite(value) && !(value < limit(control.low)) && !(value <= limit(control.above)) && !(value > limit(control.high));

  function change(name, value) {
    if (settings[name] === value) return;
    const before = { ...settings };
    settings[name] = value;
    agree(name);
    // What makes the start may be another key than the one that was changed.
    if (OF_START.some((one) => settings[one] !== before[one]) || (name === "boundary" && settings.start !== "random")) restart();
    else if (ENCODING.includes(name)) drive();
    else {
      changed = field.step() > 0;
      field.set(settings);
    }
    showSettings();
    remember();
  }

  // What the workflow refuses together: the key that was changed decides.
  function agree(name) {
    if (settings.integrator === "rk4") settings.noise = 0;
    if (settings.start === "twisted" && settings.boundary !== "periodic") {
      if (name === "boundary") settings.start = "random"; else settings.boundary = "periodic";
    }
    if (settings.integrator !== "euler" && settings.frequency_distribution === "lorentzian") {
      if (name === "integrator") settings.frequency_distribution = "none"; else settings.integrator = "euler";
    }
  }

  // What else the workflow would refuse, in words.
  function refused() {
    const strength = 8 * Math.abs(settings.k_coupling) + settings.channels * Math.abs(settings.k_omega) + Math.abs(settings.k_bias) + Math.abs(settings.input_rate);
    const widths = settings.frequency_distribution === "normal" ? content.normal_widths : 1;
    const fastest = NEEDS.frequency_mean() ? Math.abs(settings.frequency_mean) + widths * settings.frequency_spread : 0;
    return [
      [settings.drive_end <= settings.drive_onset, "drive_end is not after drive_onset"],
      [NEEDS.winding_rows() && 2 * Math.max(Math.abs(settings.winding_rows), Math.abs(settings.winding_columns)) > lattice, "the start has too many turns"],
      [NEEDS.radius() && settings.radius >= lattice, "the radius is not less than the lattice"],
      [settings.integrator !== "euler" && settings.delta_t * (strength + fastest) > content.farthest, "delta_t is too long for this integrator"],
    ].filter(([wrong]) => wrong).map(([, words]) => words);
  }

  function controlOf(control) {
    const id = `set-${control.name}`;
    const words = control.unit ? `${control.name} (${control.unit})` : control.name;
    const label = made("label", { textContent: words, title: control.meaning, htmlFor: id });
    const row = made("div", { className: "control" }, [label]);
    if (control.choices) {
      const select = made("select", { id });
      kit.options(select, control.choices.map((one) => [one, one]), control.default);
      select.addEventListener("change", () => change(control.name, select.value));
      row.append(select);
      inputs[control.name] = { row, show: (value) => { select.value = value; } };
    } else if (control.kind === "bool") {
      const box = made("input", { id, type: "checkbox" });
      box.addEventListener("change", () => change(control.name, box.checked));
      row.append(box);
      inputs[control.name] = { row, show: (value) => { box.checked = value; } };
    } else {
      const whole = control.kind === "int";
      const number = made("input", { id, type: "number", step: whole ? 1 : "any", min: control.low ?? control.above, max: control.high });
      const take = (text) => {
        const value = Number(text);
        const good = text !== "" && allowed(control, value) && (!whole || Number.isInteger(value));
        number.setAttribute("aria-invalid", String(!good));
        if (good) change(control.name, value);
      };
      number.addEventListener("input", () => take(number.value));
      let slider = null;
      if (control.slider) {
        const [low, high] = control.slider;
        // Round numbers, so that it comes back to where it was; its end is the default where that lies beyond.
        const decimals = whole ? 0 : -Math.floor(Math.log10((high - low) / 200));
        const step = 10 ** -decimals;
        slider = made("input", { type: "range", min: Math.ceil(low / step - 1e-9) * step, max: high, step, ariaLabel: words });
        slider.addEventListener("input", () => {
          const value = Number(Number(slider.value).toFixed(decimals)) + 0;
          const isDefault = Math.abs(value - control.default) < step / 2 || (control.default > high && value > high - step / 2);
          take(String(isDefault ? control.default : value));
        });
        row.append(slider);
      }
      row.append(number);
      inputs[control.name] = {
        row,
        show: (value) => {
          if (document.activeElement !== number) number.value = value;
          if (slider && document.activeElement !== slider) slider.value = value;
          number.setAttribute("aria-invalid", "false");
        },
      };
    }
    return row;
  }

  function showSettings() {
    for (const [name, input] of Object.entries(inputs)) {
      input.show(settings[name]);
      input.row.hidden = name in NEEDS && !NEEDS[name]();
    }
  }

  function showConfig() {
    element("yaml").textContent = yaml();
  }

  // What differs from the defaults, and says something; a link has the same.
  function special() {
    return Object.fromEntries(Object.entries(settings).filter(([name, value]) => value !== DEFAULTS[name] && (!(name in NEEDS) || NEEDS[name]())));
  }

  // In YAML 1.1, which Snakemake reads, 1e-7 is a text.
  const written = (value) => String(value).replace(/^(-?\d+)e/, "$1.0e");

  function yaml() {
    // What the config of the study states otherwise than the defaults stands there, whatever this page shows.
    const values = { ...content.stated, ...special() };
    // As long as it was watched, where that is longer than usual.
    if (field.step() > content.steps) values.steps = field.step();
    const lines = [];
    for (const words of refused()) lines.push(`# Refused by the workflow: ${words}.`);
    if (changed) lines.push("# Settings or picture were changed while the field ran; a run has these from its start.");
    if (digit === null) lines.push("# Save the picture below in a folder of its own, and name that folder here.", "pictures:", "  dataset: folder", "  directory: FOLDER");
    else lines.push(`digits: [${digit}]`);
    if (lattice !== side) lines.push(...(digit === null ? [] : ["pictures:"]), `  size: [${lattice}, ${lattice}]`, "  fit: stretch");
    for (const [section, has] of [["encoding", (name) => ENCODING.includes(name)], ["field", (name) => !ENCODING.includes(name)]]) {
      const names = Object.keys(values).filter(has);
      if (names.length) lines.push(`${section}:`, ...names.map((name) => `  ${name}: ${written(values[name])}`));
    }
    if (["normal", "lorentzian"].includes(settings.frequency_distribution)) lines.push("# Frequencies are drawn by other numbers there, of the same distribution.");
    return `${lines.join("\n")}\n`;
  }

  const HALF_BYTES = "0123456789abcdef";
  const packed = () => Array.from(picture, (value) => HALF_BYTES[value >> 4]).join("").replace(/0{8,}/g, (zeros) => `z${zeros.length}z`);
  const unpacked = (text) => Array.from(text.replace(/z(\d+)z/g, (_, count) => "0".repeat(Math.min(side * side, Number(count)))), (letter) => 17 * HALF_BYTES.indexOf(letter));

  function remember() {
    const gone = Object.fromEntries(controls.map((one) => [one.name, ""]));
    kit.setState({ ...gone, ...special(), lattice: lattice === SIDES[0] ? "" : lattice, digit: digit === null || digit === 3 ? "" : digit, picture: digit === null ? packed() : "" });
    showConfig();
  }

  // A link may hold anything: what is not allowed is left out.
  function recall() {
    const state = kit.state();
    for (const control of controls) {
      const text = state[control.name];
      if (text === undefined) continue;
      if (control.choices && control.choices.includes(text)) settings[control.name] = text;
      else if (control.kind === "bool") settings[control.name] = text === "true";
      else if (!control.choices && allowed(control, Number(text)) && (control.kind !== "int" || Number.isInteger(Number(text)))) settings[control.name] = Number(text);
    }
    if (SIDES.includes(Number(state.lattice))) lattice = Number(state.lattice);
    if (/^[0-9]$/.test(state.digit)) [digit, picture] = [Number(state.digit), Uint8Array.from(digits[state.digit])];
    const drawn = state.picture ? unpacked(state.picture) : [];
    if (drawn.length === side * side && drawn.every((value) => value >= 0)) [digit, picture] = [null, Uint8Array.from(drawn)];
    agree("");
  }

  // --- playing ------------------------------------------------------------------------------------------------------
  function setPlaying(wanted) {
    playing = wanted;
    element("play").textContent = wanted ? "Pause" : "Play";
    if (!wanted) element("rate").textContent = "";
    showConfig();
  }

  function stepOnce() {
    setPlaying(false);
    field.advance(1);
    draw();
  }

  let frames = { count: 0, since: performance.now() };
  function tick() {
    requestAnimationFrame(tick);
    if (!playing || document.hidden) return;
    field.advance(Number(element("speed").value));
    draw();
    frames.count += 1;
    const seconds = (performance.now() - frames.since) / 1000;
    if (seconds > 1) {
      element("rate").textContent = `${Math.round(frames.count / seconds)} frames/s`;
      frames = { count: 0, since: performance.now() };
    }
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      element("told").textContent = "Copied.";
    } catch {
      element("told").textContent = "The browser does not allow it.";
    }
    setTimeout(() => { element("told").textContent = ""; }, 3000);
  }

  element("play").addEventListener("click", () => setPlaying(!playing));
  element("step").addEventListener("click", stepOnce);
  element("reset").addEventListener("click", () => { restart(); showConfig(); });
  element("clear").addEventListener("click", () => { picture.fill(0); drewOn(); });
  element("copy").addEventListener("click", () => copy(yaml()));
  element("link").addEventListener("click", () => { remember(); setTimeout(() => copy(location.href), 300); });
  element("config").addEventListener("toggle", showConfig);
  element("save").addEventListener("click", (event) => { event.target.href = pad.toDataURL("image/png"); });
  element("defaults").addEventListener("click", () => { settings = { ...DEFAULTS }; restart(); showSettings(); remember(); });
  element("side").addEventListener("change", (event) => { lattice = Number(event.target.value); restart(); showSettings(); remember(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("select, button, a, summary, input")) return;
    const action = { " ": () => setPlaying(!playing), ArrowRight: stepOnce, r: () => element("reset").click() }[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  addEventListener("resize", () => { fitAll(); drawCurve(); });
  kit.onTheme(() => { readColours(); if (course.length) drawCurve(); });

  kit.options(element("side"), SIDES.map((one) => [one, `${one} x ${one}`]), lattice);
  kit.options(element("speed"), SPEEDS.map((one) => [one, one === 1 ? "1 step a frame" : `${one} steps a frame`]), 5);
  element("digits").append(...digits.map((_, number) => {
    const button = made("button", { type: "button", value: number, textContent: number, ariaLabel: `digit ${number}` });
    button.addEventListener("click", () => takePicture(number));
    return button;
  }));
  recall();
  element("groups").append(...content.groups.map((group, place) => made("details", { open: place === 0 }, [made("summary", { textContent: group.words }), ...group.controls.map(controlOf)])));
  // As the address says, also where it is changed by hand.
  function begin() {
    element("side").value = lattice;
    paintPad();
    restart();
    showSettings();
    showConfig();
  }
  addEventListener("hashchange", () => {
    [settings, digit, lattice] = [{ ...DEFAULTS }, 3, SIDES[0]];
    picture = Uint8Array.from(digits[3]);
    recall();
    begin();
  });

  readColours();
  begin();
  setPlaying(playing);
  requestAnimationFrame(tick);
  document.body.dataset.ready = "true";
  // For whoever wants to look into it, tests among them.
  globalThis.live = { field: () => field, settings: () => ({ ...settings }), picture: () => picture, rate: () => element("rate").textContent };
})();
