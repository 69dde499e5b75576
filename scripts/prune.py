"""prune: list results that the config does not ask for, or remove what the workflow made of them."""

import sys
from pathlib import Path

from oscillator_field.study.pruning import prune

settings = snakemake.params.settings
told, done = prune(
    [Path(path) for path in settings["orphans"]],
    [Path(path) for path in settings["wanted"]],
    settings["asked"],
    settings["command"],
)
print("\n".join(told))
Path(snakemake.log[0]).write_text("\n".join(told) + "\n")
if not done:
    sys.exit(1)
