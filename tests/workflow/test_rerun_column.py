"""The last column of config/README.md: each key is changed in turn, and the planned rules are those that it names.

The study draws PNG pictures and videos, embeds by t-SNE, makes a readout and trains, so that no rule is left out.
"""

import copy
import re
import shutil

import pytest

from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.figures.views import ORDERS
from oscillator_field.inputs.data_sets import BUNDLED, DATA_SETS, FILES
from oscillator_field.inputs.fetch import make_sample
from oscillator_field.keys import Key
from oscillator_field.study.config_model import CONFIG

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to draw PNG with"),
]
KEYS = dict(CONFIG.walk())

EVERYTHING = {
    "pictures": {"source": "directory"},
    "digits": [3, 4, 6, 7, 8],
    "field": {"steps": 12},
    "batch": ["digit"],
    "grid": {"k_bias": [1.25]},
    "study": {"statistics": [{"of": "end_time", "over": ["digit"]}]},
    "embed": {
        "sites": 500,
        "samples": {"methods": ["pca", "tsne"]},
        "tsne": {"every": 6, "perplexity": 1.2, "iterations": 10},
    },
    "render": {"size": 280, "png": {"enabled": True, "frames": 2, "also": ["mp4"]}},
    "readout": {
        "enabled": True,
        "steps": [8],
        "repetitions": 1,
        "corruptions": {"gaussian_noise": [0.5], "salt_and_pepper": [], "occlusion": []},
        "logistic_regression": {"regularisation": [0.1], "iterations": 2},
        "nearest_neighbours": {"neighbours": [1], "images": 100},
        "network": {"hidden": 2, "epochs": 1},
        "shard": 300,
    },
    "learning": {
        "enabled": True,
        "arms": ["no_steps"],
        "seeds": [0],
        "epochs": 1,
        "attacked": 10,
    },
}
# What a key is changed to, where its default and its limits do not say it.
CHANGED = {
    "pictures.source": "bundled",
    "pictures.dataset": "qmnist",
    "pictures.size": 30,
    "embed.sites": 400,
    "digits": [3, 4, 6, 7, 8, 9],
    "instances": [0, 1],
    "field.steps": 13,
    "field.channels": 3,
    "grid": {"arc": [6.283185307179586, 3]},
    "batch": [],
    "history.keep": "final",
    "history.precision": 0.001,
    "measure.observables": [*ORDERS, "singularities"],
    "measure.every": 4,
    "study.observable": "settling_time",
    "study.name": "other",
    "study.statistics": [{"of": "final_order_parameter", "over": ["digit"]}],
    "embed.methods": ["tsne"],
    "embed.samples.methods": ["pca"],
    "embed.tsne.every": 4,
    "embed.tsne.perplexity": 1.3,
    "embed.tsne.iterations": 11,
    "render.views": ["phase", "trajectory", "samples"],
    "render.phase.channels": 1,
    "render.html.enabled": False,
    "render.html.plotlyjs": "inline",
    "render.png.enabled": False,
    "render.png.frames": 3,
    "render.png.also": ["mp4", "gif"],
    "render.size": 290,
    "readout.enabled": False,
    "readout.steps": [4, 8],
    "readout.repetitions": 2,
    "readout.corruptions.gaussian_noise": [0.4, 0.5],
    "readout.corruptions.salt_and_pepper": [0.1],
    "readout.corruptions.occlusion": [3],
    "readout.classifiers": ["logistic_regression", "nearest_neighbours", "nearest_centroid"],
    "readout.logistic_regression.regularisation": [0.2],
    "readout.nearest_neighbours.neighbours": [3],
    "readout.shard": 200,
    "learning.enabled": False,
    "learning.sizes": ["small", "standard"],
    "learning.arms": ["no_steps", "pixels"],
    "learning.seeds": [0, 1],
    "learning.strengths": [0.05],
    "prune": "remove-0123456789",
    "pathvars": {"resources": "other", "results": "elsewhere"},
}
# What would have no effect beside that, and is refused.
WITHOUT = {"pictures.source": {"directory": None}}
# Something is taken away, so nothing is new.
TAKEN_AWAY = (
    "render.html.enabled",
    "render.png.enabled",
    "readout.enabled",
    "embed.methods",
    "embed.samples.methods",
    "readout.classifiers",
    "learning.enabled",
)
# These sets are no training sets of fields; those that are moved are for the readout alone.
NOT_FOLLOWED = {
    "readout.seed": {"train_field"},
    "readout.rotation": {"train_field", "evaluate_field", "compare_fields"},
    "readout.translation": {"train_field", "evaluate_field", "compare_fields"},
    "readout.augmentations": {"train_field", "evaluate_field", "compare_fields"},
    "readout.corruptions.gaussian_noise": {"train_field"},
    "readout.corruptions.salt_and_pepper": {"train_field"},
    "readout.corruptions.occlusion": {"train_field"},
}
# Nothing reads these in this study; test_study changes them.
NOT_READ = {
    "pictures.mirrors": "the pictures come from a folder",
    "pictures.range": "they are no image files",
    "labels": "their labels are digits",
    "continue": "a readout has no chains; test_rerun_table changes it",
    "study.thresholds": "they want an axis of two values; study.statistics are of the same job",
    "encoding.size": "a readout has pictures of one size; test_study changes it",
}
# Of the parameters, which are one table, these stand for all; test_grid shows that each names its runs.
PARAMETERS = {"field.steps", "field.channels", "field.seed", "field.k_coupling", "field.spike_threshold", "field.start"}
KEYS_IN_TURN = [name for name in KEYS if name not in NOT_READ and (not name.startswith("field.") or name in PARAMETERS)]


@pytest.fixture(scope="module")
def project(new_project, tmp_path_factory):
    project = new_project("column")
    folders = [tmp_path_factory.mktemp(name) for name in ("pictures", "others")]
    for folder, count in zip(folders, (300, 299), strict=True):
        make_sample(BUNDLED, folder, count, 60)
    # The same pictures under the names of another data set of digits.
    for kind, names in DATA_SETS["qmnist"].files.items():
        for name, other in zip(FILES[kind], names, strict=True):
            shutil.copy(folders[0] / f"{name}.gz", folders[0] / f"{other}.gz")
    project.config = copy.deepcopy(EVERYTHING)
    project.config["pictures"]["directory"] = str(folders[0])
    project.other_pictures = str(folders[1])
    project.snakemake(config=project.config)
    return project


@pytest.fixture(scope="module")
def followers(project):
    """Of each rule, those that need its results: from Snakemake's own graph of the rules."""
    shutil.rmtree(project.folder / ".snakemake" / "locks", ignore_errors=True)
    graph = project.snakemake("--rulegraph", config=project.config).output
    names = dict(re.findall(r"(\d+)\[label = \"(\w+)\"", graph))
    edges = [(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", graph)]
    return {name: {other for one, other in edges if one == name} - {"all"} for name in names.values()}


def closure(rules, followers):
    found = set()
    waiting = set(rules)
    while waiting:
        found.add(rule := waiting.pop())
        waiting |= followers[rule] - found
    return found


def planned_rules(project, config):
    output = project.snakemake("--dry-run", config=config).output
    return set(re.findall(r"^(\w+) +\d+$", output, flags=re.MULTILINE)) - {"all", "total", "localrule"}


def other_value(name, key: Key, now):
    if name in CHANGED:
        return CHANGED[name]
    if "enum" in key.schema:
        return next(value for value in key.schema["enum"] if value != now)
    if key.schema["type"] == "boolean":
        return not now
    step = 1 if key.schema["type"] == "integer" else 0.25 * now or 0.25
    return now + step if now + step <= key.schema.get("maximum", now + step) else now - step


def test_nothing_is_left_to_do(project):
    assert planned_rules(project, project.config) == set()


def test_the_plan_counts_the_jobs_of_every_rule(project):
    config = {**project.config, "encoding": {"arc": 3}, "grid": {"k_bias": [1.25, 2]}}
    output = project.snakemake("--dry-run", config=config).output
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", output, flags=re.MULTILINE))
    plan = project.snakemake("plan", config=config).output
    told = {rule: count for count, rule in re.findall(r"^ +(\d+) (\w+) +about", plan, flags=re.MULTILINE)}
    assert told == {rule: count for rule, count in jobs.items() if rule not in ("all", "total")}


@pytest.mark.parametrize("name", KEYS_IN_TURN)
def test_a_changed_key_runs_the_rules_that_its_row_names(project, followers, name):
    key = KEYS[name]
    config = copy.deepcopy(project.config)
    *sections, last = name.split(".")
    place = config
    for section in sections:
        place = place.setdefault(section, {})
    place[last] = (
        project.other_pictures if name == "pictures.directory" else other_value(name, key, place.get(last, key.default))
    )
    place |= WITHOUT.get(name, {})
    expected = closure((*key.reruns, *(() if name in TAKEN_AWAY else key.adds)), followers)
    assert planned_rules(project, config) == expected - NOT_FOLLOWED.get(name, set())
