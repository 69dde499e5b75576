"""How long a study takes: 27 parameter sets times ten digits, by the workflow and by the notebook's code in a loop.

usage: python benchmarks/sweep.py [--json FILE]

Each field has 512 steps; phases and spikes are kept, a PCA is made, and a page of phases and one of spikes is
written. The loop is timed on a few fields and multiplied.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import baseline
import numpy as np
import plotly.express as px
import torch
import yaml
from field import ROOT, STEPS, machine, setting
from sklearn.decomposition import PCA

from oscillator_field import FieldParameters

SAMPLE, FIELDS, PLANNED = 3, 270, 1000
STUDY = {
    "grid": {"k_coupling": [0, 0.06, 0.12, 0.24, 0.48, 0.96, 1.92, 3.84, 7.68], "k_bias": [0.3125, 1.25, 5]},
    "batch": ["digit"],
    "embed": {"methods": ["pca"], "pca": {"every": 64}, "samples": {"methods": []}},
    "render": {"views": ["phase", "spikes"], "png": {"enabled": False}},
}
LARGE = {"grid": {"k_coupling": {"from": 0, "to": 1, "steps": PLANNED}}, "batch": ["digit"]}


def notebook(folder):
    """One field as the notebook treats it: simulate, PCA of each frame, two pages by plotly express."""
    drive, begin, omega = setting(1)
    phase, spikes = baseline.run(drive[0], begin[0].copy(), omega, FieldParameters(), STEPS)[:2]
    for frame in np.asarray(phase).reshape(STEPS, -1, phase.shape[-1]):
        PCA(2).fit_transform(frame)
    for name, values in (("phase", phase), ("spikes", spikes)):
        mean = np.asarray(values, np.float32).mean(axis=-1)
        px.imshow(mean, animation_frame=0).write_html(folder / f"{name}.html", include_plotlyjs=False, auto_play=False)


def snakemake(folder, config, *arguments):
    """Wall time of a call, s."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--cores", "2", "--configfile", str(path)]
    begin = time.perf_counter()
    subprocess.run([*command, "--quiet", "all", *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


def empty(folder):
    """Wall time of Snakemake with nothing in it, s."""
    (folder / "Snakefile").write_text("rule all:\n")
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "snakemake", "--cores", "2"], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begin


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path, help="where to write the figures too")
    chosen = options.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        torch.set_num_threads(1)
        notebook(folder)
        begin = time.perf_counter()
        for _ in range(SAMPLE):
            notebook(folder)
        figures["notebook's code in a loop, 270 fields, s"] = (time.perf_counter() - begin) / SAMPLE * FIELDS
        figures["workflow, 270 fields, s"] = snakemake(folder, STUDY)
        figures["workflow, nothing to do, s"] = min(snakemake(folder, STUDY) for _ in range(3))
        figures["Snakemake with an empty Snakefile, s"] = min(empty(folder) for _ in range(3))
        with tempfile.TemporaryDirectory() as other:
            figures["dry run of 10,000 runs, batched by digit, s"] = snakemake(Path(other), LARGE, "--dry-run")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        figures["largest process of all, MB"] = peak
    print(machine())
    for name, value in figures.items():
        print(f"{name:50} {value:10.2f}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
