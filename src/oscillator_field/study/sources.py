"""The code that decides the result of a script: the script itself and its imports, followed through the library.

A job whose digest of this code is another than that of its result runs again. The digest depends on what is in the
files, not on where they are: a clone or a study that moves recomputes nothing.
"""

from __future__ import annotations

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
# Modules that decide no result, by their names below the library, and why. They and what they import are left out.
DECIDES_NOTHING = {
    "__init__": "names what users import",
    "_version": "is written into stores, and decides nothing of what they hold",
    "stores.atomic": "decides when a file appears, not what is in it",
    "engines.registry": "chooses an engine; the modules of those that may compute are named by the rule",
    "figures.views.__init__": "finds the module, the store and the settings of a view, which its rule names",
    "engines.compiled_cache": "keeps compiled code; what is compiled stands elsewhere",
    "figures.painters.browser": "finds the browser that draws; any does",
    "logs": "tells how far a job is, and what went wrong",
}


@cache
def code_digest(script: str | Path, *modules: str) -> str:
    """The digest of all code that decides the result of a script.

    Args:
        script: its file.
        modules: modules that it imports by a name that it is given, such as `engines.numba`.

    Raises:
        ValueError: there is no such module.
    """
    digest = sha256(Path(script).read_bytes())
    for path in sources(script, *modules):
        digest.update(f"\0{path.relative_to(LIBRARY).as_posix()}\0".encode())
        digest.update(_content_digest(path))
    return digest.hexdigest()[:16]


def sources(script: str | Path, *modules: str) -> list[Path]:
    """The files of the library that a script is made of: modules, and what lies beside them and is named in them."""
    found = set(_imported(Path(script)))
    for module in modules:
        path = _file_of(module)
        if path is None:
            raise ValueError(f"{module}: no such module of the library")
        found.add(path)
    waiting = list(found)
    while waiting:
        for path in _imported(waiting.pop()) - found:
            found.add(path)
            waiting.append(path)
    return sorted(found | {beside for path in found for beside in _named_beside(path)})


@cache
def _content_digest(path: Path) -> bytes:
    return sha256(path.read_bytes()).digest()


@cache
def _named(path: Path) -> tuple[set[str], set[str]]:
    """The modules that a file imports, and its texts: both at once, since each plan reads the whole library."""
    modules, texts = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                texts.add(node.value)
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules, texts


@cache
def _imported(path: Path) -> frozenset[Path]:
    """The files of the modules of the library that a file imports, less those that decide nothing."""
    modules, _ = _named(path)
    inside = {name.removeprefix(f"{LIBRARY.name}.") for name in modules if name.startswith(f"{LIBRARY.name}.")}
    return frozenset(file for name in inside if (file := _file_of(name)) and _name_of(file) not in DECIDES_NOTHING)


def _file_of(module: str) -> Path | None:
    """The file of a module by its name below the library; None if it is the name of something else."""
    base = LIBRARY.joinpath(*module.split("."))
    return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


def _name_of(file: Path) -> str:
    return ".".join(file.relative_to(LIBRARY).with_suffix("").parts)


@cache
def _named_beside(path: Path) -> frozenset[Path]:
    """The files in the folder of a module that are no modules and that it names: templates, scripts, styles."""
    _, texts = _named(path)
    return frozenset(
        file for file in path.parent.iterdir() if file.name in texts and file.suffix != ".py" and file.is_file()
    )
