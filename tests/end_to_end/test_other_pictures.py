"""Pictures that are not MNIST's, run for real: a folder of image files, a data set of names, 26 classes of 20 x 24."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest
import zarr
from PIL import Image

from oscillator_field import open_sweep
from oscillator_field.figures.painters.browser import find_browser
from tests.support.pages import chromium, watched_page
from tests.support.pictures import letters, sample_digit, write_data_set
from tests.support.projects import ROOT

pytestmark = pytest.mark.slow
STEPS = 24
HILLS = ROOT / "resources" / "examples" / "landscape" / "hills.png"
BARE = {"embed": {"methods": [], "samples": {"methods": []}}, "render": {"views": [], "png": {"enabled": False}}}
WINDOWS = [(1366, 768), (1920, 1080), (390, 844)]


@pytest.fixture(scope="module")
def folder(new_project, tmp_path_factory):
    """A project and a folder of three pictures of 96 x 64, with PNG, PCA and t-SNE."""
    project = new_project("folder")
    project.pictures = tmp_path_factory.mktemp("pictures")
    hills = Image.open(HILLS).resize((64, 96))
    for name, picture in {"hills": hills, "turned": hills.rotate(180), "dark": hills.point(lambda v: v // 2)}.items():
        picture.save(project.pictures / f"{name}.png")
    (project.pictures / "notes.txt").write_text("mine")
    project.config = {
        "pictures": {"dataset": "folder", "directory": str(project.pictures)},
        "field": {"steps": STEPS},
        "embed": {"pca": {"every": 8}, "tsne": {"every": 12, "iterations": 50}},
        "render": {"views": ["phase", "trajectory", "samples"], "png": {"frames": 4}},
    }
    project.said = project.snakemake(config=project.config).output
    return project


def runs(project):
    return {path.name for path in (project.folder / "results" / "runs").iterdir()}


def test_a_folder_of_pictures_runs_like_any_data_set(folder):
    assert "1 entries are skipped, which are hidden or no images" in folder.said
    assert runs(folder) == {
        *(f"picture={name}+steps=24" for name in ("dark", "hills", "turned")),
        "picture=all+steps=24",
    }
    results = folder.folder / "results"
    table = pd.read_csv(results / "summary.csv")
    assert table["picture"].tolist() == ["dark", "hills", "turned"]
    assert "digit" not in table
    sweep = open_sweep(results)
    assert sweep["phase"].sel(picture="hills").shape == (STEPS, 96, 64, 4)
    # Half as bright, and standardised by itself: the same drive, but for the rounding of grey levels.
    drives = {name: sweep["input_phase"].sel(picture=name).values for name in ("dark", "hills", "turned")}
    assert abs(drives["dark"] - drives["hills"]).max() < 0.2
    assert np.array_equal(drives["turned"], drives["hills"][::-1, ::-1])
    assert zarr.open_group(results / "runs/picture=hills+steps=24/embedding-tsne.zarr")["position"].shape[2] == 1000
    samples = zarr.open_group(results / "runs/picture=all+steps=24/samples-pca.zarr")
    assert samples["sample_picture"][:].tolist() == ["dark", "hills", "turned"]


@pytest.mark.skipif(find_browser() is None, reason="no browser to look at the pages with")
@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_its_pages_show_square_pixels_and_fit_every_screen(folder, width, height):
    results = folder.folder / "results"
    with chromium() as browser, watched_page(browser, viewport={"width": width, "height": height}) as page:
        page.goto((results / "index.html").as_uri())
        page.wait_for_function("document.body.dataset.wall === '3'")
        for box in page.eval_on_selector_all(
            ".card .pair", "all => all.map((one) => one.getBoundingClientRect().toJSON())"
        ):
            assert abs(box["width"] - box["height"]) < 2
        page.goto((results / "runs" / "picture=hills+steps=24" / "phase.html").as_uri())
        page.wait_for_selector("#figure .heatmaplayer image")
        box = page.eval_on_selector("#figure .heatmaplayer image", "one => one.getBoundingClientRect().toJSON()")
        assert abs(box["height"] / box["width"] - 96 / 64) < 0.02
        assert box["left"] >= 0
        assert box["right"] <= width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_changed_picture_runs_alone_and_a_folder_may_move(folder, tmp_path):
    assert folder.planned(folder.config) == set()
    for path in folder.pictures.iterdir():
        os.utime(path)
    moved = {**folder.config, "pictures": {"dataset": "folder", "directory": str(tmp_path / "moved")}}
    shutil.copytree(folder.pictures, tmp_path / "moved")
    assert folder.planned(moved) == set()
    Image.new("L", (64, 96), 9).save(tmp_path / "moved" / "dark.png")
    # An older file in its place, too.
    os.utime(tmp_path / "moved" / "dark.png", (10**9, 10**9))
    planned = folder.planned(moved)
    assert "Encode picture=dark" in planned
    assert not {message for message in planned if "hills" in message or "turned" in message}
    # A new picture is a new run, and no other runs again.
    Image.open(HILLS).resize((64, 96)).save(folder.pictures / "new.png")
    planned = folder.planned(folder.config)
    (folder.pictures / "new.png").unlink()
    assert "Simulate picture=new+steps=24" in planned
    assert not {message for message in planned if "=hills" in message or "=dark" in message}


def test_results_of_pictures_are_pruned_as_others_are(folder):
    listed = folder.snakemake("prune", config={**folder.config, "labels": ["hills"]}).output
    assert "results/runs/picture=dark+steps=24" in listed
    assert "results/perturbations/picture=turned.zarr" in listed
    assert "results/runs/picture=hills+steps=24" not in listed


def test_a_data_set_of_names_has_them_everywhere(new_project, tmp_path):
    images = np.stack([sample_digit(digit) for digit in range(10)])
    write_data_set(tmp_path, images, np.arange(10), name="fashion_mnist", ending=".gz")
    project = new_project("names")
    config = {
        **BARE,
        "pictures": {"dataset": "fashion_mnist", "source": "directory", "directory": str(tmp_path)},
        "labels": ["sneaker", 8],
        "field": {"steps": 4},
        "batch": ["label"],
    }
    project.snakemake(config=config)
    assert runs(project) == {"label=all+steps=4"}
    sweep = open_sweep(project.folder / "results")
    assert sweep["label"].values.tolist() == ["bag", "sneaker"]
    assert np.array_equal(sweep["pixel"].sel(label="sneaker").values, images[7])
    # By the mean and the deviation that are published.
    expected = (images[8] / 255 - 0.2860) / 0.3530 * 2 * np.pi
    np.testing.assert_allclose(sweep["input_phase"].sel(label="bag").values[..., 0], expected, atol=1e-5)


def test_a_readout_of_26_classes_of_20_by_24_beats_chance_by_far(new_project, tmp_path):
    write_data_set(tmp_path, *letters(780, 1), *letters(260, 2), name="idx")
    project = new_project("letters")
    project.snakemake(
        config={
            **BARE,
            "pictures": {"dataset": "idx", "source": "directory", "directory": str(tmp_path)},
            "labels": [3],
            "field": {"steps": 8},
            "encoding": {"scale": "unit", "arc": 1.5},
            "readout": {
                "enabled": True,
                "steps": [256],
                "repetitions": 1,
                "augmentations": 0,
                "corruptions": {"gaussian_noise": [], "salt_and_pepper": [], "occlusion": [5]},
                # test_readout trains a network.
                "classifiers": ["nearest_centroid"],
                "shard": 400,
            },
            "learning": {
                "enabled": True,
                "sizes": ["standard"],
                "arms": ["learned"],
                "seeds": [0],
                "epochs": 4,
                "batch": 32,
                "learning_rate": 0.01,
                "attacked": 26,
            },
        }
    )
    learned = pd.read_csv(project.folder / "results" / "learned.csv")
    assert learned["test"][0] > 0.5
    accuracy = pd.read_csv(project.folder / "results" / "readout.csv").set_index(["arm", "classifier"])["test"]
    print(accuracy)
    field = next(arm for arm, _ in accuracy.index if arm.endswith("time=256"))
    # Chance is 1 in 26.
    assert accuracy[field, "nearest_centroid"] > 0.5
    assert accuracy["pixels", "nearest_centroid"] > 0.8
    if find_browser() is not None:
        with chromium() as browser, watched_page(browser) as page:
            page.goto((project.folder / "results" / "readout.html").as_uri())
            page.wait_for_selector("#confusion .heatmaplayer")
