"""What no schema can say of a config: whether its parts fit each other, the pictures at hand and this machine.

What it asks for of pictures is checked where they are looked up, in `pictures`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from oscillator_field.analysis.registry import OBSERVABLES, SCALARS, TIMES
from oscillator_field.engines.registry import allowed_devices, checked_engine
from oscillator_field.figures.painters.browser import what_is_missing
from oscillator_field.figures.views import VIEWS
from oscillator_field.inputs.data_sets import TEST, TRAINING
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.sources import Source
from oscillator_field.learning.arms import SIZES, steps_of_training
from oscillator_field.named_run import Run
from oscillator_field.nouns import Label
from oscillator_field.parameters import EXACT, FEWEST_PIXELS, OWN_SIZE, PLANE_AXES
from oscillator_field.runs import Job, physics_of
from oscillator_field.study.axes import axis_names, grid_factors
from oscillator_field.study.batches import FINAL, FRAMES, NONE
from oscillator_field.study.configuration import ConfigError
from oscillator_field.study.explain import shown
from oscillator_field.study.grid import sample_sets
from oscillator_field.study.pictures import as_config_error, check_pictures, labels_of
from oscillator_field.terms import contradictions, settling_contradiction, terms_of


def check_engine(engine: str, device: str) -> None:
    """Refuse an engine on a device that it does not know.

    Raises:
        ConfigError: it is such a pair.
    """
    allowed = allowed_devices(engine)
    if device not in allowed:
        raise ConfigError(
            f'simulate.device: "{device}" is not allowed with simulate.engine: "{engine}" ({" or ".join(allowed)})'
        )


def check_kept(config: Mapping[str, Any]) -> None:
    """Refuse to make anything of frames that are not kept, and of observables that are not measured.

    Raises:
        ConfigError: the message says what to set.
    """
    kept, measured = config["history"], config["measure"]
    if kept["keep"] == NONE:
        made_of_frames = {
            "render.views: []": config["render"]["views"],
            "embed.methods: []": config["embed"]["methods"],
            "embed.samples.methods: []": config["embed"]["samples"]["methods"],
        }
        if needed := [key for key, value in made_of_frames.items() if value]:
            raise ConfigError(f"history.keep: none leaves no frames to draw or embed (set {', '.join(needed)})")
        without = {"every": 1, "precision": EXACT}
        for name, default in without.items():
            if kept[name] != default:
                raise ConfigError(
                    f"history.{name}: {shown(kept[name])} has no effect with history.keep: none (measure.every says "
                    "when to measure)"
                )
    if kept["keep"] == FINAL and kept["every"] != 1:
        raise ConfigError(
            f"history.every: {kept['every']} has no effect with history.keep: final, which keeps one frame (1)"
        )
    if config["continue"] and config["readout"]["enabled"]:
        raise ConfigError("readout.enabled: true is not allowed with continue, because its fields begin by themselves")
    every = measured["every"]
    if every is not None and kept["keep"] == FRAMES and every % kept["every"]:
        raise ConfigError(
            f"measure.every: {every} is not allowed with history.every: {kept['every']} (a multiple of it)"
        )
    if every is not None and kept["keep"] == FINAL:
        raise ConfigError(f"measure.every: {every} has no effect with history.keep: final, which has one frame (null)")
    if measured["observables"] is not None:
        _check_observables(config, measured["observables"])


def check_statistics(config: Mapping[str, Any], source: Source) -> None:
    """Refuse statistics over or along what does not differ between the runs.

    Raises:
        ConfigError: the message says what does.
    """
    grid, study = config["grid"], config["study"]
    if not (study["statistics"] or study["thresholds"]):
        return
    differ = [source.noun] * (len(labels_of(config, source)) > 1) + ["instance"] * (len(config["instances"]) > 1)
    factors = grid_factors(grid, config["field"]["seed"])
    each = ((name, points) for points in factors.values() for name in {name for point in points for name in point})
    constants = {**config["encoding"], **config["field"]}
    differ += sorted(name for name, points in each if len({point.get(name, constants[name]) for point in points}) > 1)
    differ += ["direction"] * bool(config["continue"])
    allowed = ", ".join(differ) or "nothing does"
    for kind in ("statistics", "thresholds"):
        for number, table in enumerate(study[kind]):
            key = f"study.{kind}[{number}]"
            if unknown := [name for name in table.get("over", ()) if name not in differ]:
                raise ConfigError(f"{key}.over: {unknown[0]} does not differ between the runs (allowed: {allowed})")
            along = table.get("along")
            if along is not None:
                values = [point[along] for point in factors.get(f"grid.{along}", [])]
                if len(values) < 2 or isinstance(values[0], bool | str):
                    raise ConfigError(
                        f"{key}.along: {along} is no axis of the grid by itself with at least two numbers (one that is)"
                    )
            if missing := _not_measured(table["of"], config["measure"]["observables"]):
                raise ConfigError(f"{key}.of: {table['of']} needs {missing} (name it in measure.observables)")
            if along in table.get("over", ()):
                raise ConfigError(f"{key}.over: {along} is what the threshold lies along (other axes)")


def check_frames(jobs: Sequence[Job], config: Mapping[str, Any]) -> None:
    """Refuse to ask of one frame how a run went, or when it shall end because it has settled; or to end it too early.

    Raises:
        ConfigError: that is asked.
    """
    keep = config["history"]["keep"]
    runs = [run for job in jobs for run in job.runs.distinct(["stop_when_settled", "steps"])]
    every = config["measure"]["every"] or (config["history"]["every"] if keep == FRAMES else 1)
    fewest = min(run.settings.steps for run in runs)
    if keep == FINAL or (every >= fewest > 1):
        named = [("observable", config["study"]["observable"])]
        named += [
            (f"{kind}[{number}].of", table["of"])
            for kind in ("statistics", "thresholds")
            for number, table in enumerate(config["study"][kind])
        ]
        why = "history.keep: final" if keep == FINAL else f"one frame measured of {fewest} steps"
        for key, name in named:
            if OBSERVABLES[SCALARS[name].made_of].of_course:
                raise ConfigError(
                    f"study.{key}: {name} is not allowed with {why}, which does not say how a run went (allowed: with "
                    "more frames)"
                )
    if keep == FINAL and any(run.settings.stop_when_settled > 0 for run in runs):
        raise ConfigError(
            "history.keep: final is not allowed with field.stop_when_settled, which is looked at where frames are kept "
            "(frames, none)"
        )
    for run in runs:
        if message := settling_contradiction(run.settings.stop_when_settled, config["measure"]["settled_share"]):
            raise ConfigError(f"measure.{message}")


def _check_observables(config: Mapping[str, Any], measured: Sequence[str]) -> None:
    for view in config["render"]["views"]:
        if missing := [name for name in VIEWS[view].observables if name not in measured]:
            raise ConfigError(f"render.views: {view} needs {', '.join(missing)} (name them in measure.observables)")
    shown_first = config["study"]["observable"]
    if missing_one := _not_measured(shown_first, measured):
        raise ConfigError(
            f"study.observable: {shown_first} needs {missing_one} (name it in measure.observables, or set another one)"
        )


def _not_measured(observable: str, measured: Sequence[str] | None) -> str:
    """What an observable of the summary is made of, if that is not measured; empty if it is."""
    made_of = SCALARS[observable].made_of
    return "" if measured is None or made_of in (*measured, *TIMES) else made_of


def check_sizes(sizes: Iterable[int]) -> None:
    """Refuse lattices that have the size of the pictures beside those whose size is a number: 0 is none.

    Raises:
        ConfigError: there are such.
    """
    if len(named := set(sizes)) > 1 and OWN_SIZE in named:
        raise ConfigError(
            f"grid.size: {OWN_SIZE} is not allowed beside other sizes (the number of pixels along a side)"
        )


def check_physics(jobs: Sequence[Job], engine: str, shape_of: Callable[[Run], tuple[int, int]]) -> None:
    """Refuse runs whose terms contradict each other or their lattice, and those that the engine cannot compute.

    Args:
        jobs: of the study.
        engine: as the config has it.
        shape_of: rows and columns of the lattice of a run.

    Raises:
        ConfigError: the first of them.
    """
    for shape, field, settings in dict.fromkeys(kind for job in jobs for kind in physics_of(job.runs, shape_of)):
        if min(shape) < FEWEST_PIXELS:
            raise ConfigError(f"encoding.size: {shape[0]} is not allowed (0, or at least {FEWEST_PIXELS})")
        for message in contradictions(field, settings, *shape):
            raise ConfigError(f"field.{message}")
        if engine != "auto":
            try:
                checked_engine(engine, terms_of(field, settings))
            except ValueError as error:
                raise ConfigError(f"simulate.{error}") from None


def check_embeddable(jobs: Sequence[Job], methods: Sequence[str]) -> None:
    """Refuse to embed fields with too few channels for a plane.

    Raises:
        ConfigError: a run has too few.
    """
    channels = min(job.runs[0].settings.channels for job in jobs)
    if methods and channels < PLANE_AXES:
        raise ConfigError(
            f"field.channels: {channels} is too few for embed.methods: {json.dumps(list(methods))} "
            f"(allowed: at least {PLANE_AXES}, or embed.methods: [])"
        )


def check_channel(jobs: Sequence[Job], channels: str | int) -> None:
    """Refuse to draw a channel that a run does not have.

    Raises:
        ConfigError: a run has too few channels.
    """
    fewest = min(job.runs[0].settings.channels for job in jobs)
    if isinstance(channels, int) and channels >= fewest:
        raise ConfigError(
            f"render.phase.channels: {channels} is not allowed with {fewest} channels (mean, all, or 0 to {fewest - 1})"
        )


def check_samples(jobs: Sequence[Job], embed: Mapping[str, Any]) -> None:
    """Refuse t-SNE of a few samples.

    Raises:
        ConfigError: a set has too few for the perplexity.
    """
    if "tsne" not in embed["samples"]["methods"]:
        return
    for name, runs in sample_sets(jobs).items():
        _check_perplexity(embed, len(runs), f"the {len(runs)} samples of {name}", "embed.samples.methods")


def check_sites(embed: Mapping[str, Any], sites: int) -> None:
    """Refuse t-SNE of too few sites.

    Raises:
        ConfigError: there are too few for the perplexity.
    """
    _check_perplexity(embed, sites, f"{sites} sites", "embed.methods")


def _check_perplexity(embed: Mapping[str, Any], points: int, told: str, methods: str) -> None:
    perplexity, most = embed["tsne"]["perplexity"], (points - 1) / 3
    if perplexity > most:
        raise ConfigError(
            f"embed.tsne.perplexity: {perplexity} is too large for {told} "
            f"(allowed: at most {most:.6g}, or {methods} without tsne)"
        )


def check_sets(section: str, config: Mapping[str, Any], source: Source, shape: tuple[int, int]) -> None:
    """Refuse a readout or a training, by the section of the config, that the pictures do not allow.

    Raises:
        ConfigError: there are no pictures for tests; the training pictures cannot be split, or are of one class; or a
            square is larger than a picture.
    """
    if not isinstance(source, IdxSource):
        raise ConfigError(
            f"{section}.enabled: true is not allowed with pictures.dataset: folder (a data set of IDX files)"
        )
    with as_config_error():
        pictures, tests, classes = source.count(TRAINING), source.count(TEST), source.classes()
    if tests == 0:
        raise ConfigError(f"{section}.enabled: true is not allowed with no picture for tests (at least one)")
    if classes < 2:
        raise ConfigError(f"{section}.enabled: true is not allowed with training pictures of one class (at least two)")
    if section == "readout" and (config["encoding"]["size"] != OWN_SIZE or "size" in axis_names(config["grid"])):
        raise ConfigError("readout.enabled: true is not allowed with encoding.size (0; pictures.size is for all sets)")
    share = config[section]["validation_share"]
    validating = round(pictures * share)
    if not 0 < validating < pictures:
        raise ConfigError(
            f"{section}.validation_share: {share} of {pictures} pictures leaves none to validate with, "
            f"or none to train on (allowed: {1 / pictures:.2g} to {1 - 1 / pictures:.6g})"
        )
    if section == "learning":
        _check_training(config["learning"], pictures - validating, shape)
    for number, side in enumerate(config["readout"]["corruptions"]["occlusion"]):
        if side > min(shape):
            raise ConfigError(
                f"readout.corruptions.occlusion[{number}]: {side} is not allowed with pictures of {shape[0]} x "
                f"{shape[1]} pixels (at most {min(shape)})"
            )


def _check_training(learning: Mapping[str, Any], pictures: int, shape: tuple[int, int]) -> None:
    """Refuse to train fields on so many pictures of a shape."""
    for size in learning["sizes"]:
        if min(SIZES[size].lattice(*shape)) < SIZES[size].pooled:
            raise ConfigError(
                f"learning.sizes: {size} is not allowed with pictures of {shape[0]} x {shape[1]} pixels, of which "
                "nothing is left to read (set pictures.size)"
            )
    if steps_of_training(learning["epochs"], pictures, learning["batch"]) < 2:
        raise ConfigError(
            f"learning.batch: {learning['batch']} makes one step of {pictures} pictures, which learns nothing "
            f"(allowed: less than {pictures}, or learning.epochs of at least 2)"
        )
    if learning["shift"] >= min(shape):
        raise ConfigError(
            f"learning.shift: {learning['shift']} leaves nothing of pictures of {shape[0]} x {shape[1]} pixels "
            f"(allowed: less than {min(shape)})"
        )


def check_writable(*folders: str | Path) -> None:
    """Refuse folders that cannot be made or written.

    Raises:
        ConfigError: the first that cannot.
    """
    for folder in folders:
        path = Path(folder).absolute()
        while not path.exists() and not path.is_symlink():
            path = path.parent
        if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
            raise ConfigError(f"{folder}: cannot be written, because {path} is not a folder that you may write to")


def check_png(png: Mapping[str, Any], drawn: bool) -> None:
    """Refuse to insist on PNG where no browser can draw it, and on MP4 where nothing can encode it.

    Raises:
        ConfigError: it is insisted on.
    """
    if png["enabled"] is True and not drawn:
        raise ConfigError(
            f"render.png.enabled: true is not allowed without a browser ({what_is_missing()}, or set auto)"
        )
    # Where pictures are drawn in an environment of their own, this one need have nothing.
    here = importlib.util.find_spec("kaleido") is not None
    if "mp4" in png["also"] and here and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ConfigError("render.png.also: mp4 is not allowed without imageio-ffmpeg (install the extra `video`)")


def check_machine(
    source: Source,
    pictures: Sequence[tuple[Label, int]],
    alike: bool,
    png: Mapping[str, Any],
    drawn: bool,
    folders: Iterable[str | Path],
) -> None:
    """Check what depends on the machine that starts a workflow, and say so where PNG pictures are left out.

    Args:
        source, pictures, alike: as `check_pictures` takes them.
        png: the section of the config.
        drawn: whether PNG pictures are drawn.
        folders: those that results are written to.

    Raises:
        ConfigError: a picture is not there, a folder cannot be written, or PNG is insisted on and cannot be drawn.
    """
    check_pictures(source, pictures, alike=alike)
    check_writable(*folders)
    check_png(png, drawn)
    if png["enabled"] is not False and not drawn:
        print(f"No PNG, HTML only: no browser is found that starts ({what_is_missing()}).", file=sys.stderr)
