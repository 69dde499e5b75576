"""plan: what a call of the workflow would do."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from oscillator_field.study.configuration import jobs_of
from oscillator_field.study.planning import plan_text, read_summary

settings = snakemake.params.settings
with tempfile.NamedTemporaryFile("w", suffix=".json") as whole_config:
    json.dump(snakemake.config, whole_config)
    whole_config.flush()
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        settings["snakefile"],
        "--configfile",
        whole_config.name,
    ]
    told = subprocess.run([*command, "--nolock", "--quiet", "all", "--summary"], capture_output=True, text=True)
if told.returncode:
    sys.exit(told.stderr)
text = plan_text(
    read_summary(told.stdout),
    {job.name: job for job in jobs_of(snakemake.config)},
    [Path(place) for place in settings["orphans"]],
    logs="logs",
    cores=settings["cores"],
    every=snakemake.config["history"]["every"],
    precision=snakemake.config["history"]["precision"],
    megabytes=settings["megabytes"],
    bytes_of_shard=settings["bytes_of_shard"],
    how_to_list=settings["how_to_list"],
)
print(text)
Path(snakemake.log[0]).write_text(text)
