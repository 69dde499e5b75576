"""A study: what a config asks for, by names, settings and resources, without Snakemake."""

import pytest

from oscillator_field.study import resources
from oscillator_field.study.commands import command_words
from oscillator_field.study.configuration import ConfigError, with_types
from oscillator_field.study.names import UnknownNameError
from oscillator_field.study.settings import SETTINGS, settings_of
from tests.support.projects import study_of

READOUT = "readout: {enabled: true, steps: [8, 4]}"


def test_the_order_of_a_config_does_not_show_in_settings():
    one = study_of("{digits: [3], history: {every: 2, precision: exact}, field: {k_bias: 2, seed: 7}}")
    other = study_of("{field: {seed: 7, k_bias: 2.0}, history: {precision: exact, every: 2.0}, digits: [3]}")
    [job] = one.jobs
    assert repr(settings_of(one, "simulate", job=job)) == repr(settings_of(other, "simulate", job=job))


@pytest.mark.parametrize(
    ("named", "weights"),
    [
        # Where a clone lies does not show: when it moves, nothing runs again.
        ("models/small", "models/small/weights.zarr"),
        ("./models/small/", "models/small/weights.zarr"),
        ("/models/small", "/models/small/weights.zarr"),
        ("results/learned/small-learned-0", "<study>/learned/small-learned-0/weights.zarr"),
    ],
)
def test_weights_lie_where_the_config_says(named, weights):
    training = "learning: {enabled: true, sizes: [small], arms: [learned], seeds: [0]}"
    study = study_of(f"{{digits: [3], field: {{learned: {named}, channels: 4}}, {training}}}")
    [job] = study.jobs
    assert study.is_learned(job)
    assert study.weights_of("<study>", job) == [weights]


def test_mirrors_decide_a_download_alone():
    def fetched(source, mirror):
        return settings_of(study_of(f"pictures: {{source: {source}, mirrors: ['{mirror}']}}"), "fetch_pictures")

    assert fetched("bundled", "http://one/") == fetched("bundled", "http://two/")
    assert fetched("download", "http://one/") != fetched("download", "http://two/")


@pytest.mark.parametrize(
    ("rule", "names", "message"),
    [
        ("simulate", {"job": "digit=7"}, "digit=7 is no run of this config."),
        ("encode", {"perturbation": "digit=7"}, "digit=7 is no input of this config."),
        ("embed_samples", {"set": "digit=all", "method": "pca"}, "digit=all is no set of samples of this config."),
        ("fit_network", {"arm": "field+time=5"}, "field[+]time=5 is no arm of the readout of this config."),
    ],
)
def test_a_name_that_nothing_has_is_an_error_in_one_line(rule, names, message):
    with pytest.raises(UnknownNameError, match=message):
        settings_of(study_of(f"{{digits: [3], {READOUT}}}"), rule, **names)


def test_views_of_embeddings_come_once_for_each_method():
    study = study_of("{embed: {methods: [tsne, pca]}, render: {views: [trajectory, phase, samples]}}")
    assert study.views == ["phase", "trajectory-tsne", "trajectory-pca"]
    assert study.sample_views == ["samples-pca"]
    assert study.stores_of(study.views) == ["embedding-pca.zarr", "embedding-tsne.zarr", "history.zarr"]


def test_targets_are_all_that_a_config_asks_for():
    study = study_of("{digits: [3], embed: {methods: [pca]}, render: {views: [phase], html: {enabled: false}}}")
    assert sorted(study.targets()) == sorted(
        [
            "index.html",
            "run.html",
            "compare.html",
            "study.js",
            "live.html",
            "summary.parquet",
            *(f"runs/digit=3/{name}.zarr" for name in ("history", "observables", "embedding-pca")),
        ]
    )
    readout = study_of(f"{{digits: [3], {READOUT}}}")
    assert {"readout.csv", "readout.html"} <= set(readout.targets())


def test_memory_grows_with_what_is_in_memory():
    def megabytes(config, rule="simulate"):
        study = study_of(config)
        return resources.megabytes(study, rule, job=next(iter(study.jobs)))

    few, many = "{digits: [3]}", "{batch: [digit, seed], grid: {seed: 40}}"
    assert megabytes(few) < megabytes(many)
    assert megabytes(few, "measure") < megabytes(many, "measure")
    assert megabytes("{digits: [3], simulate: {engine: cuda}}") == megabytes(few) + 3000
    assert resources.most_megabytes(study_of(few)) >= megabytes(few)


def test_the_size_of_a_lattice_may_differ_from_run_to_run():
    study = study_of("{digits: [3], grid: {size: [28, 14, 300]}, embed: {methods: [pca]}}")
    own, small, large = study.jobs
    assert [study.pixels_of(job) for job in study.jobs] == [784, 196, 90_000]
    assert [settings_of(study, "encode", perturbation=name)["read"]["shape"] for name in study.perturbations] == [
        [28, 28],
        [14, 14],
        [300, 300],
    ]
    assert "sites" not in settings_of(study, "embed", job=small, method="pca")
    assert settings_of(study, "embed", job=large, method="pca")["sites"] == study.config["embed"]["sites"]
    each = [resources.megabytes(study, "measure", job=job) for job in (small, own, large)]
    assert each == sorted(each)
    assert each[0] < each[2]
    assert study.most_site_steps == 90_000 * 4 * 512


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("encoding: {size: 1}", r"encoding.size: 1 is not allowed \(0, or at least 2\)"),
        ("{encoding: {size: 14}, readout: {enabled: true}}", "readout.enabled: true is not allowed with encoding.size"),
        (
            "{grid: {size: [14, 20]}, readout: {enabled: true}}",
            "readout.enabled: true is not allowed with encoding.size",
        ),
        (
            "{grid: {size: [28, 8]}, field: {neighbourhood: disc, radius: 9}}",
            "radius: 9 is not allowed on a lattice of 8",
        ),
        ("grid: {size: [28, 4]}", "embed.tsne.perplexity: 30 is too large for 16 sites"),
    ],
)
def test_a_size_that_does_not_fit_is_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        study_of(config)


@pytest.mark.parametrize(
    ("config", "modules", "gpus"),
    [
        ("{}", ["engines.cuda", "engines.numba"], None),
        ("simulate: {device: cpu}", ["engines.numba"], 0),
        ("simulate: {device: cuda}", ["engines.cuda"], 1),
        ("simulate: {engine: torch, device: cuda}", ["engines.torch"], 1),
        ("simulate: {engine: torch, device: cpu}", ["engines.torch"], 0),
        ("simulate: {engine: cuda}", ["engines.cuda"], 1),
        ("simulate: {engine: numba}", ["engines.numba"], 0),
        # What the engine for GPUs cannot compute.
        ("field: {integrator: heun}", ["engines.numba"], 0),
        ("{field: {integrator: heun}, simulate: {device: cuda}}", ["engines.torch"], 1),
        ("{field: {boundary: periodic, noise: 1}, simulate: {device: cuda}}", ["engines.cuda"], 1),
        ("{grid: {integrator: [euler, rk4]}, batch: [digit]}", ["engines.cuda", "engines.numba"], None),
        # Of a job alone, whatever runs beside it.
        ("grid: {integrator: [heun, euler]}", ["engines.numba"], 0),
    ],
)
def test_what_may_compute_a_field_and_on_what(config, modules, gpus):
    study = study_of(config)
    job = next(iter(study.jobs))
    assert study.modules_that_compute(job=job) == tuple(modules)
    if gpus is not None:
        assert resources.gpus(study, job=job) == gpus


def test_a_run_that_takes_longer_may_take_longer():
    def minutes(config, rule="simulate"):
        return resources.minutes(study_of(config), rule)

    field = "neighbourhood: disc, radius: 64, boundary: periodic"
    chimera = f"{{digits: [3], encoding: {{size: 256}}, field: {{{field}, steps: 12000}}}}"
    # Measured: some four hours.
    assert minutes("{}") <= 60 < 4 * 60 < minutes(chimera) < 100 * 60
    assert minutes(chimera.replace("steps: 12000", "steps: 120")) < minutes(chimera) / 10
    readout = "{readout: {enabled: true, shard: 500}, field: {neighbourhood: gaussian, radius: 9}}"
    seconds = [
        resources.typical_seconds(study_of(config), "simulate_images")
        for config in ("readout: {enabled: true, shard: 500}", readout)
    ]
    assert seconds[1] > 2 * seconds[0]


def test_every_rule_with_settings_has_its_time_and_memory():
    rules = {name for name in SETTINGS if not name.startswith("fit_")} | {
        "fit",
        "summarise",
        "compare_readouts",
        "compare_fields",
    }
    assert set(resources.MEGABYTES) == set(resources.MINUTES) == rules


def test_a_command_is_as_short_as_the_folder_allows_where_it_is_typed(tmp_path):
    snakefile = tmp_path / "workflow" / "Snakefile"
    snakefile.parent.mkdir()
    snakefile.touch()
    call = {
        "snakefile": str(snakefile),
        "directory": None,
        "configfiles": [tmp_path / "a b.yaml"],
        "config": {"digits": [3]},
    }
    typed = command_words("prune", **call, more=["prune="], called_in=str(tmp_path))
    assert typed == ["prune", "--cores", "1", "--configfile", "a b.yaml", "--config", "digits=[3]", "prune="]
    elsewhere = command_words("all", **call | {"directory": "/study"}, replace=True)
    assert elsewhere[:5] == ["all", "--snakefile", str(snakefile), "--directory", "/study"]
    assert "--replace-workflow-config" in elsewhere
    assert elsewhere[-2:] == ["--config", "digits=[3]"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.3", 0.3), ("-1e-5", -1e-5), (".5", 0.5), ("7", 7), ("+7", 7), ("true", True), ("null", None), ("~", None),
        ("digits", "digits"), ("007", "007"), ("0x10", "0x10"), ("yes", "yes"), ("1.2.3", "1.2.3"), ("1e", "1e"),
    ],
)  # fmt: skip
def test_nested_texts_of_the_command_line_are_read_as_yaml(text, value):
    config = {"field": {"k_bias": text, "k_omega": "0.5"}, "digits": [text, "a"], "batch": ["7"]}
    given = {"field": {"k_bias": text}, "digits": [text, "a"]}
    typed = with_types(config, given, {})
    # What a file says in quotes stays a text.
    assert typed == {"field": {"k_bias": value, "k_omega": "0.5"}, "digits": [value, "a"], "batch": ["7"]}
    assert type(typed["field"]["k_bias"]) is type(value)


def test_a_text_stays_one_where_the_config_takes_a_text():
    described = {"properties": {"name": {"type": ["string", "null"]}, "labels": {"items": {"type": ["string"]}}}}
    config = {"name": "2024", "labels": ["7", "a"], "size": "7"}
    assert with_types(config, config, described) == {**config, "size": 7}
