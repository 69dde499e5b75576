"""Draw docs/theory.png: what benchmarks/theory.json measured, over the curves of theory.

usage: python tools/draw_theory.py
"""

import json
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

ROOT = Path(__file__).parents[1]
TITLES = (
    "error over time step (s)",
    "Adler: beat over frequency (rad/s)",
    "free diffusion: variance over time (s)",
    "chain: correlation over noise",
    "order over K = 4 k_coupling (1/s)",
    "frequency of the locked state over K",
    "twisted states: winding left over start",
    "vortices on a torus over time (s)",
    "chimera: local order over site",
)


def main():
    found = json.loads((ROOT / "benchmarks" / "theory.json").read_text())
    figure = make_subplots(rows=3, cols=3, subplot_titles=TITLES, vertical_spacing=0.1, horizontal_spacing=0.06)

    def draw(number, x, y, *, theory=False, **more):
        style = {"mode": "lines", "line": {"color": "#888"}} if theory else {"mode": "markers", "marker": {"size": 6}}
        figure.add_trace(go.Scatter(x=x, y=y, showlegend=False, **{**style, **more}), number // 3 + 1, number % 3 + 1)

    for order, of_integrator in zip((1, 2, 4), found["orders_of_convergence"].values(), strict=True):
        width, error = (np.array(of_integrator[name]) for name in ("delta_t", "error"))
        draw(0, width, error)
        draw(0, width, error[-1] * (width / width[-1]) ** order, theory=True)
    figure.update_xaxes(type="log", row=1, col=1)
    figure.update_yaxes(type="log", exponentformat="power", row=1, col=1)
    for number, name, x in ((1, "beat_of_one_oscillator", "frequency"), (2, "free_diffusion", "time"),
                            (3, "chain_at_a_temperature", "noise")):  # fmt: skip
        draw(number, found[name][x], found[name]["theory"], theory=True)
        draw(number, found[name][x], found[name]["measured"])
    together = found["synchronisation"]
    for name in ("plain", "lagging"):
        draw(4, together["coupling"], together[name]["theory"], theory=True)
        draw(4, together["coupling"], together[name]["order"])
    draw(5, together["coupling"], together["lagging"]["theory_frequency"], theory=True)
    draw(5, together["coupling"], together["lagging"]["frequency"])
    twisted = found["twisted_states"]
    draw(6, twisted["winding"], twisted["winding"], theory=True)
    draw(6, twisted["winding"], twisted["left"])
    draw(7, found["vortices"]["time"], found["vortices"]["number"])
    figure.update_yaxes(type="log", row=3, col=2)
    draw(8, found["chimera"]["site"], found["chimera"]["order"])
    figure.update_layout(template="plotly_white", width=1200, height=900, margin={"l": 40, "r": 20, "t": 40, "b": 40})
    figure.update_annotations(font_size=13)
    figure.write_image(ROOT / "docs" / "theory.png")


if __name__ == "__main__":
    main()
