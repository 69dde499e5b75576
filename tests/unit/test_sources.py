"""The code that decides a result: found by following imports, held against Python's own finder of modules."""

import shutil
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from oscillator_field.figures.views import module_of
from oscillator_field.study.sources import DECIDES_NOTHING, LIBRARY, code_digest, sources

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"), key=lambda path: path.name)


def name_of(path):
    return ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A copy of the library whose package imports nothing by itself: it only names what users import."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(LIBRARY, folder / LIBRARY.name)
    (folder / LIBRARY.name / "__init__.py").write_text("")
    return folder


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_all_modules_that_a_script_imports_are_found(library, script):
    package = LIBRARY.name
    finder = ModuleFinder(
        [str(library)], excludes=[f"{package}.{name.removesuffix('.__init__')}" for name in DECIDES_NOTHING]
    )
    finder.run_script(str(script))
    imported = {name.removeprefix(f"{package}.") for name in finder.modules if name.startswith(f"{package}.")}
    found = {name_of(path) for path in sources(script) if path.suffix == ".py"}
    assert found - imported == set()
    # Python runs the package of each module too; one that is but a docstring decides nothing.
    for name in imported - found:
        assert "import" not in LIBRARY.joinpath(*name.split("."), "__init__.py").read_text(), name


def test_what_decides_nothing_is_there_and_says_why():
    for name, why in DECIDES_NOTHING.items():
        assert (LIBRARY / Path(*name.split("."))).with_suffix(".py").exists()
        assert why


def test_templates_and_scripts_are_found_where_they_are_named():
    names = {path.name for path in sources(ROOT / "scripts" / "render_html.py")}
    assert {"page.html", "view.html", "view.js", "kit.js", "style.css", "plotly-cartesian.min.js"} <= names


def test_each_view_is_made_of_its_own_module_alone():
    script = ROOT / "scripts" / "render_html.py"
    names = {path.stem for path in sources(script, module_of("phase"))}
    assert "phase" in names
    assert "spikes" not in names
    assert "phase_velocity" in {path.stem for path in sources(script, module_of("phase_velocity"))}
    assert "observables" in {path.stem for path in sources(script, module_of("phase_velocity"))}


def test_a_digest_depends_on_content_and_on_no_path(tmp_path):
    for folder, module in (("one", "logs"), ("two", "logs"), ("three", "analysis.observables")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "script.py").write_text(f"import oscillator_field.{module}")
    one, two, three = (code_digest(tmp_path / folder / "script.py") for folder in ("one", "two", "three"))
    assert one == two != three


def test_an_unknown_module_is_refused():
    with pytest.raises(ValueError, match=r"figures\.phases: no such module"):
        code_digest(SCRIPTS[0], "figures.phases")
