"""What each rule's jobs need of a machine: memory, time, threads and GPUs.

Memory is room for the libraries and for the arrays that are in memory at once. Both were measured; see benchmarks/.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from oscillator_field.analysis.registry import SCALARS
from oscillator_field.engines.lanes import FAR, LANES, runs_together, useful_threads
from oscillator_field.engines.registry import may_need_gpu
from oscillator_field.figures.limits import frames_together
from oscillator_field.figures.views import VIEWS, kind_of
from oscillator_field.inputs.data_sets import SIDE, TRAINING
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.learning.arms import JUDGED_TOGETHER, SIZES
from oscillator_field.named_run import Run
from oscillator_field.runs import runs_at_once
from oscillator_field.study.batches import BYTES_OF_INPUTS
from oscillator_field.study.costs import slowness
from oscillator_field.study.names import known
from oscillator_field.study.settings import panels_shown
from oscillator_field.study.study import Study

# Minutes that a job may take at most, before a scheduler ends it; more where the lattice is large, see `minutes`.
MINUTES = {
    "fetch_pictures": 60,
    "encode": 5,
    "simulate": 60,
    "simulate_and_measure": 60,
    "measure": 30,
    "embed": 240,
    "embed_samples": 240,
    "render_html": 30,
    "render_png": 60,
    "render_samples_html": 30,
    "render_samples_png": 60,
    "summarise": 30,
    "plot_summary": 30,
    "compute_statistics": 30,
    "write_gallery": 30,
    "draw_images": 30,
    "simulate_images": 60,
    "fit": 120,
    "compare_readouts": 30,
    "train_field": 240,
    "evaluate_field": 60,
    "compare_fields": 30,
}

# Seconds of a job until one has been measured where it runs; on two cores of an AMD EPYC at about 2.5 GHz, of a run of
# 512 steps of TYPICAL_PIXELS.
TYPICAL_SECONDS = {
    "fetch_pictures": 1.0,
    "share_plotlyjs": 0.5,
    "encode": 0.5,
    "simulate": 1.8,
    "simulate_and_measure": 2.0,
    "measure": 1.0,
    "embed": 4.0,
    "embed_samples": 2.0,
    "render_html": 1.5,
    "render_png": 8.0,
    "render_samples_html": 0.7,
    "render_samples_png": 4.0,
    "summarise": 1.0,
    "plot_summary": 4.0,
    "compute_statistics": 2.0,
    "write_gallery": 1.5,
    "draw_images": 4.0,
    "simulate_images": 12.0,
    "fit_logistic_regression": 30.0,
    "fit_nearest_neighbours": 40.0,
    "fit_nearest_centroid": 8.0,
    "train_network": 40.0,
    "compare_readouts": 3.0,
    "train_field": 0.0025,  # for a picture and epoch
    "evaluate_field": 60.0,  # for a thousand pictures attacked at two strengths
    "compare_fields": 6.0,
}
UNKNOWN_SECONDS = 5.0
# And for each step of a site of the default field.
SECONDS_A_SITE_STEP = 1.6e-9
TYPICAL_PIXELS = SIDE * SIDE
# Rules whose jobs take the longer the more sites there are. Embeddings take a sample of the sites.
OF_SITES = (
    "simulate",
    "measure",
    "render_html",
    "render_png",
    "draw_images",
    "simulate_images",
    "fit",
    "train_field",
    "evaluate_field",
)
# Arrays of the state that backpropagation keeps for each step of a learned field.
ARRAYS_A_STEP = 5
# A job is ended when it takes so many times as long as it should.
PATIENCE = 10


def gpus(study: Study, **names: str) -> int:
    """The GPUs of a job that simulates: one if the config insists on it, or if it may use the one that is at hand."""
    if "job" in names and study.is_learned(names["job"]):
        return 0
    return int(may_need_gpu(**study.config["simulate"], terms=study.terms_of(**names)))


def training_gpus(study: Study) -> int:
    """The GPUs of a training, which torch computes."""
    return int(may_need_gpu("torch", study.config["simulate"]["device"]))


def frames_shown(study: Study, every: int = 1) -> int:
    """Frames of a history that are shown at most, by any run."""
    return study.most_steps // (study.config["history"]["every"] * every) + 2


def _gpu_megabytes(study: Study, **names: str) -> int:
    """On the host, for CUDA, and for the pieces that come from a GPU: page-locked memory, 2 GiB at most."""
    return 3000 * gpus(study, **names)


def _simulate(study: Study, job: str) -> int:
    """The chunks under way in each thread, the inputs of all runs, and what terms keep of those that are computed."""
    runs = study.runs_of(job)
    sites = study.pixels_of(job) * runs[0].settings.channels
    terms = study.terms_of(job=job)
    # The states of stages and inputs, sums over far neighbours with their wide borders, noise and frequencies.
    of_terms = sum(size for term, size in _BYTES_OF_TERMS.items() if term in terms)
    together = _runs_together(study, job)
    groups = min(8, math.ceil(len(runs) / together))
    # Sums over far neighbours take as much room for lanes that are left over.
    at_once = LANES if terms & FAR else min(len(runs), together)
    inputs = len(runs) * sites * BYTES_OF_INPUTS + groups * at_once * sites * of_terms
    return 1000 + _gpu_megabytes(study, job=job) + 400 * _simulate_threads(study, job) + inputs // 10**6


_BYTES_OF_TERMS = {"heun": 16, "rk4": 48, "disc": 64, "gaussian": 52, "global": 1, "noise": 8, "frequencies": 16}


def _simulate_and_measure(study: Study, job: str) -> int:
    """Inputs, blocks of frames and maps of as many runs as are measured together."""
    runs = study.runs_of(job)
    sites = study.pixels_of(job) * runs[0].settings.channels
    lanes = _runs_together(study, job)
    frames = runs[0].settings.steps // (study.config["measure"]["every"] or 1) + 1
    # Chains go through all runs.
    together = min(len(runs), runs_at_once(sites, frames)) if runs.links == 1 else len(runs)
    block = _simulate_threads(study, job) * lanes * min(5 * sites * frames, 2**22 + 5 * sites)
    of_all = len(runs) * 100 * len(SCALARS)
    return (
        600 + _gpu_megabytes(study, job=job) + (together * (sites * 120 + frames * 400) + 2 * block + of_all) // 10**6
    )


def _simulate_threads(study: Study, job: str) -> int:
    """One for each group of runs that is computed at once, and more for large lattices, whose rows they share."""
    runs = study.runs_of(job)
    # Of chains, one link is computed at a time.
    at_once, together = len(runs) // runs.links, _runs_together(study, job)
    # Sums over far neighbours are taken of lanes that are left over, too.
    lanes = LANES if study.terms_of(job=job) & FAR else min(at_once, together)
    sites = lanes * study.pixels_of(job) * runs[0].settings.channels
    return min(8, math.ceil(at_once / together) * useful_threads(8, sites))


def _measuring_threads(study: Study, job: str) -> int:
    """One where there are jobs enough for all cores: a field waits while others of its job are measured."""
    return min(_simulate_threads(study, job), max(1, 8 // len(study.jobs)))


def _runs_together(study: Study, job: str) -> int:
    first = study.runs_of(job)[0]
    rows, columns = study.shape_of(first)
    return runs_together(rows, rows * columns * first.settings.channels, study.terms_of(job=job))


def _measure(study: Study, job: str) -> int:
    """A chunk of sixteen runs, and some numbers a frame and maps of all runs."""
    runs = study.runs_of(job)
    pixels, channels = study.pixels_of(job), runs[0].settings.channels
    numbers = frames_shown(study) * (20 + channels) + pixels * (3 * channels + 1)
    together = min(len(runs), runs_at_once(pixels * channels, frames_shown(study)))
    # What is made of the sites of a block: of a chunk, or of one frame where that is larger.
    block = 250 * max(0, pixels * channels - 2**20)
    return 800 + (2 * 8 * together * numbers + block) // 10**6


def _embed(study: Study, job: str, method: str) -> int:
    """The positions of all runs twice over, and the features of those under way."""
    runs = study.runs_of(job)
    channels = runs[0].settings.channels
    frames = frames_shown(study, study.config["embed"][method]["every"])
    features = frames * study.sites_of(job) * 2 * channels * 4
    phases = frames * study.pixels_of(job) * channels * 4
    positions = frames * study.sites_of(job) * 2 * 4
    under_way = _embed_threads(study, job, method) * (4 * features + 2 * phases)
    return 600 + (2 * len(runs) * positions + under_way) // 10**6


def _embed_threads(study: Study, job: str, method: str) -> int:
    """Runs that are embedded at the same time; PCA takes less time than it takes to start."""
    return min(8, len(study.runs_of(job))) if method == "tsne" else 1


def _embed_samples(study: Study, set: str, method: str) -> int:
    """Cosine and sine of all oscillators of all samples, three times over."""
    runs = known(study.sample_sets, set, "set of samples")
    features = 2 * math.prod(study.shape_of(runs[0])) * runs[0].settings.channels
    return 700 + 3 * 4 * features * len(runs) * frames_shown(study, study.config["embed"]["samples"]["every"]) // 10**6


def _render_html(study: Study, **names: str) -> int:
    """The phases of a run with what is made of them, and the frames of all panels."""
    render = study.config["render"]
    most = panels_shown(study, min(study.pixels_by_size.values()))
    pictures = most * render["size"] ** 2 * render["png"]["scale"] ** 2
    drawn = [render[view]["every"] for view in study.views if VIEWS[kind_of(view)].store == "history"]
    frames = frames_shown(study, min(drawn, default=1))
    # A figure of one run has more frames than one of several.
    arrays = max(
        min(frames, frames_together(panels, pixels)) * pixels * (40 * study.most_channels + 30 * panels)
        for pixels in study.pixels_by_size.values()
        for panels in (1, panels_shown(study, pixels))
    )
    return 700 + arrays // 10**6 + pictures // 10**5


def _render_png(study: Study, **names: str) -> int:
    """The same, and a browser with all its processes."""
    return _render_html(study) + 800


def _draw_images(study: Study, **names: str) -> int:
    """The pictures of a set, some times over."""
    return 1750 + 5 * study.source.count(TRAINING) * study.pixels // 10**6


def _simulate_images(study: Study, field: str, **names: str) -> int:
    """Start, input and stored phases of all pictures of a shard."""
    sites = study.pixels * known(study.readout.fields, field, "field")["channels"]
    readout = study.config["readout"]
    return (
        1500 + _gpu_megabytes(study, field=field) + readout["shard"] * sites * (16 + 2 * len(readout["steps"])) // 10**6
    )


def _fit(study: Study, arm: str) -> int:
    """The features of all pictures, and those that train, centred, and what is made of them."""
    chosen = study.readout.arm(arm)
    features = study.pixels * {"pixels": 1, "input": 2, "field": 2 * chosen.parameters.get("channels", 1)}[chosen.kind]
    pictures = study.readout.pictures(for_tests=False) + study.readout.pictures(for_tests=True)
    return 1500 + 4 * features * 2 * pictures // 10**6


def _fetch_pictures(study: Study) -> int:
    """The pictures of a set, some times over."""
    return 1000 + 4 * study.source.count(TRAINING) * study.pixels // 10**6


def _encode(study: Study, perturbation: str) -> int:
    """The set that a picture is taken from, twice over; or an image file, unpacked, at its own size."""
    if study.fetched:
        return 500 + 2 * study.source.count(TRAINING) * study.pixels // 10**6
    run = known(study.perturbations, perturbation, "input")
    try:
        rows, columns = study.source.shape([(run.label, run.instance)])
    except PicturesError:
        # Without Pillow nobody knows yet.
        rows, columns = 4096, 4096
    return 500 + 40 * rows * columns // 10**6


def _train_field(study: Study, model: str) -> int:
    """All pictures, and what backpropagation keeps of a batch: some arrays of the lattice for each step."""
    size = SIZES[study.learning.model(model).size]
    rows, columns = size.lattice(*study.shape)
    batch = max(study.config["learning"]["batch"], JUDGED_TOGETHER)
    kept = ARRAYS_A_STEP * 4 * 2 * size.channels * rows * columns * size.steps * batch
    pictures = 4 * study.source.count(TRAINING) * study.pixels
    return 1500 + (kept + pictures) // 10**6 + 3000 * training_gpus(study)


MEGABYTES: dict[str, int | Callable[..., int]] = {
    "fetch_pictures": _fetch_pictures,
    "encode": _encode,
    "simulate": _simulate,
    "simulate_and_measure": _simulate_and_measure,
    "measure": _measure,
    "embed": _embed,
    "embed_samples": _embed_samples,
    "render_html": _render_html,
    "render_png": _render_png,
    "render_samples_html": _render_html,
    "render_samples_png": _render_png,
    "summarise": 1000,
    "plot_summary": 1500,
    "compute_statistics": 1500,
    "write_gallery": 1000,
    "draw_images": _draw_images,
    "simulate_images": _simulate_images,
    "fit": _fit,
    "compare_readouts": 2000,
    "train_field": _train_field,
    "evaluate_field": _train_field,
    "compare_fields": 2000,
}
THREADS: dict[str, Callable[..., int]] = {
    "simulate": _simulate_threads,
    "simulate_and_measure": _measuring_threads,
    "embed": _embed_threads,
}


def minutes(study: Study, rule: str) -> int:
    """The time that a job may take at most."""
    return max(MINUTES[rule], math.ceil(PATIENCE * typical_seconds(study, rule) / 60))


def typical_seconds(study: Study, rule: str) -> float:
    """The time of a job where none has been measured."""
    seconds = TYPICAL_SECONDS.get(rule, UNKNOWN_SECONDS)
    if rule == "train_field":
        seconds *= study.config["learning"]["epochs"] * study.source.count(TRAINING)
    if rule == "evaluate_field":
        learning = study.config["learning"]
        seconds *= max(1.0, learning["attacked"] * len(learning["strengths"]) / 2000)
    if rule in OF_SITES:
        # To keep a frame takes as long whatever the terms.
        seconds *= max(1.0, study.most_pixels / TYPICAL_PIXELS)
    if rule in SITE_STEPS:
        seconds += SECONDS_A_SITE_STEP * SITE_STEPS[rule](study)
    return seconds


def _site_steps_of_a_shard(study: Study) -> float:
    """As `Study.most_site_steps`, of the pictures of a shard of the readout."""
    readout = study.config["readout"]
    runs = [Run.of(0, 0, parameters) for parameters in study.readout.fields.values()]
    longest = max((run.settings.channels * slowness(run, readout["shard"]) for run in runs), default=0)
    return study.pixels * readout["shard"] * max(readout["steps"]) * longest


# The steps of sites of the jobs that compute a field.
SITE_STEPS: dict[str, Callable[[Study], float]] = {
    "simulate": lambda study: study.most_site_steps,
    "simulate_and_measure": lambda study: study.most_site_steps,
    "simulate_images": _site_steps_of_a_shard,
}


def threads(study: Study, rule: str, **names: str) -> int:
    """The threads of a job."""
    return THREADS[rule](study, **names)


def megabytes(study: Study, rule: str, **names: str) -> int:
    """The memory of a job.

    Args:
        study: what is asked for.
        rule: the name of its rule; `fit` for all classifiers.
        names: what the job is of, such as `job="digit=3"`.

    Raises:
        UnknownNameError: the config asks for nothing of these names.
    """
    amount = MEGABYTES[rule]
    return amount(study, **names) if callable(amount) else amount


def most_megabytes(study: Study) -> int:
    """The memory of the largest job."""
    of_jobs = [(_simulate if study.keeps_history else _simulate_and_measure)(study, job) for job in study.jobs]
    of_arms = [_fit(study, arm) for arm in study.readout.arms]
    of_fields = [_simulate_images(study, field) for field in study.readout.fields]
    of_models = [_train_field(study, model) for model in study.learning.models]
    return max([_render_html(study), *of_jobs, *of_arms, *of_fields, *of_models])


def bytes_of_shard(study: Study) -> int:
    """What a shard of the readout takes on the disk, on average: 16 bits a phase, which hardly compress."""
    channels = max((parameters["channels"] for parameters in study.readout.fields.values()), default=0)
    pictures = [one.stop - one.start for parts in study.readout.shards.values() for one in parts] or [0]
    return 2 * study.pixels * channels * len(study.config["readout"]["steps"]) * sum(pictures) // len(pictures)
