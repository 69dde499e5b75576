# What the rules share: the checked config, its jobs, and what each rule has to know of them. No rule is here.

import os
import sys

from snakemake.exceptions import WorkflowError

# The library of this very clone, wherever the workflow was started from, in this process and in its jobs.
LIBRARY = os.path.join(workflow.basedir, "src")
sys.path.insert(0, LIBRARY)
os.environ.update(
    PYTHONPATH=os.pathsep.join(filter(None, [LIBRARY, os.environ.get("PYTHONPATH")])),
    # The compiled field is kept for the next job.
    NUMBA_CACHE_DIR=os.path.join(workflow.basedir, ".cache", "numba"),
)

from oscillator_field import configuration
from oscillator_field.devices import gpu_at_hand
from oscillator_field.field import engine_name
from oscillator_field.figures.browser import HOW_TO_GET_ONE, find_browser
from oscillator_field.grid import perturbations
from oscillator_field.mnist import FILES, PROVENANCE, path_of

MNIST = "resources/mnist"
RUN = "results/runs/{run}"
PLOTLYJS = "results/plotly.min.js"
ENVIRONMENT = "../../environment.yml"


# The modules and templates that each painter of animations is made of.
PAINTERS = {"html": ["html.py", "packing.py", "page.html", "player.js"], "png": ["png.py"]}


def clone(*parts):
    """A path inside this clone, relative to where the workflow runs."""
    return os.path.relpath(os.path.join(workflow.basedir, *parts))


def code(rule, *modules):
    """The script of a rule and the modules that decide its result, as inputs that are compared by checksum."""
    return [clone("scripts", f"{rule}.py"), *(clone("src", "oscillator_field", module) for module in modules)]


def check_config():
    """The simulation jobs by name, and the folder of pictures; a fault in the config ends all with one line."""
    try:
        configuration.check_schema(config, clone("workflow", "schemas", "config.schema.yaml"))
        config.update(configuration.with_whole_numbers(config))
        configuration.check_engine(config["simulate"]["engine"], config["simulate"]["device"])
        folder = configuration.source_folder(config["mnist"], clone("resources", "mnist-sample"), MNIST)
        jobs = configuration.jobs_of(config)
        configuration.check_embeddable(jobs, config["embed"]["methods"])
        configuration.check_pictures(jobs, folder)
        configuration.check_writable("results", "logs", "resources")
        configuration.check_png(config["render"]["png"]["enabled"], BROWSER, HOW_TO_GET_ONE)
    except configuration.ConfigError as error:
        sys.exit(f"config: {error}")
    return {job.name: job for job in jobs}, folder


BROWSER = find_browser()
JOBS, SOURCE_FOLDER = check_config()
PERTURBATIONS = perturbations(JOBS.values())
PNG = config["render"]["png"]["enabled"] is not False and BROWSER is not None
if config["render"]["png"]["enabled"] == "auto" and not PNG and workflow.is_main_process:
    print(f"No PNG, HTML only: no browser is found ({HOW_TO_GET_ONE}).", file=sys.stderr)


def job_of(wildcards):
    if wildcards.run not in JOBS:
        raise WorkflowError(f"{wildcards.run} is no run of this config.")
    return JOBS[wildcards.run]


def sorted_dict(values):
    """Sorted keys at every depth: the order of keys in a config decides nothing."""
    return {key: sorted_dict(value) if isinstance(value, dict) else value for key, value in sorted(values.items())}


def source_files():
    """The files that the pictures are taken from, if they are on this machine."""
    return [] if SOURCE_FOLDER is None else [str(path_of(SOURCE_FOLDER, name)) for name in FILES]


def source_settings():
    """Of the settings of `mnist`, those that the chosen source looks at."""
    mnist = config["mnist"]
    looked_at = {"bundled": [], "directory": ["directory"], "download": ["mirrors"]}
    return sorted_dict({key: mnist[key] for key in ["source", *looked_at[mnist["source"]]]})


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


def simulate_code():
    """What decides a history: of the engines, only the one that computes it."""
    engine = engine_name(config["simulate"]["engine"], config["simulate"]["device"])
    return code("simulate", "field.py", "history.py", "runs.py", "engines/__init__.py", f"engines/{engine}.py")


def simulate_threads(wildcards):
    """One for each group of runs that is computed at once."""
    return max(1, min(8, len(job_of(wildcards).runs) // 16))


def simulate_megabytes(wildcards):
    """Room for the libraries, the chunks under way in each thread, and the inputs of all runs."""
    runs = job_of(wildcards).runs
    sites = 28 * 28 * runs[0].settings.channels
    return 1000 + 400 * simulate_threads(wildcards) + len(runs) * sites * 40 // 10**6


def gpus():
    """One GPU if the config wants one and this machine has one, or if the config insists."""
    device = config["simulate"]["device"]
    return int(device == "cuda" or (device == "auto" and gpu_at_hand()))


def png_megabytes(wildcards):
    """Room for all frames of a picture at once."""
    view, _, method = wildcards.view.partition("-")
    every = config["embed"][method]["every"] if method else config["render"][view]["every"]
    steps = job_of(wildcards).runs[0].settings.steps
    frames = steps // (config["history"]["every"] * every) + 2
    return 1000 + 5 * frames * config["render"]["png"]["scale"] ** 2


def embed_settings(wildcards):
    return sorted_dict(config["embed"][wildcards.method])


def views():
    """Names of the animations of a run: `trajectory` stands for one of each embedding."""
    names = config["render"]["views"]
    trajectories = [f"trajectory-{method}" for method in config["embed"]["methods"]]
    return [name for name in names if name != "trajectory"] + (trajectories if "trajectory" in names else [])


def view_store(wildcards):
    """The store that a view is drawn from."""
    view, _, method = wildcards.view.partition("-")
    return f"{RUN}/embedding-{method}.zarr" if method else f"{RUN}/history.zarr"


def view_code(painter, wildcards):
    """What decides the look of a view: the view itself, the layout and the painter."""
    view = wildcards.view.partition("-")[0]
    modules = ["animation.py", "layout.py", f"{view}.py", *PAINTERS[painter]]
    return code(f"render_{painter}", *(f"figures/{module}" for module in modules))


def shared_plotlyjs():
    """The script that pages share, if they are to share one."""
    return [PLOTLYJS] if config["render"]["html"]["plotlyjs"] == "shared" else []


def page_output():
    """The page of a view; the report takes it only if it is whole by itself."""
    place = f"{RUN}/{{view}}.html"
    if config["render"]["html"]["plotlyjs"] == "shared":
        return place
    return report(
        place,
        caption="../report/animation.rst",
        category="Pages",
        subcategory="{view}",
        labels={"run": "{run}"},
    )


def view_settings(painter, *keys):
    """The settings of a view and of the painter that draws it, as a function of the wildcards."""

    def settings(wildcards):
        render = config["render"]
        view = wildcards.view.partition("-")[0]
        return sorted_dict(
            {
                "painter": {key: render[painter][key] for key in keys},
                "view": {"panels": render["panels"], **render[view]},
                # Pages link to each other.
                **({"views": views()} if painter == "html" else {}),
            }
        )

    return settings


def targets():
    """Every result that the config asks for."""
    kinds = [
        kind
        for kind, wanted in [
            ("html", config["render"]["html"]["enabled"]),
            ("png", PNG),
        ]
        if wanted
    ]
    stores = ["history", "observables"] + [f"embedding-{method}" for method in config["embed"]["methods"]]
    names = [f"{store}.zarr" for store in stores]
    names += [f"{view}.{kind}" for view in views() for kind in kinds]
    return [f"results/runs/{run}/{name}" for run in JOBS for name in names]
