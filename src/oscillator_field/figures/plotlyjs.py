"""plotly.js for pages: its cartesian bundle, which has heat maps, scatters and lines.

A browser opens it in less than half the time of the whole, and a self-contained page is a third of the size. It lies
beside this file, as its makers publish it (MIT license, plotly-cartesian.LICENSE), in the version that the locked
plotly brings; `make plotlyjs` brings it up to date.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from oscillator_field.stores.atomic import whole_file

CARTESIAN = files("oscillator_field.figures") / "plotly-cartesian.min.js"
_NETWORK = "https://cdn.plot.ly/plotly-cartesian-{version}.min.js"

# A page without it would be empty: it says what is missing, and where.
_MISSING = """<script>
addEventListener("DOMContentLoaded", () => {{
  if (window.Plotly) return;
  const told = document.createElement("p");
  told.id = "missing_plotlyjs";
  told.setAttribute("role", "alert");
  told.style.cssText = "padding: 24px; font-size: 16px; max-width: 70ch";
  told.textContent = "This page cannot draw: plotly.js was not found at {address}. Keep the page in its folder of "
    + "results, or set render.html.plotlyjs to inline.";
  document.body.replaceChildren(told);
}});
</script>"""


def write_plotlyjs(path: str | Path) -> None:
    """Write the plotly.js that pages share."""
    with whole_file(path) as temporary:
        temporary.write_text(_source(), encoding="utf-8")


def scripts(plotlyjs: str, shared: Sequence[str]) -> str:
    """The script elements that bring plotly.js: `inline`, from the network (`cdn`), or from shared addresses."""
    if plotlyjs == "inline":
        return f"<script>{_source()}</script>"
    return "\n".join(f'<script src="{html.escape(address)}"></script>' for address in _addresses(plotlyjs, shared))


def missing(plotlyjs: str, shared: Sequence[str]) -> str:
    """The script element that says where plotly.js was not found; nothing where it is in the page."""
    return "" if plotlyjs == "inline" else _MISSING.format(address=html.escape(" ".join(_addresses(plotlyjs, shared))))


def _addresses(plotlyjs: str, shared: Sequence[str]) -> Sequence[str]:
    if plotlyjs != "cdn":
        return shared
    # Imported here: a list of studies needs no figures, and is written where plotly may be missing.
    from plotly.offline import get_plotlyjs_version

    return [_NETWORK.format(version=get_plotlyjs_version())]


def _source() -> str:
    return CARTESIAN.read_text(encoding="utf-8")
