"""What pages show of a study: its runs as columns, what each column means, and the figure of summary.png.

The figures themselves are made by chart.js, in the page as in the browser that draws the picture.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import plotly.colors
import plotly.io

from oscillator_field.analysis.registry import OVER_TIME, SCALARS
from oscillator_field.analysis.summary import varied
from oscillator_field.figures.pages.document import STUDIES
from oscillator_field.figures.themes import THEMES
from oscillator_field.nouns import noun_in
from oscillator_field.parameters import METADATA

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 860, 560
SCALE = "Viridis"
# Columns of the table beside what differs, where they are not chosen.
SHOWN = ("final_order_parameter", "final_local_order_parameter", "final_input_alignment", "settling_time")
CHART = "chart.js"


class Evaluates(Protocol):
    """What runs JavaScript: `painters.drawing.Drawer`."""

    def evaluated(self, expression: str) -> Any: ...


def links(name: str | None, *, learning: bool, readout: bool) -> dict[str, str]:
    """What the first page of a study links to, as its text has it: other pages of it, and the list of studies.

    Args:
        name: of the study, if it has one.
        learning, readout: whether there is a learned.html or a readout.html beside it.
    """
    linked = {"readout.html": ("What the field knows", readout), "learned.html": ("Fields that learn", learning)}
    return {
        "links": " ".join(f'<a href="{page}">{words}</a>' for page, (words, there) in linked.items() if there),
        "studies": f'<script src="{"../" if name else ""}{STUDIES}"></script>',
    }


def content(table: pd.DataFrame, observable: str) -> dict[str, Any]:
    """The runs of a study, as chart.js takes them.

    Args:
        table: a summary.
        observable: the one that is shown first, of SCALARS.
    """
    noun = noun_in(table.columns)
    columns = described_columns(noun)
    # Nobody saw whether runs that have one frame had settled: they lack the share of spiking sites too.
    if table[["settling_time", "final_spike_share"]].isna().all(axis=None):
        columns["settling_time"]["censored"] = False
    values = {name: _plain(table[name]) for name in columns}
    constants = {
        name: each[0] for name, each in values.items() if len(table) > 1 and all(one == each[0] for one in each)
    }
    return {
        "label": noun,
        "axes": [name for name in varied(table) if name != "seed"],
        "several_labels": table[noun].nunique() > 1,
        "several_instances": table["instance"].nunique() > 1,
        "several_seeds": table["seed"].nunique() > 1,
        "one_clock": table["delta_t"].nunique() == 1,
        "columns": columns,
        "constants": {name: value for name, value in constants.items() if name != "run"},
        "values": {name: each for name, each in values.items() if name == "run" or name not in constants},
        "observable": observable,
        "shown": [name for name in SHOWN if name in SCALARS],
        "scale": [[place, colour] for place, colour in plotly.colors.get_colorscale(SCALE)],
        "shades": plotly.colors.sample_colorscale(SCALE, np.linspace(0, 0.95, 64).tolist()),
    }


def described_columns(noun: str) -> dict[str, dict[str, Any]]:
    """What each column of a summary means, for people; the label is called `noun`."""
    columns: dict[str, dict[str, Any]] = {
        "run": {"kind": "run", "words": "run", "unit": "", "meaning": "the name of its folder, and in Python"},
        noun: {"kind": "label", "words": noun, "unit": "", "meaning": "what the picture shows"},
        "instance": {
            "kind": "instance",
            "words": "instance",
            "unit": "",
            "meaning": f"which picture of its {noun}, from 0",
        },
    }
    for name, metadata in METADATA.items():
        unit = "" if metadata["unit"] == "1" else metadata["unit"]
        columns[name] = {"kind": "parameter", "words": name, "unit": unit, "meaning": metadata["meaning"]}
    for name, scalar in SCALARS.items():
        columns[name] = {
            "kind": "observable",
            "words": scalar.words,
            "unit": "" if scalar.unit == "1" else scalar.unit,
            "meaning": scalar.meaning,
            "short": OVER_TIME[scalar.over_time].words if scalar.over_time else scalar.words,
            "over_time": scalar.over_time,
            "censored": scalar.censored,
            "share": bool(scalar.over_time) and OVER_TIME[scalar.over_time].is_share,
        }
    return columns


def figure(table: pd.DataFrame, observable: str, browser: Evaluates, theme: str) -> dict[str, Any]:
    """The figure of a study that its gallery shows first, as plain dicts for plotly."""
    colours = THEMES[theme]
    look = {
        "ink": colours.ink,
        "accent": colours.accent_line,
        "band": colours.band,
        "classes": colours.classes,
    }
    size = {"width": WIDTH, "height": HEIGHT, "margin": {"l": 80, "r": 40, "t": 70, "b": 60}}
    code = (files("oscillator_field.figures.pages") / CHART).read_text(encoding="utf-8")
    script = f"""(() => {{
        {code}
        globalThis.study = {json.dumps(content(table, observable))};
        const rows = chart.rowsOf(study);
        const look = {{ ...{json.dumps(look)}, scale: study.scale, shades: study.shades }};
        return chart.figure(rows, chart.completed(study, rows, {{}}), look, {json.dumps(size)});
    }})()"""
    drawn = browser.evaluated(script)
    template = {"template": plotly.io.templates[colours.template].to_plotly_json()}
    ground = {"paper_bgcolor": colours.ground, "plot_bgcolor": colours.plot, "font": {"color": colours.ink}}
    return {"data": drawn["data"], "layout": {**template, **ground, **drawn["layout"]}}


def _plain(values: Any) -> list[Any]:
    """Values as JSON has them: None for a number that does not exist."""
    return [None if isinstance(value, float) and not np.isfinite(value) else value for value in values.tolist()]
