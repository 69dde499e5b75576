#!/usr/bin/env bash
# Run config/phenomena/ and put a picture of each into docs/. Arguments: the folder of the environment's programs.
set -euo pipefail
bin=$1
for config in config/phenomena/*.yaml; do
    "$bin/snakemake" --cores all --configfile "$config"
done
# Where Kaleido does not look for one.
BROWSER_PATH=$("$bin/python" -c "from oscillator_field.figures.painters.browser import find_browser; print(find_browser())")
export BROWSER_PATH
"$bin/python" tools/draw_phenomena.py
