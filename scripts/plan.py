"""plan: what a call of the workflow would do."""

import subprocess
import sys
from pathlib import Path

from oscillator_field.study.grid import expand
from oscillator_field.study.planning import plan_text, read_summary

settings = snakemake.params.settings
told = subprocess.run(
    [sys.executable, "-m", "snakemake", *settings["command"], "--nolock", "--quiet", "all", "--summary"],
    capture_output=True,
    text=True,
)
if told.returncode:
    sys.exit(f"plan: the call could not be planned\n{told.stdout}{told.stderr}")
text = plan_text(
    read_summary(told.stdout, settings["rules"]),
    {
        job.name: job
        for job in expand(settings["config"], settings["labels"], settings["noun"], pixels=lambda: settings["pixels"])
    },
    [Path(path) for path in settings["orphans"]],
    logs=settings["logs"],
    cores=settings["cores"],
    typical=settings["typical"],
    pixels=settings["pixels"],
    history=settings["config"]["history"],
    measure=settings["config"]["measure"],
    megabytes=settings["megabytes"],
    bytes_of_shard=settings["bytes_of_shard"],
    how_to_list=settings["how_to_list"],
)
print(text)
Path(snakemake.log[0]).write_text(text)
