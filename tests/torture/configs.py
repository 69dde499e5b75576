"""Mutated configs: each is refused in one line that names the key, or accepted and planned; good ones are accepted."""

import random
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import yaml

from tests.support.projects import ROOT
from tests.torture.projects import new_project

WORKERS = 2
# What Snakemake says before it reads the workflow; of pathvars that are no mapping, a traceback with this line.
QUIET = re.compile(r"(Using workflow specific profile|Config file .* is extended by|No PNG, HTML only)")
TRACEBACK_OF_PATHVARS = "for key, value in items.items():"
ITS_OWN = (
    *("is not valid JSON or YAML", "Config file must be given as JSON or YAML with keys at top level"),
    *("Pathvars have to be a mapping of str to str", TRACEBACK_OF_PATHVARS),
)
DEFAULT = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
# Values as YAML has them: of every kind, at every border, and beyond.
WILD = [
    *(
        "null",
        "true",
        "no",
        "0",
        "-0",
        "1",
        "-1",
        "2",
        "3",
        "4",
        "7",
        "28",
        "257",
        "1000001",
        "4294967296",
        "0.0",
        "0.5",
    ),
    *("-0.5", "1.0", "1.5", "1e3", "1.0e+3", "1e-5", "1.0e-300", "1.0e+300", ".nan", ".inf", "-.inf", "0x1F", "0o17"),
    *("1_000", "12:30:45", "2026-11-26", "~", "''", "' '", "a", "phase", "auto", "all", "mean", "exact", "cpu", "cuda"),
    *("'3'", "'1.0'", '"\\0"', '"\\ud800"', '"\\n"', '"\\x7f"', "'{}'", "'{run}'", "'../..'", "/", "/dev/null"),
    *("[]", "[[]]", "[1]", "[0, 0]", "[3, 3.0]", "[1, 2, 3]", "[null]", "[true]", "['']", "[pca]", "[tsne]", "[digit]"),
    *("{}", "{a: 1}", "{~: 1}", "{1: 2}", "{true: 1}", "{from: 0, to: 1, steps: 3}", "{from: 1, to: 0, steps: 2}"),
    *("{from: -1, to: 1, steps: 3, scale: log}", "{from: 0, to: 1, steps: 100000}", "{from: a, to: b, steps: c}"),
    *("&x [*x]", "&x [[*x], 1]", "!!str 3", "!!float 3", "!!binary aGk=", "!!set {1, 2}", "|\n  text", "1" + "0" * 400),
    *("a" * 300, "a" * 5000, "é", "\U0001f9e0", "'🧠'", "- 1", "9" * 30, "[" * 40 + "]" * 40),
]
NEAR = ["fields", "Field", "digit", "gird", "steps", "k_copling", "render ", "", "__proto__", "0", "configfile"]


def leaves(values, above=()):
    """The paths of all keys of a config, sections included."""
    for key, value in values.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))


PATHS = [
    *leaves(DEFAULT),
    *(("grid", name) for name in (*DEFAULT["field"], *DEFAULT["encoding"], "zip", "points", "sample")),
]


def nested(path, value):
    """YAML that sets the key at a path, in flow style but for the first level."""
    first, *rest = path
    text = value
    for key in reversed(rest):
        text = f"{{{key}: {text}}}"
    return f"{first}: {text}"


def value_for(path, chosen):
    """A value of the kind that belongs there, half of the time, and else any."""
    value = DEFAULT
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if chosen.random() < 0.5 or value is None or isinstance(value, dict):
        return chosen.choice(WILD)
    if isinstance(value, bool):
        return chosen.choice(["true", "false"])
    if isinstance(value, int):
        return str(chosen.choice([0, 1, 2, 3, 8, 16, 100, 1000, -1, value, 2 * value, value + 1]))
    if isinstance(value, float):
        return f"{chosen.choice([0, 0.5, 1, 2, -1, 10, 1000, value, 2 * value, -value]):.6f}"
    if isinstance(value, list):
        return yaml.safe_dump(chosen.sample(value, chosen.randint(0, len(value))), default_flow_style=True).strip()
    return str(value)


def mutated(chosen):
    """The text of a config with one to three wild keys."""
    lines, used = ["digits: [3]"] * chosen.randrange(2), set()
    for _ in range(chosen.randint(1, 3)):
        path = chosen.choice(PATHS)
        if chosen.random() < 0.15:
            path = (*path[: chosen.randrange(len(path) + 1)], chosen.choice(NEAR))
        # The same section twice is a fault of its own, not to be made by chance alone.
        if path[0] in used and chosen.random() < 0.8:
            continue
        used.add(path[0])
        lines.append(nested(path, value_for(path, chosen)))
    return "\n".join(lines) + "\n"


def good(chosen):
    """A config that has to be accepted."""
    return yaml.safe_dump(
        {
            "digits": chosen.sample(range(10), chosen.randint(3, 10)),
            "field": {
                "steps": chosen.randint(1, 2000),
                "channels": chosen.randint(2, 8),
                "delta_t": round(chosen.uniform(0.001, 1), 6),
                "k_coupling": chosen.choice([0, 0.24, round(chosen.uniform(-10, 10), 3)]),
                "seed": chosen.randrange(2**32),
            },
            "encoding": {"scale": chosen.choice(["unit", "standardised"]), "invert": chosen.random() < 0.5},
            "grid": chosen.choice(
                [{}, {"k_bias": [0, 1, 2.5]}, {"seed": 3}, {"k_omega": {"from": 0, "to": 1, "steps": 4}}]
            ),
            "batch": chosen.choice([[], ["digit"]]),
            "history": {"every": chosen.randint(1, 50), "precision": chosen.choice(["exact", 1.0e-3])},
            "embed": {"methods": chosen.sample(["pca", "tsne"], chosen.randint(0, 2)), "samples": {"methods": ["pca"]}},
            "render": {"panels": chosen.randint(1, 16), "png": {"enabled": False, "frame_rate": chosen.randint(1, 60)}},
        }
    )


def torture(cases, seed):
    lock = threading.Lock()
    with ExitStack() as stack:
        projects = [stack.enter_context(new_project()) for _ in range(WORKERS)]
        with ThreadPoolExecutor(WORKERS) as pool:
            shares = pool.map(lambda project: judge_all(project, cases, seed, lock), projects)
            verdicts = [verdict for share in shares for verdict in share]
    kinds = Counter(kind for kind, _ in verdicts)
    faults = [said for kind, said in verdicts if kind.startswith("fault")]
    good_ones = kinds["good"] + kinds["fault of a good one"]
    figure = (
        f"{len(verdicts) - good_ones} mutated: {kinds['refused']} refused in one line, {kinds['accepted']} accepted "
        f"and planned, {kinds['not read']} refused by Snakemake itself; {kinds['good']} of {good_ones} good ones "
        "accepted"
    )
    return figure, faults


def judge_all(project, cases, seed, lock):
    """The verdicts on the cases that are left, each drawn by its number; after every tenth comes a good one."""
    verdicts = []
    while True:
        with lock:
            number = next(cases, None)
        if number is None:
            return verdicts
        chosen = random.Random(f"{seed} {number}")
        verdicts.append(judged(project, mutated(chosen), False))
        if number % 10 == 0:
            verdicts.append(judged(project, good(chosen), True))


def judged(project, text, is_good):
    """The kind of an outcome, and what is wrong with it if it is a fault."""
    outcome = project.snakemake("--dry-run", "--quiet", "all", config=text, check=False)
    said = [line for line in outcome.output.splitlines() if line and not QUIET.match(line)]
    told = f"{text!r}: {' | '.join(said[-3:])[-600:]}"
    crashed = "Traceback" in outcome.output and TRACEBACK_OF_PATHVARS not in outcome.output
    if crashed or (is_good and outcome.code):
        return "fault", told
    if outcome.code == 0:
        return "good" if is_good else "accepted", ""
    if any(words in outcome.output for words in ITS_OWN):
        return "not read", ""
    if len(said) == 1 and re.match(r"config: [^:]*\S: ", said[0]):
        return "refused", ""
    return "fault", told
