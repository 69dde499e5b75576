"""The page of fields that learn: arms with their deviations, curves, damage, more steps, kernels, pictures settling."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.figures.animation import named_scale, palette
from oscillator_field.figures.pages.charts import axes, confusion, content, errors, spaced, with_spread
from oscillator_field.figures.pages.document import as_json, write_page
from oscillator_field.figures.pages.packing import as_text, deflate, pack_angles
from oscillator_field.learning.arms import ARMS, LEARNED, SIZES
from oscillator_field.learning.controls import CONVOLUTIONS, model_of
from oscillator_field.learning.history import courses
from oscillator_field.learning.model import LearnedField, StridedDrive
from oscillator_field.learning.results import VALIDATION, Evaluation, by_arm
from oscillator_field.readout.images import read_images

COLOURS = "Phase"
# Pictures that are shown settling, of different labels.
MOST_SETTLING = 10
# How sizes are told apart, in the order of SIZES: dash and symbol of lines, pattern of bars.
STYLES = (("solid", "circle", ""), ("dash", "diamond", "/"))


def write_learned_page(
    path: str | Path, evaluations: Sequence[Evaluation], images: str | Path, *, plotlyjs: str, shared: Sequence[str]
) -> None:
    """Write the page.

    Args:
        path: the file to write, beside learned.csv.
        evaluations: of all models.
        images: the store of the test pictures, of which one of each label is shown settling.
        plotlyjs, shared: as `document.write_page` takes them.
    """
    best = [one for one in evaluations if one.described.arm == LEARNED] or list(evaluations)
    figures = [
        ("curves", "Learning curves", _curves(evaluations)),
        ("damage", "Accuracy on damaged pictures", _over_sets(evaluations)),
        ("attacks", "Accuracy under attack", _under_attack(evaluations)),
        ("steps", "Accuracy over steps", _over_steps(evaluations, "accuracy", "accuracy on test pictures")),
        ("energy", "Energy over steps", _over_steps(evaluations, "energy", "mean energy of a site (1/s)")),
        ("confusion", f"Confusion: {best[0].described.name}", confusion(best[0].confusion, best[0].learned.classes)),
        *((f"{name}-{size}", f"{heading}: {size}", figure) for size, name, heading, figure in _couplings(best)),
    ]
    write_page(
        path,
        "learned.html",
        title="Fields that learn",
        code=("figures.js", "settling.js"),
        plotlyjs=plotlyjs,
        shared=shared,
        summary=html.escape(_sentence(evaluations)),
        explained=html.escape(_explained(evaluations)),
        table=_table(evaluations),
        content=as_json(content(figures)),
        settled=as_json(_settling(best, images)),
    )


def _sentence(evaluations: Sequence[Evaluation]) -> str:
    """What each arm reaches on the test pictures, best on validation first, of each size."""
    parts = []
    for size, arms in _best_first(evaluations).items():
        told = (f"{spaced(arm)} {with_spread(_each(seeds, _test(evaluations)))}" for arm, seeds in arms.items())
        parts.append(f"{size}: {', '.join(told)}.")
    return "Right on test pictures, best on validation pictures first. " + " ".join(parts)


def _explained(evaluations: Sequence[Evaluation]) -> str:
    seeds = len({one.described.seed for one in evaluations})
    several = f"means over {seeds} seeds with their standard deviation" if seeds > 1 else "of one seed"
    stopped = [
        f"{size} {spaced(arm)}"
        for (size, arm), each in by_arm(evaluations).items()
        if any(len(one.learned.curves["training_loss"]) < one.learned.settings["epochs"] for one in each)
    ]
    # Who stops early misses the last epochs, in which pictures are as they are and rates are low.
    epochs = f"at most as many epochs ({', '.join(stopped)} stopped before)" if stopped else "as many epochs"
    told = (
        f"All arms had the same pictures and movements, and {epochs}; figures are {several}. Test pictures decided "
        "nothing."
    )
    present = {one.described.arm: None for one in evaluations}
    without = [spaced(arm) for arm in present if arm in ("no_steps", *CONVOLUTIONS)]
    if LEARNED not in present or not without:
        return told
    return (
        f"{told} What the dynamics add is the distance of the learned field to the arms without: {', '.join(without)}."
    )


def _table(evaluations: Sequence[Evaluation]) -> str:
    """A row for each size and arm, as HTML; the best of a size on validation pictures is marked."""
    figures = list(evaluations[0].figures)
    heads = ["size", "arm", *map(spaced, figures), "parameters", "multiplications", "seeds", "what it is"]
    best = {size: next(iter(arms)) for size, arms in _best_first(evaluations).items()}
    rows = []
    for (size, arm), seeds in by_arm(evaluations).items():
        cells = [size, spaced(arm), *(with_spread(_each(seeds, name)) for name in figures)]
        cells += [f"{seeds[0].parameters:,}", f"{seeds[0].multiplications:,}", str(len(seeds)), ARMS[arm]]
        mark = ' class="winner"' if arm == best[size] else ""
        rows.append(f"<tr{mark}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>")
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _curves(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """Validation accuracy over epochs: the mean of the seeds that still train."""
    data = []
    for arm, seeds in by_arm(evaluations).items():
        each = [one.learned.curves["validation_accuracy"] for one in seeds]
        longest = max(map(len, each))
        padded = np.array([np.pad(one, (0, longest - len(one)), constant_values=np.nan) for one in each])
        mean = np.nanmean(padded, axis=0).tolist()
        data.append({**_line(*arm), "x": list(range(1, longest + 1)), "y": mean})
    return {"data": data, "layout": axes("epoch", "accuracy on validation pictures")}


def _over_sets(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    names = [name for name in evaluations[0].accuracy if name != VALIDATION]
    data = [
        {**_bar(*arm), **errors("y", [_each(seeds, name) for name in names]), "x": list(map(spaced, names))}
        for arm, seeds in by_arm(evaluations).items()
    ]
    return {"data": data, "layout": axes("test set", "accuracy")}


def _under_attack(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    kinds = list(evaluations[0].attacks)
    data = [
        {
            **_bar(*arm),
            **errors("y", [np.array([one.attacks[kind] for one in seeds]) for kind in kinds]),
            "x": [f"{kind.upper()} {strength:g}" for kind, strength in kinds],
        }
        for arm, seeds in by_arm(evaluations).items()
    ]
    return {"data": data, "layout": axes("attack, largest change of a pixel (of white)", "accuracy")}


def _over_steps(evaluations: Sequence[Evaluation], name: str, title: str) -> dict[str, Any]:
    """Lines over steps, of the fields alone: the means of their seeds."""
    data = []
    for arm, seeds in by_arm(evaluations).items():
        if seeds[0].over_steps:
            mean = np.mean([one.over_steps[name] for one in seeds], axis=0)
            data.append({**_line(*arm), "x": seeds[0].over_steps["steps"].tolist(), "y": mean.tolist()})
    return {"data": data, "layout": axes("steps before the readout", title)}


def _couplings(best: Sequence[Evaluation]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Kernel and Omega of the first seed of each size."""
    drawn = []
    for size in dict.fromkeys(one.described.size for one in best):
        first = next(one for one in best if one.described.size == size)
        model = first.learned.model
        if isinstance(model, LearnedField):
            kernel, omega = model.kernel.detach().numpy(), model.omega().detach().numpy()
            tiles = _tiled(kernel)
            titles = ("from: cosines, then sines, of all channels", "to: cosines, then sines")
            drawn.append((size, "kernel", "Coupling kernel", _heat(tiles, *titles)))
            drawn.append((size, "omega", "Omega", _heat(omega, "from channel", "to channel")))
    return drawn


def _tiled(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """The kernels of all pairs of parts beside each other, apart by a line without values."""
    parts, _, rows, columns = kernel.shape
    spaced_out = np.pad(kernel, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    return spaced_out.transpose(0, 2, 1, 3).reshape(parts * (rows + 1), parts * (columns + 1))


def _heat(values: NDArray[np.float32], x: str, y: str) -> dict[str, Any]:
    most = float(np.nanmax(np.abs(values)))
    heat = {
        "type": "heatmap",
        "z": [[None if np.isnan(one) else round(float(one), 4) for one in row] for row in values],
        "colorscale": "RdBu",
        "zmin": -most,
        "zmax": most,
        "colorbar": {"title": {"text": "1/s"}},
        "hovertemplate": "%{z} 1/s<extra></extra>",
    }
    layout = axes(x, y)
    layout["yaxis"] |= {"autorange": "reversed", "scaleanchor": "x"}
    layout["xaxis"] |= {"showticklabels": False, "constrain": "domain"}
    layout["yaxis"] |= {"showticklabels": False, "constrain": "domain"}
    return {"data": [heat], "layout": {**layout, "width": 680, "height": 620}}


def _settling(best: Sequence[Evaluation], images: str | Path) -> dict[str, Any]:
    """The course of one picture of each label in the first learned field, and in the same lattice untrained."""
    learned = best[0].learned
    if not isinstance(learned.model, LearnedField):
        return {"colours": "", "lattices": [], "labels": [], "steps": []}
    pixels, labels = read_images(images)
    chosen = np.unique(labels, return_index=True)[1][:MOST_SETTLING]
    rows, columns = learned.shape
    untrained = model_of(replace(learned.described, arm="untrained"), rows, columns, len(learned.classes)).eval()
    assert isinstance(untrained, LearnedField)
    untrained_name = "lattice with the notebook's couplings"
    if isinstance(untrained.drive, StridedDrive):
        # One that has seen no picture gives a black pixel no input at all.
        untrained.drive = learned.model.drive
        untrained_name += " and the learned drive"
    steps = learned.model.size.steps
    own_name = "learned field" if learned.described.arm == LEARNED else spaced(learned.described.arm)
    lattices = []
    for name, model in ((own_name, learned.model), (untrained_name, untrained)):
        phase = courses(model, pixels[chosen], steps).mean_phase
        _, _, rows, columns = phase.shape
        packed = deflate(pack_angles(phase))
        lattices.append({"name": name, "packed": packed, "rows": rows, "columns": columns})
    return {
        "colours": as_text(palette(named_scale(COLOURS))),
        "lattices": lattices,
        "labels": [learned.classes[label] for label in labels[chosen]],
        "steps": list(range(steps + 1)),
    }


def _line(size: str, arm: str) -> dict[str, Any]:
    dash, symbol, _ = _style(size)
    return {
        "mode": "lines+markers",
        "name": f"{size}, {spaced(arm)}",
        "line": {"color": _colour(arm), "dash": dash},
        "marker": {"symbol": symbol},
    }


def _bar(size: str, arm: str) -> dict[str, Any]:
    *_, shape = _style(size)
    marker = {"color": _colour(arm), "pattern": {"shape": shape}}
    return {"type": "bar", "name": f"{size}, {spaced(arm)}", "marker": marker}


def _style(size: str) -> tuple[str, str, str]:
    return STYLES[list(SIZES).index(size) % len(STYLES)]


def _colour(arm: str) -> str:
    """An arm has one colour in both sizes."""
    return f"--class-{list(ARMS).index(arm)}"


def _each(seeds: Sequence[Evaluation], name: str) -> NDArray[np.float64]:
    return np.array([one.figures[name] for one in seeds])


def _best_first(evaluations: Sequence[Evaluation]) -> dict[str, dict[str, list[Evaluation]]]:
    """The seeds of each arm of each size, the arm that is best on validation pictures first."""
    grouped = by_arm(evaluations)
    order = sorted(grouped, key=lambda arm: -_each(grouped[arm], VALIDATION).mean())
    return {size: {arm: grouped[of, arm] for of, arm in order if of == size} for size, _ in grouped}


def _test(evaluations: Sequence[Evaluation]) -> str:
    """The name of the plain set of test pictures."""
    return next(name for name in evaluations[0].accuracy if name != VALIDATION)
