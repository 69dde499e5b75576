"""How fast and how good pictures and embeddings are, beside what one would write at first, side by side in one run.

usage: python benchmarks/pictures.py [--json FILE]

Simulates digit 3 with the default config's parameters, every step kept, in a temporary folder.
"""

import argparse
import base64
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from field import ROOT, SAMPLE, machine

from oscillator_field.analysis.embedding import cos_sin, embed_sites
from oscillator_field.analysis.embedding_quality import displacements
from oscillator_field.analysis.measuring import measure
from oscillator_field.analysis.projections import tsne
from oscillator_field.analysis.registry import SCALARS
from oscillator_field.figures.animate import animation
from oscillator_field.figures.animation import named_scale
from oscillator_field.figures.pages.view import write_view
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.inputs.fetch import fetch
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.inputs.pictures import read_picture
from oscillator_field.named_run import Run
from oscillator_field.simulation import simulate_runs
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import open_store

PHASE = {"every": 1, "channels": "mean", "channel_mean": "circular", "colours": "Phase", "panels": 16}
SCATTER = {"colour_by": "ink", "colours": "Agsunset", "panels": 16}
VIEWS = {"heat": ("phase", PHASE), "scatter": ("trajectory-pca", SCATTER)}
TSNE = {"perplexity": 30, "iterations": 250, "seed": 0}
# Fits by themselves take two seconds each, so they are made for every so many-th frame and the one after it.
INDEPENDENT_EVERY = 16


def make_stores(folder):
    run = Run.of(3, 0, {})
    path = folder / f"{run.perturbation}.zarr"
    fetch(folder / "mnist", IdxSource("mnist", SAMPLE), origin={})
    picture = read_picture(
        fetched=folder / "mnist", directory=None, shape=None, fit="pad", background="black", number=3, instance=0
    )
    write_perturbation(path, picture, run.encoding, {})
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        simulate_runs([run], [path], folder / "history.zarr", device="cpu")
        embed_sites(folder / "history.zarr", folder / "embedding-pca.zarr", method="pca", every=1, fit="all")


def timed(call, times=3):
    """The shortest of a few times, s."""
    best = np.inf
    for _ in range(times):
        begin = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begin)
    return best


def html(folder, figures):
    import plotly.express as px

    for name, (view, settings) in VIEWS.items():
        drawn = animation(view, folder, settings)
        page = folder / f"{view}.html"
        figures[f"{name}: page, built in s"] = timed(
            lambda page=page, drawn=drawn: write_view(page, drawn, frame_rate=30, plotlyjs="shared")
        )
        figures[f"{name}: page without plotly.js, MB"] = page.stat().st_size / 1e6

    drawn = animation("phase", folder, PHASE)
    figures["heat: page, largest phase error, degree"] = 360 / 4095 / 2

    def express():
        shown = px.imshow(drawn.panels[0].values, animation_frame=0, zmin=-np.pi, zmax=np.pi)
        shown.write_html(folder / "express.html", include_plotlyjs=False, auto_play=False)

    figures["heat: px.imshow, built in s"] = timed(express, 1)
    figures["heat: px.imshow without plotly.js, MB"] = (folder / "express.html").stat().st_size / 1e6


def playback(folder, figures):
    """Frames a second that a page really shows in headless Chromium, as fast as it can."""
    from playwright.sync_api import sync_playwright

    from oscillator_field.figures.plotlyjs import write_plotlyjs

    write_plotlyjs(folder / "plotly.js")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        for name, (view, settings) in VIEWS.items():
            page_file = folder / f"{view}.html"
            drawn = animation(view, folder, settings)
            write_view(page_file, drawn, frame_rate=60, plotlyjs="shared", shared=["plotly.js"])
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(page_file.as_uri())
            page.wait_for_selector("body[data-ready]")
            # Every frame one after the other, each waited for until it is on the screen.
            seconds = page.evaluate(
                """async () => {
                    const begin = performance.now();
                    for (let frame = 0; frame < player.frames; frame++) {
                        await player.show(frame);
                        await new Promise(requestAnimationFrame);
                    }
                    return (performance.now() - begin) / 1000;
                }"""
            )
            figures[f"{name}: all 512 frames in Chromium, frames a second"] = 512 / seconds
            page.close()
        browser.close()


def png_job(folder, name):
    """Draw one animation in this process, Kaleido's start included; prints seconds and peak memory in MB."""
    begin = time.perf_counter()
    from oscillator_field.figures.painters.drawing import one_browser
    from oscillator_field.figures.painters.png import write_png

    view, settings = VIEWS[name]
    with one_browser() as browser:
        write_png(
            folder / f"{view}.png",
            animation(view, folder, settings),
            browser,
            size=560,
            frame_rate=30,
            frames=512,
            scale=1,
            theme="dark",
        )
    print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def decoded_frames(path):
    """How many frames of an animated PNG Chromium decodes, each of them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto((path.parent / "phase.html").as_uri())
        frames = page.evaluate(
            """async (content) => {
                const data = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
                const decoder = new ImageDecoder({ data, type: "image/png" });
                await Promise.all([decoder.tracks.ready, decoder.completed]);
                const count = decoder.tracks.selectedTrack.frameCount;
                for (let frameIndex = 0; frameIndex < count; frameIndex++) {
                    (await decoder.decode({ frameIndex })).image.close();
                }
                return count;
            }""",
            base64.b64encode(path.read_bytes()).decode(),
        )
        browser.close()
    return frames


def png(folder, figures):
    for name, (view, _) in VIEWS.items():
        program = "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import pictures; "
        program += "pictures.png_job(pathlib.Path(sys.argv[2]), sys.argv[3])"
        command = [sys.executable, "-c", program, str(ROOT / "benchmarks"), str(folder), name]
        outcomes = [
            tuple(map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()))
            for _ in range(2)
        ]
        seconds, megabytes = min(outcomes)
        figures[f"{name}: PNG of 512 frames, s"] = seconds
        figures[f"{name}: PNG of 512 frames, peak memory, MB"] = megabytes
        figures[f"{name}: PNG of 512 frames, MB"] = (folder / f"{view}.png").stat().st_size / 1e6
        figures[f"{name}: frames that Chromium decodes"] = decoded_frames(folder / f"{view}.png")


def embeddings(folder, figures):
    phase = open_history(folder / "history.zarr")["phase"][0].reshape(512, 784, -1)
    features = cos_sin(phase)

    def embedded(fit, frames):
        placed = list(tsne(fit, **TSNE)(frames))
        return np.stack([positions for positions, _ in placed]), np.array([quality for _, quality in placed])

    begin = time.perf_counter()
    chained, divergence = embedded("chained", features)
    figures["t-SNE of all 512 frames, s"] = time.perf_counter() - begin
    begin = time.perf_counter()
    chosen = np.arange(0, 511, INDEPENDENT_EVERY)
    pairs = [embedded("independent", features[[first, first + 1]]) for first in chosen]
    figures["independent openTSNE, s for 512 frames"] = (time.perf_counter() - begin) / (2 * len(chosen)) * 512
    figures["t-SNE, mean KL over that of independent fits"] = float(
        divergence[np.stack([chosen, chosen + 1])].mean() / np.mean([quality for _, quality in pairs])
    )
    jitter = displacements(chained)[1:].mean()
    figures["t-SNE, jitter over that of independent fits"] = float(
        jitter / np.mean([displacements(positions)[1] for positions, _ in pairs])
    )


def scikit_learn(folder, figures):
    from sklearn import manifold
    from threadpoolctl import threadpool_limits

    phase = open_history(folder / "history.zarr")["phase"][0].reshape(512, 784, -1)
    with threadpool_limits(1):
        seconds = timed(lambda: manifold.TSNE(perplexity=30, random_state=0, n_jobs=1).fit_transform(phase[200]), 1)
    figures["scikit-learn's t-SNE, s for 512 frames"] = seconds * 512


def galleries(folder, figures):
    """Walls of fields while they play, and the filter of a large study."""
    import pandas as pd
    from playwright.sync_api import sync_playwright

    from oscillator_field.figures.pages.gallery import write_gallery
    from oscillator_field.figures.pages.preview import write_previews
    from oscillator_field.figures.pages.studies import list_studies

    history = open_history(folder / "history.zarr")
    measure(folder / "history.zarr", folder / "observables.zarr", settled_share=0.05)
    write_previews(folder / "preview", history, open_store(folder / "observables.zarr"), scale=named_scale("Phase"))
    preview = (folder / "preview" / "0.js").read_text(encoding="utf-8")
    figures["preview of a run, MB"] = len(preview) / 1e6
    generator = np.random.default_rng(0)
    for count in (10, 100, 10_000):
        runs = [Run.of(number % 10, 0, {"k_bias": number // 10 / 100}) for number in range(count)]
        numbers = [{name: generator.uniform() for name in SCALARS} for _ in runs]
        rows = [
            {"job": run.name, "run": run.name, **run.described(), **each}
            for run, each in zip(runs, numbers, strict=True)
        ]
        place = folder / f"gallery{count}"
        for run in runs[:100]:
            (place / "runs" / run.name / "preview").mkdir(parents=True)
            text = preview.replace(json.dumps(str(history["run"][0])), json.dumps(run.name), 1)
            (place / "runs" / run.name / "preview" / "0.js").write_text(text, encoding="utf-8")
            (place / "runs" / run.name / "preview" / "0.png").write_bytes((folder / "preview" / "0.png").read_bytes())
        write_gallery(
            place, pd.DataFrame(rows), name=None, observable="final_order_parameter", views={}, sets={}, panels=16,
            colours="Phase", pages=True, plotlyjs="shared", shared=["../plotly.js"], readout=False, provenance={},
        )  # fmt: skip
        list_studies(place)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        for count in (10, 100, 10_000):
            # So tall that every card of a page is on the screen.
            page = browser.new_page(viewport={"width": 1920, "height": 9000})
            begin = time.perf_counter()
            page.goto((folder / f"gallery{count}" / "index.html").as_uri())
            page.wait_for_selector("body[data-ready=true]")
            figures[f"gallery of {count:,} runs: ready after s"] = time.perf_counter() - begin
            if count == 10_000:
                seconds = page.evaluate("""async () => {
                    const begin = performance.now();
                    gallery.filter("k_bias>2 digit=3 final_order_parameter<0.5");
                    document.body.getBoundingClientRect();
                    return (performance.now() - begin) / 1000;
                }""")
                figures["gallery of 10,000 runs: filter, s"] = seconds
                continue
            page.wait_for_function("document.querySelectorAll('.card').length == document.body.dataset.wall")
            frames = page.evaluate("""async () => {
                gallery.bar.show(0);
                gallery.bar.play(true);
                const seen = new Set();
                const begin = performance.now();
                while (performance.now() - begin < 4000) {
                    await new Promise(requestAnimationFrame);
                    seen.add(gallery.bar.frame());
                }
                return seen.size / 4;
            }""")
            cards = page.evaluate("document.querySelectorAll('.card').length")
            figures[f"wall of {cards} fields: frames a second"] = frames
            page.close()
        browser.close()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path, help="where to write the figures too")
    chosen = options.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        make_stores(Path(folder))
        for part in (html, playback, galleries, png, scikit_learn, embeddings):
            part(Path(folder), figures)
    print(machine())
    for name, value in figures.items():
        print(f"{name:55} {value:10.3f}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
