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
    figure.update_layout(template="plotly_white", width=760, height=480, margin={"l": 60, "r": 20, "t": 20, "b": 60})
    figure.write_image(ROOT / "docs" / "phenomenon-hysteresis.png")


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
    figure.update_layout(template="plotly_white", width=760, height=480, margin={"l": 60, "r": 20, "t": 20, "b": 60})
    figure.write_image(ROOT / "docs" / "phenomenon-synchronisation.png")


if __name__ == "__main__":
    main()
