#!/usr/bin/env bash
# Say what a lock of Snakemake in this folder means, and what to do about it, before Snakemake gives up over it.
set -euo pipefail

[ -n "$(ls -A .snakemake/locks 2>/dev/null)" ] || exit 0
echo "run: this folder is locked: another call works here, or one was killed (if none works here: make unlock)" >&2
exit 1
