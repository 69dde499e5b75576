"""The profiles of clusters load, and jobs ask for what they should; tests/cluster submits for real."""

import os
import re
import shutil
import subprocess
import sys

import pytest

SMALL = {
    "digits": [3],
    "embed": {"methods": ["pca"], "samples": {"methods": []}},
    "render": {"png": {"enabled": False}},
    "readout": {"enabled": True},
    "learning": {"enabled": True, "arms": ["learned"], "seeds": [0]},
}
ON_A_GPU = ("simulate", "simulate_images", "train_field")
PROFILES = ("slurm", "kubernetes", "cluster-generic")


@pytest.fixture
def requests(new_project):
    """What each job would ask for, by its rule; `replaced` are lines of the profile."""

    def of(profile, config, replaced=(), option="--workflow-profile"):
        project = new_project(profile)
        for rules in (project.folder / "workflow" / "rules").glob("*.smk"):
            # A job with a message shows it instead of its resources.
            rules.write_text(re.sub(r"\n    message:\n.*", "", rules.read_text()))
        path = project.folder / "profiles" / profile / "config.yaml"
        for old, new in replaced:
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
        output = project.snakemake("--dry-run", option, f"profiles/{profile}", config=config).output
        # The resources of a job come after its name and before the next one's.
        jobs = re.findall(r"^ *rule (\w+):\n(?:(?! *rule ).*\n)*? +resources: (.*)$", output, flags=re.MULTILINE)
        found = {rule: dict(pair.split("=", 1) for pair in text.split(", ")) for rule, text in jobs}
        found.pop("all", None)
        assert found.keys() >= {"encode", "simulate", "measure", "embed", "render_html", "summarise"}, output[-3000:]
        return found

    return of


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("device", "gpus"), [("cpu", "0"), ("cuda", "1")])
def test_only_simulations_ask_for_a_gpu_and_only_if_the_config_does(requests, profile, device, gpus):
    asked = requests(profile, {**SMALL, "simulate": {"device": device}})
    assert {rule for rule in asked if "gpu" in asked[rule]} == {*ON_A_GPU}
    for rule in ON_A_GPU:
        assert asked[rule]["gpu"] == gpus
        # The plugin for Kubernetes refuses a GPU of no manufacturer.
        assert (asked[rule].get("gpu_manufacturer") == "nvidia") == (profile == "kubernetes")
    for rule, resources in asked.items():
        assert int(resources["mem_mb"]) >= 500, rule


@pytest.mark.parametrize("option", ["--workflow-profile", "--profile"])
def test_a_slurm_cluster_is_named_at_the_top_of_its_profile_alone(requests, option):
    lines = [
        ("partition: main ", "partition: long "),
        ('account: ""', 'account: "physics"'),
        ('gpu_partition: ""', "gpu_partition: accelerated"),
        ('gpu_kind: ""', "gpu_kind: a100"),
    ]
    asked = requests("slurm", {**SMALL, "simulate": {"device": "cuda"}}, lines, option)
    simulations = [asked.pop(rule) for rule in ON_A_GPU]
    for one in simulations:
        assert (one["slurm_partition"], one["gpu_model"], one["gpu"]) == ("accelerated", "a100", "1")
    for rule, resources in asked.items():
        assert resources["slurm_partition"] == "long", rule
        assert "gpu_model" not in resources, rule
    assert {resources["slurm_account"] for resources in (*simulations, *asked.values())} == {"physics"}


def test_a_second_attempt_asks_for_more(new_project):
    project = new_project("attempts")
    with (project.folder / "Snakefile").open("a") as snakefile:
        print(
            "from snakemake.iocontainers import Wildcards\n"
            'wildcards = Wildcards(fromdict={"job": "digit=3"})\n'
            'print("megabytes", *(memory("simulate")(wildcards, attempt) for attempt in (1, 2, 3)))\n'
            'print("minutes", *(minutes("simulate")(wildcards, attempt) for attempt in (1, 2, 3)))',
            file=snakefile,
        )
    output = project.snakemake("--dry-run", config=SMALL).output
    for name in ("megabytes", "minutes"):
        first, second, third = map(int, re.search(rf"^{name} (\d+) (\d+) (\d+)$", output, re.MULTILINE).groups())
        assert (second, third) == (2 * first, 3 * first)


def test_a_storage_in_a_folder_names_the_program_that_it_needs(new_project, tmp_path):
    project = new_project("storage")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "git", "sh", "which"):
        (programs / name).symlink_to(shutil.which(name))
    options = ["--cores", "1", "--default-storage-provider", "fs", "--default-storage-prefix", str(tmp_path)]
    said = subprocess.run(
        [sys.executable, "-m", "snakemake", *options],
        cwd=project.folder,
        env=os.environ | {"PATH": str(programs)},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 1
    assert "default-storage-provider: fs copies results by rsync, which is missing (install rsync)" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "results").exists()
