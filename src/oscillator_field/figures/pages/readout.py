"""The page of a readout: accuracy over time, under noise and over parameters, confusions, curves, and all numbers."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oscillator_field.figures.pages.charts import axes, confusion, content, errors, spaced, with_spread
from oscillator_field.figures.pages.document import as_json, write_page
from oscillator_field.parameters import METADATA, value_text
from oscillator_field.readout.results import VALIDATION, Result, winner

# Variables of the style sheet, which has them for light and dark; each classifier keeps its own.
COLOURS = ("--class-0", "--class-1", "--class-5", "--class-6")
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
        ("confusion", f"Confusion: {_named(best_field)}", confusion(best_field.confusion, best_field.classes)),
        ("curves", "Learning curves of the networks", _curves(results, best_field)),
    ]
    summary, explained = html.escape(sentence), html.escape(_explained(results))
    write_page(
        path,
        "readout.html",
        title="What the field knows",
        code=("figures.js",),
        plotlyjs=plotlyjs,
        shared=shared,
        summary=summary,
        explained=explained,
        table=_table(results, best_field),
        content=as_json(content(figures)),
    )


def _explained(results: Sequence[Result]) -> str:
    """How the accuracies came about, of the classifiers that there are."""
    nearest = " Nearest neighbours look at fewer training pictures than the others (readout.nearest_neighbours.images)."
    return (
        f"Accuracies are means over {len(results[0].seconds)} repetitions, each with a split and a start of its own; "
        "bars are standard deviations. Everything was chosen on validation pictures alone; test pictures decided "
        "nothing."
        f"{nearest if 'nearest_neighbours' in _classifiers(results) else ''}{_of_the_start(results)}"
    )


def _of_the_start(results: Sequence[Result]) -> str:
    """What can be known from the field at its start, if it is an arm."""
    starts = {one.arm.parameters["start"] for one in results if one.arm.kind == "field" and one.arm.step == 0}
    told = " At the start the field is the same for every picture, so nothing can be known from it"
    if starts <= {"input"}:
        return " At the start the field is its input." if starts else ""
    return f"{told}, but where it is its input." if "input" in starts else f"{told}."


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
                    **errors("y", [one.accuracy[test] for one in course]),
                    "x": [(one.arm.step or 0) * delta_t for one in course],
                    "mode": "lines+markers",
                    "name": f"field, {spaced(classifier)}",
                    "line": {"color": colour},
                }
            )
        for kind, dash in DASHES.items():
            level = [one for one in _given(results, best) if one.arm.kind == kind and one.classifier == classifier]
            if level:
                value = float(level[0].accuracy[test].mean())
                name = f"{WORDS[kind]}, {spaced(classifier)}"
                line = {"color": colour, "dash": dash}
                data.append({"x": [0, last], "y": [value, value], "mode": "lines", "name": name, "line": line})
    return {"data": data, "layout": axes("time (s)", "accuracy on test pictures")}


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
            **errors("y", [one.accuracy[name] for name in _test_sets(one)]),
            "type": "bar",
            "x": [spaced(name) for name in _test_sets(one)],
            "name": label,
            "marker": {"color": f"--class-{number % 10}"},
        }
        for number, (label, one) in enumerate(ordered)
    ]
    return {"data": data, "layout": axes(f"test set ({spaced(classifier)})", "accuracy")}


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
                **errors("y", [one.accuracy[test] for one in best]),
                "x": values,
                "mode": "lines+markers",
                "name": spaced(classifier),
                "line": {"color": colour},
                "text": [_named(one) for one in best],
            }
        )
    unit = METADATA[name]["unit"]
    title = name if unit == "1" else f"{name} ({unit})"
    return {"data": data, "layout": axes(title, "accuracy on test pictures")}


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
    return {"data": data, "layout": axes("epoch", "accuracy on validation pictures")}


def _table(results: Sequence[Result], best: Result) -> str:
    """All results as HTML, best on validation first."""
    sets = [VALIDATION, *_test_sets(best)]
    head = "".join(
        f'<th scope="col">{html.escape(name)}</th>' for name in ("arm", "classifier", *sets, "chosen", "seconds")
    )
    rows = []
    for one in sorted(results, key=lambda one: -one.validation):
        cells = [one.arm.name, spaced(one.classifier)]
        cells += [with_spread(one.accuracy[name]) for name in sets]
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


def _classifiers(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(one.classifier for one in results))


def _test_sets(result: Result) -> list[str]:
    return [name for name in result.accuracy if name != VALIDATION]


def _kind_and_time(result: Result) -> str:
    words, step = WORDS[result.arm.kind], result.arm.step
    return words if step is None else f"{words} at {step * result.arm.parameters['delta_t']:g} s"


def _named(result: Result) -> str:
    return f"{spaced(result.classifier)} on {result.arm.name}"


def _said(result: Result, test: str) -> str:
    return f"{_named(result)}, {100 * result.accuracy[test].mean():.2f} % on the test pictures"


def _chosen(choice: Mapping[str, float]) -> str:
    return ", ".join(f"{key} {value_text(value)}" for key, value in choice.items())
