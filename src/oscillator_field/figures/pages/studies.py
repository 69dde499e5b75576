"""The list of the studies that lie side by side in a folder of results, which their galleries name."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oscillator_field.figures.pages.document import DATA, STUDIES, write_page
from oscillator_field.stores.atomic import whole_file

PAGE = "index.html"
# The page of the list, where no study without a name has its gallery, says what it is.
_MARK = "<!-- the list of studies -->"


def list_studies(results: str | Path) -> None:
    """Write the list of the studies in a folder of results; and a page of it, unless a study has its gallery there.

    Args:
        results: the folder that studies with names have their folders in.
    """
    root = Path(results)
    if not root.is_dir():
        return
    found = list(_studies(root))
    with whole_file(root / STUDIES) as temporary:
        temporary.write_text(f"globalThis.listedStudies = {json.dumps(found)};\n", encoding="utf-8")
    page = root / PAGE
    named = [one for one in found if one["name"]]
    if not named or (page.exists() and _MARK not in page.read_text(encoding="utf-8")):
        return
    items = "".join(f'<li><a href="{html.escape(one["path"])}">{html.escape(one["title"])}</a></li>' for one in named)
    write_page(page, "studies.html", title="Oscillator field: studies", code=(), studies=items, mark=_MARK)


def _studies(root: Path) -> Iterator[dict[str, Any]]:
    """Name, title and address of each study whose gallery is there."""
    for page in [root / PAGE, *sorted(root.glob(f"*/{PAGE}"))]:
        if not (page.parent / DATA).is_file():
            continue
        title = re.search(r"<title>(.*?)</title>", page.read_text(encoding="utf-8")[:2000])
        name = None if page.parent == root else page.parent.name
        path = page.relative_to(root).as_posix()
        yield {"name": name, "title": html.unescape(title[1]) if title else str(name), "path": path}
