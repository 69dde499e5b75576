# What the rules share: the checked config, its jobs, and what each rule has to know of them. No rule is here.

import json
import math
import os
import shlex
import sys
from types import SimpleNamespace

from snakemake.exceptions import WorkflowError

if set("{}") & set(workflow.basedir):
    sys.exit(f"{workflow.basedir}: Snakemake takes the braces in this path for wildcards (move the clone elsewhere)")

# The library of this very clone, wherever the workflow was started from, in this process and in its jobs.
LIBRARY = os.path.join(workflow.basedir, "src")
sys.path.insert(0, LIBRARY)
os.environ.update(
    PYTHONPATH=os.pathsep.join(filter(None, [LIBRARY, os.environ.get("PYTHONPATH")])),
    # The compiled field is kept for the next job.
    NUMBA_CACHE_DIR=os.environ.get("NUMBA_CACHE_DIR") or os.path.join(workflow.basedir, ".cache", "numba"),
)

from oscillator_field.study import configuration
from oscillator_field.devices import gpu_at_hand
from oscillator_field.figures.painters.browser import HOW_TO_GET_ONE, a_browser_is_there, find_browser, refused_browsers
from oscillator_field.figures.views import module_of, store_of
from oscillator_field.study.grid import perturbations, sample_sets
from oscillator_field.inputs.mnist import FILES, PROVENANCE, folder_digest
from oscillator_field.study.pruning import find_orphans, wanted_folders
from oscillator_field.readout.images import TRAINING, image_count
from oscillator_field.study.sources import code_digest

MNIST = "resources/mnist"
RUN = "results/runs/{run}"
SUMMARY = "results/summary.parquet"
# Animations and the readout load the small one; the gallery may show parallel coordinates.
PLOTLYJS = {"cartesian": "results/plotly-cartesian.min.js", "whole": "results/plotly.min.js"}
ENVIRONMENT = "../../environment.yml"


# Jobs of a study whose animations the report takes.
MOST_MOVING = 12


def clone(*parts):
    """A path inside this clone, relative to where the workflow runs."""
    return os.path.relpath(os.path.join(workflow.basedir, *parts))


def code(script, *modules):
    """The digest of the code that decides the result of a script: one of its job's params, so an edit reruns the job."""
    return code_digest(os.path.join(workflow.basedir, "scripts", f"{script}.py"), *modules)


def check_config():
    """The simulation jobs by name, the folder of pictures, and whether PNG is drawn; a fault ends all with one line."""
    try:
        if workflow.is_main_process:
            for path in dict.fromkeys(workflow.configfiles):
                configuration.check_keys_are_given_once(path)
        configuration.check_plain(config)
        configuration.check_schema(config, clone("workflow", "schemas", "config.schema.yaml"))
        config.update(configuration.with_whole_numbers(config))
        configuration.check_engine(config["simulate"]["engine"], config["simulate"]["device"])
        folder = configuration.source_folder(config["mnist"], clone("resources", "mnist-sample"), MNIST)
        jobs = configuration.jobs_of(config)
        configuration.check_embeddable(jobs, config["embed"]["methods"])
        configuration.check_channel(jobs, config["render"]["phase"]["channels"])
        configuration.check_samples(jobs, config["embed"])
        if config["readout"]["enabled"]:
            configuration.check_split(image_count(folder, TRAINING), config["readout"]["validation_share"])
        png = config["render"]["png"]
        wanted = png["enabled"] is not False
        if workflow.is_main_process:
            # What follows depends on this machine, and a job may run on another.
            configuration.check_pictures(jobs, folder)
            configuration.check_writable("results", "logs", "resources")
            browser = find_browser() if wanted else None
            configuration.check_png(png, browser, how_to_get_a_browser() if wanted else HOW_TO_GET_ONE)
            drawn = browser is not None
        else:
            # A browser is not started for each job.
            drawn = wanted and a_browser_is_there()
    except configuration.ConfigError as error:
        sys.exit(f"config: {error}")
    return {job.name: job for job in jobs}, folder, drawn


def how_to_get_a_browser():
    """What to do where no browser is found, and what those that are there said in place of starting."""
    return "; ".join([HOW_TO_GET_ONE, *refused_browsers()])


JOBS, SOURCE_FOLDER, PNG = check_config()
PERTURBATIONS = perturbations(JOBS.values())
SAMPLE_SETS = sample_sets(JOBS.values())
JOB_OF_RUN = {run.name: job.name for job in JOBS.values() for run in job.runs}
MOST_STEPS = max(run.settings.steps for job in JOBS.values() for run in job.runs)
MOST_CHANNELS = max(run.settings.channels for job in JOBS.values() for run in job.runs)
if config["render"]["png"]["enabled"] == "auto" and not PNG and workflow.is_main_process:
    print(f"No PNG, HTML only: no browser is found that starts ({how_to_get_a_browser()}).", file=sys.stderr)


def job_of(wildcards):
    if wildcards.run not in JOBS:
        raise WorkflowError(f"{wildcards.run} is no run of this config.")
    return JOBS[wildcards.run]


def sorted_dict(values):
    """Sorted keys at every depth: the order of keys in a config decides nothing."""
    return {key: sorted_dict(value) if isinstance(value, dict) else value for key, value in sorted(values.items())}


def source_settings():
    """What decides the pictures: the source, and the mirrors or a digest of the files of a folder.

    A digest, and no path: a study that moves, or its clone, or the folder, has the same pictures.
    """
    mnist = config["mnist"]
    settings = {key: mnist[key] for key in ["source"] + ["mirrors"] * (mnist["source"] == "download")}
    # A machine that a job is sent to need not have the folder.
    if SOURCE_FOLDER is not None and workflow.is_main_process:
        settings["digest"] = folder_digest(SOURCE_FOLDER)
    return sorted_dict(settings)


def encode_settings(wildcards):
    if wildcards.perturbation not in PERTURBATIONS:
        raise WorkflowError(f"{wildcards.perturbation} is no input of this config.")
    run = PERTURBATIONS[wildcards.perturbation]
    return {
        "digit": run.digit,
        "encoding": sorted_dict(vars(run.encoding)),
        "instance": run.instance,
    }


def simulate_settings(wildcards):
    return {
        "device": config["simulate"]["device"],
        "engine": config["simulate"]["engine"],
        "every": config["history"]["every"],
        "precision": config["history"]["precision"],
        "runs": [sorted_dict(run.described()) for run in job_of(wildcards).runs],
    }


def engine_modules():
    """What computes the field. Whether `auto` finds a GPU shows in the job, so both of its engines are named."""
    engine, device = config["simulate"]["engine"], config["simulate"]["device"]
    on_gpu = [] if device == "cpu" else ["cuda"]
    on_cpu = [] if device == "cuda" else ["numba"]
    chosen = {"auto": {*on_gpu, *on_cpu}, "cuda": on_gpu, "numba": on_cpu, "torch": ["torch"]}[engine]
    return [f"engines.{name}" for name in sorted(chosen)]


def growing(amount):
    """More of a resource with each attempt, where a profile retries: twice as much for the second, and so on."""

    def of_attempt(wildcards, attempt):
        return attempt * (amount(wildcards) if callable(amount) else amount)

    return of_attempt


def simulate_threads(wildcards):
    """One for each group of runs that is computed at once."""
    return min(8, math.ceil(len(job_of(wildcards).runs) / 16))


def simulate_megabytes(wildcards):
    """Room for the libraries, the chunks under way in each thread, and the inputs of all runs."""
    runs = job_of(wildcards).runs
    sites = 28 * 28 * runs[0].settings.channels
    return 1000 + gpu_megabytes() + 400 * simulate_threads(wildcards) + len(runs) * sites * 40 // 10**6


def gpus():
    """One GPU if the config insists on one, or leaves it open and the machine that starts the workflow has one."""
    engine, device = config["simulate"]["engine"], config["simulate"]["device"]
    may = device == "auto" and engine in ("auto", "torch")
    return int("cuda" in (engine, device) or (may and gpu_at_hand()))


def gpu_megabytes():
    """Room on the host for CUDA, and for the pieces of a history that come from a GPU: page-locked memory, 2 GiB at most."""
    return 3000 * gpus()


def embed_settings(wildcards):
    return sorted_dict(config["embed"][wildcards.method])


def embed_threads(wildcards):
    """Runs that are embedded at the same time; PCA takes less time than it takes to start."""
    return min(8, len(job_of(wildcards).runs)) if wildcards.method == "tsne" else 1


def set_of(wildcards):
    if wildcards.run not in SAMPLE_SETS:
        raise WorkflowError(f"{wildcards.run} is no set of samples of this config.")
    return SAMPLE_SETS[wildcards.run]


def sample_histories(wildcards):
    """The histories that hold the samples of a set."""
    holding = dict.fromkeys(JOB_OF_RUN[run.name] for run in set_of(wildcards))
    return [f"results/runs/{name}/history.zarr" for name in holding]


def sample_settings(wildcards):
    settings = {**config["embed"][wildcards.method], "every": config["embed"]["samples"]["every"]}
    settings.pop("features")
    return sorted_dict({**settings, "names": [run.name for run in set_of(wildcards)], "set_name": wildcards.run})


def frames_shown(every=1):
    """How many frames of a history are shown at most, by any of its runs."""
    return MOST_STEPS // (config["history"]["every"] * every) + 2


def embed_megabytes(wildcards):
    """Room for the libraries, the positions of all runs twice over, and the features of those under way."""
    runs = job_of(wildcards).runs
    frames = frames_shown(config["embed"][wildcards.method]["every"])
    features = frames * 28 * 28 * 2 * runs[0].settings.channels * 4
    phases = frames_shown() * 28 * 28 * runs[0].settings.channels * 4
    positions = frames * 28 * 28 * 2 * 4
    return 600 + (2 * len(runs) * positions + embed_threads(wildcards) * (4 * features + 2 * phases)) // 10**6


def measure_megabytes(wildcards):
    """Room for the libraries, a chunk of sixteen runs, and some numbers a frame and maps of all runs."""
    runs = job_of(wildcards).runs
    numbers = frames_shown() * (20 + runs[0].settings.channels) + 28 * 28 * (3 * runs[0].settings.channels + 1)
    return 800 + 2 * 8 * len(runs) * numbers // 10**6


def render_megabytes(wildcards):
    """Room for the libraries, a run's phases with what is made of them, and the frames of all panels."""
    panels = config["render"]["panels"] * config["render"]["size"] ** 2 * config["render"]["png"]["scale"] ** 2
    frames = frames_shown(min(config["render"][view]["every"] for view in ("phase", "spikes", "phase_velocity")))
    return 700 + frames * 28 * 28 * (40 * MOST_CHANNELS + 30 * config["render"]["panels"]) // 10**6 + panels // 10**5


def png_megabytes(wildcards):
    """The same, and a browser with all its processes."""
    return render_megabytes(wildcards) + 800


def sample_megabytes(wildcards):
    """Room for the libraries, and for cosine and sine of all oscillators of all samples, three times over."""
    runs = set_of(wildcards)
    features = 2 * 28 * 28 * runs[0].settings.channels
    return 700 + 3 * 4 * features * len(runs) * frames_shown(config["embed"]["samples"]["every"]) // 10**6


def wanted(view):
    return view in config["render"]["views"]


def views():
    """Names of the animations of a run: `trajectory` stands for one of each embedding."""
    named = [name for name in config["render"]["views"] if name not in ("trajectory", "samples")]
    return named + [f"trajectory-{method}" for method in config["embed"]["methods"] if wanted("trajectory")]


def sample_views():
    """Names of the animations of a set of samples."""
    return [f"samples-{method}" for method in config["embed"]["samples"]["methods"] if wanted("samples")]


def pictures(names, kind, unused="none"):
    """The files of animations in the folder of a run, for the report where they are whole by themselves.

    A rule has to make something, hence a name that nobody asks for where there is none.
    """
    places = {name: f"{RUN}/{name}{kind}" for name in names or [unused]}
    shared = config["render"]["html"]["plotlyjs"] == "shared"
    # A report holds all it shows: of a large study it takes the stills, or it would be hundreds of megabytes.
    moving = len(JOBS) <= MOST_MOVING
    categories = {".png": "Animations"} if moving else {"-poster.png": "Pictures"}
    category = {**categories, ".html": None if shared else "Pages"}.get(kind)
    if category is None:
        return list(places.values())
    described = {"category": category, "labels": {"run": "{run}"}}
    captions = {name: f"../report/{name.partition('-')[0]}.rst" for name in places}
    return [report(place, caption=captions[name], subcategory=name, **described) for name, place in places.items()]


def stores_of(names):
    """The stores that views are drawn from."""
    return sorted({f"{RUN}/{store_of(name)}" for name in names})


def view_code(painter, names):
    """What decides the look of views: the views themselves, the layout and the painter."""
    return code(f"render_{painter}", *sorted(set(map(module_of, names))))


def view_settings(painter, names, *keys):
    """The settings of views and of the painter that draws them."""
    render = config["render"]

    def of(name):
        kind = name.partition("-")[0]
        return {} if kind == "samples" else {"panels": render["panels"], **render[kind]}

    return sorted_dict(
        {
            "painter": {"size": render["size"], **{key: render[painter][key] for key in keys}},
            # In the order of the config, in which pages link to each other.
            "order": list(names),
            "views": {name: of(name) for name in names},
        }
    )


def shared_plotlyjs(bundle="cartesian"):
    """The script that pages share, if they are to share one."""
    return [PLOTLYJS[bundle]] if config["render"]["html"]["plotlyjs"] == "shared" else []


def gallery_settings():
    """What the gallery shows, and the parts of the config that decided its numbers."""
    decided = ("digits", "instances", "encoding", "field", "grid", "batch", "history", "simulate", "measure")
    return {
        "config": sorted_dict({key: config[key] for key in decided}),
        "observable": config["study"]["observable"],
        "pages": config["render"]["html"]["enabled"],
        "pictures": PNG,
        "plotlyjs": config["render"]["html"]["plotlyjs"],
        "readout": config["readout"]["enabled"],
        "sets": {name: sample_views() for name in SAMPLE_SETS},
        "views": views(),
    }


def picture_kinds():
    """The endings of the files that are drawn for each view."""
    html = [".html"] if config["render"]["html"]["enabled"] else []
    return html + ([".png", "-poster.png"] + [".mp4"] * config["render"]["png"]["mp4"] if PNG else [])


def orphans():
    """Results that this config does not ask for."""
    return [str(place) for place in find_orphans("results", asked_for(), readout_stores())]


def asked_for():
    """The folders of runs and perturbations that this config does ask for."""
    return wanted_folders("results", [*JOBS, *SAMPLE_SETS], PERTURBATIONS)


def command_for(target, *more):
    """The command line that makes a target with the config of this call, and with more of `--config`."""
    settings = workflow.config_settings
    folder = ["--directory", os.getcwd()] if workflow.overwrite_workdir else []
    files = [os.path.relpath(path) if not folder else path for path in map(str, settings.configfiles)]
    values = [f"{key}={json.dumps(value)}" for key, value in settings.config.items() if key != "prune"]
    words = ["snakemake", target, *folder]
    # Where the call was made, if the shell says so: there Snakemake finds the Snakefile by itself.
    called_in = os.environ.get("PWD", "")
    if not (os.path.isdir(called_in) and os.path.samefile(called_in, workflow.basedir)):
        words += ["--snakefile", workflow.main_snakefile]
    for option, given in (("--configfile", files), ("--config", [*values, *more])):
        words += [option, *given] if given else []
    return shlex.join(words)


def prune_settings():
    return {
        "asked": config["prune"],
        "command": command_for("prune", "prune="),
        "orphans": orphans(),
        "wanted": sorted(map(str, asked_for())),
    }


def plan_settings(wildcards):
    """What the plan cannot find out by itself."""
    each = [SimpleNamespace(run=name) for name in JOBS]
    most = [render_megabytes(each[0]), *(simulate_megabytes(one) for one in each)]
    most += [fit_megabytes(SimpleNamespace(arm=name)) for name in ARMS]
    most += [shard_megabytes(SimpleNamespace(field=name)) for name in FIELDS]
    return {
        "bytes_of_shard": shard_bytes(),
        "cores": workflow.cores or 1,
        "how_to_list": command_for("prune"),
        "megabytes": max(most),
        "orphans": orphans(),
        "snakefile": clone("Snakefile"),
    }


def targets():
    """Every result that the config asks for."""
    stores = ["history", "observables"] + [f"embedding-{method}" for method in config["embed"]["methods"]]
    of_run = [f"{store}.zarr" for store in stores] + [view + kind for view in views() for kind in picture_kinds()]
    methods = config["embed"]["samples"]["methods"]
    of_set = [f"samples-{method}.zarr" for method in methods]
    of_set += [view + kind for view in sample_views() for kind in picture_kinds()]
    places = [f"results/runs/{run}/{name}" for run in JOBS for name in of_run]
    places += [f"results/runs/{name}/{file}" for name in SAMPLE_SETS for file in of_set]
    readout = ["results/readout.csv", "results/readout.html"] * config["readout"]["enabled"]
    return places + readout + [SUMMARY, "results/index.html"] + ["results/summary.png"] * PNG
