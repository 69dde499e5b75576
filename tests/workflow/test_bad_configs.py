"""Wrong configs: each refused before any job starts, by one line that names key, value and what is allowed."""

import itertools
import re

import pytest

from oscillator_field.study.configuration import ConfigError, check_keys_are_given_once
from tests.support.pictures import letters, write_data_set
from tests.support.projects import ROOT, study_of

BAD = {
    "an unknown key": ("fields: {}", "fields: no such key (did you mean field? allowed: batch, continue, "),
    "an unknown key inside": ("field: {k_copling: 1}", "field.k_copling: no such key (did you mean k_coupling? "),
    "a parameter in the wrong group": (
        "encoding: {steps: 3}",
        "encoding.steps: no such key (did you mean field.steps? allowed: arc, ",
    ),
    "a text for a number": ("field: {k_bias: strong}", 'field.k_bias: "strong" is not allowed (a number)'),
    "1e-5, which YAML takes for a text": (
        "field: {delta_t: 1e-5}",
        'field.delta_t: "1e-5" is not allowed (a number; YAML takes 1e-5 for a text, write 1.0e-05)',
    ),
    "1e3, which YAML takes for a text": (
        "field: {steps: 1e3}",
        'field.steps: "1e3" is not allowed (a whole number; YAML takes 1e3 for a text, write 1000)',
    ),
    "a number in quotes": (
        "field: {steps: '24'}",
        'field.steps: "24" is not allowed (a whole number; it came as a text: write it without quotes)',
    ),
    "negative steps": ("field: {steps: -1}", "field.steps: -1 is not allowed (at least 1)"),
    "no steps": ("field: {steps: 0}", "field.steps: 0 is not allowed (at least 1)"),
    "half a step": ("field: {steps: 1.5}", "field.steps: 1.5 is not allowed (a whole number)"),
    "too many steps": ("field: {steps: 10000000}", "field.steps: 10000000 is not allowed (at most 1000000)"),
    "quiet for longer than a run": (
        "field: {stop_when_settled: 0.99, settled_for: 6}",
        "field.settled_for: 6 s is not allowed with 512 steps of 0.01 s: no run can be quiet for so long (at most 5.",
    ),
    "a learned field that is not there": (
        "field: {learned: results/learned/small-learned-0}",
        "field.learned: results/learned/small-learned-0 holds no weights that can be read (allowed: the folder of a "
        "trained model)",
    ),
    "an axis of starts to continue along": (
        "{grid: {winding_columns: [1, 3]}, continue: winding_columns}",
        'continue: "winding_columns" is not allowed (one of null, "scale", "arc", ',
    ),
    "a learned field of a study with a name": (
        "{study: {name: a}, learning: {enabled: true, arms: [pixels, learned]}, field: {learned: results/learned/x}}",
        "field.learned: results/learned/x holds no weights that can be read (allowed: the folder of a trained model, "
        "or of one that this config trains, as results/a/learned/small-learned-0)",
    ),
    "a learned field without a name": (
        "field: {learned: a b}",
        'field.learned: "a b" is not allowed (letters, digits, dots, dashes, underscores and slashes)',
    ),
    "a coupling beside a learned field": (
        "{learning: {enabled: true}, field: {learned: results/learned/small-learned-0, k_coupling: 0.3}}",
        "field.k_coupling: 0.3 has no effect with learned: small-learned-0 (allowed with learned: none)",
    ),
    "an encoding beside a learned field": (
        "{learning: {enabled: true}, field: {learned: results/learned/small-learned-0}, encoding: {arc: 2}}",
        "encoding.arc: 2 has no effect with field.learned: results/learned/small-learned-0, whose drive is learned",
    ),
    "other channels than a learned field has": (
        "{learning: {enabled: true, sizes: [standard]}, field: {learned: results/learned/standard-learned-0}}",
        "field.channels: 4 is not allowed with field.learned: results/learned/standard-learned-0 (16)",
    ),
    "a control that is no field": (
        "{learning: {enabled: true}, field: {learned: results/learned/small-pixels-1}}",
        "field.learned: results/learned/small-pixels-1 holds pixels, which is no field (allowed: learned, ",
    ),
    "a readout of a learned field": (
        "{learning: {enabled: true}, readout: {enabled: true}, field: {learned: results/learned/small-learned-0}}",
        "readout.enabled: true is not allowed with field.learned, whose readout is learned (learned.html shows it)",
    ),
    "a learned field on a GPU": (
        "{learning: {enabled: true}, simulate: {device: cuda}, field: {learned: results/learned/small-learned-0}}",
        'simulate.device: "cuda" is not allowed with field.learned, which a CPU runs (auto, cpu)',
    ),
    "pictures too small for a size of learned fields": (
        "{pictures: {size: [2, 28]}, embed: {methods: []}, learning: {enabled: true, sizes: [standard]}}",
        "learning.sizes: standard is not allowed with pictures of 2 x 28 pixels, of which nothing is left to read",
    ),
    "a training of one step": (
        "learning: {enabled: true, epochs: 1, batch: 100000}",
        "learning.batch: 100000 makes one step of 4000 pictures, which learns nothing (allowed: less than 4000, or",
    ),
    "pictures shifted out of sight": (
        "learning: {enabled: true, shift: 28}",
        "learning.shift: 28 leaves nothing of pictures of 28 x 28 pixels (allowed: less than 28)",
    ),
    "a learned field by numba": (
        "{learning: {enabled: true}, simulate: {engine: numba}, field: {learned: results/learned/small-learned-0}}",
        'simulate.engine: "numba" cannot compute learned fields (allowed: auto, torch)',
    ),
    "no channels": ("field: {channels: 0}", "field.channels: 0 is not allowed (at least 1)"),
    "one channel to embed": (
        "field: {channels: 1}",
        'field.channels: 1 is too few for embed.methods: ["pca", "tsne"] (allowed: at least 2, or embed.methods: [])',
    ),
    "one channel in the grid": ("grid: {channels: [4, 1]}", "field.channels: 1 is too few for embed.methods"),
    "no time step": ("field: {delta_t: 0}", "field.delta_t: 0 is not allowed (more than 0)"),
    "not a number": ("field: {k_bias: .nan}", "field.k_bias: NaN is not allowed (a finite number)"),
    "an infinite number": ("field: {k_bias: .inf}", "field.k_bias: Infinity is not allowed (a finite number)"),
    "a threshold beyond the circle": (
        "field: {spike_threshold: 4}",
        "field.spike_threshold: 4 is not allowed (at most 3.14159265359)",
    ),
    "a number for a switch": ("field: {evolve_input: 1}", "field.evolve_input: 1 is not allowed (true or false)"),
    "a negative seed": ("field: {seed: -3}", "field.seed: -3 is not allowed (at least 0)"),
    "nothing": ("field: {seed: null}", "field.seed: null is not allowed (a whole number)"),
    "nothing to validate with": (
        "readout: {enabled: true, validation_share: 0.00001}",
        "readout.validation_share: 1e-05 of 5000 pictures leaves none to validate with, or none to train on",
    ),
    "an unknown classifier": (
        "readout: {classifiers: [oracle]}",
        'readout.classifiers[0]: "oracle" is not allowed (one of "logistic_regression", ',
    ),
    "a step before the first": ("readout: {steps: [0]}", "readout.steps[0]: 0 is not allowed (at least 1)"),
    "a square larger than a picture": (
        "readout: {enabled: true, corruptions: {occlusion: [29]}}",
        "readout.corruptions.occlusion[0]: 29 is not allowed with pictures of 28 x 28 pixels (at most 28)",
    ),
    "digit 11": ("digits: [11]", "digits: 11 is no digit of MNIST (allowed: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)"),
    "labels of MNIST": (
        "labels: [3]",
        "labels: [3] is not allowed with pictures.dataset: mnist, whose labels are digits (write digits: in its place)",
    ),
    "digits of Fashion-MNIST": (
        "{pictures: {dataset: fashion_mnist, source: download}, digits: [3]}",
        "digits: [3] is not allowed with pictures.dataset: fashion_mnist, whose labels are no digits (write labels: in",
    ),
    "an unknown label": (
        "{pictures: {dataset: fashion_mnist, source: download}, labels: [hat]}",
        "labels: hat is no label of Fashion-MNIST (allowed: t-shirt, trouser, pullover, dress, coat, sandal, shirt, ",
    ),
    "a label twice, by name and number": (
        "{pictures: {dataset: fashion_mnist, source: download}, labels: [sneaker, 7]}",
        "labels: sneaker and 7 are one (allowed: each once)",
    ),
    "letters beyond the last": (
        "{pictures: {dataset: emnist_letters, source: download}, labels: [27]}",
        "labels: 27 is no label of EMNIST letters (allowed: a, b, c, d, e, f, g, h, i, j, k, l, ... and 14 more)",
    ),
    "a source that a data set does not have": (
        "pictures: {dataset: fashion_mnist}",
        'pictures.source: "bundled" is not allowed with pictures.dataset: fashion_mnist (download or directory)',
    ),
    "image files from the network": (
        "pictures: {dataset: folder, source: download}",
        'pictures.source: "download" is not allowed with pictures.dataset: folder (directory)',
    ),
    "a folder that is not named": (
        "pictures: {dataset: folder}",
        "pictures.directory: null is not allowed (a folder, because pictures.dataset is folder)",
    ),
    "a folder of image files that is not there": (
        "pictures: {dataset: folder, directory: nowhere}",
        "nowhere: no such folder (allowed: a folder of image files)",
    ),
    "a variable that is not set": (
        "pictures: {dataset: folder, directory: $NO_SUCH_VARIABLE/pictures}",
        'pictures.directory: "$NO_SUCH_VARIABLE/pictures" names a variable that is not set, or no folder',
    ),
    "a folder without images": (
        "pictures: {dataset: folder, directory: profiles}",
        "profiles: holds no image file, and no folder of them (allowed: names that end in .png, .jpg, ",
    ),
    "a picture that is not in the folder": (
        "{pictures: {dataset: folder, directory: resources/examples/drawings}, labels: [cat]}",
        "labels: cat is no picture of resources/examples/drawings (allowed: face, fish, house, spiral, tree)",
    ),
    "a second instance of a picture": (
        "{pictures: {dataset: folder, directory: resources/examples/drawings}, labels: [face], instances: [1]}",
        "instances: 1 of picture face is not in this source, which holds 1 (allowed: 0 to 0)",
    ),
    "a readout of image files": (
        "{pictures: {dataset: folder, directory: resources/examples/drawings}, readout: {enabled: true}}",
        "readout.enabled: true is not allowed with pictures.dataset: folder (a data set of IDX files)",
    ),
    "a batch of digits that are no digits": (
        "{pictures: {dataset: folder, directory: resources/examples/drawings}, batch: [digit]}",
        "batch: 'digit' is not an axis that can share a store (allowed: picture, instance",
    ),
    "the section of version 0.1": (
        "mnist: {source: directory, directory: mine}",
        'mnist: no such key (it is called pictures now; write pictures: {"source": "directory", "directory": "mine"})',
    ),
    "a size of one": (
        "pictures: {size: 1}",
        "pictures.size: 1 is not allowed (null, a whole number from 2 to 2048, or two of them: [rows, columns])",
    ),
    "a size of three": ("pictures: {size: [2, 3, 4]}", "pictures.size: [2, 3, 4] is not allowed (null, a whole number"),
    "an unknown fit": ("pictures: {fit: tight}", 'pictures.fit: "tight" is not allowed (one of "pad", "crop", '),
    "a range of one number": ("pictures: {range: [0]}", "pictures.range: [0] is not allowed (null, or two numbers"),
    "a range from white to black": (
        "pictures: {range: [9, 3]}",
        "pictures.range: [9, 3] is not allowed (black below white)",
    ),
    "a digit twice": ("digits: [3, 3]", "digits: [3, 3] is not allowed (each value once)"),
    "no digit": ("digits: []", "digits: [] is not allowed (at least 1 values)"),
    "a digit by itself": ("digits: 3", "digits: 3 is not allowed (a list of digits, each once, or null)"),
    "a section that is a text": ("field: fast", 'field: "fast" is not allowed (keys and values)'),
    "an instance out of range": (
        "instances: [479]",
        "instances: 479 of digit 0 is not in this source, which holds 479 (allowed: 0 to 478)",
    ),
    "an unknown scale": (
        "encoding: {scale: log}",
        'encoding.scale: "log" is not allowed (one of "standardised", "unit")',
    ),
    "a value twice in the grid": (
        "grid: {k_bias: [1, 1.0]}",
        "grid.k_bias: 1 is listed twice (allowed: each value",
    ),
    "an empty axis": ("grid: {k_bias: []}", "grid.k_bias: [] is not allowed (at least 1 values)"),
    "an unknown axis": (
        "grid: {speed: [1]}",
        "grid.speed: no such key (did you mean seed? allowed: arc, boundary, channel_coupling, channels, ",
    ),
    "a value out of range in the grid": ("grid: {delta_t: [0.1, 2]}", "grid.delta_t[1]: 2 is not allowed (at most 1)"),
    "a number for an axis": (
        "grid: {k_bias: 3}",
        "grid.k_bias: 3 is not allowed (a list of values, or a range with the keys from, to and steps)",
    ),
    "a range without an end": ("grid: {k_bias: {from: 0, steps: 3}}", "grid.k_bias.to: is missing"),
    "a range of one": (
        "grid: {k_bias: {from: 0, to: 1, steps: 1}}",
        "grid.k_bias.steps: 1 is not allowed (at least 2)",
    ),
    "no seeds": ("grid: {seed: 0}", "grid.seed: 0 is not allowed (at least 1)"),
    "a design of whole numbers": (
        "grid: {sample: {sobol: 4, over: {steps: [1, 9]}}}",
        "grid.sample.over.steps: no such key",
    ),
    "a design without parameters": ("grid: {sample: {sobol: 4}}", "grid.sample.over: is missing"),
    "a design with one end": (
        "grid: {sample: {sobol: 4, over: {k_bias: [1]}}}",
        "grid.sample.over.k_bias: [1] is not allowed (at least 2 values)",
    ),
    "a design with three ends": (
        "grid: {sample: {sobol: 4, over: {k_bias: [1, 2, 3]}}}",
        "grid.sample.over.k_bias: [1, 2, 3] is not allowed (at most 2 values)",
    ),
    "no design": (
        "grid: {sample: {over: {k_bias: [1, 2]}}}",
        "grid.sample: no design is not allowed (one of sobol, latin_hypercube, with a count of points)",
    ),
    "an unknown parameter in a point": ("grid: {points: [{speed: 1}]}", "grid.points[0].speed: no such key"),
    "a lonely zipped axis": (
        "grid: {zip: [{k_bias: [1]}]}",
        'grid.zip[0]: {"k_bias": [1]} is not allowed (at least 2 keys)',
    ),
    "an axis and a point that set one parameter": (
        "grid: {k_bias: [1], points: [{k_bias: 2}]}",
        "grid.points: k_bias is set by grid.k_bias too",
    ),
    "t-SNE of ten samples": (
        "embed: {samples: {methods: [tsne]}}",
        "embed.tsne.perplexity: 30 is too large for the 10 samples of digit=all (allowed: at most 3",
    ),
    "a channel that is not there": ("render: {phase: {channels: 7}}", "render.phase.channels: 7 is not allowed"),
    "a batch of no axis": ("batch: [k_bias]", "batch: 'k_bias' is not an axis that can share a store (allowed: digit"),
    "a batch of steps": (
        "{grid: {steps: [2, 3]}, batch: [steps]}",
        "batch: 'steps' is not an axis that can share a store (allowed: digit, instance",
    ),
    "a batch of neither all nor a number": (
        "{grid: {k_bias: [2, 3]}, batch: {k_bias: some}}",
        'batch: {"k_bias": "some"} is not allowed (auto, a list of axes, each once, or axes with `all` or how many',
    ),
    "views without frames": (
        "history: {keep: none}",
        "history.keep: none leaves no frames to draw or embed (set render.views: [], embed.methods: [], "
        "embed.samples.methods: [])",
    ),
    "a thinned history that is not kept": (
        "{history: {keep: none, every: 4}, render: {views: []}, embed: {methods: [], samples: {methods: []}}}",
        "history.every: 4 has no effect with history.keep: none (measure.every says when to measure)",
    ),
    "learned fields without frames": (
        "{history: {keep: none}, render: {views: []}, embed: {methods: [], samples: {methods: []}}, field: {learned: "
        "resources/examples/learned/small-learned-0, steps: 10}}",
        "history.keep: none is not allowed with field.learned (frames, final)",
    ),
    "frames that are measured and not kept": (
        "{history: {every: 4}, measure: {every: 6}}",
        "measure.every: 6 is not allowed with history.every: 4 (a multiple of it)",
    ),
    "a thinned history of one frame": (
        "history: {keep: final, every: 8}",
        "history.every: 8 has no effect with history.keep: final, which keeps one frame (1)",
    ),
    "an end before it counts as settled": (
        "{field: {stop_when_settled: 0.9}}",
        "measure.settled_share: 0.05 is not allowed with stop_when_settled: 0.9, which ends runs that have not settled",
    ),
    "an early end that nobody sees": (
        "{history: {keep: final}, field: {stop_when_settled: 0.9}}",
        "history.keep: final is not allowed with field.stop_when_settled, which is looked at where frames are kept",
    ),
    "axes that a learned field takes no notice of": (
        "{field: {learned: resources/examples/learned/small-learned-0, steps: 10}, grid: {k_coupling: [0.12, 5]}, "
        "batch: [k_coupling]}",
        "field.k_coupling: 5 has no effect with learned: small-learned-0",
    ),
    "a chain of learned fields": (
        "{field: {learned: resources/examples/learned/small-learned-0, steps: 10}, grid: {delta_t: [0.1, 0.2]}, "
        "continue: delta_t}",
        "continue: is not allowed with field.learned, whose fields begin as their input (null)",
    ),
    "one frame that is measured often": (
        "{history: {keep: final}, measure: {every: 6}}",
        "measure.every: 6 has no effect with history.keep: final, which has one frame (null)",
    ),
    "an unknown observable": (
        "measure: {observables: [order]}",
        'measure.observables[0]: "order" is not allowed (one of "order_parameter", "channel_order_parameter", ',
    ),
    "a view of observables that are not measured": (
        "measure: {observables: [order_parameter]}",
        "render.views: order_parameter needs channel_order_parameter, local_order_parameter, input_alignment, "
        "spike_share (name them in measure.observables)",
    ),
    "a study of an observable that is not measured": (
        "{measure: {observables: [spike_share]}, render: {views: [phase]}}",
        "study.observable: final_order_parameter needs order_parameter (name it in measure.observables, or set",
    ),
    "a folder that no pictures come from": (
        "pictures: {dataset: mnist, directory: mine}",
        'pictures.directory: "mine" has no effect with pictures.source: bundled (allowed with pictures.source: ',
    ),
    "a range of levels of 8 bits": (
        "pictures: {range: [0, 100]}",
        "pictures.range: [0, 100] has no effect with pictures.dataset: mnist, whose levels are 0 to 255 (allowed with ",
    ),
    "how a run went, of its last frame": (
        "{history: {keep: final}, render: {views: [phase]}, study: {observable: settling_time}}",
        "study.observable: settling_time is not allowed with history.keep: final, which does not say how a run ",
    ),
    "how a run went, of one frame of few that are measured": (
        "{grid: {steps: [40, 400]}, measure: {every: 40}, study: {observable: final_phase_velocity}}",
        "study.observable: final_phase_velocity is not allowed with one frame measured of 40 steps, which does not ",
    ),
    "a threshold of how a run went, of its last frame": (
        "{grid: {k_bias: [1, 2]}, history: {keep: final}, "
        "study: {thresholds: [{of: final_phase_velocity, along: k_bias, level: 1}]}}",
        "study.thresholds[0].of: final_phase_velocity is not allowed with history.keep: final, which ",
    ),
    "statistics over what points set to its default": (
        "{grid: {k_omega: [0.1, 0.2], points: [{k_bias: 1.25}, {seed: 7}]}, "
        "study: {statistics: [{of: end_time, over: [k_bias]}]}}",
        "study.statistics[0].over: k_bias does not differ between the runs (allowed: digit, k_omega, seed)",
    ),
    "no values in a job": (
        "batch: {digit: 0}",
        'batch: {"digit": 0} is not allowed (auto, a list of axes, each once, ',
    ),
    "a number for a name": (
        "study: {name: 2024}",
        "study.name: 2024 is not allowed (letters, digits, dots, dashes and underscores, 60 at most; not runs, "
        "perturbations, readout or learned; no ending .html, .js, .csv, .parquet, .png, .svg or .pdf; "
        "YAML takes it for no text: write it in quotes)",
    ),
    "statistics over what does not differ": (
        "{grid: {k_bias: [1, 2]}, study: {statistics: [{of: settling_time, over: [seed]}]}}",
        "study.statistics[0].over: seed does not differ between the runs (allowed: digit, k_bias)",
    ),
    "statistics of nothing": (
        "{study: {statistics: [{over: [digit]}]}}",
        "study.statistics[0].of: is missing",
    ),
    "a threshold along no axis": (
        "{grid: {seed: 3}, study: {thresholds: [{of: settling_time, along: k_bias, level: 1}]}}",
        "study.thresholds[0].along: k_bias is no axis of the grid by itself with at least two numbers",
    ),
    "a threshold along one value": (
        "{grid: {k_bias: [1]}, study: {thresholds: [{of: settling_time, along: k_bias, level: 1}]}}",
        "study.thresholds[0].along: k_bias is no axis of the grid by itself with at least two numbers",
    ),
    "a threshold along texts": (
        "{grid: {boundary: [open, periodic]}, study: {thresholds: [{of: settling_time, along: boundary, level: 1}]}}",
        "study.thresholds[0].along: boundary is no axis of the grid by itself with at least two numbers",
    ),
    "statistics over one seed": (
        "{grid: {seed: 1}, study: {statistics: [{of: settling_time, over: [seed]}]}}",
        "study.statistics[0].over: seed does not differ between the runs (allowed: digit)",
    ),
    "statistics of what is not measured": (
        "{measure: {observables: [order_parameter]}, render: {views: []}, "
        "study: {statistics: [{of: final_spike_share, over: [digit]}]}}",
        "study.statistics[0].of: final_spike_share needs spike_share (name it in measure.observables)",
    ),
    "a size of its own beside others": (
        "grid: {size: [0, 14]}",
        "grid.size: 0 is not allowed beside other sizes (the number of pixels along a side)",
    ),
    "a threshold over its own axis": (
        "{grid: {k_bias: [1, 2]}, study: {thresholds: [{of: settling_time, along: k_bias, level: 1, over: [k_bias]}]}}",
        "study.thresholds[0].over: k_bias is what the threshold lies along (other axes)",
    ),
    "an unknown source": (
        "pictures: {source: moon}",
        'pictures.source: "moon" is not allowed (one of "bundled", "download", "directory")',
    ),
    "a source without its folder": (
        "pictures: {source: directory}",
        "pictures.directory: null is not allowed (a folder, because pictures.source is directory)",
    ),
    "a folder without the files": (
        "pictures: {source: directory, directory: nowhere}",
        "nowhere: no such folder (allowed: a folder with the IDX files train-images-idx3-ubyte and train-labels-idx1",
    ),
    "an unknown view": ("render: {views: [phases]}", 'render.views[0]: "phases" is not allowed (one of "phase", '),
    "an unknown method": ("embed: {methods: [umap]}", 'embed.methods[0]: "umap" is not allowed (one of "pca", "tsne")'),
    "a perplexity of one": ("embed: {tsne: {perplexity: 1}}", "embed.tsne.perplexity: 1 is not allowed (more than 1)"),
    "colours that are not cyclic": (
        "render: {phase: {colours: Viridis}}",
        'render.phase.colours: "Viridis" is not allowed (one of "Phase", ',
    ),
    "a precision beyond 16 bits": (
        "history: {precision: 1.0e-6}",
        "history.precision: 1e-06 is not allowed (exact, or the largest error of a stored phase, a number from 5.0e-5",
    ),
    "an unknown precision": (
        "history: {precision: fine}",
        'history.precision: "fine" is not allowed (exact, or the largest error of a stored phase',
    ),
    "a frame rate that is no number": (
        "render: {html: {frame_rate: .nan}}",
        "render.html.frame_rate: NaN is not allowed (a finite number)",
    ),
    "a compiled engine on a GPU": (
        "simulate: {engine: numba, device: cuda}",
        'simulate.device: "cuda" is not allowed with simulate.engine: "numba" (auto or cpu)',
    ),
    "the engine for GPUs on a CPU": (
        "simulate: {engine: cuda, device: cpu}",
        'simulate.device: "cpu" is not allowed with simulate.engine: "cuda" (auto or cuda)',
    ),
    "too large a perplexity": (
        "embed: {tsne: {perplexity: 262}}",
        "embed.tsne.perplexity: 262 is too large for 784 sites (allowed: at most 261, or embed.methods without tsne)",
    ),
    "the folder that is written to, as source": (
        "pictures: {source: directory, directory: ./resources/mnist}",
        'pictures.directory: "./resources/mnist" is not allowed (another folder than the one that the',
    ),
    "an unknown engine": ("simulate: {engine: abacus}", 'simulate.engine: "abacus" is not allowed (one of "auto", '),
    "a frame rate of zero": (
        "render: {html: {frame_rate: 0}}",
        "render.html.frame_rate: 0 is not allowed (at least 0.1)",
    ),
    "a frame rate that no PNG can have": (
        "render: {png: {frame_rate: 0.015}}",
        "render.png.frame_rate: 0.015 is not allowed (at least 0.1)",
    ),
    "a list in itself": ("field: {seed: &x [*x]}", "field.seed[0]: contains itself, which is not allowed"),
    "a number beyond all floats": (
        f"field: {{k_bias: 1{400 * '0'}}}",
        "field.k_bias: a number of 1329 bits is not allowed (a finite number)",
    ),
    "a letter that no path has": (
        'pictures: {source: directory, directory: "a\\0b"}',
        'pictures.directory: "a\\u0000b" is not allowed (a text without control characters)',
    ),
    "half a letter": (
        'pictures: {source: directory, directory: "\\ud800"}',
        'pictures.directory: "\\ud800" is not allowed (a text without control characters)',
    ),
    "a name that no system takes": (
        f"pictures: {{source: directory, directory: {300 * 'a'}}}",
        f'pictures.directory: "{76 * "a"}... is not allowed (File name too long; a folder)',
    ),
    "a path of 5,000 letters": (
        f"pictures: {{source: directory, directory: {1000 * 'abcd/'}}}",
        "pictures.directory: a text of 5000 letters is not allowed (at most 4096)",
    ),
    "aliases of aliases": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in itertools.pairwise("abcdefghij")),
        "a: no such key",
    ),
    "a key that is nothing": ("study: {~: 3}", "study: null is not allowed as a key (a text)"),
    "a key that is a number": ("3: 4", "config: 3 is not allowed as a key (a text)"),
    "a key twice": (
        "digits: [3]\nfield: {steps: 16}\nfield: {k_bias: 2}\n",
        "field: is given twice, in lines 2 and 3 of ",
    ),
    "a key twice inside": (
        "field:\n  steps: 16\n  k_bias: 1\n  steps: 8\n",
        "field.steps: is given twice, in lines 2 and 4 of ",
    ),
    "a million runs": (
        "grid: {seed: 1000, k_bias: {from: 0, to: 1, steps: 100}}",
        "most_runs: this config asks for 1,000,000 runs (allowed: 20,000; set most_runs to at least 1000000 if",
    ),
    "seeds beyond the last": (
        "{field: {seed: 4294967290}, grid: {seed: 10}}",
        "grid.seed: 4294967296 is not allowed (at most 4294967295)",
    ),
    "a range beyond its parameter": (
        "grid: {delta_t: {from: 0.5, to: 2, steps: 3}}",
        "grid.delta_t.to: 2 is not allowed (at most 1)",
    ),
    "a folder outside": (
        "pathvars: {results: ../out}",
        'pathvars.results: "../out" is not allowed (a folder, without .. and without the letters',
    ),
    "a folder of no name": ("pathvars: {results: ''}", 'pathvars.results: "" is not allowed (a folder, without ..'),
    "a folder that nothing is written to": (
        "pathvars: {result: out}",
        "pathvars.result: no such key (did you mean results? allowed: logs, resources, results)",
    ),
    "a training of image files": (
        "{pictures: {dataset: folder, directory: resources/examples/drawings}, learning: {enabled: true}}",
        "learning.enabled: true is not allowed with pictures.dataset: folder (a data set of IDX files)",
    ),
    "a training that leaves nothing to validate with": (
        "learning: {enabled: true, validation_share: 0.00001}",
        "learning.validation_share: 1e-05 of 5000 pictures leaves none to validate with, or none to train on",
    ),
    "an arm that nobody knows": (
        "learning: {arms: [oracle]}",
        'learning.arms[0]: "oracle" is not allowed (one of "learned", "no_steps", ',
    ),
    "a readout of pictures that are not there": (
        "{pictures: {source: directory, directory: nowhere}, readout: {enabled: true}}",
        "nowhere: no such folder (allowed: a folder with the IDX files train-images-idx3-ubyte and train-labels-idx1",
    ),
    "all pictures to validate with": (
        "readout: {validation_share: 1}",
        "readout.validation_share: 1 is not allowed (less than 1)",
    ),
    "a range beyond all floats": (
        "grid: {k_bias: {from: -1, to: 1.0e+308, steps: 3}}",
        "grid.k_bias.to: 1e+308 is not allowed (at most 1000)",
    ),
    "a removal without its list": (
        "prune: remove",
        'prune: "remove" is not allowed (list, or what `snakemake prune` prints after its list to remove',
    ),
}


# YAML takes the last of two without a word, so these are found in the file.
IN_THE_FILE = ("a key twice", "a key twice inside")
# One from each place where a fault is found goes through Snakemake: schema, grid, file.
THROUGH_SNAKEMAKE = ("no time step", "a value twice in the grid", "a key twice")


@pytest.mark.parametrize("case", [case for case in BAD if case not in IN_THE_FILE])
def test_a_wrong_config_is_refused_by_one_line(case, monkeypatch):
    monkeypatch.chdir(ROOT)
    text, expected = BAD[case]

    with pytest.raises(ConfigError) as refused:
        study_of(text).check_machine([])
    assert str(refused.value).startswith(expected)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("case", IN_THE_FILE)
def test_a_file_that_gives_a_key_twice_is_refused(case, tmp_path):
    text, expected = BAD[case]
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(expected)):
        check_keys_are_given_once(tmp_path / "config.yaml")


SNAKEMAKES_OWN = r"(Using workflow specific profile|Config file .* is extended by)"


@pytest.mark.parametrize("case", THROUGH_SNAKEMAKE)
def test_snakemake_prints_that_line_alone(new_project, case):
    project = new_project("bad")
    text, expected = BAD[case]
    outcome = project.snakemake(config=text, check=False)
    assert outcome.code == 1, outcome.output
    [said] = [line for line in outcome.output.splitlines() if not re.match(SNAKEMAKES_OWN, line)]
    assert said.startswith(f"config: {expected}")
    assert not (project.folder / "results").exists()


def test_a_fault_says_where_its_value_was_given(new_project):
    project = new_project("bad")

    def said(*arguments, config):
        return project.snakemake(*arguments, config=config, check=False).output.splitlines()[-1]

    text = "digits: [3]\nfield:\n  steps: 8\n  k_coupling: 5000\n"
    assert said(config=text).endswith("(at most 1000) (" + str(project.folder / "override.yaml") + ", line 4)")
    assert said("--config", "field={k_bias: -2000}", config="digits: [3]").endswith("(at least -1000) (--config)")
    assert said("--config", "k_coupling=1", config="digits: [3]").startswith(
        "config: k_coupling: no such key (did you mean field.k_coupling? "
    )
    other = project.folder / "other.yaml"
    other.write_text("field: {k_coupling: 6000}\n")
    assert said("--configfile", str(other), config=None).endswith("(at most 1000) (" + str(other) + ", line 1)")
    text = "digits: [3]\ngrid:\n  points:\n    - {k_bias: 1}\n    - {speed: 1}\n"
    assert said(config=text).endswith("override.yaml, line 5)")


@pytest.mark.parametrize("section", ["learning", "readout"])
@pytest.mark.parametrize(
    ("classes", "tests", "said"), [(1, 3, "with training pictures of one class"), (2, 0, "with no picture for tests")]
)
def test_pictures_that_nothing_can_be_learned_from_are_refused(tmp_path, section, classes, tests, said):
    write_data_set(tmp_path, *letters(20, 1, classes=classes), *letters(tests, 2, classes=classes), name="idx")
    text = f"{{pictures: {{dataset: idx, source: directory, directory: {tmp_path}}}, {section}: {{enabled: true}}}}"
    with pytest.raises(ConfigError, match=rf"{section}\.enabled: true is not allowed {said}"):
        study_of(text)


def test_a_place_that_cannot_be_written_is_refused(new_project):
    project = new_project("unwritable")
    (project.folder / "results").touch()
    outcome = project.snakemake(config="digits: [3]", check=False)
    assert outcome.code == 1
    assert "config: results: cannot be written, because " in outcome.output
    assert "Traceback" not in outcome.output


def test_insisting_on_png_without_a_browser_is_refused(new_project, monkeypatch):
    project = new_project("browser")
    browser = project.folder / "src/oscillator_field/figures/painters/browser.py"
    browser.write_text(browser.read_text() + "\n\ndef find_browser():\n    return None\n")
    outcome = project.snakemake("--dry-run", config="render: {png: {enabled: true}}", check=False)
    assert outcome.code == 1
    assert (
        "config: render.png.enabled: true is not allowed without a browser (install Chrome or Chromium"
        in outcome.output
    )
    # Without insisting, one line says what is missing and how to get it, and the pages are drawn.
    outcome = project.snakemake("--dry-run", config="digits: [3]")
    assert "No PNG, HTML only: no browser is found that starts (install Chrome or Chromium, or run" in outcome.output
    assert "as HTML" in outcome.output
    assert "as PNG" not in outcome.output
