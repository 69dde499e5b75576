// The figures of a readout, as wide as the page.
"use strict";

(async () => {
  const figures = kit.json("content").map((figure) => {
    const box = kit.made("div", { id: figure.id });
    kit.element("figures").append(kit.made("section", {}, [kit.made("h2", { textContent: figure.heading }), box]));
    return { ...figure, box };
  });

  // Classes of the style sheet stand for colours, so that both themes have their own.
  const coloured = (value) => {
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one)]));
    return typeof value === "string" && value.startsWith("--") ? kit.colour(value.slice(2)) : value;
  };

  async function draw() {
    for (const { box, data, layout } of figures) {
      const width = Math.max(280, box.clientWidth);
      const most = layout.width ?? 1160;
      const narrow = width < 640;
      const legend = narrow ? { orientation: "h", y: -0.45, yanchor: "top" } : {};
      const height = narrow ? Math.max(360, layout.height * 0.8) : layout.height;
      await Plotly.react(box, coloured(data), kit.themed({ ...layout, width: Math.min(width, most), height, legend, margin: { l: narrow ? 50 : 80, r: 20, t: 20, b: 60 } }), { ...kit.PLOT, displayModeBar: narrow ? false : "hover" });
    }
    document.body.dataset.ready = "true";
  }

  let resizing = 0;
  addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(draw, 100);
  });
  kit.onTheme(draw);
  await draw();
})();
