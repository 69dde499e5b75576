"""What a run costs by the size of its lattice: seconds and memory of each job of the workflow, its stores and pages.

usage: python benchmarks/sizes.py [--json FILE] [--sizes N ...]

The landscape of resources/examples, brought to n x n pixels, for 512 steps of which all are kept; all views, PNG, PCA
and t-SNE. Each size is run once before, for two steps, so that its code is compiled. Memory is the peak of a job's
process, as the kernel counts it, and what its browser takes.
"""

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

import psutil
from field import ROOT, machine
from sweep import snakemake

from oscillator_field.study import resources
from oscillator_field.study.study import Study

SIZES = (28, 64, 128, 256, 512)
RULES = ("encode", "simulate", "measure", "embed", "render_html", "render_png")


def config(size, steps):
    landscape = ROOT / "resources" / "examples" / "landscape"
    return {
        "pictures": {"dataset": "folder", "directory": str(landscape), "size": size},
        "encoding": {"scale": "unit", "arc": 3.14159},
        "field": {"steps": steps},
    }


class Watch:
    """The peak memory of the jobs that run meanwhile, by rule, MB."""

    def __init__(self):
        self.peaks, self.done = {}, threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self):
        self.thread.start()
        return self.peaks

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def _look(self):
        while not self.done.wait(0.03):
            for process in psutil.Process().children(recursive=True):
                try:
                    script = next((word for word in process.cmdline() if "/.snakemake/scripts/" in word), "")
                    if not script.endswith(".py") or any(script in word for word in process.parent().cmdline()[1:]):
                        continue
                    rule = script.rpartition(".")[0].rpartition(".")[2]
                    # The job's own peak, and what its browser takes now.
                    others = sum(one.memory_info().rss for one in process.children(recursive=True))
                    self.peaks[rule] = max(self.peaks.get(rule, 0), (_peak(process.pid) + others) / 1e6)
                except (psutil.Error, OSError, StopIteration):
                    continue


def _peak(pid):
    # A process that ends has none.
    return max(
        (int(line.split()[1]) * 1024 for line in Path(f"/proc/{pid}/status").open() if "VmHWM" in line), default=0
    )


def declared(size):
    """MB that the jobs of each rule declare."""
    study = Study.of(
        config(size, 512),
        schema=ROOT / "workflow" / "schemas" / "config.schema.yaml",
        bundled="",
        resources="",
    )
    [job], [perturbation] = study.jobs, study.perturbations
    names = {"encode": {"perturbation": perturbation}, "embed": {"job": job, "method": "pca"}}
    return {rule: resources.megabytes(study, rule, **names.get(rule, {"job": job})) for rule in RULES}


def measured(size):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        only_simulate = {"embed": {"methods": []}, "render": {"views": [], "png": {"enabled": False}}}
        snakemake(folder, config(size, 2) | only_simulate)
        with Watch() as peaks:
            begin = time.perf_counter()
            snakemake(folder, config(size, 512))
            seconds = {"all of it": time.perf_counter() - begin}
        for rule in RULES:
            times = []
            for path in (folder / "logs" / rule).rglob("*.tsv"):
                if "steps=2" not in str(path):
                    times.append(float(path.read_text().splitlines()[1].split("\t")[0]))
            seconds[rule] = max(times)
        [run] = [path for path in (folder / "results" / "runs").iterdir() if "steps=2" not in path.name]

        history = sum(one.stat().st_size for one in (run / "history.zarr").rglob("*") if one.is_file()) / 1e6

        return {
            "seconds": seconds,
            "peak_megabytes": {rule: peaks.get(rule) for rule in RULES},
            "declared_megabytes": declared(size),
            "history_megabytes": history,
            "largest_page_megabytes": max(page.stat().st_size for page in run.glob("*.html")) / 1e6,
            "preview_megabytes": (run / "preview" / "0.js").stat().st_size / 1e6,
        }


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="where to write the figures too")
    options.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    chosen = options.parse_args()
    found = {}
    for size in chosen.sizes:
        found[size] = measured(size)
        print(size, json.dumps(found[size], indent=1), flush=True)
        if chosen.json:
            chosen.json.write_text(json.dumps({"machine": machine(), "sizes": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
