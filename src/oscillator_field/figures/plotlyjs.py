"""plotly.js for pages: its cartesian bundle for animations, the whole for figures of a study.

The bundle has every trace but those of 3D, maps and parallel coordinates; a browser opens it in less than half the time
of the whole, and a self-contained page is a third of the size. It lies beside this file, as its makers publish it (MIT
license, plotly-cartesian.LICENSE), in the version that the locked plotly brings; `make plotlyjs` brings it up to date.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

from plotly.offline import get_plotlyjs, get_plotlyjs_version

from oscillator_field.stores.atomic import whole_file

Bundle = Literal["cartesian", "whole"]

CARTESIAN = files("oscillator_field.figures") / "plotly-cartesian.min.js"
_NETWORK = {
    "cartesian": "https://cdn.plot.ly/plotly-cartesian-{version}.min.js",
    "whole": "https://cdn.plot.ly/plotly-{version}.min.js",
}


# A page without it would be blank: it says what is missing, and where.
_MISSING = """<script>
if (!window.Plotly) addEventListener("DOMContentLoaded", () => {{
  document.body.innerHTML = '<p id="missing" style="padding: 24px; font-size: 16px">This page cannot draw: plotly.js '
    + "was not found at {address}. Keep the page in its folder of results, or set render.html.plotlyjs to inline.</p>";
}});
</script>"""


def write_plotlyjs(path: str | Path, bundle: Bundle) -> None:
    """Write the plotly.js that pages share."""
    with whole_file(path) as temporary:
        temporary.write_text(_source(bundle), encoding="utf-8")


def scripts(plotlyjs: str, shared: Sequence[str], bundle: Bundle = "cartesian") -> str:
    """The script elements that bring plotly.js: `inline`, from the network (`cdn`), or from shared addresses."""
    if plotlyjs == "inline":
        return f"<script>{_source(bundle)}</script>"
    addresses = [_NETWORK[bundle].format(version=get_plotlyjs_version())] if plotlyjs == "cdn" else shared
    loaded = [f'<script src="{html.escape(address)}"></script>' for address in addresses]
    return "\n".join([*loaded, _MISSING.format(address=html.escape(" ".join(addresses)))])


def _source(bundle: Bundle) -> str:
    return get_plotlyjs() if bundle == "whole" else CARTESIAN.read_text(encoding="utf-8")
