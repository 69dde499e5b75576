"""Whole or not at all, whoever else writes the same place."""

import threading

import pytest

from oscillator_field.stores.atomic import whole_directory, whole_file


def write(place, content):
    with whole_directory(place) as folder:
        (folder / "data").write_text(content)


def test_a_folder_appears_when_it_is_whole(tmp_path):
    place = tmp_path / "a" / "store"
    with whole_directory(place) as folder:
        (folder / "data").write_text("new")
        assert not place.exists()
    assert (place / "data").read_text() == "new"
    assert list(place.parent.iterdir()) == [place]


def test_a_folder_replaces_the_one_before(tmp_path):
    place = tmp_path / "store"
    write(place, "old")
    (place / "extra").touch()
    write(place, "new")
    assert [(path.name, path.read_text()) for path in place.iterdir()] == [("data", "new")]


@pytest.mark.parametrize("whole", [whole_directory, whole_file])
def test_a_failure_leaves_nothing_and_keeps_what_was_there(tmp_path, whole):
    def fill(content, fail):
        with whole(tmp_path / "result") as path:
            (path / "data" if path.is_dir() else path).write_text(content)
            assert not fail, "broken off"

    fill("old", fail=False)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(AssertionError, match="broken off"):
        fill("half", fail=True)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("whole", [whole_directory, whole_file])
def test_what_a_killed_writer_left_is_cleared_by_the_next(tmp_path, whole):
    place = tmp_path / "digit=3+k[x]*"
    whole(place).__enter__()  # never left, as if the process had been killed
    other = tmp_path / ".neighbour.0123456789ab.tmp"
    other.touch()
    with whole(place) as path:
        if not path.is_dir():
            path.touch()
    assert sorted(tmp_path.iterdir()) == [other, place]


@pytest.mark.parametrize("whole", [whole_directory, whole_file])
def test_of_two_writers_the_later_one_wins_and_the_earlier_one_says_so(tmp_path, whole):
    place = tmp_path / "store"
    started, go_on, failures = threading.Event(), threading.Event(), []

    def fill(path, content):
        path.parent.mkdir(exist_ok=True, parents=True)
        if whole is whole_directory:
            path.mkdir(exist_ok=True)
            path = path / "data"
        path.write_text(content)

    def early():
        try:
            with whole(place) as path:
                started.set()
                go_on.wait(10)
                fill(path, "early")
        except RuntimeError as error:
            failures.append(str(error))

    writer = threading.Thread(target=early)
    writer.start()
    started.wait(10)
    with whole(place) as path:
        fill(path, "late")
    go_on.set()
    writer.join(10)
    assert (place / "data" if place.is_dir() else place).read_text() == "late"
    assert [entry for entry in tmp_path.iterdir() if entry != place] == []
    [failure] = failures
    assert failure.startswith(f"{place}: its temporary folder was taken away (another job has started to write it")


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    elsewhere, place = tmp_path / "elsewhere", tmp_path / "results" / "store"
    (elsewhere / "data").mkdir(parents=True)
    place.parent.mkdir()
    place.symlink_to(elsewhere)
    with whole_directory(place) as path:
        (path / "new").touch()
    assert [entry.name for entry in place.parent.iterdir()] == ["store"]
    assert not place.is_symlink()
    assert [entry.name for entry in elsewhere.iterdir()] == ["data"]
