"""Results that a config no longer asks for: found, listed, and removed if the list is the one that was shown.

Only what the workflow has made is removed: stores that say so in their metadata, and pictures under the names that it
gives, both in folders that have the name of a run. Links are never followed, and whatever else is there stays.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

from oscillator_field.figures.views import VIEWS
from oscillator_field.named_run import is_run_name
from oscillator_field.readout.arms import CLASSIFIERS
from oscillator_field.readout.sets import CORRUPTIONS

LIST, REMOVE = "list", "remove-"
# All that the workflow makes in the folder of a run.
_STORE = re.compile(r"(history|observables|(embedding|samples)-(pca|tsne))\.zarr")
_VIEWS = "|".join(f"{name}-(pca|tsne)" if view.has_methods else name for name, view in VIEWS.items())
_PICTURE = re.compile(rf"({_VIEWS})(-poster)?\.(html|png|mp4|gif|svg|pdf)")
_PREVIEW = re.compile(r"\d+\.(js|png)|\.snakemake_timestamp")
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{12}\.tmp")
# A writer at work has changed its temporary folder since, in seconds; what a killed one has left waits so long.
_AT_WORK = 24 * 60 * 60
# All that it makes for a readout: sets of pictures, shards of fields, predictions.
_NUMBER = r"[0-9.e-]+"
_SET = rf"(training(\+augmentation=\d+)?|test(\+({'|'.join(CORRUPTIONS)})={_NUMBER})?)"
_CLASSIFIER = f"({'|'.join(CLASSIFIERS)})"
_READOUT = {
    "images/*.zarr": re.compile(rf"{_SET}\.zarr"),
    "fields/*/*/*.zarr": re.compile(rf"(?P<arm>field[^/]*)/{_SET}/\d+\.zarr"),
    "predictions/*/*.zarr": re.compile(rf"(?P<arm>(pixels|input|field)[^/]*?)(\+time=\d+)?/{_CLASSIFIER}\.zarr"),
}
# All that there is in a store beside its chunks.
_IN_A_STORE = ("zarr.json", ".snakemake_timestamp")
# Folders that stay when they are empty, with all above them.
_ROOTS = ("runs", "perturbations", "readout")


def wanted_folders(results: str | Path, runs: Iterable[str], perturbations: Iterable[str]) -> set[Path]:
    """The folders of the runs and perturbations that a config asks for, by their names."""
    wanted = {Path(results, "runs", name) for name in runs}
    return wanted | {Path(results, "perturbations", f"{name}.zarr") for name in perturbations}


def find_orphans(results: str | Path, wanted: Iterable[Path], readout: Iterable[str] | None = None) -> list[Path]:
    """Folders of runs, perturbations and stores of the readout that the config no longer asks for.

    Args:
        results: folder of the results.
        wanted: all folders of runs and perturbations that it does ask for.
        readout: paths of all stores that a readout asks for; None, for no readout, leaves those that are there alone.
    """
    kept = set(wanted)
    runs = [path for path in Path(results, "runs").glob("*=*") if is_run_name(path.name)]
    inputs = [
        path for path in Path(results, "perturbations").glob("*=*.zarr") if is_run_name(path.name.removesuffix(".zarr"))
    ]
    found = [*runs, *inputs, *_left_behind(Path(results, "perturbations"))]
    if readout is not None:
        kept |= set(map(Path, readout))
        found += _of_a_readout(Path(results, "readout"))
        found += [
            path for pattern in _READOUT for path in _left_behind(*Path(results, "readout").glob(_above(pattern)))
        ]
    return sorted(path for path in found if path not in kept)


def _above(pattern: str) -> str:
    return pattern.rpartition("/")[0]


def _left_behind(*folders: Path) -> Iterator[Path]:
    """Temporary folders in some folders whose writers are gone."""
    for folder in folders:
        each = () if folder.is_symlink() else folder.glob(".*.tmp")
        yield from (path for path in each if _TEMPORARY.fullmatch(path.name) and not _is_at_work(path))


def _is_at_work(temporary: Path) -> bool:
    """Whether somebody may be writing into a temporary folder."""
    changed = 0.0
    for path in (temporary, *temporary.rglob("*")):
        # Its writer may be renaming what is in it.
        with suppress(OSError):
            changed = max(changed, path.lstat().st_mtime)
    return time.time() - changed < _AT_WORK


def _of_a_readout(folder: Path) -> Iterator[Path]:
    """Stores under names that a readout gives, in folders that are no links."""
    for pattern, names in _READOUT.items():
        for path in folder.glob(pattern):
            match = names.fullmatch(path.relative_to(folder / pattern.partition("/")[0]).as_posix())
            linked = any((folder / part).is_symlink() for part in path.relative_to(folder).parents)
            if match and not linked and _is_arm(match.groupdict().get("arm", "")):
                yield path


def _is_arm(name: str) -> bool:
    """Whether a readout can call an arm so: by its kind, and by parameters as runs are named by them."""
    return is_run_name(f"digit=all{re.sub('^(pixels|input|field)', '', name)}")


def key_of(orphans: Sequence[Path]) -> str:
    """What `prune` has to be in the config for just these orphans to be removed."""
    return REMOVE + sha256("\0".join(str(path.absolute()) for path in orphans).encode()).hexdigest()[:10]


def prune(orphans: Sequence[Path], wanted: Iterable[Path], asked: str, command: str) -> tuple[list[str], bool]:
    """List orphans, or remove them.

    Args:
        orphans: as `find_orphans` gives them.
        wanted: all folders of runs and perturbations that the config asks for.
        asked: `list`, or the key of the list that was shown.
        command: what calls `prune` with the same config, up to the key.

    Returns:
        What to tell, line by line, and whether all that was asked for was done.
    """
    if not orphans:
        return ["The config asks for all results that are there."], True
    key = key_of(orphans)
    # Inputs are shared by studies.
    if not any(path.exists() for path in wanted if path.parent.name == "runs"):
        return [
            *map(str, orphans),
            f"Nothing is removed ({len(orphans)} listed): no run that this config asks for is there, so it may be the "
            "wrong one. Name the config files of the study, or remove the folders by hand if you mean it.",
        ], asked == LIST
    if asked == key:
        told = [f"kept: {path} ({why})" for path, why in remove_orphans(orphans)]
        gone = sum(not _is_there(path) for path in orphans)
        rest = "; of the others all but what is named above" if told else ""
        return [*map(str, orphans), *told, f"{gone} of {len(orphans)} results removed whole{rest}."], not told
    said = [*map(str, orphans), f"{len(orphans)} results are there that the config does not ask for."]
    if asked != LIST:
        said.append(f"None is removed: {asked} is the key of another list.")
    return [*said, f"To remove them: {command}{key}"], asked == LIST


def remove_orphans(orphans: Iterable[Path]) -> list[tuple[Path, str]]:
    """Remove what the workflow made of these folders; one that cannot be removed does not keep the others.

    Returns:
        What was kept, and why.
    """
    return [kept for path in orphans for kept in _removed(path)]


def _removed(path: Path) -> Iterator[tuple[Path, str]]:
    """Remove an orphan, or what the workflow made in it; yield what is kept."""
    try:
        if path.is_symlink():
            yield path, "a link"
        elif path.suffix == ".zarr":
            yield from _store_removed(path)
            _remove_empty(path.parents)
        elif _TEMPORARY.fullmatch(path.name):
            yield from _entry_removed(path)
        elif path.is_dir():
            for entry in sorted(path.iterdir()):
                yield from _entry_removed(entry)
            _remove_empty([path])
        else:
            yield path, "not made by this workflow"
    except OSError as error:
        yield path, str(error)


def _entry_removed(entry: Path) -> Iterator[tuple[Path, str]]:
    try:
        if entry.is_symlink():
            yield entry, "a link"
        elif _STORE.fullmatch(entry.name):
            yield from _store_removed(entry)
        elif entry.name == "preview" and entry.is_dir():
            yield from _preview_removed(entry)
        elif _TEMPORARY.fullmatch(entry.name) and entry.is_dir():
            if _is_at_work(entry):
                yield entry, "changed within a day, so it may be being written"
            else:
                shutil.rmtree(entry)
        elif _PICTURE.fullmatch(entry.name) and entry.is_file():
            entry.unlink()
        else:
            yield entry, "not made by this workflow"
    except OSError as error:
        yield entry, str(error)


def _store_removed(store: Path) -> Iterator[tuple[Path, str]]:
    if not _is_ours(store):
        yield store, "no store that says it was made by this workflow"
    elif foreign := next(_foreign(store), None):
        yield store, f"{foreign.relative_to(store)} in it was not made by this workflow"
    else:
        shutil.rmtree(store)


def _preview_removed(folder: Path) -> Iterator[tuple[Path, str]]:
    foreign = [path for path in folder.iterdir() if path.is_symlink() or not _PREVIEW.fullmatch(path.name)]
    if foreign:
        yield folder, f"{foreign[0].name} in it was not made by this workflow"
    else:
        shutil.rmtree(folder)


def _is_ours(store: Path) -> bool:
    try:
        attributes = json.loads((store / "zarr.json").read_text(encoding="utf-8"))["attributes"]
        return "oscillator-field" in attributes["versions"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _foreign(store: Path) -> Iterator[Path]:
    """What is in a store and no part of it."""
    for path in store.rglob("*"):
        part = path.name in _IN_A_STORE or path.name == "c" or path.name.startswith("c.")
        if path.is_symlink() or (not path.is_dir() and not part):
            yield path


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in takewhile(lambda folder: folder.name not in _ROOTS and not any(folder.iterdir()), folders):
        folder.rmdir()


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()
