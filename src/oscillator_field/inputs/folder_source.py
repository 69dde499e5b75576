"""Pictures in a folder of image files: in folders that are their classes, or each a picture by itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from oscillator_field.inputs.data_sets import TRAINING
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.sources import check_instance, name_of, some_of
from oscillator_field.nouns import LABEL, PICTURE, Label

# Names of image files that Pillow is asked to read.
ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")


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
        raise PicturesError(f"labels: {given} is no {self.noun} of {self.folder} (allowed: {some_of(known)})")

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


def _is_image(path: Path) -> bool:
    # A link that leads nowhere counts, so that it is named and moves no instance.
    named = path.suffix.lower() in ENDINGS and not path.name.startswith(".")
    return named and (path.is_file() or path.is_symlink())


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
