"""Compiled code: eight processes save at once into a cold cache, and every file of a cache is damaged."""

import os
import random
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numba
import numpy as np

from oscillator_field import FieldParameters, simulate
from oscillator_field.engines import numba_kernels

LATTICES = 8
COLUMNS = 3
# Each takes a compilation.
MOST_DAMAGES = 100


def torture(count, seed):
    chosen = random.Random(seed)
    before = numba.config.CACHE_DIR
    try:
        with tempfile.TemporaryDirectory() as folder:
            numba.config.CACHE_DIR = str(Path(folder, "first"))
            expected = {channels: simulated(channels) for channels in range(1, LATTICES + 1)}
            compiled = {channels: save_again(channels) for channels in expected}
            faults = [
                fault for number in range(count) for fault in raced(Path(folder, str(number)), expected, compiled)
            ]
            damages = min(count, MOST_DAMAGES)
            damaged = bear_damage(Path(folder, "damaged"), chosen, damages, expected)
    finally:
        numba.config.CACHE_DIR = before
    faults += [f"damaged code was not compiled anew: {name}" for name in damaged]
    recovered = damages - len(damaged)
    return f"{count} races of {LATTICES} processes, {recovered} of {damages} damaged caches recovered", faults


def simulated(channels):
    phase = np.linspace(0, 3, 2 * COLUMNS * channels, dtype=np.float32).reshape(1, 2, COLUMNS, channels)
    field = FieldParameters(k_coupling=0.5)
    return simulate(
        phase, initial_phase=-phase, omega=np.zeros((channels, channels)), parameters=field, steps=3, engine="numba"
    ).phase.tobytes()


def save_again(channels):
    """What saves the code of a lattice to another folder, as a process that has just compiled it does."""
    dispatcher = numba_kernels.compute_frames_of(COLUMNS, channels)
    [(signature, result)] = dispatcher.overloads.items()

    def save(folder):
        numba.config.CACHE_DIR = str(folder)
        numba_kernels.keep_compiled(dispatcher)
        dispatcher._cache.save_overload(signature, result)

    return save


def raced(folder, expected, compiled):
    """Save all at once, then let a process for each lattice load its own."""
    begin = time.monotonic() + 0.05

    def save(channels):
        while time.monotonic() < begin:
            pass
        compiled[channels](folder)
        return True

    def load(channels):
        numba.config.CACHE_DIR = str(folder)
        numba_kernels.compute_frames_of.cache_clear()
        same = simulated(channels) == expected[channels]
        hits = numba_kernels.compute_frames_of(COLUMNS, channels).stats.cache_hits
        return same and sum(hits.values()) == 1

    for what in (save, load):
        for channels, fine in in_processes(what, expected):
            if not fine:
                yield f"{folder.name}: {what.__name__} of {channels} channels"


def in_processes(function, arguments):
    """Whether a function gives true for each argument, each in a process of its own, all at once."""
    children = {}
    for argument in arguments:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = int(not function(argument))
            finally:
                os._exit(code)
        children[argument] = child
    return [(argument, os.waitpid(child, 0)[1] == 0) for argument, child in children.items()]


def bear_damage(folder, chosen, count, expected):
    """Damage the file of a cache in turn: emptied, cut, flipped; the names of those that were not borne."""
    numba.config.CACHE_DIR = str(folder)
    numba_kernels.compute_frames_of.cache_clear()
    assert simulated(1) == expected[1]
    [path] = [path for path in folder.rglob("*") if path.is_file()]
    whole = path.read_bytes()
    kinds = {
        "emptied": lambda: b"",
        "cut": lambda: whole[: chosen.randrange(len(whole))],
        "flipped": lambda: flipped(whole, chosen),
    }
    bad = []
    for number in range(count):
        name = list(kinds)[number % len(kinds)]
        path.write_bytes(kinds[name]())
        numba_kernels.compute_frames_of.cache_clear()
        with redirect_stdout(StringIO()) as said:
            fine = simulated(1) == expected[1]
        if not (fine and str(path.parent) in said.getvalue() and len(path.read_bytes()) > len(whole) // 2):
            bad.append(f"{name} ({number})")
    return bad


def flipped(content, chosen):
    place = chosen.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << chosen.randrange(8))]) + content[place + 1 :]
