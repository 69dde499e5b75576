#!/usr/bin/env bash
# Make .venv with the locked dependencies and this project, editable. Arguments: a Python, the version of uv.
set -euo pipefail
python=$1
uv_version=$2

fail() {
    echo "setup: $*" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "$python is not there (install Python 3.11 or newer, or: make setup PYTHON=...)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old (allowed: Python 3.11 or newer; make setup PYTHON=...)"

# Debian and Ubuntu keep the module that puts pip into an environment in a package of its own.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "$python cannot make environments (install the package python$version-venv)"
    echo "setup: installing python$version-venv"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "python$version-venv"; } >/dev/null ||
        fail "python$version-venv could not be installed"
fi

# From nothing each time: what an interrupted set-up left is not to be trusted.
rm -rf .venv
"$python" -m venv .venv
echo "setup: installing the locked dependencies into .venv"
.venv/bin/pip install --quiet "uv==$uv_version"
export VIRTUAL_ENV=$PWD/.venv
.venv/bin/uv pip install --quiet --require-hashes --requirements requirements.lock
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
# Shows that it works, and compiles what every run imports.
echo "setup: ready, with Snakemake $(.venv/bin/snakemake --version)"
