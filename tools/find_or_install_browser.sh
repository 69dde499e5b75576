#!/usr/bin/env bash
# Find a Chrome or Chromium for the PNG pictures, or get one. Never fails: without one there is HTML.
set -uo pipefail

found() {
    .venv/bin/python -m oscillator_field.figures.painters.browser
}

found && exit 0
echo "browser: none is found that starts; fetching one for Kaleido"
.venv/bin/kaleido_get_chrome >/dev/null 2>&1
found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "browser: that failed; installing the package chromium-headless-shell"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell; } >/dev/null 2>&1
    found && exit 0
fi
echo "browser: none that starts could be had, so pictures will be HTML alone (install Chrome or Chromium, then run again, for PNG)" >&2
exit 0
