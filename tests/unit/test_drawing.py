"""The browser that draws: one that stands still, dies or never starts is replaced, and none is left behind."""

import asyncio
import os
import signal
import tempfile
from contextlib import suppress

import numpy as np
import psutil
import pytest

from oscillator_field.figures.painters import browser, drawing
from oscillator_field.figures.painters.browser import find_browser
from tests.support.processes import alive, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to draw PNG with"),
]
FIGURE = {
    "data": [{"type": "scatter", "x": [0, 1], "y": [0, 1]}],
    "layout": {"width": 300, "height": 200, "paper_bgcolor": "#ff0000"},
}


def started():
    """The processes that this one has started, and those they have."""
    return set(psutil.Process().children(recursive=True))


@pytest.fixture(autouse=True)
def browsers():
    """The processes of the test's browsers so far, of which none may outlive it; not those of other tests."""
    before = started()
    seen = set()

    def of_this_test():
        seen.update(started() - before)
        return seen

    yield of_this_test
    wait_for(lambda: not [process for process in of_this_test() if alive(process.pid)], 20, "browsers to end")


def is_drawn(picture):
    return picture.shape == (200, 300, 3) and np.array_equal(picture[0, 0], [255, 0, 0])


def test_figures_are_drawn_one_after_the_other(capsys):
    with drawing.one_browser() as browser:
        first = browser.draw(FIGURE, 1)
        assert is_drawn(first)
        np.testing.assert_array_equal(browser.draw(FIGURE, 1), first)
        assert browser.draw(FIGURE, 2).shape == (400, 600, 3)
    assert capsys.readouterr().out == ""


def test_a_browser_that_draws_nothing_is_closed_in_the_middle_of_its_start(capsys, monkeypatch):
    # Where others compute, its start takes long, and it ends only then.
    monkeypatch.setattr(drawing, "CLOSING_SECONDS", 60.0)
    with drawing.one_browser():
        pass
    assert capsys.readouterr().out == ""


def test_figures_are_drawn_where_an_event_loop_runs():
    async def cell():
        with drawing.one_browser() as browser:
            return browser.draw(FIGURE, 1)

    assert is_drawn(asyncio.run(cell()))


@pytest.mark.parametrize("fault", [signal.SIGSTOP, signal.SIGKILL])
def test_another_browser_takes_the_place_of_one_that_stands_still_or_dies(fault, browsers, monkeypatch, capsys):
    monkeypatch.setattr(drawing, "CLOSING_SECONDS", 1.0)
    with drawing.one_browser() as browser:
        browser.draw(FIGURE, 1)
        for process in browsers():
            # One may end because another has.
            with suppress(psutil.NoSuchProcess):
                process.send_signal(fault)
        monkeypatch.setattr(drawing, "PATIENCE", (3.0, 60.0))
        assert is_drawn(browser.draw(FIGURE, 1))
    told = capsys.readouterr().out
    assert told.startswith("the browser has not drawn the figure: ")
    assert ("nothing came in 3 s" in told) == (fault == signal.SIGSTOP)


@pytest.mark.parametrize("does", ["exec sleep 600", "exit 1"])
def test_a_browser_that_never_starts_ends_in_an_error(does, tmp_path, monkeypatch):
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setattr(drawing, "PATIENCE", (1.0, 2.0))
    monkeypatch.setattr(drawing, "CLOSING_SECONDS", 1.0)
    monkeypatch.setattr(drawing, "find_browser", lambda: str(program))
    with (
        pytest.raises(RuntimeError, match=f"^{program} has not drawn the figure in 2 tries"),
        drawing.one_browser() as browser,
    ):
        browser.draw(FIGURE, 1)


def test_figures_are_drawn_where_the_temporary_folder_has_a_long_name(tmp_path, monkeypatch):
    long = tmp_path / ("a" * 65) / "b"
    long.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with drawing.one_browser() as browser:
        assert is_drawn(browser.draw(FIGURE, 1))


def test_without_a_browser_there_is_one_line(monkeypatch):
    monkeypatch.setattr(drawing, "find_browser", lambda: None)
    with pytest.raises(RuntimeError, match="no browser is found to draw PNG with"), drawing.one_browser():
        pass


@pytest.fixture
def search(tmp_path, monkeypatch):
    """Look for a browser where the first candidate is a program of these lines: what was found, and what refused."""

    def found(*lines, path=None):
        program = tmp_path / "chrome"
        program.write_text("\n".join(["#!/bin/sh", *lines]))
        program.chmod(0o755)
        monkeypatch.setenv("BROWSER_PATH", str(program))
        monkeypatch.delenv(browser.TRIED, raising=False)
        monkeypatch.setattr(browser, "STARTING_SECONDS", 5.0)
        if path is not None:
            monkeypatch.setattr(browser, "_candidates", lambda: iter([str(program), *path]))
        browser._tried.cache_clear()
        return str(program), browser.find_browser(), browser.refused_browsers()

    yield found
    monkeypatch.undo()
    browser._tried.cache_clear()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["echo 'chrome: error while loading shared libraries: libnss3.so: cannot open' >&2", "exit 127"],
            "chrome: error while loading shared libraries: libnss3.so: cannot open",
        ),
        (["echo 'requires the chromium snap to be installed'"], "requires the chromium snap to be installed"),
        (["exit 3"], "it ended with exit status 3"),
        (["exec sleep 60"], "nothing came in 5 s"),
    ],
)
def test_a_browser_that_does_not_start_is_passed_over(search, lines, said):
    program, found, refused = search(*lines)
    assert found != program
    assert refused == (f"{program} does not start: {said}",)


def test_a_browser_that_starts_is_tried_once_for_all_jobs(search, monkeypatch):
    program, found, refused = search(f'exec {find_browser()} "$@"')
    assert (found, refused) == (program, ())
    assert os.environ[browser.TRIED] == program


def test_where_none_starts_each_is_named(search):
    program, found, refused = search("exit 1", path=["/bin/false"])
    assert found is None
    assert [line.partition(" ")[0] for line in refused] == [program, "/bin/false"]
