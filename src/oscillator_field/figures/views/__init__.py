"""The views by name, as the config and files call them: the store that each is drawn from, and its settings.

A view is a module beside this file with a function `animation`, and one entry in VIEWS. Some are of a run: `phase`,
`trajectory-<method>`; those drawn from the store `samples` are of a whole set of runs: `samples-<method>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oscillator_field.figures.methods import METHOD_WORDS
from oscillator_field.keys import Key, choice, number, whole

SAMPLES = "samples"
_DRAWN = ("render_html", "render_png")


_CYCLIC = ("Phase", "Twilight", "HSV", "IceFire", "Edge", "mrybm", "mygbm")
# What the order view draws: of the whole field, of its channels, and all that lies between 0 and 1 as they do.
ORDERS = ("order_parameter", "channel_order_parameter", "local_order_parameter", "input_alignment", "spike_share")
_SEQUENTIAL = (
    "Inferno",
    "Magma",
    "Plasma",
    "Viridis",
    "Cividis",
    "Hot",
    "Greys",
    "Blues",
    "YlGnBu",
    "Agsunset",
    "Sunset",
)


def every(details: str = "") -> Key:
    """The setting that thins the frames of a view."""
    meaning = "draw every n-th stored frame, and the last"
    return Key(1, meaning, whole(1), details=details, reruns=_DRAWN)


def sequential(default: str) -> Key:
    """The setting that colours a view of amounts."""
    return Key(default, "a sequential colour scale of plotly", choice(*_SEQUENTIAL), reruns=_DRAWN)


@dataclass(frozen=True)
class View:
    """How a view is made.

    Attributes:
        store: the store that it is drawn from: `history`, `observables`, or `embedding` or `samples` of each method.
        words: what it is called.
        meaning: what it shows.
        settings: what its function `animation` takes beside the store.
        observables: those that have to be in a store of observables.
    """

    store: str
    words: str
    meaning: str
    settings: Mapping[str, Key] = field(default_factory=dict)
    observables: tuple[str, ...] = ()

    @property
    def has_methods(self) -> bool:
        """Whether there is one of it for each method of embedding."""
        return self.store in ("embedding", SAMPLES)


VIEWS = {
    "phase": View(
        "history",
        "Phase",
        "the phase of each pixel",
        {
            "every": every(),
            "channels": Key(
                "mean",
                "`mean` of the channels, `all` (a panel each), or the number of one, from 0",
                {"anyOf": [choice("mean", "all"), whole(0, 255)]},
                allowed="mean, all, or the number of one channel",
                reruns=_DRAWN,
            ),
            "channel_mean": Key(
                "circular",
                "how the channels of a pixel become one phase",
                choice("circular", "arithmetic"),
                details="`arithmetic`, as in the notebook, is wrong near +-pi",
                reruns=_DRAWN,
            ),
            "colours": Key(
                "Phase",
                "a cyclic colour scale of plotly; Phase is cmocean's, which is perceptually uniform",
                choice(*_CYCLIC),
                details="also of the gallery's fields",
                reruns=(*_DRAWN, "write_gallery"),
            ),
        },
    ),
    "spikes": View(
        "history",
        "Spikes",
        "the share of the oscillators of a pixel that spiked",
        {
            "every": every("spikes in between are counted in"),
            "threshold": Key(
                "relative",
                "what a spike is: relative (faster than the field), run (beyond `spike_threshold` of the run)",
                choice("relative", "run"),
                details="with `run` nearly every oscillator spikes until the field has settled",
                reruns=_DRAWN,
            ),
            "factor": Key(
                2.0,
                "of `relative`: how many times faster than the field is on average at that time",
                number(exclusiveMinimum=0, maximum=1000),
                reruns=_DRAWN,
            ),
            "colours": sequential("Inferno"),
        },
    ),
    "phase_velocity": View(
        "history",
        "Phase velocity",
        "how fast the oscillators of a pixel turn",
        {"every": every("the net change since the frame before is shown"), "colours": sequential("Viridis")},
    ),
    "local_order": View(
        "history",
        "Local order",
        "how well each pixel agrees with its neighbours",
        {"every": every(), "colours": sequential("Cividis")},
    ),
    "order_parameter": View(
        "observables",
        "Order",
        "order, alignment with the picture and spikes over time",
        {"every": every("the cursor stops at these frames; the curves have all")},
        ORDERS,
    ),
    "trajectory": View(
        "embedding",
        "Pixels",
        "the pixels of a run as points in a plane",
        {
            "colour_by": Key(
                "ink",
                "what colours a point: ink, row or column of its pixel",
                choice("ink", "row", "column"),
                reruns=_DRAWN,
            ),
            "colours": sequential("Agsunset"),
        },
    ),
    SAMPLES: View(SAMPLES, "Samples", "each run of a set as a point in a plane"),
}


def kind_of(view: str) -> str:
    """The entry of VIEWS that a view belongs to."""
    return view.partition("-")[0]


def words_of(view: str) -> str:
    """What a view is called: `Phase`, `Pixels by t-SNE`."""
    kind, _, method = view.partition("-")
    return " by ".join(filter(None, [VIEWS[kind].words, METHOD_WORDS.get(method, method)]))


def module_of(view: str) -> str:
    """The name of the module of a view, below the library."""
    return f"figures.views.{kind_of(view)}"


def store_of(view: str) -> str:
    """The name of the store that a view is drawn from, in the folder of its job.

    Raises:
        KeyError: there is no such view.
    """
    kind, _, method = view.partition("-")
    return "-".join(filter(None, [VIEWS[kind].store, method])) + ".zarr"
