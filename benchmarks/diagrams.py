"""What a phase diagram costs beside the steps of its fields: time, memory, disk, planning, and with nothing to do.

usage: python benchmarks/diagrams.py [--side N] [--json FILE]

A study of N x N fields of 28 x 28 x 4 sites and 512 steps, measured at eight times, is made from nothing: picture,
table and page. Before and after it the engine alone takes the steps of some thousand fields, in as many processes as
there are cores, so that both have the same machine.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import yaml
from field import ROOT, STEPS, machine, setting

from oscillator_field import FieldParameters
from oscillator_field.field import open_course, problem

FIELDS, EVERY, CORES = 2048, 64, 2


def study(side):
    """The config of a diagram."""
    return {
        "digits": [3],
        "grid": {
            "k_coupling": {"from": 0, "to": 1.5, "steps": side},
            "k_bias": {"from": 0, "to": 1.5, "steps": side},
        },
        "most_runs": side * side,
        "batch": "auto",
        "history": {"keep": "none"},
        "measure": {"every": EVERY, "observables": ["order_parameter", "local_order_parameter", "input_alignment"]},
        "embed": {"methods": [], "samples": {"methods": []}},
        "render": {"views": []},
        "study": {"name": "diagram"},
    }


def engine(fields):
    """Seconds of the engine alone for some fields."""
    drive, begin, omega = setting(fields)
    parameters = [FieldParameters(k_coupling=number / fields) for number in range(fields)]
    task = problem(drive, initial_phase=begin, omega=omega, parameters=parameters, steps=STEPS, every=EVERY)
    # Compiled, or found on the disk.
    for _ in open_course(task.part(slice(0, 16)), device="cpu").pieces:
        pass
    start = time.perf_counter()
    for _ in open_course(task, device="cpu").pieces:
        pass
    return time.perf_counter() - start


def engine_rate():
    """Fields a second of the engine alone, on all cores."""
    with ProcessPoolExecutor(CORES) as pool:
        return sum(FIELDS / seconds for seconds in pool.map(engine, [FIELDS] * CORES))


def called(folder, config, *arguments):
    """Wall time of a call, s."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--cores", str(CORES)]
    begin = time.perf_counter()
    subprocess.run([*command, "--configfile", str(path), *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


def gigabytes(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e9


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--side", type=int, default=300, help="points along each axis")
    options.add_argument("--json", type=Path, help="where to write the figures too")
    chosen = options.parse_args()
    side, fields = chosen.side, chosen.side**2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        planning = called(folder, study(side), "--dry-run")
        most_while_planning = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        before = engine_rate()
        made = called(folder, study(side))
        after = engine_rate()
        disk = gigabytes(folder / "results") + gigabytes(folder / "logs")
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        nothing = called(folder, study(side))
        alone = fields / ((before + after) / 2)
        figures = {
            "fields": fields,
            "engine alone before it, fields/s": round(before),
            "engine alone after it, fields/s": round(after),
            "engine alone, s": round(alone, 1),
            "study from nothing to picture, table and page, s": round(made, 1),
            "study, times the engine alone": round(made / alone, 2),
            "largest process, MB": round(most / 1000),
            "results and logs, MB": round(1000 * disk),
            "dry run, s": round(planning, 1),
            "dry run, MB": round(most_while_planning / 1000),
            "nothing to do, s": round(nothing, 1),
            "machine": machine(),
        }
        if side < 1000:
            extended = study(side)
            extended["grid"]["k_bias"] |= {"to": 1.5 * side / (side - 1), "steps": side + 1}
            extended["most_runs"] += side
            figures["a row added, s"] = round(called(folder, extended), 1)
        shutil.rmtree(folder / "results")
    text = json.dumps(figures, indent=2)
    print(text)
    if chosen.json:
        chosen.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
