# What the rules of the readout share. No rule is here.

from oscillator_field.readout.arms import arms_of, fields_of
from oscillator_field.readout.fields import shards
from oscillator_field.readout.images import is_test, set_names

READOUT = "results/readout"
TIMES = sorted(config["readout"]["times"])

if config["readout"]["enabled"]:
    SETS = set_names(config["readout"])
    FIELDS = fields_of(JOBS.values())
    ARMS = arms_of(list(JOBS.values()), TIMES)
    SHARDS = {name: shards(image_count(SOURCE_FOLDER, name), config["readout"]["shard"]) for name in SETS}
else:
    SETS, FIELDS, ARMS, SHARDS = [], {}, {}, {}


def known(names, name, what):
    """One of the names of this config, or an error in a line."""
    if name not in names:
        raise WorkflowError(f"{name} is no {what} of this config.")
    return names[name]


def shard_settings(wildcards):
    chosen = known(SHARDS, wildcards.set, "set of pictures")[int(wildcards.shard)]
    return {
        "device": config["simulate"]["device"],
        "end": chosen.stop,
        "engine": config["simulate"]["engine"],
        "first": chosen.start,
        "run": sorted_dict(known(FIELDS, wildcards.field, "field")),
        "times": TIMES,
    }


def shard_megabytes(wildcards):
    """Room for the libraries, and for start, input and kept phases of all pictures of a shard."""
    sites = 28 * 28 * known(FIELDS, wildcards.field, "field")["channels"]
    frames = len(TIMES)
    return 1500 + gpu_megabytes() + config["readout"]["shard"] * sites * (16 + 2 * frames) // 10**6


def shard_bytes():
    """What a shard takes on the disk, on average: 16 bits a phase, which hardly compress."""
    channels = max((parameters["channels"] for parameters in FIELDS.values()), default=0)
    pictures = [one.stop - one.start for parts in SHARDS.values() for one in parts] or [0]
    return 2 * 28 * 28 * channels * len(TIMES) * sum(pictures) // len(pictures)


def shards_of_arm(wildcards):
    """The field over all sets, if the arm is the field after some steps."""
    arm = known(ARMS, wildcards.arm, "arm of the readout")
    if not arm.step:
        return []
    places = {name: range(len(SHARDS[name])) for name in SETS}
    return [f"{READOUT}/fields/{arm.field}/{name}/{n}.zarr" for name, numbers in places.items() for n in numbers]


def fit_settings(classifier):
    def of_arm(wildcards):
        arm = known(ARMS, wildcards.arm, "arm of the readout")
        return {
            "arm": {"kind": arm.kind, "parameters": sorted_dict(arm.parameters), "step": arm.step},
            "classifier": classifier,
            # Nearest centroids have none.
            "settings": sorted_dict(config["readout"].get(classifier, {})),
            **{key: config["readout"][key] for key in ("repetitions", "seed", "validation_share")},
        }

    return of_arm


def fit_megabytes(wildcards):
    """Room for the libraries, for the features of all pictures, and for those that train, centred, and their kin."""
    arm = known(ARMS, wildcards.arm, "arm of the readout")
    features = 28 * 28 * {"pixels": 1, "input": 2, "field": 2 * arm.parameters.get("channels", 1)}[arm.kind]
    training, tests = (
        sum(parts[-1].stop for name, parts in SHARDS.items() if is_test(name) == wanted) for wanted in (False, True)
    )
    return 1500 + 4 * features * (2 * training + 2 * tests) // 10**6


def predictions():
    """The stores of all classifiers on all arms."""
    return expand(
        f"{READOUT}/predictions/{{arm}}/{{classifier}}.zarr", arm=ARMS, classifier=config["readout"]["classifiers"]
    )


def readout_stores():
    """All stores of the readout; None without one, which may come back and find what it left."""
    if not config["readout"]["enabled"]:
        return None
    images = [f"{READOUT}/images/{name}.zarr" for name in SETS]
    fields = [
        f"{READOUT}/fields/{field}/{name}/{n}.zarr"
        for field in FIELDS
        for name in SETS
        for n in range(len(SHARDS[name]))
    ]
    return [*images, *fields, *predictions()]
