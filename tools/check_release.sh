#!/usr/bin/env bash
# Check all that a release needs, and build its packages in dist/. Nothing is published. Argument: the folder of programs.
set -euo pipefail
bin=$1

fail() {
    echo "release: $*" >&2
    exit 1
}

version=$("$bin/python" -c 'from oscillator_field import __version__; print(__version__)')
echo "$version" | grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+$' ||
    fail "version $version is one of development (set it in src/oscillator_field/_version.py, then: make generate)"
grep -Eq "^## ${version//./\\.}, [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md ||
    fail "CHANGELOG.md has no heading '## $version, YYYY-MM-DD'"
[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed (git status)"
! git rev-parse -q --verify "refs/tags/v$version" >/dev/null || fail "the tag v$version is there already"
"$bin/python" tools/generate.py --check
"$bin/uv" tool run --quiet cffconvert --validate
# As every change is checked, with a browser and a cluster.
.ci/run
make torture
rm -rf dist
"$bin/uv" build --quiet --no-build-isolation --python "$bin/python" --out-dir dist .
"$bin/uv" tool run --quiet twine check --strict dist/*.whl dist/*.tar.gz
echo "release: $version is ready: git tag v$version, and the packages in dist/. Nothing was published."
