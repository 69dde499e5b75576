"""Flipped bytes, cut and lost files of finished stores: each is seen, or has no effect; none is another number."""

import random
import shutil
from pathlib import Path

import numpy as np

from oscillator_field.history import open_history
from oscillator_field.mnist import picture
from oscillator_field.perturbation import read_perturbations
from oscillator_field.stores import open_store
from oscillator_field.summary import rows_of
from oscillator_field.sweep import open_sweep
from torture.projects import BATCHED, TINY, new_project

CONFIGS = (TINY, {**BATCHED, "digits": [3, 4], "history": {"precision": 1e-3}, "grid": {"k_bias": [2, 3]}})


def torture(count, seed):
    chosen = random.Random(seed)
    with new_project() as project:
        files, expected = [], {}
        for config in CONFIGS:
            project.snakemake(config=config)
            shutil.rmtree(project.folder / "results" / "readout", ignore_errors=True)
        stores = [path for path in (project.folder / "results").rglob("*.zarr") if path.is_dir()]
        stores.append(project.folder / "resources" / "mnist")
        for store in stores:
            expected[store] = everything(store)
            files += [(store, path) for path in sorted(store.rglob("*")) if path.is_file()]
        kinds, faults = {"seen": 0, "without effect": 0}, []
        for number in range(count):
            store, path = chosen.choice(files)
            whole = path.read_bytes()
            what = damaged(path, whole, chosen, number)
            try:
                same = everything(store) == expected[store]
                kinds["without effect"] += same
                if not same:
                    faults.append(f"{path.relative_to(project.folder)}, {what}: another number without a word")
            except (OSError, ValueError) as error:
                kinds["seen"] += 1
                if str(store) not in str(error):
                    faults.append(f"{path.relative_to(project.folder)}, {what}: names no store: {error!r}"[:300])
            except Exception as error:
                faults.append(f"{path.relative_to(project.folder)}, {what}: {error!r}"[:300])
            finally:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(whole)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    return f"{count} damaged files of {len(files)} in {len(stores)} stores, {told}", faults


def damaged(path, whole, chosen, number):
    """Damage a file: of ten, eight get a flipped bit, one is cut and one is lost."""
    kind = number % 10
    if kind == 8 or not whole:
        path.unlink()
        return "lost"
    place = chosen.randrange(len(whole))
    if kind == 9:
        path.write_bytes(whole[:place])
        return f"cut after {place} bytes"
    bit = 1 << chosen.randrange(8)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
    return f"bit {bit} of byte {place}"


def everything(store: Path):
    """All that the project reads of a store, in one text."""
    if store.name == "mnist":
        return repr([picture(store, digit, 0).tobytes() for digit in range(10)])
    opened = open_history(store) if store.name == "history.zarr" else open_store(store)
    read = [(name, array.shape, np.asarray(array[...]).tolist(), dict(array.attrs)) for name, array in opened.arrays()]
    found = [read, opened.attributes]
    if store.name == "observables.zarr":
        found.append(rows_of(store))
    if store.parent.name == "perturbations":
        found.append([(phase.tobytes(), pixels.tobytes()) for phase, pixels, _ in read_perturbations([store])])
    if store.name == "history.zarr":
        # As users open all of them; the data of the others is not read.
        found.append(open_sweep(store.parents[2], "history")["digit"].values.tolist() if alone(store) else None)
    return repr(found)


def alone(store: Path):
    """Whether all histories beside a store fit one dataset."""
    return len(list(store.parents[1].glob("*/history.zarr"))) < 4
