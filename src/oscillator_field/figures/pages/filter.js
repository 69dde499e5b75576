// The filter of a study: words such as `digit=3 k_bias>1`, what they mean of a run, and which are not understood. Pure.
"use strict";

const filter = (() => {
  const SIGNS = {
    "=": (a, b) => a === b, "==": (a, b) => a === b, "!=": (a, b) => a !== b,
    ">": (a, b) => a > b, "<": (a, b) => a < b, ">=": (a, b) => a >= b, "<=": (a, b) => a <= b,
  };

  // The columns that a name means: as the config has it, with any case, or an observable without its "final_".
  function column(name) {
    const lower = name.toLowerCase();
    return Object.keys(study.columns).find((one) => one.toLowerCase() === lower)
      ?? Object.keys(study.columns).find((one) => one.toLowerCase() === `final_${lower}`);
  }

  function valueOf(text) {
    if (text.toLowerCase() === "none") return null;
    const number = Number(text.replace("\u2212", "-"));
    return text !== "" && !Number.isNaN(number) ? number : text;
  }

  // One comparison as a test of rows.
  function comparison(name, sign, texts) {
    const wanted = texts.map(valueOf);
    const fits = (found, value) => {
      if (found === null || value === null) return (sign === "!=") !== (found === value && ["=", "==", "!="].includes(sign));
      if (typeof found === "number" && typeof value === "number") return SIGNS[sign](found, value);
      const order = typeof value === "number" || typeof found === "number" ? null : String(found).localeCompare(String(value));
      if (sign === "=" || sign === "==") return String(found) === String(value);
      if (sign === "!=") return String(found) !== String(value);
      return order !== null && SIGNS[sign](order, 0);
    };
    // One of a list fits; with !=, none of it.
    return sign === "!=" ? (row) => wanted.every((value) => fits(row[name], value)) : (row) => wanted.some((value) => fits(row[name], value));
  }

  // What a text asks for: a test of a row, and complaints about words that mean nothing.
  function parse(text) {
    // Spaces around signs and after commas bind nothing apart.
    const joined = text.trim().replace(/\s*(==|!=|>=|<=|=|>|<)\s*/g, "$1").replace(/\s*,\s*/g, ",");
    const tests = [];
    const complaints = [];
    for (const word of joined.split(/\s+/).filter(Boolean)) {
      const match = /^([\w.]+)(==|!=|>=|<=|=|>|<)([^+=<>]*)$/.exec(word);
      if (!match) {
        const part = word.toLowerCase();
        tests.push((row) => row.run.toLowerCase().includes(part) || chart.title(row).toLowerCase().includes(part));
        continue;
      }
      const [, said, sign, values] = match;
      const name = column(said);
      const texts = values.split(",").filter((one) => one !== "");
      if (!name) complaints.push(`"${said}" is no column (allowed: ${names().join(", ")})`);
      else if (!texts.length) complaints.push(`"${said}${sign}" lacks a value`);
      else tests.push(comparison(name, sign, texts));
    }
    return { matches: (row) => tests.every((test) => test(row)), complaints };
  }

  // What is worth naming: what differs, and the numbers.
  function names() {
    const first = chart.dimensions(study);
    return [...first, ...Object.keys(study.columns).filter((name) => study.columns[name].kind === "observable")];
  }

  return { parse, names };
})();
