"""The page of a readout: accuracy over time, under noise and over parameters, confusions, curves, and all numbers."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oscillator_field.figures.pages.document import as_json, write_page
from oscillator_field.parameters import METADATA, value_text
from oscillator_field.readout.results import VALIDATION, Result, winner

HEIGHT = 480
# Variables of the style sheet, which has them for light and dark; each classifier keeps its own.
COLOURS = ("--class-0", "--class-1", "--class-5", "--class-6")
# Classes of a confusion that has numbers in its cells.
MOST_WRITTEN = 15
DASHES = {"pixels": "dash", "input": "dot"}
WORDS = {"pixels": "pixels", "input": "input phases", "field": "field"}


def write_readout_page(path: str | Path, results: Sequence[Result], *, plotlyjs: str, shared: Sequence[str]) -> None:
    """Write the page.

    Args:
        path: the file to write, beside readout.csv.
        results: of every classifier on every arm.
        plotlyjs, shared: as `document.write_page` takes them.
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
        {"id": name, "heading": heading, "data": figure["data"], "layout": {"height": HEIGHT, **figure["layout"]}}
        for name, heading, figure in figures
        if figure["data"]
    ]
    summary, explained = html.escape(sentence), html.escape(_explained(results))
    write_page(
        path,
        "readout.html",
        title="What the field knows",
        code=("readout.js",),
        plotlyjs=plotlyjs,
        shared=shared,
        summary=summary,
        explained=explained,
        table=_table(results, best_field),
        content=as_json(content),
    )


def _explained(results: Sequence[Result]) -> str:
    """How the accuracies came about, of the classifiers that there are."""
    nearest = " Nearest neighbours look at fewer training pictures than the others (readout.nearest_neighbours.images)."
    return (
        f"Accuracies are means over {len(results[0].seconds)} repetitions, each with a split and a start of its own; "
        "bars are standard deviations. Everything was chosen on validation pictures alone; test pictures decided "
        "nothing."
        f"{nearest if 'nearest_neighbours' in _classifiers(results) else ''} At the start the field is the same for "
        "every picture, so nothing can be known from it."
    )


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
    data = [
        {
            **_errors("y", [one.accuracy[name] for name in _test_sets(one)]),
            "type": "bar",
            "x": [name.replace("+", ", ").replace("_", " ").replace("=", " ") for name in _test_sets(one)],
            "name": label,
            "marker": {"color": f"--class-{number % 10}"},
        }
        for number, (label, one) in enumerate(ordered)
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
    """How often each label is taken for another, as shares of the label; those that occur."""
    there = np.flatnonzero(result.confusion.sum(axis=0) + result.confusion.sum(axis=1))
    confusion = result.confusion[np.ix_(there, there)]
    shares = confusion / np.maximum(1, confusion.sum(axis=1, keepdims=True))
    names = [result.classes[number] for number in there]
    # Of many classes the numbers would lie on each other.
    texts = len(names) <= MOST_WRITTEN
    heat = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": shares.tolist(),
        "text": [[f"{100 * share:.1f}" if share >= 0.0005 else "" for share in row] for row in shares],
        **({"texttemplate": "%{text}"} if texts else {}),
        "colorscale": "Viridis",
        "zmin": 0,
        "zmax": 1,
        "colorbar": {"title": {"text": "share of the label"}},
        "hovertemplate": "%{y} said to be %{x}: %{z:.4f}<extra></extra>",
    }
    layout = {
        "width": 680,
        "height": 560,
        "xaxis": {"title": {"text": "label said (text: %)" if texts else "label said"}, "type": "category", "dtick": 1},
        "yaxis": {"title": {"text": "label"}, "type": "category", "dtick": 1, "autorange": "reversed"},
    }
    return {"data": [heat], "layout": layout}


def _curves(results: Sequence[Result], best: Result) -> dict[str, Any]:
    """Validation accuracy over epochs, mean of the repetitions that still train, of the best field and what it got."""
    own = [one for one in results if one.arm.kind == "field" and one.arm.parameters == best.arm.parameters]
    shown = [one for one in (*_given(results, best), *own) if one.curves]
    data = []
    for number, one in enumerate(shown):
        values = one.curves["validation_accuracy"]
        epochs = values.shape[1]
        data.append(
            {
                "x": list(range(1, epochs + 1)),
                "y": np.nanmean(values, axis=0).tolist(),
                "mode": "lines+markers",
                "name": _kind_and_time(one),
                "line": {"color": f"--class-{number % 10}"},
            }
        )
    return {"data": data, "layout": _axes("epoch", "accuracy on validation pictures")}


def _table(results: Sequence[Result], best: Result) -> str:
    """All results as HTML, best on validation first."""
    sets = [VALIDATION, *_test_sets(best)]
    head = "".join(
        f'<th scope="col">{html.escape(name)}</th>' for name in ("arm", "classifier", *sets, "chosen", "seconds")
    )
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
