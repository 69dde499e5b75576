"""Tables of what was measured: from the figures of benchmarks/ and from the table of a readout, for the docs."""

import csv
import json
from pathlib import Path
from statistics import fmean, stdev

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def figures(name):
    """The figures that a benchmark wrote."""
    return json.loads((BENCHMARKS / f"{name}.json").read_text(encoding="utf-8"))


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def field():
    """Milliseconds a field on a CPU, beside the notebook's class."""
    found = figures("field")
    notebook = found["milliseconds_a_field"]["notebook's class, every step"]
    rows = [
        [name, _short(milliseconds), _short(notebook / milliseconds)]
        for name, milliseconds in found["milliseconds_a_field"].items()
    ]
    sizes = "; ".join(f"{_short(size)} MB for `{name}`" for name, size in found["megabytes_a_field"].items())
    seconds, gigabytes = _short(found["seconds_of_many_fields"]), found["peak_megabytes"] / 1000
    lines = [
        f"A stored field of every step takes, by `precision`, {sizes}.",
        f"{found['many_fields']:,} fields, final state, two threads, take {seconds} s.",
        f"A job of 1,000 fields that stores every step takes {gigabytes:.1f} GB of memory.",
    ]
    head = ["512 steps of 28 x 28 x 4 oscillators", "ms a field", "times the notebook"]
    text = f"On {found['machine']}:\n\n{table(head, rows)}\n" + "\n".join(lines) + "\n"
    return f"{text}\n{_over_sizes(found['site_steps_a_second'])}\n{_with_terms(found['milliseconds_with_a_term'])}"


def _over_sizes(rates):
    """Rates over the size of a lattice and the number of runs."""
    runs = list(next(iter(rates.values())))
    rows = [
        [name, *(f"{one[count] / 1e9:.2f}" if count in one else "" for count in runs)] for name, one in rates.items()
    ]
    head = ["1e9 site-steps/s, four channels, final state", *(f"{int(count):,} runs" for count in runs)]
    head[1] = "1 run"
    return table(head, rows)


def _with_terms(milliseconds):
    """What each term costs."""
    rows = [[name, _short(one), f"{one / milliseconds['none']:.2f}"] for name, one in milliseconds.items()]
    return table(["a term, one thread, final state", "ms a field", "times none"], rows)


def gpu():
    """Site-steps a second on a GPU."""
    found = figures("gpu")
    parts = []
    for title, speeds in (("final state, nothing copied", "final"), ("every step, streamed to the host", "every_step")):
        batches = list(next(iter(found[speeds].values())))
        rows = [
            [name, *(f"{of_batch[batch] / 1e9:.2f}" for batch in batches)] for name, of_batch in found[speeds].items()
        ]
        parts.append(table([title, *(f"batch {int(batch):,}" for batch in batches)], rows))
    link = f"A plain copy from the GPU to page-locked memory moves {found['host_link'] / 1e9:.0f} GB/s.\n"
    return f"On one {found['machine']}, in 1e9 site-steps a second:\n\n" + "\n".join(parts) + f"\n{link}"


def sizes():
    """Seconds and peak memory of each job over the size of the lattice, and what is kept."""
    found = figures("sizes")
    each = found["sizes"]
    rules = list(next(iter(each.values()))["seconds"])
    seconds = [[rule, *(_short(one["seconds"][rule]) for one in each.values())] for rule in rules]
    measured, declared = ("peak_megabytes", "declared_megabytes")

    def of_declared(rule, one):
        return f"{_short(one[measured][rule])} of {_short(one[declared][rule])}" if one[measured][rule] else ""

    memory = [[rule, *(of_declared(rule, one) for one in each.values())] for rule in rules[1:]]
    kept = [
        [words, *(_short(one[name]) for one in each.values())]
        for name, words in (
            ("history_megabytes", "history"),
            ("largest_page_megabytes", "largest page"),
            ("preview_megabytes", "preview"),
        )
    ]
    head = [f"{size} x {size}" for size in each]
    parts = [
        table(["seconds of", *head], seconds),
        table(["peak of declared MB in", *head], memory),
        table(["MB kept in", *head], kept),
    ]
    return f"On {found['machine']}:\n\n" + "\n".join(parts)


def plain(name, head):
    """Every figure of a benchmark, as it names them."""
    found = figures(name)
    rows = [[figure, _short(value)] for figure, value in found.items() if figure != "machine"]
    return f"On {found['machine']}:\n\n" + table([head, "measured"], rows)


def readout():
    """Accuracies of all classifiers on all arms, in percent, with the deviation over repetitions."""
    with (BENCHMARKS / "readout.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    sets = [name for name in rows[0] if name.startswith("test") and not name.endswith(" deviation")]
    classifiers = list(dict.fromkeys(row["classifier"] for row in rows))
    parts = []
    for name in sets:
        cells = {
            (row["arm"], row["classifier"]): _in_percent(float(row[name]), row[f"{name} deviation"] or None)
            for row in rows
        }
        arms = list(dict.fromkeys(row["arm"] for row in rows))
        lines = [[f"`{arm}`", *(cells.get((arm, one), "") for one in classifiers)] for arm in arms]
        parts.append(f"### {name}\n\n" + table(["accuracy, %", *(one.replace("_", " ") for one in classifiers)], lines))
    return "\n".join(parts)


def _trainings():
    """The trainings of benchmarks/learned.csv, by size and arm."""
    with (BENCHMARKS / "learned.csv").open(encoding="utf-8") as stream:
        trainings = list(csv.DictReader(stream))
    arms = {}
    for one in trainings:
        arms.setdefault((one["size"], one["arm"]), []).append(one)
    return arms


def learned():
    """What each arm beside a learned field reaches, in percent, with the deviation over seeds: a table a size."""
    arms = _trainings()
    known = {"size", "arm", "seed", "parameters", "multiplications", "validation", "calibration error"}
    names = next(iter(arms.values()))[0]
    shares = [name for name in names if name not in known and " after " not in name]
    parts = []
    for size in dict.fromkeys(size for size, _ in arms):
        head = ["accuracy, %", *(name.removeprefix("test+").replace("_", " ") for name in shares)]
        head += ["calibration error, %", "parameters", "multiplications", "seeds"]
        lines = [
            [
                arm.replace("_", " "),
                *(_percent([float(one[name]) for one in seeds]) for name in shares),
                _percent([float(one["calibration error"]) for one in seeds]),
                *(f"{int(seeds[0][name]):,}" for name in ("parameters", "multiplications")),
                str(len(seeds)),
            ]
            for (of, arm), seeds in arms.items()
            if of == size
        ]
        parts.append(f"### {size}\n\n" + table(head, lines))
    return "\n".join(parts)


def learned_over_steps():
    """What fields say after more steps than in training, and their energy then."""
    arms = {arm: seeds for arm, seeds in _trainings().items() if seeds[0]["energy after 1 times the steps"]}
    shares, energies = (
        [name for name in next(iter(arms.values()))[0] if name.startswith(f"{kind} after ")]
        for kind in ("accuracy", "energy")
    )
    head = [name.replace(" after", ", % after", 1).replace(" times the steps", "x") for name in shares]
    head += [name.replace(" after", ", 1/s after").replace(" times the steps", "x") for name in energies]
    lines = [
        [
            size,
            arm.replace("_", " "),
            *(_percent([float(one[name]) for one in seeds]) for name in shares),
            *(f"{fmean(float(one[name]) for one in seeds):.2f}" for name in energies),
            str(len(seeds)),
        ]
        for (size, arm), seeds in arms.items()
    ]
    return table(["size", "arm", *head, "seeds"], lines)


def _percent(shares):
    """The mean of shares in percent, with their deviation where there are several."""
    return _in_percent(fmean(shares), stdev(shares) if len(shares) > 1 else None)


def _in_percent(share, deviation):
    return f"{100 * share:.2f}" + ("" if deviation is None else f" ± {100 * float(deviation):.2f}")


def _short(value):
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
