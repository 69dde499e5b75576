"""The page of a readout: accuracy over time, under noise and over parameters, confusions, curves, and all numbers."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import plotly.io

from oscillator_field.figures.plotlyjs import scripts
from oscillator_field.parameters import METADATA, value_text
from oscillator_field.readout.results import VALIDATION, Result, winner
from oscillator_field.stores.atomic import whole_file

WIDTH, HEIGHT = 1160, 480
# Okabe and Ito's, which colour-blind people can tell apart; each classifier keeps its own.
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7")
DASHES = {"pixels": "dash", "input": "dot"}
WORDS = {"pixels": "pixels", "input": "input phases", "field": "field"}


def write_readout_page(path: str | Path, results: Sequence[Result], *, plotlyjs: str, shared: Sequence[str]) -> None:
    """Write the page.

    Args:
        path: the file to write, beside readout.csv.
        results: of every classifier on every arm.
        plotlyjs, shared: as `html.write_html` takes them.
    """
    best, best_field = winner(results), winner(results, "field")
    test = _test_sets(best)[0]
    sentence = " ".join(
        [
            f"Best on validation pictures: {_said(best, test)}.",
            f"Best of the field: {_said(best_field, test)}." if best_field is not best else "",
        ]
    )
    figures = [
        ("time", "Accuracy over time", _over_time(results, best_field, test)),
        ("noise", "Accuracy on corrupted pictures", _under_noise(results, best_field.classifier)),
        ("parameters", "Accuracy over parameters", _over_parameters(results, test)),
        ("confusion", f"Confusion: {_named(best_field)}", _confusion(best_field)),
        ("curves", "Learning curves of the networks", _curves(results, best_field)),
    ]
    content = [
        {"id": name, "heading": heading, "data": figure["data"], "layout": {**_layout(), **figure["layout"]}}
        for name, heading, figure in figures
        if figure["data"]
    ]
    text = Template((files("oscillator_field.figures.pages") / "readout.html").read_text(encoding="utf-8")).substitute(
        scripts=scripts(plotlyjs, shared),
        summary=html.escape(sentence),
        repetitions=len(best.seconds),
        table=_table(results, best_field),
        content=json.dumps(content, separators=(",", ":")).replace("</", "<\\/"),
    )
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _over_time(results: Sequence[Result], best: Result, test: str) -> dict[str, Any]:
    """Lines of the best field over its times, and levels of what it was given."""
    own = [one for one in results if one.arm.kind == "field" and one.arm.parameters == best.arm.parameters]
    delta_t = best.arm.parameters["delta_t"]
    last = max(one.arm.step or 0 for one in own) * delta_t
    data: list[dict[str, Any]] = []
    for colour, classifier in zip(COLOURS, _classifiers(results), strict=False):
        course = sorted((one for one in own if one.classifier == classifier), key=lambda one: one.arm.step or 0)
        if course:
            data.append(
                {
                    **_errors("y", [one.accuracy[test] for one in course]),
                    "x": [(one.arm.step or 0) * delta_t for one in course],
                    "mode": "lines+markers",
                    "name": f"field, {_spaced(classifier)}",
                    "line": {"color": colour},
                }
            )
        for kind, dash in DASHES.items():
            level = [one for one in _given(results, best) if one.arm.kind == kind and one.classifier == classifier]
            if level:
                value = float(level[0].accuracy[test].mean())
                name = f"{WORDS[kind]}, {_spaced(classifier)}"
                line = {"color": colour, "dash": dash}
                data.append({"x": [0, last], "y": [value, value], "mode": "lines", "name": name, "line": line})
    return {"data": data, "layout": _axes("time (s)", "accuracy on test pictures")}


def _under_noise(results: Sequence[Result], classifier: str) -> dict[str, Any]:
    """Bars of each arm on each test set, for one classifier; of several fields, the best at each time."""
    arms: dict[str, Result] = {}
    for one in sorted(results, key=lambda one: one.validation):
        if one.classifier == classifier:
            arms[_kind_and_time(one)] = one
    ordered = sorted(
        arms.items(), key=lambda item: (list(WORDS).index(item[1].arm.kind), item[1].arm.step or 0, item[0])
    )
    shades = plotly.colors.sample_colorscale("Viridis", np.linspace(0.15, 1, max(2, len(ordered))).tolist())
    data = [
        {
            **_errors("y", [one.accuracy[name] for name in _test_sets(one)]),
            "type": "bar",
            "x": [name.replace("+", ", ").replace("_", " ").replace("=", " ") for name in _test_sets(one)],
            "name": label,
            "marker": {"color": shade},
        }
        for (label, one), shade in zip(ordered, shades, strict=False)
    ]
    return {"data": data, "layout": _axes(f"test set ({_spaced(classifier)})", "accuracy")}


def _over_parameters(results: Sequence[Result], test: str) -> dict[str, Any]:
    """Lines over the first parameter that takes several values, the best time and the best of the others at each."""
    fields = [one for one in results if one.arm.kind == "field"]
    varied = [name for name in fields[0].arm.parameters if len({one.arm.parameters[name] for one in fields}) > 1]
    if not varied:
        return {"data": [], "layout": {}}
    name = varied[0]
    values = sorted({one.arm.parameters[name] for one in fields})
    data = []
    for colour, classifier in zip(COLOURS, _classifiers(results), strict=False):
        best = [
            max(
                (one for one in fields if one.classifier == classifier and one.arm.parameters[name] == value),
                key=lambda one: one.validation,
            )
            for value in values
        ]
        data.append(
            {
                **_errors("y", [one.accuracy[test] for one in best]),
                "x": values,
                "mode": "lines+markers",
                "name": _spaced(classifier),
                "line": {"color": colour},
                "text": [_named(one) for one in best],
            }
        )
    unit = METADATA[name]["unit"]
    title = name if unit == "1" else f"{name} ({unit})"
    return {"data": data, "layout": _axes(title, "accuracy on test pictures")}


def _confusion(result: Result) -> dict[str, Any]:
    """How often each digit is taken for another, as shares of the digit."""
    shares = result.confusion / np.maximum(1, result.confusion.sum(axis=1, keepdims=True))
    digits = list(range(len(shares)))
    heat = {
        "type": "heatmap",
        "x": digits,
        "y": digits,
        "z": shares.tolist(),
        "text": [[f"{100 * share:.1f}" if share >= 0.0005 else "" for share in row] for row in shares],
        "texttemplate": "%{text}",
        "colorscale": "Viridis",
        "zmin": 0,
        "zmax": 1,
        "colorbar": {"title": {"text": "share of the digit"}},
        "hovertemplate": "digit %{y} said to be %{x}: %{z:.4f}<extra></extra>",
    }
    layout = {
        "width": 680,
        "height": 560,
        "xaxis": {"title": {"text": "digit said (text: %)"}, "dtick": 1},
        "yaxis": {"title": {"text": "digit"}, "dtick": 1, "autorange": "reversed"},
    }
    return {"data": [heat], "layout": layout}


def _curves(results: Sequence[Result], best: Result) -> dict[str, Any]:
    """Validation accuracy over epochs, mean of the repetitions that still train, of the best field and what it got."""
    own = [one for one in results if one.arm.kind == "field" and one.arm.parameters == best.arm.parameters]
    shown = [one for one in (*_given(results, best), *own) if one.curves]
    shades = plotly.colors.sample_colorscale("Viridis", np.linspace(0.15, 1, max(2, len(shown))).tolist())
    data = []
    for one, shade in zip(shown, shades, strict=False):
        values = one.curves["validation_accuracy"]
        epochs = values.shape[1]
        data.append(
            {
                "x": list(range(1, epochs + 1)),
                "y": np.nanmean(values, axis=0).tolist(),
                "mode": "lines+markers",
                "name": _kind_and_time(one),
                "line": {"color": shade},
            }
        )
    return {"data": data, "layout": _axes("epoch", "accuracy on validation pictures")}


def _table(results: Sequence[Result], best: Result) -> str:
    """All results as HTML, best on validation first."""
    sets = [VALIDATION, *_test_sets(best)]
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("arm", "classifier", *sets, "chosen", "seconds"))
    rows = []
    for one in sorted(results, key=lambda one: -one.validation):
        cells = [one.arm.name, _spaced(one.classifier)]
        cells += [_with_spread(one.accuracy[name]) for name in sets]
        cells += ["; ".join(dict.fromkeys(_chosen(choice) for choice in one.chosen)), f"{np.mean(one.seconds):.1f}"]
        mark = ' class="winner"' if one is best else ""
        rows.append(f"<tr{mark}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _given(results: Sequence[Result], best: Result) -> list[Result]:
    """The results on what a field was given: the pixels, and its own input phases."""
    fields = best.arm.parameters
    return [
        one
        for one in results
        if one.arm.kind != "field" and all(fields[name] == value for name, value in one.arm.parameters.items())
    ]


def _errors(axis: str, values: Sequence[np.ndarray]) -> dict[str, Any]:
    """Means along an axis, with standard deviations as bars."""
    spread = [float(one.std(ddof=1)) if len(one) > 1 else 0 for one in values]
    bars = {"type": "data", "array": spread, "thickness": 1}
    return {axis: [float(one.mean()) for one in values], f"error_{axis}": bars}


def _axes(x: str, y: str) -> dict[str, Any]:
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}


def _layout() -> dict[str, Any]:
    return {
        "template": plotly.io.templates["plotly_dark"].to_plotly_json(),
        "width": WIDTH,
        "height": HEIGHT,
        "margin": {"l": 80, "r": 40, "t": 30, "b": 60},
    }


def _classifiers(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(one.classifier for one in results))


def _test_sets(result: Result) -> list[str]:
    return [name for name in result.accuracy if name != VALIDATION]


def _kind_and_time(result: Result) -> str:
    words, step = WORDS[result.arm.kind], result.arm.step
    return words if step is None else f"{words} at {step * result.arm.parameters['delta_t']:g} s"


def _named(result: Result) -> str:
    return f"{_spaced(result.classifier)} on {result.arm.name}"


def _said(result: Result, test: str) -> str:
    return f"{_named(result)}, {100 * result.accuracy[test].mean():.2f} % on the test pictures"


def _with_spread(values: np.ndarray) -> str:
    spread = f" ± {100 * values.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * values.mean():.2f}{spread} %"


def _chosen(choice: Mapping[str, float]) -> str:
    return ", ".join(f"{key} {value_text(value)}" for key, value in choice.items())


def _spaced(name: str) -> str:
    return name.replace("_", " ")
