"""A page: one skeleton, one style sheet and the scripts that all pages share, around the body of each."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from oscillator_field.figures.plotlyjs import missing, scripts
from oscillator_field.figures.themes import variables
from oscillator_field.stores.atomic import whole_file

_HERE = files("oscillator_field.figures.pages")
SHARED = ("kit.js", "transport.js")
# The file that the pages of a study read its runs from, and the list of the studies that lie beside each other.
DATA, STUDIES = "study.js", "studies.js"


def write_page(
    path: str | Path,
    body: str,
    *,
    title: str,
    code: Sequence[str],
    plotlyjs: str | None = None,
    shared: Sequence[str] = (),
    **texts: str,
) -> None:
    """Write a page.

    Args:
        path: the file to write.
        body: the name of the file of its body, beside this module.
        title: of the page, as it is read.
        code: names of the files of its scripts, in their order; those that all pages share come first.
        plotlyjs: `inline` to put plotly.js into the file, `cdn` to load it from the network, `shared` to load what
            `shared` names; None for a page without figures.
        shared: addresses of scripts relative to the file.
        texts: what the body has in place of `$name`, as HTML.
    """
    filled = Template(_text(body)).substitute(
        title=html.escape(title), code="\n".join(map(_text, (*SHARED, *code))), **texts
    )
    whole = Template(_text("page.html")).substitute(
        title=html.escape(title),
        style=f"{variables()}\n{_text('style.css')}",
        scripts=f"{scripts(plotlyjs, shared)}\n{missing(plotlyjs, shared)}" if plotlyjs else "",
        body=filled,
    )
    with whole_file(path) as temporary:
        temporary.write_text(whole, encoding="utf-8")


def as_json(content: Any) -> str:
    """Content for a script element, which ends at the first "</", even within a text."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("</", "<\\/")


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
