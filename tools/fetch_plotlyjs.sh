#!/usr/bin/env bash
# Bring the cartesian bundle of plotly.js, as its makers publish it, in the version of the installed plotly. Needs npm.
set -euo pipefail
figures=$PWD/src/oscillator_field/figures
version=$(.venv/bin/python -c 'from plotly.offline import get_plotlyjs_version as version; print(version())')
command -v npm >/dev/null || { echo "plotlyjs: npm is not there (install Node.js)" >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
tar -xzf "$(npm pack --silent "plotly.js-cartesian-dist-min@$version")"
cp package/plotly-cartesian.min.js "$figures"
cp package/LICENSE "$figures/plotly-cartesian.LICENSE"
echo "plotlyjs: version $version"
