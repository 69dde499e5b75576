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
    const wanted = texts.map((text) => ({ text, value: valueOf(text) }));
    // A cell says what the text means: `none` may be a name, and `0001` a picture. Whether something is true has any case.
    const fits = (found, { text, value }) => {
      if (typeof found === "string") return SIGNS[sign](found === text ? 0 : found.localeCompare(text) || 1, 0);
      if (found === null || value === null) return (sign === "!=") !== (found === value && ["=", "==", "!="].includes(sign));
      if (typeof found === "number") return typeof value === "number" ? SIGNS[sign](found, value) : sign === "!=";
      return SIGNS[sign](String(found), text.toLowerCase());
    };
    // One of a list fits; with !=, none of it.
    return sign === "!=" ? (row) => wanted.every((one) => fits(row[name], one)) : (row) => wanted.some((one) => fits(row[name], one));
  }

  // The words of a text: spaces around signs and after commas bind nothing apart.
  function wordsOf(text) {
    const joined = text.replace(/\s*(==|!=|>=|<=|=|>|<)\s*/g, "$1").replace(/\s*,\s*/g, ",");
    return joined.split(/\s+/).filter(Boolean);
  }

  // What a text asks for: a test of a row, and complaints about words that mean nothing.
  function parse(text) {
    const tests = [];
    const complaints = [];
    for (const word of wordsOf(text)) {
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

  return { parse, wordsOf, names };
})();
