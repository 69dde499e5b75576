"""The keys of `embed` and `render`: points in a plane, and moving pictures."""

from __future__ import annotations

from oscillator_field.analysis.embedding import FEATURES, METHODS
from oscillator_field.figures.themes import THEMES
from oscillator_field.figures.views import VIEWS
from oscillator_field.keys import FLAG, SEED, Key, Section, choice, list_of, number, whole

_METHODS = list_of(choice(*METHODS))
# Kinds of files that can be drawn beside a picture.
ALSO = ("gif", "mp4", "svg", "pdf")


def _embedding_every(default: int) -> Key:
    return Key(default, "embed every n-th stored frame, and the last", whole(1), reruns=("embed",))


_FEATURES = Key(
    "cos_sin",
    "of a pixel: cos_sin of the phases of its channels, or the phases themselves",
    choice(*FEATURES),
    details="`phase`, as in the notebook, has a branch cut",
    reruns=("embed",),
)

EMBED = Section(
    "points in a plane, over time",
    {
        "methods": Key(
            ["pca", "tsne"],
            "how the pixels of a run are embedded, each pixel a point",
            _METHODS,
            reruns=("render_html", "render_png", "write_gallery"),
            adds=("embed",),
        ),
        "sites": Key(
            1000,
            "pixels of a run that are embedded at most; of a larger lattice a sample",
            whole(4, 20_000),
            details="t-SNE takes longer in proportion; figures say how many there are",
            reruns=("embed",),
        ),
        "sites_seed": Key(0, "seed of that sample", SEED, reruns=("embed",)),
        "samples": Section(
            "every run of a set as one point",
            {
                "methods": Key(
                    ["pca"],
                    "how the runs of a set are embedded",
                    _METHODS,
                    reruns=("render_samples_html", "render_samples_png", "write_gallery"),
                    adds=("embed_samples",),
                ),
                "every": Key(8, "embed every n-th stored frame, and the last", whole(1), reruns=("embed_samples",)),
            },
        ),
        "pca": Section(
            "principal components",
            {
                "every": _embedding_every(8),
                "features": _FEATURES,
                "fit": Key(
                    "all",
                    "all (one plane for all frames), frame (one for each), aligned (each turned to the one before)",
                    choice("all", "frame", "aligned"),
                    details="with `frame`, as in the notebook, axes may flip from frame to frame",
                    reruns=("embed", "embed_samples"),
                ),
            },
        ),
        "tsne": Section(
            "t-SNE",
            {
                "every": _embedding_every(64),
                "features": _FEATURES,
                "fit": Key(
                    "chained",
                    "chained (each frame starts from the one before), independent",
                    choice("chained", "independent"),
                    details="`chained` keeps points from jumping and is faster; the notebook's is `independent`",
                    reruns=("embed", "embed_samples"),
                ),
                "perplexity": Key(
                    30,
                    "effective number of neighbours, at most a third of the other points",
                    number(exclusiveMinimum=1, maximum=10_000),
                    reruns=("embed", "embed_samples"),
                ),
                "iterations": Key(
                    250,
                    "steps of the optimiser for a frame",
                    whole(10, 100_000),
                    reruns=("embed", "embed_samples"),
                ),
                "seed": Key(0, "seed of the optimiser", SEED, reruns=("embed", "embed_samples")),
            },
        ),
    },
    text="""\
Pixels: each pixel of a run is a point; its features are the phases of its channels. Samples: each run of a set is a
point; its features are cosine and sine of all its oscillators, less their mean over the set. They are made for sets of
three or more runs, in the folder of the set, `results/runs/digit=all.../`. Beside the positions a store holds, for each
frame, the explained variance or the KL divergence, the trustworthiness (k = 12) and the displacement since the frame
before.""",
)

RENDER = Section(
    "moving pictures",
    {
        "views": Key(
            list(VIEWS),
            "what to draw; trajectory and samples draw each of their methods",
            list_of(choice(*VIEWS)),
            details="; ".join(f"`{name}`: {view.meaning}" for name, view in VIEWS.items()),
            reruns=("render_html", "render_png", "write_gallery"),
        ),
        "panels": Key(
            16,
            "panels in one figure at most",
            whole(1, 16),
            details="the title says if some are left out",
            reruns=("render_html", "render_png"),
        ),
        "size": Key(
            560,
            "side of a single panel",
            whole(280, 1680),
            unit="pixels",
            details="of pictures; pages are as large as their window",
            reruns=("render_png", "render_samples_png"),
        ),
        **{name: Section(view.meaning, view.settings) for name, view in VIEWS.items() if view.settings},
        "html": Section(
            "interactive pages",
            {
                "enabled": Key(
                    True,
                    "whether to draw pages",
                    FLAG,
                    reruns=("write_gallery",),
                    adds=("render_html", "render_samples_html"),
                ),
                "plotlyjs": Key(
                    "shared",
                    "shared (once, beside the results), inline (self-contained), cdn (from the network)",
                    choice("shared", "inline", "cdn"),
                    reruns=(
                        "render_html",
                        "render_samples_html",
                        "write_gallery",
                        "compare_readouts",
                        "compare_fields",
                    ),
                ),
                "frame_rate": Key(
                    30,
                    "frames a second while a page plays, at most",
                    number(minimum=0.1, maximum=60),
                    unit="1/s",
                    reruns=("render_html", "render_samples_html"),
                ),
            },
        ),
        "png": Section(
            "animated PNG pictures with posters",
            {
                "enabled": Key(
                    "auto",
                    "auto (if a Chrome or Chromium is found), true, false",
                    choice("auto", True, False),
                    adds=("render_png", "render_samples_png", "plot_summary"),
                ),
                "frames": Key(
                    64,
                    "about so many frames at most, evenly spaced",
                    whole(1, 100_000),
                    reruns=("render_png", "render_samples_png"),
                ),
                "frame_rate": Key(
                    15,
                    "frames a second, at most",
                    number(minimum=0.1, maximum=60),
                    unit="1/s",
                    reruns=("render_png", "render_samples_png"),
                ),
                "scale": Key(
                    1,
                    "pixels of the picture for one of the page",
                    whole(1, 4),
                    reruns=("render_png", "render_samples_png"),
                ),
                "theme": Key(
                    "dark",
                    "dark or light",
                    choice(*THEMES),
                    details="also of summary.png; pages follow the system, and have a switch",
                    reruns=("render_png", "render_samples_png", "plot_summary"),
                ),
                "also": Key(
                    [],
                    "files beside each picture: gif, mp4 (moving), svg, pdf (the last frame)",
                    list_of(choice(*ALSO)),
                    details="`mp4` needs the extra `video`: `pip install imageio-ffmpeg`",
                    adds=("render_png", "render_samples_png"),
                ),
            },
        ),
    },
    text="""\
One job draws all views of a run as pages, and one draws them as PNG pictures. So a change of one view draws the others
again too: that takes less time than starting a browser once more.""",
)
