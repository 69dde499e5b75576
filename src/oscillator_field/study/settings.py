"""The settings of each rule's jobs: all that a result depends on beside inputs and code, in an order of its own.

Snakemake runs a job again when its settings change. So a setting that decides nothing must not be here, and the order
in which a config was written must not show: keys are sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from oscillator_field.figures.limits import panels_together
from oscillator_field.figures.views import kind_of, words_of
from oscillator_field.inputs.data_sets import DEFAULT_PICTURES
from oscillator_field.inputs.folder_source import FolderSource
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.readout.arms import CLASSIFIERS
from oscillator_field.readout.sets import parts
from oscillator_field.study.batches import FINAL
from oscillator_field.study.names import known
from oscillator_field.study.study import Study

Settings = dict[str, Any]


def ordered(values: Mapping[str, Any]) -> Settings:
    """The same, with sorted keys at every depth."""
    return {key: ordered(value) if isinstance(value, Mapping) else value for key, value in sorted(values.items())}


def fetch_pictures(study: Study, *, with_digest: bool = True) -> Settings:
    """The data set, and the mirrors of its source or a digest of the files of a folder.

    A digest, and no path: a study that moves, or its clone, or the folder, has the same pictures, bundled or not. A
    machine that a job is sent to need not have the folder, hence `with_digest`.
    """
    pictures = study.config["pictures"]
    settings = {key: pictures[key] for key in ["dataset"] + ["mirrors"] * (pictures["source"] == "download")}
    if isinstance(study.source, IdxSource) and study.source.folder is not None and with_digest:
        settings["digest"] = study.source.digest()
    return ordered(settings)


def encode(study: Study, perturbation: str) -> Settings:
    """Which picture, at which size, and how it becomes phases.

    Of a picture in a folder a digest, and no path: that of what is in its file alone.
    """
    run = known(study.perturbations, perturbation, "input")
    pictures = study.config["pictures"]
    picture = study.source.identity(run.label, run.instance)
    settings: Settings = {"encoding": vars(run.encoding), run.noun: run.label, "instance": run.instance}
    if isinstance(study.source, FolderSource):
        settings["digest"] = study.source.digest(run.label, run.instance)
        picture["range"] = pictures["range"]
    own = run.encoding.shape
    shape = study.wanted_shape if own is None else list(own)
    return ordered({**settings, "read": {**picture, **_fitting(study, shape)}})


def _fitting(study: Study, shape: list[int] | None) -> Settings:
    """How pictures come to the size of the lattice."""
    pictures = study.config["pictures"]
    return {"background": pictures["background"], "fit": pictures["fit"], "shape": shape}


def simulate(study: Study, job: str) -> Settings:
    """The runs of a job, what computes them and what is kept."""
    runs, kept = study.runs_of(job), study.config["history"]
    every = runs[0].settings.steps if kept["keep"] == FINAL else kept["every"]
    return ordered(
        {
            **study.config["simulate"],
            "every": every,
            "precision": kept["precision"],
            "runs": runs.described(),
        }
    )


def measure(study: Study, job: str) -> Settings:
    """What is measured, when, and what counts as settled."""
    return ordered(study.config["measure"])


def simulate_and_measure(study: Study, job: str) -> Settings:
    """The runs of a job, what computes them and what is measured of them."""
    measured = study.config["measure"]
    return ordered(
        {
            **study.config["simulate"],
            "every": measured["every"] or 1,
            "measure": {"observables": measured["observables"], "settled_share": measured["settled_share"]},
            "runs": study.runs_of(job).described(),
        }
    )


def embed(study: Study, job: str, method: str) -> Settings:
    """How the pixels of a run are embedded: all, or a sample of those of a large lattice."""
    seed = study.config["embed"]["sites_seed"]
    sites = study.sites_of(job)
    sample = {"sites": sites, "sites_seed": seed} if sites < study.pixels_of(job) else {}
    return ordered({**study.config["embed"][method], **sample})


def embed_samples(study: Study, set: str, method: str) -> Settings:
    """How the runs of a set are embedded, and which they are."""
    settings = {**study.config["embed"][method], "every": study.config["embed"]["samples"]["every"]}
    settings.pop("features")
    names = [run.name for run in known(study.sample_sets, set, "set of samples")]
    return ordered({**settings, "names": names, "set_name": set})


def panels_shown(study: Study, pixels: int) -> int:
    """Panels in one figure at most: as the config says, and fewer of large lattices."""
    return panels_together(study.config["render"]["panels"], pixels)


_OF_PAINTER = {"html": ("plotlyjs", "frame_rate"), "png": ("frames", "frame_rate", "scale", "theme")}


def draw(painter: str, samples: bool, study: Study, **names: str) -> Settings:
    """The settings of the views of a job or of a set, and of the painter that draws them."""
    render = study.config["render"]
    views = study.sample_views if samples else study.views

    def of(view: str) -> Settings:
        return (
            {}
            if samples
            else {"panels": panels_shown(study, study.pixels_of(names["job"])), **render.get(kind_of(view), {})}
        )

    drawn = {key: render[painter][key] for key in _OF_PAINTER[painter]}
    drawn |= {"size": render["size"]} if painter == "png" else {}
    settings = {
        "painter": drawn,
        # In the order of the config, in which pages link to each other.
        "words": [[view, words_of(view)] for view in views],
        "views": {view: of(view) for view in views},
    }
    previews = {"colours": render["phase"]["colours"]} if painter == "html" and not samples else {}
    return ordered({**settings, **previews})


def plot_summary(study: Study) -> Settings:
    """The observable that is shown, and the colours; and whether it is as the diagram of very many runs shows it."""
    return {
        "diagram": not study.lists_runs,
        "observable": study.config["study"]["observable"],
        "theme": study.config["render"]["png"]["theme"],
    }


def compute_statistics(study: Study) -> Settings:
    """What is averaged over what, and which crossings are looked for."""
    return {kind: [ordered(table) for table in study.config["study"][kind]] for kind in ("statistics", "thresholds")}


# The parts of a config that decide the numbers of a study.
_DECISIVE = (
    "digits",
    "labels",
    "instances",
    "encoding",
    "field",
    "grid",
    "continue",
    "batch",
    "history",
    "simulate",
    "measure",
)


def write_gallery(study: Study) -> Settings:
    """What the gallery, or the diagram of very many runs, shows, and the config that decided its numbers."""
    render = study.config["render"]
    pages = {
        "learning": study.config["learning"]["enabled"],
        "plotlyjs": render["html"]["plotlyjs"],
        "readout": study.config["readout"]["enabled"],
    }
    if not study.lists_runs:
        pictures = {key: value for key, value in _described(study).items() if value != DEFAULT_PICTURES[key]}
        if study.config["pictures"]["directory"] is not None:
            # Where they lie is for whoever copies the command to say.
            pictures["directory"] = "FOLDER"
        return {
            "config": _decisive(study),
            "name": study.config["study"]["name"],
            "observable": study.config["study"]["observable"],
            "pictures": pictures,
            "pixels": study.pixels_by_size,
            **pages,
        }
    return {
        "colours": render["phase"]["colours"],
        "config": _decisive(study),
        "name": study.config["study"]["name"],
        "observable": study.config["study"]["observable"],
        "pages": study.pages,
        **pages,
        "sets": {name: {view: words_of(view) for view in study.sample_views} for name in study.sample_sets},
        "views": {view: words_of(view) for view in study.views},
    }


def _decisive(study: Study) -> Settings:
    return ordered({"pictures": _described(study), **{key: study.config[key] for key in _DECISIVE}})


def _described(study: Study) -> Settings:
    """Which pictures they are, and not where they lie."""
    return {key: study.config["pictures"][key] for key in ("dataset", "source", "size", "fit", "background", "range")}


def draw_images(study: Study, images: str) -> Settings:
    """The size of the pictures of a set, and what is drawn at random for it."""
    kind = parts(images)[1]
    wanted = ("seed",) * bool(kind) + ("rotation", "translation") * (kind == "augmentation")
    drawn = {key: study.config["readout"][key] for key in wanted}
    return ordered({**drawn, **_fitting(study, study.wanted_shape)})


def simulate_images(study: Study, field: str, images: str, shard: str) -> Settings:
    """Which field, over which pictures, kept after which steps."""
    shards = known(study.readout.shards, images, "set of pictures")
    chosen = known(dict(enumerate(shards)), int(shard), f"shard of {images}")
    return ordered(
        {
            **study.config["simulate"],
            "end": chosen.stop,
            "first": chosen.start,
            "run": known(study.readout.fields, field, "field"),
            "steps": sorted(study.config["readout"]["steps"]),
        }
    )


def fit(classifier: str, study: Study, arm: str) -> Settings:
    """What a classifier learns from, and how."""
    chosen, readout = study.readout.arm(arm), study.config["readout"]
    return ordered(
        {
            "arm": {"kind": chosen.kind, "parameters": chosen.parameters, "step": chosen.step},
            "classifier": classifier,
            # Nearest centroids have none.
            "settings": readout.get(classifier, {}),
            **{key: readout[key] for key in ("repetitions", "seed", "validation_share")},
        }
    )


def train_field(study: Study, model: str) -> Settings:
    """Which model, and how it is trained."""
    learning = study.config["learning"]
    decided_elsewhere = ("enabled", "sizes", "arms", "seeds", "attacked", "strengths")
    settings = {key: value for key, value in learning.items() if key not in decided_elsewhere}
    # As the config has it: which machine calls must not decide whether weights are trained anew.
    device = study.config["simulate"]["device"]
    return ordered({**settings, "device": device, "model": vars(study.learning.model(model))})


def evaluate_field(study: Study, model: str) -> Settings:
    """How test pictures are attacked."""
    study.learning.model(model)
    return {key: study.config["learning"][key] for key in ("attacked", "strengths")}


SETTINGS: dict[str, Callable[..., Settings]] = {
    "fetch_pictures": fetch_pictures,
    "encode": encode,
    "simulate": simulate,
    "measure": measure,
    "simulate_and_measure": simulate_and_measure,
    "embed": embed,
    "embed_samples": embed_samples,
    "plot_summary": plot_summary,
    "compute_statistics": compute_statistics,
    "write_gallery": write_gallery,
    "draw_images": draw_images,
    "simulate_images": simulate_images,
    "train_field": train_field,
    "evaluate_field": evaluate_field,
    **{f"render_{painter}": partial(draw, painter, False) for painter in _OF_PAINTER},
    **{f"render_samples_{painter}": partial(draw, painter, True) for painter in _OF_PAINTER},
    **{f"fit_{name}": partial(fit, name) for name in CLASSIFIERS},
}


def settings_of(study: Study, rule: str, **names: Any) -> Settings:
    """The settings of a job: all that its result depends on beside its inputs and its code.

    Args:
        study: what is asked for.
        rule: the name of its rule; `fit_network` for `train_network`.
        names: what the job is of, such as `job="digit=3"`.

    Raises:
        UnknownNameError: the config asks for nothing of this name.
    """
    return SETTINGS[rule](study, **names)
