"""The config: of every key its default, meaning, unit, limits, and which rules a change runs again.

The one home of these facts. `make generate` writes from it the schema that a config is checked against, the complete
default `config/config.yaml`, and the tables of `config/README.md`. A test changes each key and compares the planned
rules with what stands here.
"""

from __future__ import annotations

from typing import Any

from oscillator_field.analysis.registry import OBSERVABLES, SCALARS, SETTLED_SHARE, TIMES
from oscillator_field.engines.registry import DEVICES, ENGINES
from oscillator_field.inputs.data_sets import DATA_SETS, DEFAULT_PICTURES, FOLDER
from oscillator_field.keys import TEXT, Key, Schema, Section, choice, list_of, number, whole
from oscillator_field.named_run import ALL
from oscillator_field.study.batches import AUTO, FRAMES, KEPT, UNBATCHABLE
from oscillator_field.study.config_model.figures import EMBED, RENDER
from oscillator_field.study.config_model.learning import LEARNING
from oscillator_field.study.config_model.parameters import ENCODING, FIELD, GRID, KEYS
from oscillator_field.study.config_model.readout import READOUT

# A path that does not lead out of the folder that it is relative to.
_PATH = {
    "$comment": "a folder, without .. and without the letters { } < >",
    "type": "string",
    "pattern": r"^(?!.*(^|/)\.\.(/|$))[^{}<>]+$",
}
# Rows or columns of a lattice.
_SIDE = whole(2, 2048)
# What decides where a run begins, which is another run's end where it continues one.
_OF_THE_START = ("seed", "start", "winding_rows", "winding_columns")
# The name of a study is that of a folder, beside folders and files of a study without a name.
NAME = (
    r"^(?!(runs|perturbations|readout|learned)$|.*\.(html|js|csv|parquet|png|svg|pdf)$)[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"
)


def _or_null(schema: Schema) -> dict[str, Any]:
    """The schema of a value that may be left open."""
    return {**schema, "type": [schema["type"], "null"]}


def _table_of(required: tuple[str, ...], **more: Schema) -> dict[str, Any]:
    """The schema of what a table of statistics is of: an observable, and the axes that it is averaged over."""
    keys = {"of": choice(*SCALARS), "over": list_of({"type": "string"}), **more}
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": keys}


PICTURES = Section(
    "where the pictures come from, and their size",
    {
        "dataset": Key(
            DEFAULT_PICTURES["dataset"],
            f"{', '.join(DATA_SETS)}, or {FOLDER} (of image files)",
            choice(*DATA_SETS, FOLDER),
            details="; ".join(
                [
                    *(f"`{name}`: {one.words}" for name, one in DATA_SETS.items() if one.published),
                    "`idx`: IDX files of your own, under the names of MNIST's",
                    f"`{FOLDER}`: image files, in folders that are their classes, or each by itself",
                ]
            ),
            reruns=("fetch_pictures",),
        ),
        "source": Key(
            DEFAULT_PICTURES["source"],
            "bundled (5,000 + 1,000 real digits of MNIST in the repository), download, directory",
            choice("bundled", "download", "directory"),
            reruns=("fetch_pictures",),
        ),
        "directory": Key(
            None,
            "folder of the IDX files, gzipped or not, for `source: directory`, or of the image files",
            {"type": ["string", "null"], "minLength": 1},
            details="the files in it decide, not its path, in which `~` and `$NAME` are replaced",
            reruns=("fetch_pictures",),
        ),
        "mirrors": Key(
            [],
            "addresses to download from, in order; [] for torchvision's own",
            list_of(TEXT),
            reruns=("fetch_pictures",),
        ),
        "size": Key(
            DEFAULT_PICTURES["size"],
            "n or [rows, columns] of the lattice, to which pictures are brought; null for their own size",
            {"anyOf": [{"type": "null"}, _SIDE, {"type": "array", "minItems": 2, "maxItems": 2, "items": _SIDE}]},
            unit="pixels",
            details="resampled by Pillow, bilinear and without aliasing; null takes 1,048,576 pixels at most",
            allowed="null, a whole number from 2 to 2048, or two of them: [rows, columns]",
            reruns=("encode", "draw_images"),
        ),
        "fit": Key(
            DEFAULT_PICTURES["fit"],
            "how pictures come to that size: pad (the whole, on a background), crop (its middle), stretch",
            choice("pad", "crop", "stretch"),
            reruns=("encode", "draw_images"),
        ),
        "background": Key(
            DEFAULT_PICTURES["background"],
            "black or white, behind what is padded or transparent",
            choice("black", "white"),
            reruns=("encode", "draw_images"),
        ),
        "range": Key(
            DEFAULT_PICTURES["range"],
            "[black, white] of image files of 16 bits or floats; null for 0 and 65535, or for what a TIFF states",
            {"anyOf": [{"type": "null"}, {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}]},
            details="of floats that state nothing it is 0 and 1",
            allowed="null, or two numbers: [black, white]",
            reruns=("encode",),
        ),
    },
    text="[docs/pictures.md](../docs/pictures.md) shows how to run pictures of your own.",
)

HISTORY = Section(
    "what is kept of a run",
    {
        "keep": Key(
            FRAMES,
            "frames, final (the last frame alone), none (observables alone, measured while the field runs)",
            choice(*KEPT),
            details=(
                "`none` is for studies of very many runs, whose histories no disk would hold: it has no views and no "
                "embeddings; the one frame of `final` has no share of spiking sites, no phase velocity, no locking and "
                "no time to settle"
            ),
            reruns=("simulate",),
        ),
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
            reruns=("simulate", "simulate_images", "train_field"),
        ),
    },
)

MEASURE = Section(
    "observables",
    {
        "observables": Key(
            None,
            "observables to measure, for example [order_parameter, spike_share]; null for all",
            _or_null(list_of(choice(*(name for name in OBSERVABLES if name not in TIMES)))),
            details=f"{' and '.join(f'`{name}`' for name in TIMES)} are always there",
            allowed="a list of observables, each once, or null",
            reruns=("measure",),
        ),
        "every": Key(
            None,
            "steps between two frames that are measured, and the last frame; null for all that are kept",
            _or_null(whole(1)),
            details="a multiple of `history.every`; without a history (`keep: none`) any number",
            allowed="a whole number of at least 1, or null",
            reruns=("measure",),
        ),
        "settled_share": Key(
            SETTLED_SHARE,
            "a run has settled when fewer sites than this share spike in a step, for good",
            number(exclusiveMinimum=0, maximum=1),
            details="`settling_time` is when",
            reruns=("measure",),
        ),
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
            allowed=(
                "letters, digits, dots, dashes and underscores, 60 at most; not runs, perturbations, readout or "
                "learned; no ending .html, .js, .csv, .parquet, .png, .svg or .pdf"
            ),
            adds=("encode", "share_plotlyjs", "draw_images"),
        ),
        "observable": Key(
            "final_order_parameter",
            "the observable that is shown first",
            choice(*SCALARS),
            reruns=("plot_summary", "write_gallery"),
        ),
        "statistics": Key(
            [],
            "means over axes, with deviation and interval, in results/statistics.csv",
            {"type": "array", "items": _table_of(required=("of", "over"))},
            details=(
                "for example `[{of: final_order_parameter, over: [seed, digit]}]`: a row for each combination of the "
                "other axes. The interval is the middle 95 % of a bootstrap of the mean, which draws the values of "
                "each axis by itself; of `settling_time` that of the median, to which runs that had not settled count "
                "as later than all"
            ),
            adds=("compute_statistics",),
        ),
        "thresholds": Key(
            [],
            "where observables cross a level along an axis, with interval, in results/thresholds.csv",
            {
                "type": "array",
                "items": _table_of(
                    required=("of", "along", "level"), along={"type": "string"}, level={"type": "number"}
                ),
            },
            details=(
                "for example `[{of: final_local_order_parameter, along: k_coupling, level: 0.9, over: [seed]}]`: the "
                "first crossing of the mean over `over`, on straight lines between the values of the axis, for each "
                "combination of the other axes. The interval is of a bootstrap of what is averaged. Of "
                "`settling_time` it is the crossing of the median"
            ),
            adds=("compute_statistics",),
        ),
    },
)


CONFIG = Section(
    "Config of oscillator-field",
    {
        "pictures": PICTURES,
        "digits": Key(
            None,
            "digits to run, for example [3, 7]; null for all",
            _or_null(list_of(whole(0, 255), shortest=1)),
            details="where labels are digits: `mnist`, `qmnist`, `emnist_digits`",
            allowed="a list of digits, each once, or null",
            reruns=("summarise", "embed_samples"),
            adds=("encode",),
        ),
        "labels": Key(
            None,
            "labels to run in other data sets, by name or number, for example [sneaker, bag]; null for all",
            _or_null(list_of({"type": ["string", "integer"]}, shortest=1)),
            details="of a folder without classes the names of its files",
            allowed="a list of names or numbers, each once, or null",
            reruns=("summarise", "embed_samples"),
            adds=("encode",),
        ),
        "instances": Key(
            [0],
            "which pictures of each label, from 0, in the training set",
            list_of(whole(0), shortest=1),
            reruns=("summarise", "embed_samples"),
            adds=("encode",),
        ),
        "encoding": ENCODING,
        "field": FIELD,
        "grid": GRID,
        "continue": Key(
            None,
            "axis along which each run begins with the end of the one before, up and then down; null for none",
            choice(None, *(name for name in KEYS if name not in (*UNBATCHABLE, *_OF_THE_START))),
            details=(
                "a list or range of numbers in the grid; finds hysteresis. Both directions are one job, and runs are "
                "named by them: `k_bias=1+direction=down`. The input begins anew with each run"
            ),
            allowed="the name of an axis of numbers in the grid, or null",
            reruns=("summarise",),
            adds=("simulate",),
        ),
        "most_runs": Key(
            20_000,
            "a config that asks for more runs is refused",
            whole(1, 100_000_000),
            details="a slip in a grid is then an error at once, not an hour of planning",
        ),
        "batch": Key(
            [],
            "axes whose runs share one job and one store, for example [digit]; auto for jobs of about a minute",
            {
                "anyOf": [
                    {"const": AUTO},
                    list_of({"type": "string"}),
                    {"type": "object", "additionalProperties": {"anyOf": [{"const": ALL}, whole(1)]}},
                ]
            },
            details=(
                "`digit` (or `label`, or `picture`), `instance`, or any parameter that the grid sets, other than "
                f"{', '.join(f'`{name}`' for name in UNBATCHABLE)}. `{{digit: all, k_coupling: 250}}` cuts an axis in "
                "blocks of 250 values: one that is added at its end leaves all blocks but the last as they are. `auto` "
                "cuts the longest axes in halves until a job is small enough, by the steps of its sites and the bytes "
                "that it keeps, and never by the machine"
            ),
            allowed="auto, a list of axes, each once, or axes with `all` or how many values share a job",
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
        "learning": LEARNING,
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
                "properties": dict.fromkeys(("results", "resources", "logs"), _PATH),
            },
            details="for example `{results: out}`",
            adds=("fetch_pictures", "share_plotlyjs"),
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
