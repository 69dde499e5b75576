"""The engines that compute the field: what each can do, and which one `auto` takes. The model is in `problem`.

An engine is a module beside this one, named as here, with a function `pieces` (see `problem.Engine`). A module is
imported when its engine computes, so that a job loads the libraries of one engine only.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from oscillator_field.devices import gpu_at_hand
from oscillator_field.terms import TERMS

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Abilities:
    """What an engine can do.

    Attributes:
        meaning: what it is, for people.
        devices: where it computes, `cpu` or `cuda`.
        library: the distribution that it is written with; stores name its version.
        terms: those of `terms.TERMS` that it computes.
        fastest_on: the device on which no other engine is faster: there `auto` takes it, if it computes all terms.
    """

    meaning: str
    devices: tuple[str, ...]
    library: str
    terms: frozenset[str]
    fastest_on: str | None = None


ALL_TERMS = frozenset(TERMS)
OF_CUDA = frozenset({"lag", "frequencies", "noise", "channels apart", "periodic", "reflecting"})

ENGINES = {
    "cuda": Abilities("the fast one on NVIDIA GPUs", ("cuda",), "numba-cuda", OF_CUDA, fastest_on="cuda"),
    "numba": Abilities("the fast one on CPUs", ("cpu",), "numba", ALL_TERMS, fastest_on="cpu"),
    "torch": Abilities("the reference, on either", ("cpu", "cuda"), "torch", ALL_TERMS),
}


@dataclass(frozen=True)
class Choice:
    """An engine, and why it computes."""

    engine: str
    why: str


def allowed_devices(engine: str) -> tuple[str, ...]:
    """The devices that may be asked for with an engine, or with `auto`.

    Raises:
        ValueError: no such engine.
    """
    return DEVICES if engine == "auto" else ("auto", *_abilities(engine).devices)


def possible_engines(engine: str, device: str, terms: Set[str] = frozenset()) -> list[str]:
    """The engines that may compute some terms, sorted: `auto` is decided by the machine that a job runs on.

    Raises:
        ValueError: no such engine, or it cannot compute a term.
    """
    here = ("cuda", "cpu") if device == "auto" else (device,)
    return sorted(
        {_fastest(one, device, terms).engine for one in here} if engine == "auto" else {checked_engine(engine, terms)}
    )


def may_need_gpu(engine: str, device: str, terms: Set[str] = frozenset()) -> bool:
    """Whether a job has to ask for a GPU: where one is insisted on, or where it may be used and is at hand."""
    devices = {one for name in possible_engines(engine, device, terms) for one in ENGINES[name].devices}
    if device != "auto":
        devices = {device}
    return devices == {"cuda"} or ("cuda" in devices and gpu_at_hand())


def engine_for(engine: str, device: str = "auto", terms: Set[str] = frozenset()) -> Choice:
    """The engine that `auto` stands for on this machine, or the engine itself.

    Raises:
        ValueError: no such engine, or it cannot compute a term.
    """
    if engine != "auto":
        return Choice(checked_engine(engine, terms), "asked for")
    return _fastest(("cuda" if gpu_at_hand() else "cpu") if device == "auto" else device, device, terms)


def checked_engine(engine: str, terms: Set[str]) -> str:
    """The engine, which can compute the terms.

    Raises:
        ValueError: no such engine, or it cannot.
    """
    lacking = _lacking(engine, terms)
    if lacking:
        able = [name for name in ENGINES if not _lacking(name, terms)]
        raise ValueError(f"engine: {engine} cannot compute {lacking} (allowed: auto, {', '.join(able)})")
    return engine


def _fastest(here: str, device: str, terms: Set[str]) -> Choice:
    """The fastest engine on a device that computes all terms; where a GPU is not insisted on, the CPU may be it."""
    best = next(name for name, one in ENGINES.items() if one.fastest_on == here)
    lacking = _lacking(best, terms)
    if not lacking:
        return Choice(best, f"the fastest on {here}")
    others = [name for name, one in ENGINES.items() if not _lacking(name, terms)]
    # A compiled engine on the CPU before the reference on a GPU.
    able = [name for name in others if ENGINES[name].fastest_on] if device == "auto" else []
    chosen = [*able, *(name for name in others if here in ENGINES[name].devices)][0]
    return Choice(chosen, f"the fastest that computes {lacking}; {best} does not")


def _lacking(engine: str, terms: Set[str]) -> str:
    """Of some terms those that an engine cannot compute, in words."""
    return ", ".join(sorted(terms - _abilities(engine).terms))


def _abilities(engine: str) -> Abilities:
    if engine not in ENGINES:
        raise ValueError(f"engine: {engine!r} is unknown (allowed: auto, {', '.join(ENGINES)})")
    return ENGINES[engine]
