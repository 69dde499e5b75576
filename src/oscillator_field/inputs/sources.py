"""What pictures there are where a config says that they come from: their labels, their number, their size.

A source is IDX files (`IdxSource`: in a folder, in the repository, or published) or a folder of image files
(`FolderSource`). A label is a whole number where the labels are digits, and else a text that can stand in a name.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from oscillator_field.inputs.data_sets import DATA_SETS, FILES, SIDE, TEST, TRAINING
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.idx import read_labels, shape_of_images
from oscillator_field.nouns import DIGIT, LABEL, PICTURE, Label

# Names of image files that Pillow is asked to read.
ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
SHOWN = 12


class Source(Protocol):
    """Where pictures come from."""

    @property
    def noun(self) -> str:
        """What a label is called in config, names and stores: one of NOUNS."""

    def labels(self) -> list[Label]:
        """All labels, which are run where the config names none."""

    def label(self, given: Label) -> Label:
        """The label that a config means.

        Raises:
            PicturesError: there is none.
        """

    def check(self, label: Label, instance: int) -> None:
        """Refuse a picture that is not there.

        Raises:
            PicturesError: the message says how many there are.
        """

    def check_all(self) -> None:
        """Refuse a source whose parts do not go together.

        Raises:
            PicturesError: the message says which, and why.
        """

    def shape(self, chosen: Iterable[tuple[Label, int]]) -> tuple[int, int]:
        """Rows and columns of the chosen pictures `(label, instance)`.

        Raises:
            PicturesError: they differ, or one cannot be read.
        """

    def identity(self, label: Label, instance: int) -> dict[str, Any]:
        """What tells a picture from all others: a setting of the job that encodes it."""

    def count(self, kind: str) -> int:
        """How many pictures a set has."""


def expanded(directory: str) -> str:
    """A path with `~` and environment variables replaced."""
    return os.path.expandvars(os.path.expanduser(directory))


def name_of(text: str) -> str:
    """A text as it can stand in the name of a run: letters, digits, dots, dashes and underscores."""
    name = re.sub(r"[^\w.-]", "_", unicodedata.normalize("NFC", text))
    # The folder of a run is no store.
    return re.sub(r"\.zarr$", "_zarr", name)


class IdxSource:
    """IDX files of a data set: in a folder, or the published ones where that is None."""

    def __init__(self, name: str, folder: str | Path | None) -> None:
        self.name = name
        self.data_set = DATA_SETS[name]
        self.noun = self.data_set.noun
        self.folder = None if folder is None else Path(folder)

    @cached_property
    def sets(self) -> tuple[str, ...]:
        # A machine that jobs are sent to need not have the folder: there nothing is asked of it.
        there = self.folder is None or not self.folder.is_dir() or self._found[TEST]
        return (TRAINING, TEST) if there else (TRAINING,)

    @cached_property
    def _found(self) -> dict[str, tuple[Path, Path] | None]:
        """The files of each set, where both are there."""
        pairs = {kind: tuple(map(self._path, names)) for kind, names in self.data_set.files.items()}
        return {kind: (images, labels) if images and labels else None for kind, (images, labels) in pairs.items()}

    def files(self, kind: str) -> tuple[Path, Path]:
        """The files of a set: pictures and labels.

        Raises:
            PicturesError: the folder lacks one.
        """
        assert self.folder is not None, "published files are not in a folder"
        if found := self._found[kind]:
            return found
        names = self.data_set.files[kind]
        allowed = f"allowed: a folder with the IDX files {' and '.join(names)}"
        if not self.folder.is_dir():
            raise PicturesError(f"{self.folder}: no such folder ({allowed})")
        name = next(name for name in names if not self._path(name))
        raise PicturesError(f"{self.folder}: no file {name} or {name}.gz ({allowed})")

    def _path(self, name: str) -> Path | None:
        """A file by its published name, as people keep it: unpacked if it is there both ways."""
        assert self.folder is not None, "published files are not in a folder"
        # As published, as on Kaggle, where a file may lie in a folder of its own name, and as torchvision keeps them.
        spellings = [name, name.replace("-idx", ".idx")]
        spellings += [one.replace("idx3", "idx2") for one in spellings if "idx3" in one]
        places = [self.folder, self.folder / "raw", self.folder / self.data_set.published / "raw"]
        paths = [
            place / inside / (spelling + ending)
            for place in places
            for spelling in spellings
            for inside in ("", spelling)
            for ending in ("", ".gz")
        ]
        return next((path for path in paths if path.is_file()), None)

    @cached_property
    def _labels(self) -> dict[str, bytes]:
        """The labels of each set that has been read: many jobs ask for their number."""
        return {}

    def _labels_of(self, kind: str) -> bytes:
        if kind not in self._labels:
            self._labels[kind] = read_labels(self.files(kind)[1])
        return self._labels[kind]

    def _shape_of(self, kind: str) -> tuple[int, int, int]:
        """The shape of the pictures of a set, as they lie in its file, of which there are as many as labels."""
        return shape_of_images(self.files(kind)[0], len(self._labels_of(kind)))

    @cached_property
    def _held(self) -> Counter[int]:
        """How many pictures of each number the training set holds."""
        if self.folder is None:
            return Counter(dict(zip(self.data_set.labels, self.data_set.counts, strict=True)))
        self._shape_of(TRAINING)
        if not self._labels_of(TRAINING):
            raise PicturesError(f"{self.files(TRAINING)[0]}: holds no picture")
        return Counter(self._labels_of(TRAINING))

    @property
    def _names(self) -> dict[int, str]:
        """The name of the class of each number: those of the data set, and of others that a folder holds."""
        if self.folder is None or (self.data_set.labels and not self.folder.is_dir()):
            return dict(self.data_set.labels)
        return {number: str(number) for number in sorted(self._held)} | dict(self.data_set.labels)

    def labels(self) -> list[Label]:
        # Those of the data set, where it has some: they must not depend on a folder that another machine lacks.
        names = self.data_set.labels or self._names
        return [number if self.noun == DIGIT else name for number, name in names.items()]

    def label(self, given: Label) -> Label:
        names = self.data_set.labels or self._names
        number = self._number(given, dict(names))
        if number is None:
            number = self._number(given, self._names)
        if number is None:
            allowed = _some_of(names.values())
            raise PicturesError(
                f"{self.noun}s: {given} is no {self.noun} of {self.data_set.words} (allowed: {allowed})"
            )
        return number if self.noun == DIGIT else names.get(number, str(number))

    @staticmethod
    def _number(given: Label, names: dict[int, str]) -> int | None:
        if isinstance(given, int):
            return given if given in names else None
        exact = [number for number, name in names.items() if name == given]
        alike = [number for number, name in names.items() if name.casefold() == given.casefold()]
        return next(iter(exact if exact or len(alike) != 1 else alike), None)

    def number(self, label: Label) -> int:
        """The number of a label in the files."""
        if isinstance(label, int):
            return label
        return {name: number for number, name in self._names.items()}[label]

    def check(self, label: Label, instance: int) -> None:
        check_instance(self.noun, label, instance, self._held[self.number(label)])

    def shape(self, chosen: Iterable[tuple[Label, int]]) -> tuple[int, int]:
        if self.folder is None or not self.folder.is_dir():
            return SIDE, SIDE
        _, rows, columns = self._shape_of(TRAINING)
        return (columns, rows) if self.data_set.turned else (rows, columns)

    def identity(self, label: Label, instance: int) -> dict[str, Any]:
        return {"instance": instance, "number": self.number(label)}

    def count(self, kind: str) -> int:
        if self.folder is None:
            return sum(self.data_set.counts) if kind == TRAINING else self.data_set.tests
        return len(self._labels_of(kind))

    def check_all(self) -> None:
        """Refuse pictures for tests that do not go with those for training, where there are some.

        Raises:
            PicturesError: they are damaged, of another size, or have labels that those for training lack.
        """
        if self.folder is None or TEST not in self.sets:
            return
        (images, labels), (test_images, test_labels) = self.files(TRAINING), self.files(TEST)
        shape, test_shape = self._shape_of(TRAINING), self._shape_of(TEST)
        if shape[1:] != test_shape[1:]:
            raise PicturesError(
                f"{test_images}: pictures of {test_shape[1:]}, where those of {images} are of {shape[1:]}"
            )
        if unknown := set(self._labels_of(TEST)) - set(self._labels_of(TRAINING)):
            raise PicturesError(f"{test_labels}: holds the label {min(unknown)}, which {labels} does not")

    def digest(self) -> str:
        """A digest of the files of the folder, as they lie there.

        Raises:
            PicturesError: one is missing.
        """
        digest = sha256()
        for kind in self.sets:
            for name, path in zip(FILES[kind], self.files(kind), strict=True):
                digest.update(f"\0{name}{path.suffix if path.suffix == '.gz' else ''}\0".encode())
                digest.update(sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]


class FolderSource:
    """A folder of image files: in folders that are their classes, or each a picture by itself."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @cached_property
    def _listed(self) -> tuple[dict[str, list[Path]], int]:
        """The image files of each label, sorted by name, and how many other entries are skipped.

        Raises:
            PicturesError: there are none, or two labels have one name.
            OSError: a folder cannot be read.
        """
        if not self.folder.is_dir():
            raise PicturesError(f"{self.folder}: no such folder (allowed: a folder of image files)")
        skipped = 0
        flat: list[Path] = []
        classes: dict[Path, list[Path]] = {}
        for path in sorted(self.folder.iterdir()):
            if path.is_dir() and not path.name.startswith("."):
                inside = sorted(path.iterdir())
                images = [one for one in inside if _is_image(one)]
                skipped += len(inside) - len(images) or not images
                if images:
                    classes[path] = images
            elif _is_image(path):
                flat.append(path)
            else:
                skipped += 1
        if flat and classes:
            raise PicturesError(
                f"{self.folder}: holds pictures ({flat[0].name}) and folders of pictures ({next(iter(classes)).name}) "
                "(allowed: one or the other)"
            )
        if not flat and not classes:
            raise PicturesError(
                f"{self.folder}: holds no image file, and no folder of them (allowed: names that end in "
                f"{', '.join(ENDINGS)}); {skipped} other files are there"
            )
        named: dict[str, list[Path]] = {}
        origin: dict[str, str] = {}
        for text, place, paths in [(path.stem, path, [path]) for path in flat] + [
            (path.name, path, paths) for path, paths in classes.items()
        ]:
            name = name_of(text)
            if name == "all":
                raise PicturesError(f"{place}: cannot be called all, which stands for all of them in names (rename it)")
            if name in named:
                raise PicturesError(f"{place}: would be called {name}, as {origin[name]} is (rename one)")
            named[name], origin[name] = paths, place.name
        return named, skipped

    @property
    def noun(self) -> str:
        """LABEL for classes, PICTURE for pictures by themselves."""
        named, _ = self._listed
        return PICTURE if next(iter(named.values()))[0].parent == self.folder else LABEL

    @property
    def skipped(self) -> int:
        """Files and folders that are no pictures, or hidden."""
        return self._listed[1]

    def labels(self) -> list[Label]:
        return list(self._listed[0])

    def label(self, given: Label) -> Label:
        # A number means the class of that name, never a place in the list.
        name, known = name_of(str(given)), self._listed[0]
        if name in known:
            return name
        files = {paths[0].name: label for label, paths in known.items()} if self.noun == PICTURE else {}
        if given in files:
            return files[str(given)]
        raise PicturesError(f"labels: {given} is no {self.noun} of {self.folder} (allowed: {_some_of(known)})")

    def check(self, label: Label, instance: int) -> None:
        path = self.path(label, instance)
        # Where Pillow is missing, the job says what is wrong with a file.
        if find_spec("PIL"):
            from oscillator_field.inputs.images import shape_of

            shape_of(path)

    def check_all(self) -> None:
        pass

    def path(self, label: Label, instance: int) -> Path:
        """The file of a picture.

        Raises:
            PicturesError: it is not there.
        """
        paths = self._listed[0][str(self.label(label))]
        check_instance(self.noun, label, instance, len(paths))
        return paths[instance]

    def shape(self, chosen: Iterable[tuple[Label, int]]) -> tuple[int, int]:
        from oscillator_field.inputs.images import shape_of

        first: tuple[Path, tuple[int, int]] | None = None
        for path in dict.fromkeys(self.path(*one) for one in chosen):
            shape = shape_of(path)
            if first is None:
                first = path, shape
            elif shape != first[1]:
                raise PicturesError(
                    f"pictures.size: null is not allowed where pictures differ in size: {first[0].name} has "
                    f"{_by(first[1])} pixels, {path.name} {_by(shape)} (allowed: a size, n or [rows, columns])"
                )
        assert first is not None, "a study runs a picture at least"
        return first[1]

    def identity(self, label: Label, instance: int) -> dict[str, Any]:
        return {"instance": instance, "label": label}

    def digest(self, label: Label, instance: int) -> str:
        """A digest of the file of a picture."""
        return sha256(self.path(label, instance).read_bytes()).hexdigest()[:16]

    def count(self, kind: str) -> int:
        return sum(map(len, self._listed[0].values())) if kind == TRAINING else 0


def check_instance(noun: str, label: Label, instance: int, held: int) -> None:
    """Refuse an instance that a source does not hold.

    Raises:
        PicturesError: it does not hold so many; the message says how many there are.
    """
    if instance >= held:
        allowed = f"allowed: 0 to {held - 1}" if held else f"allowed: {noun}s that it holds"
        raise PicturesError(
            f"instances: {instance} of {noun} {label} is not in this source, which holds {held} ({allowed})"
        )


def _is_image(path: Path) -> bool:
    # A link that leads nowhere counts, so that it is named and moves no instance.
    named = path.suffix.lower() in ENDINGS and not path.name.startswith(".")
    return named and (path.is_file() or path.is_symlink())


def _some_of(names: Iterable[str]) -> str:
    every = list(names)
    more = [f"... and {len(every) - SHOWN} more"] if len(every) > SHOWN else []
    return ", ".join([*every[:SHOWN], *more])


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
