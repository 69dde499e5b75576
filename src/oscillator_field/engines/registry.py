"""The engines that compute the field: what each can do, and which one `auto` takes. The model is in `problem`.

An engine is a module beside this one, named as here, with a function `pieces` (see `problem.Engine`). A module is
imported when its engine computes, so that a job loads the libraries of one engine only.
"""

from __future__ import annotations

from dataclasses import dataclass

from oscillator_field.devices import gpu_at_hand

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Abilities:
    """What an engine can do.

    Attributes:
        meaning: what it is, for people.
        devices: where it computes, `cpu` or `cuda`.
        library: the distribution that it is written with; stores name its version.
        fastest_on: the device on which no other engine is faster: there `auto` takes it.
    """

    meaning: str
    devices: tuple[str, ...]
    library: str
    fastest_on: str | None = None


ENGINES = {
    "cuda": Abilities("the fast one on NVIDIA GPUs", ("cuda",), "numba-cuda", fastest_on="cuda"),
    "numba": Abilities("the fast one on CPUs", ("cpu",), "numba", fastest_on="cpu"),
    "torch": Abilities("the reference, on either", ("cpu", "cuda"), "torch"),
}


def allowed_devices(engine: str) -> tuple[str, ...]:
    """The devices that may be asked for with an engine, or with `auto`.

    Raises:
        ValueError: no such engine.
    """
    return DEVICES if engine == "auto" else ("auto", *_abilities(engine).devices)


def possible_engines(engine: str, device: str) -> list[str]:
    """The engines that may compute, sorted: `auto` is decided by the machine that a job runs on.

    Raises:
        ValueError: no such engine.
    """
    if engine != "auto":
        _abilities(engine)
        return [engine]
    return sorted(name for name, one in ENGINES.items() if one.fastest_on and device in ("auto", one.fastest_on))


def may_need_gpu(engine: str, device: str) -> bool:
    """Whether a job has to ask for a GPU: where one is insisted on, or where it may be used and is at hand."""
    devices = {"cpu", "cuda"} if engine == "auto" else set(_abilities(engine).devices)
    if device != "auto":
        devices = {device}
    return devices == {"cuda"} or ("cuda" in devices and gpu_at_hand())


def engine_for(engine: str, device: str = "auto") -> str:
    """The engine that `auto` stands for on this machine, or the engine itself.

    Raises:
        ValueError: no such engine.
    """
    if engine != "auto":
        _abilities(engine)
        return engine
    here = ("cuda" if gpu_at_hand() else "cpu") if device == "auto" else device
    return next(name for name, one in ENGINES.items() if one.fastest_on == here)


def _abilities(engine: str) -> Abilities:
    if engine not in ENGINES:
        raise ValueError(f"engine: {engine!r} is unknown (allowed: auto, {', '.join(ENGINES)})")
    return ENGINES[engine]
