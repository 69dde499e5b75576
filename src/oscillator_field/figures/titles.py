"""Titles: what the runs of a store have in common, what differs between them, and what is left out."""

from __future__ import annotations

from typing import Any

from oscillator_field.nouns import NOUNS
from oscillator_field.parameters import DEFAULTS, METADATA, value_text
from oscillator_field.stores.run_coordinates import described_runs
from oscillator_field.stores.zarr_stores import Store

# The title of a run names these always, and other parameters where they differ from the defaults.
_USUAL = {**dict.fromkeys(NOUNS), "instance": 0, **DEFAULTS}


def run_titles(store: Store, shown: int) -> tuple[str, list[str]]:
    """What the first runs of a store have in common, for the title, and what differs, for its panel."""
    each = described_runs(store, slice(shown))
    special = [name for name in each[0] if name != "run" and any(one[name] != _USUAL[name] for one in each)]
    common = [name for name in special if all(one[name] == each[0][name] for one in each)]
    apart = [name for name in special if name not in common]
    ends = zip(each, store["end_step"][:shown].tolist(), strict=True)
    settled = [f"settled at step {end}" if end < one["steps"] else "" for one, end in ends]
    shared = settled[0] if len(set(settled)) == 1 else ""
    panels = [
        joined(_spoken(one, apart), "" if shared else its_own) for one, its_own in zip(each, settled, strict=True)
    ]
    return joined(_spoken(each[0], common), shared), panels


def joined(*parts: str) -> str:
    """The parts of a title that there are."""
    return ", ".join(filter(None, parts))


def chosen_runs(store: Store, most: int) -> tuple[int, str]:
    """How many runs of a store to show, and a remark if some are left out."""
    runs = store["run"].shape[0]
    return (runs, "") if runs <= most else (most, f" (first {most} of {runs} runs)")


def title_of(view: str, common: str, remark: str) -> str:
    """The title of an animation: the view, what its runs have in common, what is left out."""
    return joined(view, common) + remark


def _spoken(described: dict[str, Any], names: list[str]) -> str:
    words = []
    for name in names:
        unit = METADATA[name]["unit"] if name in METADATA else "1"
        words.append(f"{name} {value_text(described[name])}" + ("" if unit == "1" else f" {unit}"))
    return ", ".join(words)
