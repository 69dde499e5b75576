"""Pictures in IDX files of a data set: in a folder, in the repository, or published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from oscillator_field.inputs.data_sets import DATA_SETS, FILES, SIDE, TEST, TRAINING
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.idx import read_labels, shape_of_images
from oscillator_field.inputs.sources import check_instance, some_of
from oscillator_field.nouns import DIGIT, Label


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
            allowed = some_of(names.values())
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

    def classes(self) -> int:
        """How many classes the pictures for training are of."""
        return len(self._held)

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
