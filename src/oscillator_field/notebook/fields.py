"""Fields by one call: their history, or their observables, as a dataset whose axes are what was given as lists.

They go through the stores of the workflow, in a folder that is gone afterwards, so they have its numbers.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr

from oscillator_field.analysis.measuring import simulate_and_measure
from oscillator_field.analysis.registry import OBSERVABLES, SETTLED_SHARE
from oscillator_field.analysis.sweep import open_sweep
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.inputs.pictures import Picture
from oscillator_field.notebook.pictures import Source, brought_to, named
from oscillator_field.nouns import Label
from oscillator_field.parameters import DEFAULTS, FEWEST_PIXELS, SET_BY_OTHERS, checked
from oscillator_field.runs import Runs, physics_of
from oscillator_field.simulation import simulate_runs
from oscillator_field.study.batches import UNBATCHABLE
from oscillator_field.terms import contradictions, settling_contradiction


def run(
    picture: Source | Mapping[str, Source] | None = None,
    *,
    digit: int | Sequence[int] | None = None,
    instance: int | Sequence[int] | None = None,
    every: int = 1,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    **parameters: Any,
) -> xr.Dataset:
    """Simulate a field, or one for each combination of the values of all lists, and give its history.

    Args:
        picture: what drives it, as `encode` takes it, or several of one size by name; None for a digit.
        digit, instance: which picture of the bundled part of MNIST, where no other is given; None for 3 and 0.
        every: a frame is kept after every so many steps and after the last one.
        engine, device, threads: as `simulate` takes them.
        parameters: those of `EncodingParameters`, `FieldParameters` and `RunParameters`, but not `learned`, of the
            workflow; a list of several values is an axis, whose values are sorted.

    Returns:
        `phase` (rad) and `spikes` over `frame`, `row`, `column`, `channel`, and before these over whatever was given as
        a list; frame 0 is the start. `time` is in s. Beside them `input_phase`, `final_input_phase`, `omega`, `pixel`.

    Raises:
        ValueError, TypeError: an argument is not allowed; the message says which, and what is.
        RuntimeError: the device is not there.

    Examples:
        >>> import oscillator_field as of
        >>> field = of.run(digit=3, k_coupling=[0.1, 0.3], steps=64)
        >>> field["phase"].sel(k_coupling=0.3).isel(frame=-1).shape
        (28, 28, 4)
    """
    runs, pictures = _asked(picture, digit, instance, parameters)
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        inputs = _write_inputs(Path(folder), runs, pictures)
        store = Path(folder) / "runs" / "all" / "history.zarr"
        simulate_runs(runs, inputs, store, every=every, engine=engine, device=device, threads=threads)
        return _from_start(open_sweep(folder).load())


def observe(
    picture: Source | Mapping[str, Source] | None = None,
    *,
    digit: int | Sequence[int] | None = None,
    instance: int | Sequence[int] | None = None,
    every: int | None = None,
    observables: Sequence[str] | None = None,
    settled_share: float = SETTLED_SHARE,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    **parameters: Any,
) -> xr.Dataset:
    """Simulate fields as `run` does, and measure them on the way; no history is kept.

    Args:
        picture, digit, instance, engine, device, threads, parameters: as `run` takes them.
        every: steps between two frames that are measured; None for the last frame alone, of which those
            that tell how a run went (share of spiking sites, phase velocity, locking, settling) are NaN.
        observables: names of observables, such as `order_parameter`; None for all.
        settled_share: a field has settled when fewer than this share of sites spike in a step, for good.

    Returns:
        The observables, over `frame` if they change in time, and over whatever was given as a list. `settling_time` is
        NaN for fields that have not settled.

    Raises:
        ValueError, TypeError: an argument is not allowed; the message says which, and what is.
        RuntimeError: the device is not there.

    Examples:
        >>> import oscillator_field as of
        >>> order = of.observe(k_coupling=[0.1, 0.3], steps=64)["order_parameter"]
        >>> order.dims
        ('k_coupling', 'frame')
    """
    if observables is not None:
        is_text = isinstance(observables, str)
        unknown = [] if is_text else sorted(set(observables) - OBSERVABLES.keys())
        if is_text or unknown or not observables:
            told = unknown[0] if unknown else observables
            raise ValueError(f"observables: {told!r} is not allowed (a list of {', '.join(OBSERVABLES)})")
    if not 0 < settled_share <= 1:
        raise ValueError(f"settled_share: {settled_share!r} is not allowed (a share above 0, at most 1)")
    runs, pictures = _asked(picture, digit, instance, parameters)
    if every is None and any(run.settings.stop_when_settled for run in runs.distinct(["stop_when_settled"])):
        raise ValueError(
            "stop_when_settled: a field is not seen to settle where its last frame alone is measured (give every, or 0)"
        )
    for run in runs.distinct(["stop_when_settled"]):
        if message := settling_contradiction(run.settings.stop_when_settled, settled_share):
            raise ValueError(message)
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        inputs = _write_inputs(Path(folder), runs, pictures)
        store = Path(folder) / "runs" / "all" / "observables.zarr"
        simulate_and_measure(
            runs,
            inputs,
            store,
            settled_share=settled_share,
            every=runs[0].settings.steps if every is None else every,
            observables=observables,
            engine=engine,
            device=device,
            threads=threads,
        )
        return open_sweep(folder, "observables").load()


def _asked(
    picture: Source | Mapping[str, Source] | None,
    digit: int | Sequence[int] | None,
    instance: int | Sequence[int] | None,
    parameters: Mapping[str, Any],
) -> tuple[Runs, dict[tuple[Label, int], Picture]]:
    """The runs that were asked for, none of which contradicts itself, and their pictures."""
    noun, pictures = named(picture, digit, instance)
    runs = _grid(noun, pictures, parameters)
    shapes = {key: one.level.shape for key, one in pictures.items()}
    for shape, field, settings in physics_of(runs, lambda run: run.encoding.shape or shapes[run.label, run.instance]):
        if min(shape) < FEWEST_PIXELS:
            raise ValueError(
                f"picture: a lattice of {shape[0]} x {shape[1]} pixels is not allowed (at least {FEWEST_PIXELS} a side)"
            )
        for message in contradictions(field, settings, *shape):
            raise ValueError(message)
    return runs, pictures


def _grid(noun: str, pictures: Mapping[tuple[Label, int], Picture], parameters: Mapping[str, Any]) -> Runs:
    """All combinations of the pictures and of the values of parameters."""
    allowed = [name for name in DEFAULTS if name not in (*SET_BY_OTHERS, "learned")]
    shared: dict[str, Any] = {}
    parts: list[tuple[dict[str, Any], ...]] = []
    labels, instances = ([*dict.fromkeys(each)] for each in zip(*pictures, strict=True))
    for name, value in {noun: labels, "instance": instances, **parameters}.items():
        if name in parameters and name not in allowed:
            near = difflib.get_close_matches(name, allowed, 1)
            hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(allowed)}"
            raise TypeError(f"{name} is no parameter of a field ({hint})")
        if np.ndim(value) > 1:
            raise ValueError(
                f"{name}: values of {np.ndim(value)} dimensions are not allowed (a value, or a list of values)"
            )
        values = [_plain(one) for one in value] if np.ndim(value) and isinstance(value, Sequence | np.ndarray) else None
        if values is None:
            shared[name] = _plain(value)
        elif not values:
            raise ValueError(f"{name}: no value is given")
        elif len(values) == 1:
            shared[name] = values[0]
        elif name in UNBATCHABLE:
            raise ValueError(f"{name}: {value!r} are several values (allowed: one, because it changes the shape)")
        elif len({checked(name, one) if name in DEFAULTS else one for one in values}) < len(values):
            raise ValueError(f"{name}: a value is given twice")
        else:
            parts.append(tuple({name: one} for one in values))
    return Runs(shared, tuple(parts), noun)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic | np.ndarray) else value


def _write_inputs(folder: Path, runs: Runs, pictures: Mapping[tuple[Label, int], Picture]) -> list[Path]:
    """The stores of all encoded pictures."""
    encodings = {run.perturbation: run for run in runs}
    for name, one in encodings.items():
        picture = brought_to(one.encoding.shape, pictures[one.label, one.instance])
        made_of = {one.noun: one.label, "instance": one.instance}
        write_perturbation(folder / f"{name}.zarr", picture, one.encoding, attributes=made_of)
    return [folder / f"{name}.zarr" for name in encodings]


def _from_start(history: xr.Dataset) -> xr.Dataset:
    """A history whose frame 0 is the start."""
    start = history["initial_phase"]
    # To the half-open circle of all other frames.
    wrapped = start.copy(data=np.arctan2(np.sin(start.values), np.cos(start.values)).astype(np.float32))
    first = history[["phase", "spikes"]].isel(frame=[0])
    first["phase"] = first["phase"].copy(data=wrapped.expand_dims("frame").transpose(*first["phase"].dims).values)
    first["spikes"] = xr.zeros_like(first["spikes"])
    first = first.assign_coords({name: xr.zeros_like(first[name]) for name in ("step", "time")})
    whole = xr.concat(
        [first, history[["phase", "spikes"]]],
        "frame",
        data_vars="minimal",
        coords="minimal",
        compat="override",
        join="exact",
        combine_attrs="override",
    )
    rest = history.drop_dims("frame").drop_vars("initial_phase")
    return xr.merge([rest, whole], join="exact", compat="override", combine_attrs="drop_conflicts").assign_attrs(
        history.attrs
    )
