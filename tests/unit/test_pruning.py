"""Pruning: what is listed, what is removed, and what never is."""

import os
import shutil
import time

import numpy as np
import pytest

from oscillator_field.stores.zarr_stores import add_values, new_store
from oscillator_field.study.pruning import find_orphans, key_of, prune, remove_orphans, wanted_folders


def make_store(path):
    with new_store(path, title="A store", attributes={}) as group:
        add_values(group, "phase", ("site",), np.zeros(3), long_name="phase")


@pytest.fixture
def results(tmp_path):
    """Three runs, of which the first is wanted."""
    results = tmp_path / "results"
    for name in ("digit=1", "digit=2", "digit=3+seed=7"):
        make_store(results / "runs" / name / "history.zarr")
        (results / "runs" / name / "phase-poster.png").touch()
        (results / "runs" / name / "preview").mkdir()
        for file in ("0.js", "0.png", ".snakemake_timestamp"):
            (results / "runs" / name / "preview" / file).touch()
        make_store(results / "perturbations" / f"{name.partition('+')[0]}.zarr")
    return results


def wanted(results):
    return wanted_folders(results, ["digit=1"], ["digit=1"])


def orphans_of(results):
    return find_orphans(results, wanted(results))


def left(results):
    return sorted(str(path.relative_to(results)) for path in results.rglob("*.zarr"))


def test_what_is_not_asked_for_is_found_and_removed(results):
    orphans = orphans_of(results)
    assert [str(place.relative_to(results)) for place in orphans] == [
        "perturbations/digit=2.zarr",
        "perturbations/digit=3.zarr",
        "runs/digit=2",
        "runs/digit=3+seed=7",
    ]
    assert remove_orphans(orphans) == []
    assert left(results) == ["perturbations/digit=1.zarr", "runs/digit=1/history.zarr"]
    assert not (results / "runs" / "digit=2").exists()


def test_what_a_running_job_writes_is_left_to_it(results):
    old = time.time() - 25 * 60 * 60
    places = (results / "runs" / "digit=2", results / "perturbations", results / "readout" / "images")
    for place in places:
        for name, changed in ((".a.zarr.0123456789ab.tmp", time.time()), (".b.zarr.0123456789ab.tmp", old)):
            (place / name / "whole").mkdir(parents=True)
            for path in (place / name / "whole", place / name):
                os.utime(path, (changed, changed))
    orphans = find_orphans(results, wanted(results), [])
    assert [path for path in orphans if path.suffix == ".tmp"] == [
        results / "perturbations" / ".b.zarr.0123456789ab.tmp",
        results / "readout" / "images" / ".b.zarr.0123456789ab.tmp",
    ]
    [(kept, why)] = remove_orphans(orphans)
    assert kept == places[0] / ".a.zarr.0123456789ab.tmp"
    assert "changed within a day" in why
    assert [[path.name for path in place.glob(".*.tmp")] for place in places] == [[".a.zarr.0123456789ab.tmp"]] * 3


def test_nothing_is_removed_but_the_list_that_was_shown(results):
    orphans = orphans_of(results)
    everything = left(results)
    listed, done = prune(orphans, wanted(results), "list", "snakemake prune --config prune=")
    assert done
    assert listed[-1] == f"To remove them: snakemake prune --config prune={key_of(orphans)}"
    # Another run has come since.
    make_store(results / "runs" / "digit=4" / "history.zarr")
    told, done = prune(orphans_of(results), wanted(results), key_of(orphans), "snakemake prune --config prune=")
    assert not done
    assert "is the key of another list" in told[-2]
    assert left(results) == sorted([*everything, "runs/digit=4/history.zarr"])
    told, done = prune(orphans_of(results), wanted(results), key_of(orphans_of(results)), "")
    assert done
    assert told[-1] == "5 of 5 results removed whole."


def test_a_config_of_which_nothing_is_there_removes_nothing(results):
    other = wanted_folders(results, ["digit=9"], ["digit=1"])
    orphans = find_orphans(results, other)
    everything = left(results)
    for asked, fine in (("list", True), (key_of(orphans), False)):
        told, done = prune(orphans, other, asked, "snakemake prune --config prune=")
        assert done == fine
        assert "no run that this config asks for is there" in told[-1]
        assert not any("prune=" in line for line in told)
    assert left(results) == everything


def test_what_the_workflow_did_not_make_stays(results):
    runs = results / "runs"
    (runs / "digit=2" / "notes.txt").write_text("mine")
    (runs / "digit=2" / "observables.zarr").mkdir()
    (runs / "digit=2" / "observables.zarr" / "zarr.json").write_text('{"attributes": {}}')
    (runs / "digit=3+seed=7" / "history.zarr" / "my-analysis.npy").write_text("mine")
    for name in ("embedding-before_fix.zarr", "embedding-pca-old.zarr"):
        make_store(runs / "digit=2" / name)
    for name in ("trajectory-talk.png", "samples-for_paper.html", "phase-mine.png"):
        (runs / "digit=2" / name).touch()
    for name in (
        "digit=3-mine.zarr",
        "digit=4+scale=mine",
        "digit=3-backup",
        "digit=3+speed=2",
        "digit=3+k_bias=1.25",
        "digit=3 (copy)",
    ):
        make_store(runs / name / "history.zarr")
        (runs / name / "my-analysis.npy").write_text("mine")
    orphans = orphans_of(results)
    assert {place.name for place in orphans if place.parent == runs} == {"digit=2", "digit=3+seed=7"}
    assert {(str(place.relative_to(runs)), why) for place, why in remove_orphans(orphans)} == {
        *(
            (f"digit=2/{name}", "not made by this workflow")
            for name in (
                "embedding-before_fix.zarr",
                "embedding-pca-old.zarr",
                "notes.txt",
                "phase-mine.png",
                "samples-for_paper.html",
                "trajectory-talk.png",
            )
        ),
        ("digit=2/observables.zarr", "no store that says it was made by this workflow"),
        ("digit=3+seed=7/history.zarr", "my-analysis.npy in it was not made by this workflow"),
    }
    assert not (runs / "digit=2" / "history.zarr").exists()
    assert (runs / "digit=3+seed=7" / "history.zarr" / "phase" / "zarr.json").exists()
    assert len(list(runs.rglob("my-analysis.npy"))) == 7


def test_links_and_files_are_left_alone_and_keep_nothing_else(results, tmp_path):
    runs = results / "runs"
    elsewhere = tmp_path / "elsewhere"
    make_store(elsewhere / "history.zarr")
    (runs / "digit=8+k_bias=3").symlink_to(elsewhere)
    (runs / "digit=5").symlink_to(tmp_path / "nowhere")
    (runs / "digit=6").write_text("a file")
    (runs / "digit=7").mkdir()
    (runs / "digit=7" / "history.zarr").symlink_to(elsewhere / "history.zarr")
    shutil.copytree(runs / "digit=2" / "history.zarr", runs / "digit=7" / "observables.zarr")
    (runs / "digit=7" / "observables.zarr" / "phase" / "c.1").symlink_to(elsewhere / "history.zarr" / "phase" / "c.0")
    told, done = prune(orphans_of(results), wanted(results), key_of(orphans_of(results)), "")
    assert not done
    kept = {line for line in told if line.startswith("kept")}
    assert kept == {
        f"kept: {runs}/digit=8+k_bias=3 (a link)",
        f"kept: {runs}/digit=5 (a link)",
        f"kept: {runs}/digit=6 (not made by this workflow)",
        f"kept: {runs}/digit=7/history.zarr (a link)",
        f"kept: {runs}/digit=7/observables.zarr (phase/c.1 in it was not made by this workflow)",
    }
    assert told[-1] == "4 of 8 results removed whole; of the others all but what is named above."
    assert (elsewhere / "history.zarr" / "phase" / "c.0").exists()
    assert not (runs / "digit=2").exists()


def test_a_folder_of_previews_stays_with_what_users_put_there(results):
    (results / "runs" / "digit=2" / "preview" / "mine.png").touch()
    [(path, why)] = remove_orphans([results / "runs" / "digit=2"])
    assert path == results / "runs" / "digit=2" / "preview"
    assert why == "mine.png in it was not made by this workflow"
    assert (path / "0.js").exists()


def test_one_that_cannot_be_removed_keeps_no_other(results, monkeypatch):
    rmtree = shutil.rmtree

    def refusing(path, *arguments, **named):
        if "digit=2" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        rmtree(path, *arguments, **named)

    monkeypatch.setattr(shutil, "rmtree", refusing)
    kept = remove_orphans(orphans_of(results))
    assert [(place.name, "Permission denied" in why) for place, why in kept] == [
        ("digit=2.zarr", True),
        ("history.zarr", True),
        ("preview", True),
    ]
    assert not (results / "runs" / "digit=3+seed=7").exists()


def test_pruning_takes_what_a_readout_no_longer_asks_for(tmp_path):
    readout = tmp_path / "readout"
    kept = [readout / "images" / "test.zarr", readout / "fields" / "field" / "test" / "0.zarr"]
    gone = [readout / "fields" / "field" / "test" / "1.zarr", readout / "predictions" / "pixels" / "network.zarr"]
    for store in kept + gone:
        make_store(store)
    assert find_orphans(tmp_path, [], None) == []
    # Copies of users, and what lies behind a link.
    mine = [
        readout / "images" / "training-backup.zarr",
        readout / "fields" / "field+k_bias=mine" / "test" / "0.zarr",
        readout / "fields" / "field" / "test" / "old.zarr",
        readout / "predictions" / "pixels" / "oracle.zarr",
        tmp_path / "elsewhere" / "test" / "0.zarr",
    ]
    for store in mine:
        make_store(store)
    (readout / "fields" / "field+k_bias=2").symlink_to(tmp_path / "elsewhere")
    orphans = find_orphans(tmp_path, [], map(str, kept))
    assert orphans == gone
    assert remove_orphans(orphans) == []
    assert sorted(tmp_path.rglob("*.zarr")) == sorted(kept + mine)
    assert (readout / "predictions" / "pixels").exists()
