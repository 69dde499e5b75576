// Pictures settling in several lattices at once, each lattice a row of canvases.
"use strict";

(async () => {
  const { colours, lattices, labels, steps } = kit.json("settled");
  if (!lattices.length) return;
  kit.element("settling").hidden = false;
  const palette = kit.palette(colours);
  const rows = await Promise.all(lattices.map(async ({ name, packed, rows: height, columns }) => {
    const levels = await kit.unpack(packed, steps.length, 1);
    const canvases = labels.map((label) => kit.made("canvas", { role: "img", ariaLabel: `${label} in the ${name}` }));
    const row = kit.made("div", { className: "settling" }, canvases);
    kit.element("lattices").append(kit.made("p", { textContent: name }), row);
    const paints = canvases.map((canvas) => kit.painter(canvas, height, columns, palette));
    return (frame) => paints.forEach((paint, place) => paint(levels, (frame * labels.length + place) * height * columns));
  }));
  const bar = transport(kit.element("transport"), (frame) => rows.forEach((show) => show(frame)));
  bar.load({ steps });
  bar.loop.checked = true;
  bar.show(0);
})();
