"""The rerun table: after a real run, each change schedules exactly the jobs that it has to, and no other.

Here jobs are named one by one; test_rerun_column changes every key and compares rules.
"""

import copy
import gzip
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oscillator_field.inputs.data_sets import BUNDLED
from tests.support.pictures import write_data_set

TINY = {
    "digits": [3, 4, 6],
    "field": {"steps": 12, "channels": 2},
    "embed": {"methods": ["pca"], "pca": {"every": 4}, "samples": {"methods": ["pca"], "every": 4}},
    "render": {
        "views": ["phase", "trajectory", "samples"],
        "phase": {"every": 4},
        "html": {"enabled": True},
        "png": {"enabled": False},
    },
}
RUNS = [f"digit={digit}+channels=2+steps=12" for digit in (3, 4, 6)]
SET = "digit=all+channels=2+steps=12"
FETCH = {"Fetch MNIST"}


@pytest.fixture(scope="module")
def project(new_project):
    project = new_project("rerun")
    project.snakemake(config=TINY)
    return project


def changed(**changes):
    """The tiny config with some keys changed, each named by its path with two underscores."""
    config = copy.deepcopy(TINY)
    for path, value in changes.items():
        *parents, key = path.split("__")
        place = config
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = value
    return config


def draw(runs):
    return {f"Draw {run} as HTML" for run in runs}


def samples(name):
    return {f"Embed the samples of {name} by pca", *draw_samples(name)}


def draw_samples(name):
    return {f"Draw the samples of {name} as HTML"}


def after_simulate(runs):
    """All that follows from the histories of some runs, and of their set if they are a whole one."""
    digits = [run for run in runs if run.startswith(("digit=3", "digit=4", "digit=6"))]
    of_set = samples(runs[0].replace("digit=3", "digit=all", 1)) if len(digits) == 3 else set()
    return (
        STUDY
        | of_set
        | {
            *(f"Simulate {run}" for run in runs),
            *(f"Measure {run}" for run in runs),
            *(f"Embed {run} by pca" for run in runs),
            *draw(runs),
        }
    )


STUDY = {"Summarise the runs", "Write the gallery"}
GALLERY = {"Write the gallery"}


def encode(names):
    return {f"Encode {name}" for name in names}


def renamed(text):
    """The runs under the names that they get by a changed parameter."""
    return [f"digit={digit}+{text}" for digit in (3, 4, 6)]


TABLE = {
    "nothing": (TINY, set()),
    "a field parameter": (
        changed(field__k_bias=2.0),
        after_simulate(renamed("channels=2+k_bias=2+steps=12")),
    ),
    "the number of steps": (changed(field__steps=13), after_simulate(renamed("channels=2+steps=13"))),
    "the number of channels": (changed(field__channels=3), after_simulate(renamed("channels=3+steps=12"))),
    "a parameter written as its default": (changed(field__k_bias=1.25, field__k_coupling=0.12), set()),
    "a whole number where 1.0 was meant": (
        changed(field__k_bias=1),
        after_simulate(renamed("channels=2+k_bias=1+steps=12")),
    ),
    "the encoding": (
        changed(encoding__arc=3.0),
        encode([f"digit={digit}+arc=3" for digit in (3, 4, 6)]) | after_simulate(renamed("arc=3+channels=2+steps=12")),
    ),
    "whole numbers written with a point": (changed(field__steps=12.0, embed__pca__every=4.0), set()),
    "an added digit": (
        changed(digits=[3, 4, 6, 5]),
        encode(["digit=5"]) | after_simulate(["digit=5+channels=2+steps=12"]) | samples(SET),
    ),
    "a removed digit": (changed(digits=[4, 6]), STUDY),
    "digits in another order": (changed(digits=[4, 6, 3]), GALLERY),
    "an added instance": (
        changed(instances=[0, 1]),
        encode([f"digit={digit}+instance=1" for digit in (3, 4, 6)])
        | {
            job
            for job in after_simulate([f"digit={digit}+instance=1+channels=2+steps=12" for digit in (3, 4, 6)])
            if "samples" not in job
        }
        | samples("digit=all+instance=all+channels=2+steps=12"),
    ),
    "an added grid axis that holds the old value": (
        changed(grid={"k_omega": [0.12, 0.5]}),
        after_simulate(renamed("channels=2+k_omega=0.5+steps=12")),
    ),
    "an added grid axis of the old value alone": (changed(grid={"k_omega": [0.12]}), GALLERY),
    "a range that holds the old value": (
        changed(grid={"k_omega": {"from": 0.12, "to": 0.24, "steps": 2}}),
        after_simulate(renamed("channels=2+k_omega=0.24+steps=12")),
    ),
    "points one of which is the old one": (
        changed(grid={"points": [{"k_omega": 0.12}, {"k_omega": 0.5, "k_bias": 2}]}),
        after_simulate(renamed("channels=2+k_bias=2+k_omega=0.5+steps=12")),
    ),
    "a constant moved into the grid": (
        {**changed(grid={"steps": [12], "channels": [2]}), "field": {}},
        GALLERY,
    ),
    "the frame rate of pictures that are not drawn": (changed(render__png__frame_rate=5), set()),
    # Pages link to each other, so the others change too.
    "an added view": (
        changed(render__views=["phase", "trajectory", "spikes", "samples"]),
        draw(RUNS) | GALLERY,
    ),
    "settings of a view that is not drawn": (changed(render__spikes__colours="Viridis"), set()),
    "settings of a method that is not used": (changed(embed__tsne__perplexity=12), set()),
    "mirrors that are not used": (changed(pictures__mirrors=["http://127.0.0.1:9/"]), set()),
    "blocks of digits": (
        changed(batch={"digit": 2}),
        after_simulate([f"digit=block{number}x2+channels=2+steps=12" for number in (0, 1)]) | samples(SET),
    ),
    "batched digits": (
        changed(batch=["digit"]),
        after_simulate([SET]) | samples(SET),
    ),
}


@pytest.mark.parametrize("change", TABLE)
def test_a_changed_config_runs_what_it_must(project, change):
    config, expected = TABLE[change]
    assert project.planned(config) == expected


def test_the_order_of_keys_decides_nothing(project):
    def reversed_keys(values):
        return {key: reversed_keys(values[key]) for key in reversed(values)} if isinstance(values, dict) else values

    assert project.planned(reversed_keys(TINY)) == set()


@pytest.mark.parametrize(
    "place",
    [
        "Snakefile",
        "workflow/rules/simulate.smk",
        "workflow/schemas/config.schema.yaml",
        "config/config.yaml",
        "scripts/simulate.py",
        "src/oscillator_field/field.py",
        "src/oscillator_field/engines/numba.py",
        "src/oscillator_field/inputs/mnist_sample/train-images-idx3-ubyte.gz",
    ],
)
def test_a_touched_file_runs_nothing(project, place):
    os.utime(project.folder / place)
    assert project.planned(TINY) == set()


ENCODE = encode([f"digit={digit}" for digit in (3, 4, 6)])
# The numbers of runs are in their pages too.
MEASURE = {f"Measure {run}" for run in RUNS} | draw(RUNS) | STUDY
EVERYTHING = FETCH | ENCODE | after_simulate(RUNS)
EDITS = {
    "scripts/simulate.py": after_simulate(RUNS),
    "src/oscillator_field/engines/numba.py": after_simulate(RUNS),
    "src/oscillator_field/engines/numba_kernels.py": after_simulate(RUNS),
    # Whether there is a GPU is known in the job alone, so `auto` stands for two engines.
    "src/oscillator_field/engines/cuda_kernels.py": after_simulate(RUNS),
    "src/oscillator_field/engines/step_constants.py": after_simulate(RUNS),
    "src/oscillator_field/engines/torch.py": set(),
    "src/oscillator_field/engines/registry.py": set(),
    "src/oscillator_field/analysis/registry.py": MEASURE | draw_samples(SET),
    "src/oscillator_field/figures/views/local_order.py": set(),
    "src/oscillator_field/field.py": after_simulate(RUNS),
    "src/oscillator_field/stores/phase_codes.py": after_simulate(RUNS),
    "src/oscillator_field/analysis/observables.py": MEASURE | draw_samples(SET),
    "src/oscillator_field/analysis/measuring.py": MEASURE,
    "src/oscillator_field/analysis/summary.py": STUDY,
    "src/oscillator_field/named_run.py": after_simulate(RUNS),
    "src/oscillator_field/parameters.py": ENCODE | after_simulate(RUNS),
    "src/oscillator_field/stores/zarr_stores.py": ENCODE | after_simulate(RUNS),
    "src/oscillator_field/stores/atomic.py": set(),
    "src/oscillator_field/engines/compiled_cache.py": set(),
    "src/oscillator_field/figures/views/__init__.py": set(),
    "src/oscillator_field/figures/animate.py": draw(RUNS) | draw_samples(SET),
    "src/oscillator_field/figures/views/trajectory.py": draw(RUNS) | draw_samples(SET),
    "src/oscillator_field/figures/pages/gallery.js": GALLERY,
    "src/oscillator_field/analysis/embedding.py": {f"Embed {run} by pca" for run in RUNS} | draw(RUNS) | samples(SET),
    "scripts/embed_samples.py": samples(SET),
    "src/oscillator_field/figures/views/samples.py": draw_samples(SET),
    "src/oscillator_field/inputs/encoding.py": ENCODE | after_simulate(RUNS),
    "src/oscillator_field/inputs/idx.py": EVERYTHING,
    "src/oscillator_field/figures/views/phase.py": draw(RUNS),
    "src/oscillator_field/figures/pages/view.py": draw(RUNS) | draw_samples(SET),
    "src/oscillator_field/figures/pages/view.js": draw(RUNS) | draw_samples(SET),
    "src/oscillator_field/figures/pages/kit.js": draw(RUNS) | draw_samples(SET) | GALLERY,
    "src/oscillator_field/figures/pages/style.css": draw(RUNS) | draw_samples(SET) | GALLERY,
    "src/oscillator_field/figures/pages/run.js": GALLERY,
    "src/oscillator_field/figures/pages/chart.js": GALLERY,
    "src/oscillator_field/figures/pages/studies.html": set(),
    "src/oscillator_field/figures/pages/model.js": GALLERY,
    "src/oscillator_field/stores/many.py": set(),
    "src/oscillator_field/notebook/fields.py": set(),
    "src/oscillator_field/figures/plotlyjs.py": {"Write the plotly.js that all pages share"}
    | draw(RUNS)
    | draw_samples(SET)
    | GALLERY,
    "src/oscillator_field/figures/plotly-cartesian.min.js": {"Write the plotly.js that all pages share"}
    | draw(RUNS)
    | draw_samples(SET)
    | GALLERY,
    "src/oscillator_field/figures/painters/drawing.py": set(),
    "src/oscillator_field/figures/painters/png.py": set(),
    "src/oscillator_field/figures/views/spikes.py": set(),
    "src/oscillator_field/study/configuration.py": set(),
    "src/oscillator_field/logs.py": set(),
    "src/oscillator_field/study/grid.py": set(),
    "workflow/rules/simulate.smk": set(),
    "config/README.md": set(),
}


@pytest.mark.parametrize("place", EDITS)
def test_an_edited_file_runs_what_depends_on_it(project, place):
    path = project.folder / place
    before = path.read_text() if path.exists() else ""
    path.write_text(before + "\n")
    try:
        assert project.planned(TINY) == EDITS[place]
    finally:
        path.write_text(before)


def test_a_file_that_is_as_it_was_runs_nothing(project):
    # After all edits of the test before, each of which was undone.
    assert project.planned(TINY) == set()


def test_a_number_of_the_summary_is_made_again_where_it_is_computed(new_project):
    """`measure` stores the rows of the summary, so an edit of how they are computed has to rerun it."""
    project = new_project("scalars")
    project.snakemake("results/summary.csv", config=changed(digits=[3]))
    edited = project.folder / "src/oscillator_field/analysis/observer.py"
    code = "value = float("
    assert edited.read_text().count(code) == 1
    edited.write_text(edited.read_text().replace(code, "value = 1000 + float("))
    project.snakemake("results/summary.csv", config=changed(digits=[3, 4]))
    table = pd.read_csv(project.folder / "results/summary.csv")
    assert len(table) == 2
    assert (table["spikes_a_site"] >= 1000).all()


def test_a_study_that_moves_runs_nothing(new_project, tmp_path):
    project = new_project("moved")
    config = changed(digits=[3], embed__methods=[])
    study = tmp_path / "study"
    project.snakemake("--directory", str(study), config=config)
    elsewhere = tmp_path / "deep" / "er"
    elsewhere.parent.mkdir()
    study.rename(elsewhere)
    assert project.planned(config, "--directory", str(elsewhere)) == set()
    # The clone may move too, or be named through a link.
    project.folder = project.folder.rename(tmp_path / "clone")
    assert project.planned(config, "--directory", str(elsewhere)) == set()
    link = tmp_path / "link"
    link.symlink_to(project.folder)
    assert project.planned(config, "--snakefile", str(link / "Snakefile"), "--directory", str(elsewhere)) == set()


def test_the_same_pictures_in_another_folder_run_nothing(new_project, tmp_path):
    project = new_project("folders")
    sample = project.folder / "src" / "oscillator_field" / "inputs" / BUNDLED.name
    # A name with an ideographic space, as a folder may have.
    folders = [Path(shutil.copytree(sample, tmp_path / name)) for name in ("one", "two\u3000three")]
    configs = [changed(digits=[3], pictures={"source": "directory", "directory": str(folder)}) for folder in folders]
    project.snakemake("results/perturbations/digit=3.zarr", config=configs[0])
    target = "results/perturbations/digit=3.zarr"
    assert project.planned(configs[1], target) == set()
    # Bundled or not.
    assert project.planned(changed(digits=[3]), target) == set()
    images = next(folders[1].glob("t10k-images*"))
    images.write_bytes(gzip.compress(gzip.decompress(images.read_bytes()), compresslevel=1))
    assert project.planned(configs[1], target) == FETCH | encode(["digit=3"])


def test_a_source_that_has_pictures_for_tests_too_is_seen(new_project, tmp_path):
    project = new_project("grown")
    write_data_set(tmp_path, np.full((2, 6, 5), 9), np.array([3, 4]))
    config = changed(digits=[3], pictures={"source": "directory", "directory": str(tmp_path)})
    target = "results/perturbations/digit=3.zarr"
    project.snakemake(target, config=config)
    assert project.planned(changed(digits=[3]), target) == FETCH | encode(["digit=3"])
    write_data_set(tmp_path, np.full((2, 6, 5), 7), np.array([3, 4]), np.full((1, 6, 5), 7), np.array([3]))
    assert project.planned(config, target) == FETCH | encode(["digit=3"])


def test_a_lost_result_is_made_again_and_what_depends_on_it(project):
    lost = project.folder / "results" / "runs" / RUNS[0] / "embedding-pca.zarr"
    aside = lost.with_name("aside")
    lost.rename(aside)
    try:
        assert project.planned(TINY) == {f"Embed {RUNS[0]} by pca", *draw(RUNS[:1])}
    finally:
        aside.rename(lost)


def test_going_back_to_an_old_value_finds_the_old_result(new_project):
    project = new_project("back")
    config = changed(digits=[3], embed__methods=[], render__views=[])
    project.snakemake(config=config)
    project.snakemake(config={**config, "field": {**config["field"], "k_bias": 2.0}})
    time.sleep(0.1)
    assert project.planned(config) == STUDY


DIAGRAM = {
    "digits": [3],
    "field": {"steps": 12, "channels": 2},
    "grid": {"k_coupling": [0.1, 0.2, 0.3, 0.4], "k_bias": [1, 2]},
    "batch": {"k_coupling": 2, "k_bias": "all"},
    "history": {"keep": "none"},
    "measure": {"every": 4, "observables": ["order_parameter", "input_alignment"]},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": [], "png": {"enabled": False}},
}


@pytest.fixture(scope="module")
def diagram(new_project):
    project = new_project("diagram")
    project.snakemake(config=DIAGRAM)
    return project


def measure_blocks(*numbers):
    names = (f"digit=3+channels=2+k_bias=all+k_coupling=block{number}x2+steps=12" for number in numbers)
    return {f"Simulate and measure {name}" for name in names} | STUDY


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"grid": {**DIAGRAM["grid"], "k_coupling": [0.1, 0.2, 0.3, 0.4, 0.5]}}, measure_blocks(2)),
        ({"grid": {**DIAGRAM["grid"], "k_coupling": [0.1, 0.2, 0.25, 0.3, 0.4]}}, measure_blocks(1, 2)),
        ({"grid": {**DIAGRAM["grid"], "k_coupling": [0.1, 0.2, 0.3]}}, measure_blocks(1)),
        ({"grid": {**DIAGRAM["grid"], "k_bias": [1, 2, 3]}}, measure_blocks(0, 1)),
        ({"grid": {**DIAGRAM["grid"], "k_bias": {"from": 1, "to": 2, "steps": 2}}}, GALLERY),
        ({"measure": {**DIAGRAM["measure"], "every": 3}}, measure_blocks(0, 1)),
        ({"measure": {**DIAGRAM["measure"], "observables": ["order_parameter"]}}, measure_blocks(0, 1)),
        ({"study": {"observable": "final_input_alignment"}}, GALLERY),
        (
            {"continue": "k_bias"},
            {
                f"Simulate and measure digit=3+channels=2+direction=all+k_bias=all+k_coupling=block{number}x2+steps=12"
                for number in (0, 1)
            }
            | STUDY,
        ),
    ],
)
def test_a_study_without_histories_runs_what_it_must(diagram, change, expected):
    assert diagram.planned({**DIAGRAM, **change}) == expected
