"""Put a picture of each study of config/phenomena/ into docs/; they have been run.

usage: python tools/draw_phenomena.py
"""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go

ROOT = Path(__file__).parents[1]
# The view that shows the most.
POSTERS = {"chimera": "phase", "spirals": "phase", "waves": "phase", "noise": "phase"}


def main():
    for name, view in POSTERS.items():
        (poster,) = (ROOT / "results" / name / "runs").glob(f"*/{view}-poster.png")
        shutil.copy(poster, ROOT / "docs" / f"phenomenon-{name}.png")
    transition()
    scaling()
    loop()


def loop():
    """The order of a chain up the bias and down again, of a twisted start and of an even one."""
    table = pd.read_parquet(ROOT / "results" / "hysteresis" / "summary.parquet")
    figure = go.Figure()
    words = {0: "even start", 1: "twisted start"}
    for (turns, direction), part in table.groupby(["winding_columns", "direction"]):
        figure.add_scatter(
            x=part["k_bias"].sort_values(),
            y=part.sort_values("k_bias")["final_order_parameter"],
            mode="lines+markers",
            name=f"{words[turns]}, {direction}",
            line={"color": ("#888", "#d5573b")[turns], "dash": {"up": "solid", "down": "dot"}[direction]},
            marker={"symbol": {"up": "triangle-up", "down": "triangle-down"}[direction], "size": 7},
        )
    figure.update_xaxes(title="k_bias (1/s)")
    figure.update_yaxes(title="order parameter at the end", range=[0, 1.02])
    written(figure, "hysteresis")


def transition():
    """The order of each run over the coupling, and what Ott and Antonsen (2008) say of it."""
    table = pd.read_parquet(ROOT / "results" / "synchronisation" / "summary.parquet")
    spread = table["frequency_spread"].iloc[0]
    coupling = np.linspace(table["k_coupling"].min(), table["k_coupling"].max(), 400)
    theory = np.sqrt(np.maximum(0, 1 - 2 * spread / (4 * coupling)))
    figure = go.Figure()
    figure.add_scatter(x=coupling, y=theory, mode="lines", name="theory, of infinitely many", line={"color": "#888"})
    figure.add_scatter(
        x=table["k_coupling"], y=table["final_order_parameter"], mode="markers", name="784 sites, four seeds"
    )
    figure.update_xaxes(title="k_coupling (1/s)")
    figure.update_yaxes(title="order parameter at the end", range=[0, 1])
    written(figure, "synchronisation")


def scaling():
    """The order of lattices of several sizes, mean over seeds, and theory below and above the transition.

    Below, the fluctuations of N independent phases, enhanced by linear response: N <r^2> = 1 / (1 - k / critical).
    """
    table = pd.read_csv(ROOT / "results" / "finite-size" / "statistics.csv")
    shared = pd.read_parquet(ROOT / "results" / "finite-size" / "summary.parquet").iloc[0]
    critical = shared["frequency_spread"] / 2
    figure = go.Figure()
    colours = ("#3366aa", "#33997a", "#c78a1b", "#d5573b")
    for (coupling, part), colour in zip(table.groupby("k_coupling"), colours, strict=True):
        sites = part["size"] ** 2 * shared["channels"]
        theory = np.full(len(sites), np.nan)
        if coupling < critical:
            # Of a mean: a Rayleigh distribution has sqrt(pi / 4) of its root mean square.
            theory = np.sqrt(np.pi / 4 / (sites * (1 - coupling / critical)))
        elif coupling > critical:
            theory[:] = np.sqrt(1 - critical / coupling)
        figure.add_scatter(x=sites, y=theory, mode="lines", line={"color": colour}, showlegend=False)
        error = {"array": part["high"] - part["mean"], "arrayminus": part["mean"] - part["low"], "symmetric": False}
        figure.add_scatter(
            x=sites,
            y=part["mean"],
            error_y=error,
            mode="markers",
            marker={"color": colour, "size": 8},
            name=f"k_coupling {coupling:g} / s",
        )
    figure.update_xaxes(title="sites", type="log")
    figure.update_yaxes(title="order parameter at the end", type="log")
    written(figure, "finite-size")


def written(figure, name):
    """Put a figure into docs/, in the look that all of them have."""
    figure.update_layout(template="plotly_white", width=760, height=480, margin={"l": 60, "r": 20, "t": 20, "b": 60})
    figure.write_image(ROOT / "docs" / f"phenomenon-{name}.png")


if __name__ == "__main__":
    main()
