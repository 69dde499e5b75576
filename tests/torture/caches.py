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
from oscillator_field.engines.numba_lattice import EULER

LATTICES = 8
COLUMNS = 3
# Each takes a compilation; races of jobs that compile take eight.
MOST_DAMAGES, WHOLE_JOBS = 100, 2


def torture(cases, seed):
    chosen = random.Random(seed)
    before = numba.config.CACHE_DIR
    raced_now, damages, faults = 0, 0, []
    try:
        with tempfile.TemporaryDirectory() as folder:
            numba.config.CACHE_DIR = str(Path(folder, "first"))
            expected = {channels: simulated(channels) for channels in range(1, LATTICES + 1)}
            compiled = {channels: save_again(channels) for channels in expected}
            damage = Damage(Path(folder, "damaged"), chosen, expected)
            for number in cases:
                if number < WHOLE_JOBS:
                    faults += raced(Path(folder, f"whole {number}"), expected, None)
                faults += raced(Path(folder, str(number)), expected, compiled)
                raced_now += 1
                if number < MOST_DAMAGES:
                    faults += damage.borne(number)
                    damages += 1
    finally:
        numba.config.CACHE_DIR = before
    recovered = damages - sum("damaged" in fault for fault in faults)
    figure = f"{raced_now} races of {LATTICES} processes that save and {WHOLE_JOBS} of {LATTICES} that compile"
    return f"{figure}, {recovered} of {damages} damaged caches recovered", faults


def simulated(channels):
    phase = np.linspace(0, 3, 2 * COLUMNS * channels, dtype=np.float32).reshape(1, 2, COLUMNS, channels)
    field = FieldParameters(k_coupling=0.5)
    return simulate(
        phase, initial_phase=-phase, omega=np.zeros((channels, channels)), parameters=field, steps=3, engine="numba"
    ).phase.tobytes()


def compiled_of(channels):
    """What `simulated` runs: no terms, runs side by side."""
    return numba_kernels.compute_frames_of(COLUMNS, channels, 0, False, EULER)


def save_again(channels):
    """What saves the code of a lattice to another folder, as a process that has just compiled it does."""
    dispatcher = compiled_of(channels)
    [(signature, result)] = dispatcher.overloads.items()

    def save(folder):
        numba.config.CACHE_DIR = str(folder)
        numba_kernels.keep_compiled(dispatcher)
        dispatcher._cache.save_overload(signature, result)

    return save


def raced(folder, expected, compiled):
    """Save all at once, compiled beforehand or not, then let a process for each lattice load its own."""
    begin = time.monotonic() + 0.05

    def save(channels):
        while time.monotonic() < begin:
            pass
        if compiled is None:
            numba.config.CACHE_DIR = str(folder)
            numba_kernels.compute_frames_of.cache_clear()
            return simulated(channels) == expected[channels]
        compiled[channels](folder)
        return True

    def load(channels):
        numba.config.CACHE_DIR = str(folder)
        numba_kernels.compute_frames_of.cache_clear()
        same = simulated(channels) == expected[channels]
        return same and sum(compiled_of(channels).stats.cache_hits.values()) == 1

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


class Damage:
    """The one file of a cache, to be damaged again and again: emptied, cut, flipped."""

    def __init__(self, folder, chosen, expected):
        self.expected, self.chosen = expected[1], chosen
        self.folder = folder
        self.simulated_anew()
        [self.path] = [path for path in folder.rglob("*") if path.is_file()]
        self.whole = self.path.read_bytes()
        self.kinds = {
            "emptied": lambda: b"",
            "cut": lambda: self.whole[: chosen.randrange(len(self.whole))],
            "flipped": lambda: flipped(self.whole, chosen),
        }

    def simulated_anew(self):
        numba.config.CACHE_DIR = str(self.folder)
        numba_kernels.compute_frames_of.cache_clear()
        return simulated(1)

    def borne(self, number):
        """What is wrong if the file is damaged in one of the ways."""
        name = list(self.kinds)[number % len(self.kinds)]
        self.path.write_bytes(self.kinds[name]())
        with redirect_stdout(StringIO()) as said:
            same = self.simulated_anew() == self.expected
        kept = len(self.path.read_bytes()) > len(self.whole) // 2
        if not (same and kept and str(self.path.parent) in said.getvalue()):
            yield f"damaged code ({name}, {number}) was not compiled anew"


def flipped(content, chosen):
    place = chosen.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << chosen.randrange(8))]) + content[place + 1 :]
