"""The config: of every key its default, meaning, unit, limits, and which rules a change runs again.

The one home of these facts. `make generate` writes from it the schema that a config is checked against, the complete
default `config/config.yaml`, and the tables of `config/README.md`. A test changes each key and compares the planned
rules with what stands here.
"""

from __future__ import annotations

from typing import Any

from oscillator_field.analysis.registry import SCALARS
from oscillator_field.engines.registry import DEVICES, ENGINES
from oscillator_field.keys import TEXT, Key, Section, choice, list_of, number, whole
from oscillator_field.study.config_model.figures import EMBED, RENDER
from oscillator_field.study.config_model.parameters import ENCODING, FIELD, GRID
from oscillator_field.study.config_model.readout import READOUT

# A path that does not lead out of the folder that it is relative to.
FOLDER = {
    "$comment": "a folder, without .. and without the letters { } < >",
    "type": "string",
    "pattern": r"^(?!.*(^|/)\.\.(/|$))[^{}<>]+$",
}
# The name of a study is that of a folder, in which other names are taken.
NAME = r"^(?!(runs|perturbations|readout)$)[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"
PICTURES = Section(
    "where the pictures come from",
    {
        "source": Key(
            "bundled",
            "bundled (5,000 + 1,000 real digits in the repository), download, directory",
            choice("bundled", "download", "directory"),
            reruns=("fetch_mnist",),
        ),
        "directory": Key(
            None,
            "folder of the four IDX files, gzipped or not, for `source: directory`",
            {"type": ["string", "null"], "minLength": 1},
            details="the files in it decide, not its path",
            reruns=("fetch_mnist",),
        ),
        "mirrors": Key(
            [],
            "addresses to download from, in order; [] for torchvision's own",
            list_of(TEXT),
            reruns=("fetch_mnist",),
        ),
    },
)

HISTORY = Section(
    "what is kept of a run",
    {
        "every": Key(
            1,
            "steps between two stored frames",
            whole(1),
            details="the last step is always stored, and no spike is lost",
            reruns=("simulate",),
        ),
        "precision": Key(
            "exact",
            "exact (float32), or the largest error of a phase in rad, for 16-bit stores a third as large",
            {"anyOf": [{"const": "exact"}, number(minimum=0.00005, maximum=0.1)]},
            allowed="exact, or the largest error of a stored phase, a number from 5.0e-5 to 0.1 rad",
            reruns=("simulate",),
        ),
    },
)

SIMULATE = Section(
    "what computes the field",
    {
        "engine": Key(
            "auto",
            f"auto, {', '.join(ENGINES)}",
            choice("auto", *ENGINES),
            details="; ".join(
                [
                    "`auto`: the fastest that the machine can use",
                    *(f"`{name}`: {one.meaning}" for name, one in ENGINES.items()),
                ]
            ),
            reruns=("simulate", "simulate_images"),
        ),
        "device": Key(
            "auto",
            "auto (a GPU if there is one), cpu, cuda",
            choice(*DEVICES),
            details="`cuda` asks the scheduler for a GPU; `cpu` never does",
            reruns=("simulate", "simulate_images"),
        ),
    },
)

MEASURE = Section(
    "observables",
    {
        "settled_share": Key(
            0.05,
            "a run has settled when fewer sites than this share spike in a step, for good",
            number(exclusiveMinimum=0, maximum=1),
            details="`settling_time` is when",
            reruns=("measure",),
        )
    },
)

STUDY = Section(
    "the study as a whole: results/index.html and summary.png",
    {
        "name": Key(
            None,
            "its name: a folder of its own for results and logs, results/<name> and logs/<name>",
            {"type": ["string", "null"], "pattern": NAME},
            details=(
                "studies with names stand side by side, and `results/index.html` lists them; without one, results are "
                "in `results` itself"
            ),
            allowed="letters, digits, dots, dashes and underscores, 60 at most; not runs, perturbations or readout",
            adds=("encode", "share_plotlyjs", "draw_images"),
        ),
        "observable": Key(
            "final_order_parameter",
            "the observable that is shown first",
            choice(*SCALARS),
            reruns=("plot_summary", "write_gallery"),
        ),
    },
)


CONFIG = Section(
    "Config of oscillator-field",
    {
        "mnist": PICTURES,
        "digits": Key(
            list(range(10)),
            "digits to run",
            list_of(whole(0, 9), shortest=1),
            reruns=("summarise", "embed_samples"),
            adds=("encode",),
        ),
        "instances": Key(
            [0],
            "which pictures of each digit, from 0, in the training set",
            list_of(whole(0), shortest=1),
            reruns=("summarise", "embed_samples"),
            adds=("encode",),
        ),
        "encoding": ENCODING,
        "field": FIELD,
        "grid": GRID,
        "most_runs": Key(
            20_000,
            "a config that asks for more runs is refused",
            whole(1, 100_000_000),
            details="a slip in a grid is then an error at once, not an hour of planning",
        ),
        "batch": Key(
            [],
            "axes whose runs share one job and one store, for example [digit]",
            list_of({"type": "string"}),
            details="`digit`, `instance`, or any parameter that the grid sets, other than `channels` and `steps`",
            reruns=("summarise", "embed_samples"),
            adds=("simulate",),
        ),
        "history": HISTORY,
        "simulate": SIMULATE,
        "measure": MEASURE,
        "study": STUDY,
        "embed": EMBED,
        "render": RENDER,
        "readout": READOUT,
        "prune": Key(
            "list",
            "what `snakemake prune` does: list results that the config does not ask for, or remove them",
            {"anyOf": [{"const": "list"}, {"type": "string", "pattern": "^remove-[0-9a-f]{10}$"}]},
            allowed="list, or what `snakemake prune` prints after its list to remove just what is on it",
            details=(
                "`list` prints the command that removes just what it lists. That command holds a digest of the list; "
                "for another list, or where no run of the config is there, nothing is removed. Stores of a readout "
                "are listed only while `readout.enabled` is true"
            ),
        ),
        "pathvars": Key(
            {},
            "other names for the folders results, resources and logs",
            {
                "type": "object",
                "additionalProperties": False,
                "properties": dict.fromkeys(("results", "resources", "logs"), FOLDER),
            },
            details="for example `{results: out}`",
            adds=("fetch_mnist", "share_plotlyjs"),
        ),
    },
)


def config_schema() -> dict[str, Any]:
    """The JSON schema of a config."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": CONFIG.meaning,
        **{key: value for key, value in CONFIG.as_schema().items() if key != "description"},
    }
