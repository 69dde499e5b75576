"""Flipped bytes, cut and lost files of finished stores: each is seen, or has no effect; none is another number."""

import random
from collections import Counter
from pathlib import Path

import numpy as np

from oscillator_field.analysis.sweep import open_sweep
from oscillator_field.inputs.fetch import picture
from oscillator_field.inputs.perturbation import read_perturbations
from oscillator_field.readout.fields import read_phases, simulate_shard
from oscillator_field.readout.images import read_images
from oscillator_field.readout.images_writing import write_images
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import open_store
from tests.support.histories import rows_of
from tests.torture.projects import BATCHED, TINY, new_project

CONFIGS = (TINY, {**BATCHED, "digits": [3, 4], "history": {"precision": 1e-3}, "grid": {"k_bias": [2, 3]}})


def torture(cases, seed):
    chosen = random.Random(seed)
    kinds, faults = Counter(), []
    with new_project() as project:
        for config in CONFIGS:
            project.snakemake(config=config)
        add_readout(project.folder)
        stores = [path for path in (project.folder / "results").rglob("*.zarr") if path.is_dir()]
        stores.append(project.folder / "resources" / "mnist")
        expected = {store: everything(store) for store in stores}
        files = [(store, path) for store in stores for path in sorted(store.rglob("*")) if path.is_file()]
        # The root of a store counts as much as all its chunks.
        roots = [(store, path) for store, path in files if path.parent == store]
        for number in cases:
            store, path = chosen.choice(roots if number % 3 == 0 else files)
            whole = path.read_bytes()
            what = f"{path.relative_to(project.folder)}, {damaged(path, whole, chosen, number)}"
            try:
                same = everything(store) == expected[store]
                kinds["without effect" if same else "not seen"] += 1
                if not same:
                    faults.append(f"{what}: another number without a word")
            except (OSError, ValueError) as error:
                kinds["seen"] += 1
                if str(store) not in str(error):
                    faults.append(f"{what}: names no store: {error!r}"[:300])
            except Exception as error:
                faults.append(f"{what}: {error!r}"[:300])
            finally:
                path.write_bytes(whole)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    return f"{kinds.total()} damaged files of {len(files)} in {len(stores)} stores, {told}", faults


def add_readout(folder):
    """A set of pictures of a readout, and a shard of the field over some of them."""
    readout = folder / "results" / "readout"
    write_images(
        readout / "images" / "test.zarr", folder / "resources" / "mnist", "test", seed=0, rotation=0, translation=0
    )
    run = {"channels": 2, "seed": 1}
    shard = readout / "fields" / "field+channels=2+seed=1" / "test" / "0.zarr"
    simulate_shard(shard, readout / "images" / "test.zarr", slice(0, 40), run=run, steps=[2, 4])


def damaged(path, whole, chosen, number):
    """Damage a file: of ten, seven get a flipped bit, one is cut, one is emptied and one is lost."""
    kind = number % 10
    if kind == 7 or not whole:
        path.unlink()
        return "lost"
    if kind == 8:
        path.write_bytes(b"")
        return "emptied"
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
    if store.parent.name == "images":
        found.append([part.tobytes() for part in read_images(store)])
    if store.name == "0.zarr":
        found.append([read_phases([store], step).tobytes() for step in (2, 4)])
    if store.name == "history.zarr":
        # As users open all of them; the data of the others is not read.
        found.append(open_sweep(store.parents[2], "history")["digit"].values.tolist() if alone(store) else None)
    return repr(found)


def alone(store: Path):
    """Whether all histories beside a store fit one dataset."""
    return len(list(store.parents[1].glob("*/history.zarr"))) < 4
