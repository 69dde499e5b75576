#!/usr/bin/env bash
# Run config/phenomena/ and put a picture of each into docs/. Arguments: the folder of the environment's programs.
set -euo pipefail
bin=$1
for config in config/phenomena/*.yaml; do
    "$bin/snakemake" --cores all --configfile "$config"
done
"$bin/python" tools/draw_phenomena.py
