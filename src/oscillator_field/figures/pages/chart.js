// What a study shows: its runs as rows, words for their values, and figures of observables, as plotly takes them.
// Pure: it asks no page for anything, so that the browser which draws summary.png runs it too.
"use strict";

const chart = (() => {
  const MINUS = "\u2212";
  // Curves that are drawn at once, and cells and letters that a map writes numbers into, at most.
  const MOST_CURVES = 200;
  const MOST_TEXTS = 150;
  const MOST_LINES = 12;

  // The rows of a study from its columns; what all runs share is not repeated.
  function rowsOf(content) {
    const names = Object.keys(content.values);
    return content.values.run.map((_, index) => {
      const row = Object.create(content.constants);
      for (const name of names) row[name] = content.values[name][index];
      return row;
    });
  }

  // Whole numbers whole; others with as many digits as are asked for.
  const numberText = (value, precision = 4) => String(Number.isInteger(value) ? value : Number(value.toPrecision(precision))).replace("-", MINUS);
  const endOf = (run) => run.end_time;

  // Digits that tell the values of a parameter apart, four at least.
  const digits = new Map();
  function digitsOf(name) {
    if (study.columns[name]?.kind !== "parameter") return 4;
    if (!digits.has(name)) {
      const numbers = [...new Set(study.values[name])].filter((value) => typeof value === "number");
      let enough = 4;
      while (enough < 17 && new Set(numbers.map((value) => value.toPrecision(enough))).size < numbers.length) enough++;
      digits.set(name, enough);
    }
    return digits.get(name);
  }

  // A value in words; of a time that was never reached, the end of the run.
  function valueText(run, name) {
    const value = run[name];
    if (value === null || value === undefined) return study.columns[name]?.censored ? `> ${numberText(endOf(run))}` : "–";
    return typeof value === "number" ? numberText(value, digitsOf(name)) : String(value);
  }

  const withUnit = (text, name) => (study.columns[name].unit ? `${text} ${study.columns[name].unit}` : text);
  const axisTitle = (name) => (study.columns[name].unit ? `${study.columns[name].words} (${study.columns[name].unit})` : study.columns[name].words);
  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  // Some values of a run in words.
  const described = (run, names) => names.map((name) => `${study.columns[name].words} ${valueText(run, name)}`).join(", ");

  // What tells the runs of the study apart: the label, the instance and the seed where there are several, and its axes.
  const differing = () => [study.label, ...(study.several_instances ? ["instance"] : []), ...(study.several_seeds ? ["seed"] : []), ...study.axes];

  // A run in words.
  const title = (run) => described(run, differing());

  // Values of a column in order: numbers as numbers, texts as the config lists them.
  function levels(rows, name) {
    const found = [...new Set(rows.map((row) => row[name]))];
    return found.every((value) => typeof value === "number") ? found.toSorted((a, b) => a - b) : found;
  }

  function grouped(rows, names) {
    const groups = new Map();
    for (const row of rows) {
      const key = JSON.stringify(names.map((name) => row[name]));
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    return groups;
  }

  // One number for several runs: the mean; of a time that some never reached, the median, to which these count as later
  // than the end of their run, and which is itself later where half of them are.
  function summary(rows, name) {
    const values = rows.map((row) => row[name]);
    const there = values.filter((value) => value !== null && value !== undefined);
    if (study.columns[name].censored) {
      const ordered = values.map((value) => value ?? Infinity).toSorted((a, b) => a - b);
      const middle = (ordered[(ordered.length - 1) >> 1] + ordered[ordered.length >> 1]) / 2;
      const value = Number.isFinite(middle) ? middle : null;
      const end = Math.min(...rows.map(endOf));
      const settled = `${there.length} of ${values.length} settled`;
      const text = value === null ? `> ${numberText(end)}` : numberText(value);
      const unit = study.columns[name].unit;
      return { value, text, said: rows.length === 1 ? (there.length ? `${text} ${unit}` : `not settled by ${numberText(end)} ${unit}`) : `${text} ${unit} (median; ${settled})`, settled };
    }
    const value = there.length ? there.reduce((a, b) => a + b, 0) / there.length : null;
    const spread = there.length > 1 ? Math.sqrt(there.reduce((sum, one) => sum + (one - value) ** 2, 0) / (there.length - 1)) : 0;
    const text = value === null ? "–" : numberText(value);
    const missing = there.length < values.length && values.length > 1 ? `, ${values.length - there.length} have none` : "";
    return { value, text, spread, said: rows.length === 1 ? withUnit(text, name) : `${withUnit(text, name)} (mean of ${there.length} runs${missing})` };
  }

  // What varies, for people: parameters that differ, the label and the instance where they do.
  const dimensions = (content) => [...content.axes, ...(content.several_labels ? [content.label] : []), ...(content.several_instances ? ["instance"] : [])];

  // The choice that fits a study, and what of another choice is possible.
  function completed(content, rows, choice) {
    const all = dimensions(content);
    const kind = ["parameters", ...(content.pages ? ["time"] : []), "scatter"].includes(choice.kind) ? choice.kind : "parameters";
    const observable = content.columns[choice.observable]?.kind === "observable" ? choice.observable : content.observable;
    const observables = Object.keys(content.columns).filter((name) => content.columns[name].kind === "observable");
    const by = (wanted, fallback, none) => (all.includes(wanted) || (none && wanted === "none") ? wanted : fallback);
    const across = content.axes.toSorted((a, b) => levels(rows, b).length - levels(rows, a).length);
    const x = by(choice.x, across[0] ?? content.label, false);
    const second = across.find((name) => name !== x);
    const y = by(choice.y, across.length > 1 && second ? second : "none", true);
    const third = across.find((name) => name !== x && name !== y);
    const panel = by(choice.panel, y !== "none" && across.length > 2 && third ? third : "none", true);
    const colour = by(choice.colour, kind === "parameters" ? (content.several_labels && x !== content.label ? content.label : "none") : (all[0] ?? "none"), true);
    const other = observables.includes(choice.other) && choice.other !== observable ? choice.other : observables.find((name) => name !== observable);
    const apart = panel !== x && panel !== y && (y === "none" || y === x || isGrid(rows, { x, y }));
    return { kind, observable, x, y: y === x ? "none" : y, panel: apart ? panel : "none", colour, other };
  }

  // --- figures ----------------------------------------------------------------------------------------------------
  function figure(rows, choice, look, size, curves = new Map()) {
    if (!rows.length) return empty("No run matches the filter.", size);
    const { kind, y } = choice;
    if (kind === "time") return overTime(rows, choice, look, size, curves);
    if (kind === "scatter") return scatter(rows, choice, look, size);
    const { observable } = choice;
    if (rows.every((row) => row[observable] === null || row[observable] === undefined)) {
      const { words } = study.columns[observable];
      const ends = rows.map(endOf);
      const range = [...new Set([Math.min(...ends), Math.max(...ends)])].map((end) => numberText(end)).join(" to ");
      return empty(study.columns[observable].censored
        ? `None of ${rows.length} runs had settled at its end (${range} s).`
        : `No run has a ${words}.`, size);
    }
    if (y === "none") return lines(rows, choice, look, size);
    return isGrid(rows, choice) ? maps(rows, choice, look, size) : scattered(rows, choice, look, size);
  }

  function empty(text, size) {
    const hidden = { visible: false };
    return {
      data: [], note: text,
      layout: { ...size, xaxis: hidden, yaxis: hidden, annotations: [{ text, showarrow: false, x: 0.5, y: 0.5, xref: "paper", yref: "paper", font: { size: 15 } }] },
    };
  }

  // Whether values lie so that a logarithm shows them better: all above zero, over more than a decade, most at the lower end.
  function logarithmic(values) {
    if (values.length <= 3 || !values.every((value) => typeof value === "number" && value > 0)) return false;
    const [first, last] = [values[0], values.at(-1)];
    return last / first >= 20 && values[(values.length - 1) >> 1] ** 2 < (Math.sqrt(first * last) * (first + last)) / 2;
  }

  function axisOf(rows, name) {
    const values = levels(rows, name);
    const numeric = values.every((value) => typeof value === "number") && study.columns[name].kind === "parameter";
    return { title: { text: axisTitle(name) }, automargin: true, ...(numeric ? (logarithmic(values) ? { type: "log" } : {}) : { type: "category", categoryarray: values.map(String), categoryorder: "array" }) };
  }

  const placed = (rows, name) => (axisOf(rows, name).type === "category" ? (row) => String(row[name]) : (row) => row[name]);

  function lines(rows, { observable, x, colour }, look, size) {
    const at = placed(rows, x);
    const xs = levels(rows, x);
    const category = axisOf(rows, x).type === "category";
    const data = [];
    const note = [];
    const split = colour !== "none" && colour !== x ? levels(rows, colour) : [];
    const point = (group, extra) => {
      const found = summary(group, observable);
      return { x: at(group[0]), y: found.value, text: `${study.columns[x].words} ${valueText(group[0], x)}${extra}: ${found.said}`, runs: group.map((row) => row.run) };
    };
    const trace = (points, more) => ({
      type: "scatter", x: points.map((one) => one.x), y: points.map((one) => one.y), hovertext: points.map((one) => one.text), hoverinfo: "text",
      customdata: points.map((one) => one.runs), ...more,
    });
    const along = (part) => {
      const groups = grouped(part, [x]);
      return xs.map((value) => groups.get(JSON.stringify([value]))).filter(Boolean);
    };
    const course = (part, extra) => along(part).map((group) => point(group, extra));
    if (split.length && split.length <= MOST_LINES) {
      split.forEach((value, index) => {
        const part = rows.filter((row) => row[colour] === value);
        const name = `${study.columns[colour].words} ${valueText(part[0], colour)}`;
        data.push(trace(course(part, `, ${name}`), { mode: "lines+markers", name, line: { width: 1.5, color: look.classes[index % look.classes.length] }, marker: { size: 6 }, connectgaps: false }));
      });
    } else if (split.length) note.push(`Lines for ${split.length} values of ${study.columns[colour].words} would hide each other: the mean stands for them.`);
    const whole = course(rows, "");
    const several = rows.length > whole.length;
    const censored = study.columns[observable].censored;
    const alone = !data.length;
    if (!category && several && !censored) {
      const groups = along(rows).map((group) => ({ x: group[0][x], ...summary(group, observable) })).filter((one) => one.value !== null);
      data.unshift({
        type: "scatter", mode: "lines", x: [...groups.map((one) => one.x), ...groups.map((one) => one.x).toReversed()],
        y: [...groups.map((one) => one.value + one.spread), ...groups.map((one) => one.value - one.spread).toReversed()],
        fill: "toself", fillcolor: look.band, line: { width: 0 }, hoverinfo: "skip", name: "± one standard deviation",
      });
    }
    if (alone || several) {
      const word = several ? (censored ? "median of all" : "mean of all") : study.columns[observable].words;
      data.push(trace(whole, { mode: category && alone ? "markers" : "lines+markers", name: word, line: { width: 3, color: alone ? look.accent : look.ink }, marker: { size: alone ? 10 : 7 } }));
    }
    if (censored) {
      note.push(censoredNote(rows, observable));
      const later = along(rows).filter((group) => summary(group, observable).value === null).map((group) => Object.assign(point(group, ""), { y: Math.min(...group.map(endOf)) }));
      if (later.length) data.push(trace(later, { mode: "markers", name: "later than the end", marker: { size: 11, symbol: "triangle-up-open", color: look.ink } }));
    }
    return {
      data, note: note.join(" "),
      layout: { ...size, title: titleOf(rows, observable, [x]), xaxis: axisOf(rows, x), yaxis: { title: { text: axisTitle(observable) }, automargin: true }, showlegend: data.length > 1, legend: { traceorder: "normal" }, hovermode: "closest" },
    };
  }

  function censoredNote(rows, observable) {
    const settled = rows.filter((row) => row[observable] !== null).length;
    return settled < rows.length ? `${settled} of ${rows.length} runs settled; the others had not at their end, and count as later.` : "";
  }

  function titleOf(rows, observable, used) {
    const over = [...dimensions(study), ...(study.several_seeds ? ["seed"] : [])].filter((name) => !used.includes(name) && levels(rows, name).length > 1);
    const said = over.map((name) => `${levels(rows, name).length} ${study.columns[name].words}${study.columns[name].kind === "parameter" ? " values" : "s"}`);
    const word = study.columns[observable].censored ? "median" : "mean";
    return { text: `${capital(study.columns[observable].words)}${said.length ? `, ${word} over ${said.join(" and ")}` : ""}`, font: { size: 15 }, x: 0.02, xanchor: "left" };
  }

  const colourAxis = (observable, look) => ({ colorscale: look.scale, colorbar: { title: { text: study.columns[observable].unit || " " }, thickness: 14, outlinewidth: 0 } });

  // Whether a map would show more than empty cells: a design or zipped axes fill few of them.
  function isGrid(rows, { x, y }) {
    const numeric = [x, y].every((name) => axisOf(rows, name).type !== "category");
    return !numeric || grouped(rows, [x, y]).size * 4 > levels(rows, x).length * levels(rows, y).length;
  }

  // Points that are no grid, each where its parameters are.
  function scattered(rows, { observable, x, y }, look, size) {
    const groups = [...grouped(rows, [x, y]).values()].map((group) => ({ ...summary(group, observable), group }));
    const alone = groups.every(({ group }) => group.length === 1);
    const trace = (some, more) => ({
      type: "scatter", mode: "markers", x: some.map(({ group }) => group[0][x]), y: some.map(({ group }) => group[0][y]), customdata: some.map(({ group }) => group.map((run) => run.run)),
      hovertext: some.map(({ group, said }) => `${alone ? title(group[0]) : described(group[0], [x, y])}<br>${said}`), hoverinfo: "text", ...more,
    });
    const there = groups.filter((one) => one.value !== null);
    const missing = groups.filter((one) => one.value === null);
    const width = Math.max(4, Math.min(14, 160 / Math.sqrt(groups.length)));
    const data = [trace(there, { marker: { color: there.map((one) => one.value), coloraxis: "coloraxis", size: width } })];
    if (missing.length) data.push(trace(missing, { marker: { color: look.ink, symbol: "circle-open", size: width } }));
    const used = alone ? [...dimensions(study), "seed"] : [x, y];
    return {
      data, note: study.columns[observable].censored ? censoredNote(rows, observable) : "",
      layout: {
        ...size, title: titleOf(rows, observable, used), xaxis: axisOf(rows, x), yaxis: axisOf(rows, y), showlegend: false, hovermode: "closest",
        coloraxis: colourAxis(observable, look),
      },
    };
  }

  // A map of the parameters, or small ones side by side, one for each value of a third.
  function maps(rows, { observable, x, y, panel }, look, size) {
    const panels = panel === "none" ? [null] : levels(rows, panel);
    const [xs, ys] = [levels(rows, x), levels(rows, y)];
    const used = [x, y, ...(panel === "none" ? [] : [panel])];
    const cells = grouped(rows, [...(panel === "none" ? [] : [panel]), y, x]);
    const columns = Math.min(panels.length, Math.ceil(Math.sqrt(panels.length * 1.3)));
    const down = Math.ceil(panels.length / columns);
    const written = xs.length * ys.length * panels.length <= MOST_TEXTS && xs.length * columns <= 16;
    const data = [];
    const layout = {
      ...size, title: titleOf(rows, observable, used), annotations: [], showlegend: false, hovermode: "closest",
      coloraxis: colourAxis(observable, look),
    };
    const gap = { x: 0.035, y: panels.length > 1 ? 0.1 : 0 };
    panels.forEach((value, index) => {
      const suffix = index ? String(index + 1) : "";
      const [row, column] = [Math.floor(index / columns), index % columns];
      const [wide, tall] = [(1 - gap.x * (columns - 1)) / columns, (1 - gap.y * (down - 1)) / down];
      const domain = { x: [column * (wide + gap.x), column * (wide + gap.x) + wide], y: [1 - row * (tall + gap.y) - tall, 1 - row * (tall + gap.y)] };
      const z = []; const text = []; const hover = []; const runs = [];
      for (const up of ys) {
        const found = xs.map((across) => {
          const group = cells.get(JSON.stringify([...(panel === "none" ? [] : [value]), up, across]));
          return group ? { ...summary(group, observable), group } : null;
        });
        z.push(found.map((one) => one?.value ?? null));
        text.push(found.map((one) => (one ? (one.settled && one.group.length > 1 ? `${one.text}<br>${one.settled.replace(" settled", "")}` : one.text) : "")));
        hover.push(found.map((one) => (one ? `${described(one.group[0], used)}<br>${one.said}` : "no run")));
        runs.push(found.map((one) => one?.group.map((run) => run.run) ?? []));
      }
      const axes = { xaxis: `x${suffix}`, yaxis: `y${suffix}` };
      const [named, rising] = [xs.map(String), ys.map(String)];
      data.push({ type: "heatmap", x: named, y: rising, z, text, customdata: runs, hovertext: hover, hoverinfo: "text", coloraxis: "coloraxis", xgap: 1, ygap: 1, ...axes, ...(written ? { texttemplate: "%{text}" } : {}) });
      if (z.flat().some((one) => one === null) && written) {
        // plotly writes nothing into a cell without a number.
        const bare = ys.flatMap((_, r) => xs.map((__, c) => [r, c])).filter(([r, c]) => z[r][c] === null && text[r][c]);
        data.push({ type: "scatter", mode: "text", x: bare.map(([, c]) => named[c]), y: bare.map(([r]) => rising[r]), text: bare.map(([r, c]) => text[r][c]), textfont: { color: look.ink }, hovertext: bare.map(([r, c]) => hover[r][c]), hoverinfo: "text", customdata: bare.map(([r, c]) => runs[r][c]), ...axes });
      }
      // Points that cannot be seen let a box choose cells.
      if (xs.length * ys.length <= 2500) {
        data.push({ type: "scatter", mode: "markers", x: ys.flatMap(() => named), y: ys.flatMap((_, r) => xs.map(() => rising[r])), marker: { opacity: 0, size: 1 }, hoverinfo: "skip", customdata: runs.flat(), ...axes });
      }
      const axis = (names, name, shown) => ({ type: "category", categoryarray: names, categoryorder: "array", title: { text: shown ? axisTitle(name) : "", standoff: 6 }, showticklabels: shown, automargin: true, showgrid: false });
      layout[`xaxis${suffix}`] = { ...axis(named, x, index + columns >= panels.length), domain: domain.x, anchor: `y${suffix}` };
      layout[`yaxis${suffix}`] = { ...axis(rising, y, column === 0), domain: domain.y, anchor: `x${suffix}` };
      if (value !== null) {
        layout.annotations.push({ text: withUnit(`${study.columns[panel].words} ${valueText({ [panel]: value }, panel)}`, panel), showarrow: false, x: domain.x[0], y: domain.y[1], xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", font: { size: 12 } });
      }
    });
    return { data, layout, note: study.columns[observable].censored ? censoredNote(rows, observable) : "" };
  }

  // The colours of runs by a column: classes for few values and texts, else a scale.
  function colouring(rows, name, look) {
    if (name === "none") return { of: () => look.accent, legend: [] };
    const values = levels(rows, name);
    const index = new Map(values.map((value, at) => [value, at]));
    const colours = values.length <= look.classes.length && study.columns[name].kind !== "parameter"
      ? look.classes
      : values.map((_, at) => look.shades[Math.round((at / Math.max(1, values.length - 1)) * (look.shades.length - 1))]);
    return { of: (row) => colours[index.get(row[name])], legend: values.map((value, at) => [`${study.columns[name].words} ${valueText({ [name]: value }, name)}`, colours[at], value]) };
  }

  // The runs whose curves are drawn: all, or as many as can be told apart, spread evenly over them.
  function drawn(rows) {
    if (rows.length <= MOST_CURVES) return rows;
    return Array.from({ length: MOST_CURVES }, (_, index) => rows[Math.floor((index * rows.length) / MOST_CURVES)]);
  }

  function overTime(rows, { observable, colour }, look, size, curves) {
    const name = study.columns[observable].over_time;
    if (!name) return empty(`The ${study.columns[observable].words} is one number of a run and has no course over time.`, size);
    const some = drawn(rows);
    const known = some.filter((row) => curves.get(row.run)?.curves?.[name]);
    if (!known.length) return empty("No curves of these runs were found beside this page.", size);
    const { of, legend } = colouring(rows, colour, look);
    const seconds = known.every((row) => curves.get(row.run).seconds);
    const data = known.map((row) => {
      const one = curves.get(row.run);
      return { type: "scatter", mode: "lines", x: seconds ? one.seconds : one.steps, y: one.curves[name], line: { width: 1.4, color: of(row) }, hovertemplate: `${title(row)}<br>%{x:.4g}: %{y:.4g}<extra></extra>`, showlegend: false, customdata: one.steps.map(() => [row.run]) };
    });
    // A legend of few values; of many, every so many.
    const every = Math.ceil(legend.length / MOST_LINES);
    for (const [words, shade] of legend.filter((_, index) => index % every === 0)) data.push({ type: "scatter", mode: "lines", x: [null], y: [null], name: words, line: { width: 3, color: shade } });
    const words = study.columns[observable].short;
    return {
      data, note: rows.length > MOST_CURVES ? `${MOST_CURVES} of ${rows.length.toLocaleString("en")} runs are drawn, spread evenly over them: filter to see others.` : "",
      layout: { ...size, title: { text: `${capital(words)} over time`, font: { size: 15 }, x: 0.02, xanchor: "left" }, xaxis: { title: { text: seconds ? "time (s)" : "step" }, automargin: true }, yaxis: { title: { text: study.columns[observable].unit ? `${words} (${study.columns[observable].unit})` : words }, automargin: true }, showlegend: legend.length > 1, hovermode: "closest" },
    };
  }

  function scatter(rows, { observable, other, colour }, look, size) {
    const { of, legend } = colouring(rows, colour, look);
    const there = rows.filter((row) => row[observable] !== null && row[other] !== null);
    if (!there.length) return empty("No run has both of these numbers.", size);
    const parts = legend.length ? legend.map(([words, shade, value]) => [words, shade, there.filter((row) => row[colour] === value)]) : [["runs", look.accent, there]];
    const data = parts.filter(([, , part]) => part.length).map(([words, shade, part]) => ({
      type: "scattergl" in globalThis ? "scattergl" : "scatter", mode: "markers", name: words, x: part.map((row) => row[other]), y: part.map((row) => row[observable]), marker: { size: 8, color: shade ?? of(part[0]) },
      hovertext: part.map((row) => `${title(row)}<br>${study.columns[other].words} ${valueText(row, other)}<br>${study.columns[observable].words} ${valueText(row, observable)}`), hoverinfo: "text", customdata: part.map((row) => [row.run]),
    }));
    const left = rows.length - there.length;
    return {
      data, note: left ? `${left} of ${rows.length} runs have not both numbers and are left out.` : "",
      layout: { ...size, title: { text: `${capital(study.columns[observable].words)} against ${study.columns[other].words}`, font: { size: 15 }, x: 0.02, xanchor: "left" }, xaxis: { title: { text: axisTitle(other) }, automargin: true }, yaxis: { title: { text: axisTitle(observable) }, automargin: true }, showlegend: data.length > 1 && data.length <= 24, hovermode: "closest", dragmode: "select" },
    };
  }

  return { rowsOf, valueText, withUnit, axisTitle, differing, title, levels, dimensions, completed, figure, summary, drawn };
})();
