"""Gather what the site of the docs is made of: docs/, files that stand elsewhere, the Python face, the live page.

usage: python tools/site.py FOLDER
"""

import posixpath
import re
import shutil
import sys
from pathlib import Path

import oscillator_field
from oscillator_field.figures.pages.live import write_live

ROOT = Path(__file__).parents[1]
# Where files of the repository stand in the site; those of docs/ keep their place.
ELSEWHERE = {
    "README.md": "index.md",
    "config/README.md": "config.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
LIVE = """---
hide: [navigation, toc]
---

<iframe src="live.html" title="Oscillator field, live" style="width: 100%; height: 780px; border: 0"></iframe>

<p><a href="live.html" target="_blank">In a window of its own</a></p>

"""
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def gather(folder):
    """Write all of it to a folder, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    inside = {f"docs/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.is_file()}
    places = ELSEWHERE | {path: path.removeprefix("docs/") for path in inside}
    for source, place in places.items():
        if source.endswith(".md"):
            text = with_links((ROOT / source).read_text(encoding="utf-8"), source, places)
            (folder / place).write_text((LIVE if place == "index.md" else "") + text, encoding="utf-8")
    (folder / "api.md").write_text(face(), encoding="utf-8")
    write_live(folder / "live.html")


def with_links(text, source, places):
    """A page whose links lead to where files stand in the site; what is not in it is named and not linked."""

    def moved(found):
        picture, words, target = found.groups()
        path, _, anchor = target.partition("#")
        if ":" in target or not path:
            return found.group(0)
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if wanted not in places:
            return words
        relative = posixpath.relpath(places[wanted], posixpath.dirname(places[source]) or ".")
        return f"{picture}[{words}]({relative}{'#' + anchor if anchor else ''})"

    return LINK.sub(moved, text)


def face():
    """A page of all public names, from where they stand."""
    homes = oscillator_field._HOME
    names = [f"::: oscillator_field.{homes[name]}.{name}" for name in oscillator_field.__all__ if name in homes]
    return "\n\n".join(["# Python", "All of it is imported from `oscillator_field`.", *names]) + "\n"


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
