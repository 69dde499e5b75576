"""A field that plays: in a notebook, or as a file."""

from __future__ import annotations

import html
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from oscillator_field.analysis.measuring import measure
from oscillator_field.analysis.registry import SETTLED_SHARE
from oscillator_field.engines.problem import Piece
from oscillator_field.field import problem
from oscillator_field.figures.animate import animation
from oscillator_field.figures.animation import Animation
from oscillator_field.figures.limits import panels_together
from oscillator_field.figures.pages.view import write_view
from oscillator_field.figures.views import VIEWS
from oscillator_field.named_run import Run
from oscillator_field.nouns import NOUNS
from oscillator_field.parameters import METADATA
from oscillator_field.ranges import kept
from oscillator_field.stores.history import SITE_AXES
from oscillator_field.stores.history_writing import write_history
from oscillator_field.study.config_model.figures import RENDER

_DEFAULTS = RENDER.defaults()
# Views of stores that follow from a history at once.
_VIEWS = [name for name, view in VIEWS.items() if view.store in ("history", "observables")]
_ENDINGS = (".html", ".png", ".gif", ".mp4", ".svg", ".pdf")
_HEIGHT = 620


class Player:
    """A page that a notebook shows in its place; as a text it is HTML."""

    def __init__(self, page: str) -> None:
        self._page = page

    def __str__(self) -> str:
        return self._page

    def _repr_html_(self) -> str:
        # In a frame of its own, so that its style is its own.
        return (
            f'<iframe srcdoc="{html.escape(self._page)}" title="A field that plays" '
            f'style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
        )


def show(run: xr.Dataset, view: str = "phase", **settings: Any) -> Player:
    """Play a field in a notebook.

    Args:
        run: what `run` gives, or a part of it that has all frames, sites and channels.
        view: `phase`, `spikes`, `phase_velocity`, `local_order` or `order_parameter`.
        settings: of the view, as the config has them in `render.<view>`.

    Raises:
        ValueError, TypeError: an argument is not allowed; the message says which, and what is.

    Examples:
        >>> import oscillator_field as of
        >>> of.show(of.run(digit=3, steps=32))
        <oscillator_field.notebook.players.Player object at ...>
    """
    with TemporaryDirectory() as folder:
        page = Path(folder) / f"{view}.html"
        drawn = _animation(run, view, settings)
        write_view(page, drawn, frame_rate=_DEFAULTS["html"]["frame_rate"], plotlyjs="inline")
        return Player(page.read_text(encoding="utf-8"))


def animate(
    run: xr.Dataset,
    path: str | Path,
    view: str = "phase",
    *,
    frame_rate: float | None = None,
    frames: int = _DEFAULTS["png"]["frames"],
    size: int = _DEFAULTS["size"],
    scale: int = _DEFAULTS["png"]["scale"],
    theme: str = _DEFAULTS["png"]["theme"],
    **settings: Any,
) -> None:
    """Write a field that plays to a file: a page, a moving picture, or the last frame as a drawing.

    Args:
        run, view, settings: as `show` takes them.
        path: the file; its ending says what it is: `.html`, `.png` (moves), `.gif`, `.mp4`, `.svg` or `.pdf`.
        frame_rate: frames a second, at most; None for that of the workflow.
        frames: a picture has about so many frames at most.
        size: side of a single panel, pixels; of pictures.
        scale: pixels of the picture for one of the page.
        theme: `dark` or `light`, of pictures.

    Raises:
        ValueError, TypeError: an argument is not allowed; the message says which, and what is.
        RuntimeError: there is no browser to draw pictures with.
        ModuleNotFoundError: kaleido, or for a video imageio-ffmpeg, is not installed.

    Examples:
        >>> import oscillator_field as of
        >>> of.animate(of.run(digit=3, steps=32), "three.html", "local_order")
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise ValueError(f"path: {path.name!r} has no ending that says what to write (allowed: {', '.join(_ENDINGS)})")
    painter = "html" if ending == ".html" else "png"
    rate = _DEFAULTS[painter]["frame_rate"] if frame_rate is None else frame_rate
    keys = dict(RENDER.walk())
    given = {"frame_rate": rate, "frames": frames, "scale": scale, "theme": theme}
    for name, value in {"size": size, **{f"png.{name}": one for name, one in given.items()}}.items():
        keys[name].check(name.removeprefix("png."), value)
    drawn = _animation(run, view, settings)
    if ending == ".html":
        write_view(path, drawn, frame_rate=rate, plotlyjs="inline")
        return
    if importlib.util.find_spec("kaleido") is None:
        raise ModuleNotFoundError(f"{ending}: pictures need kaleido (pip install 'oscillator-field[pictures]')")
    from oscillator_field.figures.painters.drawing import one_browser
    from oscillator_field.figures.painters.png import write_png

    with TemporaryDirectory() as folder, one_browser() as browser:
        moves = ending == ".png"
        write_png(
            path if moves else Path(folder) / "picture.png",
            drawn,
            browser,
            size=size,
            frame_rate=rate,
            frames=frames,
            scale=scale,
            theme=theme,
            also={} if moves else {ending[1:]: path},
        )


def _animation(run: xr.Dataset, view: str, settings: Mapping[str, Any]) -> Animation:
    if view not in _VIEWS:
        raise ValueError(f"view: {view!r} is not one of a field in Python (allowed: {', '.join(_VIEWS)})")
    allowed = VIEWS[view].settings
    for name, value in settings.items():
        if name not in allowed:
            raise TypeError(f"{name} is no setting of the view {view} (allowed: {', '.join(allowed)})")
        allowed[name].check(name, value)
    channels = settings.get("channels")
    if isinstance(channels, int) and "channel" in run.sizes and channels >= run.sizes["channel"]:
        raise ValueError(f"channels: {channels} is not allowed with {run.sizes['channel']} channels, from 0")
    with TemporaryDirectory() as folder:
        history = Path(folder) / "history.zarr"
        _write(run, history)
        if VIEWS[view].store == "observables":
            measure(history, Path(folder) / "observables.zarr", settled_share=SETTLED_SHARE)
        pixels = run.sizes["row"] * run.sizes["column"]
        panels = panels_together(_DEFAULTS["panels"], pixels)
        return animation(view, folder, {**_DEFAULTS[view], "panels": panels, **settings})


def _write(run: xr.Dataset, path: Path) -> None:
    """The store of a history, of what `run` gave."""
    missing = {"phase", "spikes", "input_phase", "final_input_phase", "omega", "pixel", "step", "end_step"} - set(
        run.variables
    )
    if missing or not set(SITE_AXES) <= set(run["phase"].dims):
        raise ValueError(
            f"run: no history of a field, as `run` gives it (lacks {', '.join(sorted(missing)) or 'sites'})"
        )
    steps = run["step"].values
    if len(steps) < 2 or steps[0] != 0:
        raise ValueError("run: the start and a frame after it are needed, that is frame 0 and others")
    every, total = int(steps[1]), int(steps[-1])
    # Spikes are counted since the frame before, and so are those of frames that were left out.
    simulated = json.loads(run.attrs["simulation"])["every"] if "simulation" in run.attrs else every
    thinned = every != min(simulated, total) or int(run["end_step"].max()) > total
    if thinned or not np.array_equal(kept(total, every), steps[1:]):
        raise ValueError("run: frames are not all there, or not after every so many steps")
    axes = [axis for axis in run["phase"].dims if axis not in ("frame", *SITE_AXES)]
    if not axes:
        run = run.expand_dims("run")
    elif axes != ["run"]:
        run = run.stack(run=axes, create_index=False)
    run = run.transpose("run", "frame", *SITE_AXES, ..., missing_dims="ignore")
    count = run.sizes["run"]

    def each(name: str) -> NDArray[Any]:
        """Of each run, also where all share it."""
        values = run[name].values
        return values if "run" in run[name].dims else np.broadcast_to(values, (count, *values.shape))

    names = [name for name in (*NOUNS, "instance", *METADATA) if name in run.variables]
    columns = {name: each(name).tolist() for name in names}
    runs = [Run.from_description(dict(zip(names, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    task = problem(
        each("input_phase"),
        initial_phase=each("phase")[:, 0],
        omega=each("omega"),
        parameters=[one.field for one in runs],
        steps=total,
        every=every,
        frequency=np.nan_to_num(each("frequency")) if "frequency" in run.variables else None,
        seed=[one.settings.seed for one in runs],
        stop_when_settled=[one.settings.stop_when_settled for one in runs],
        settled_for=[one.settings.settled_for for one in runs],
    )
    whole = Piece(
        runs=slice(0, count),
        frames=slice(0, len(steps) - 1),
        step=steps[1:],
        phase=each("phase")[:, 1:],
        # Absent frames hold no count.
        spikes=np.nan_to_num(each("spikes")[:, 1:]).astype(task.spike_type()),
        input_phase=each("final_input_phase"),
        last_frame=np.searchsorted(steps[1:], each("end_step")),
    )
    write_history(path, task, [whole], runs=runs, pixels=each("pixel"), attributes={})
