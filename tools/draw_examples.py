"""Draw the pictures of resources/examples: five drawings of 64 x 64 pixels, and a landscape of 256 x 256.

usage: python tools/draw_examples.py
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

EXAMPLES = Path(__file__).parents[1] / "resources" / "examples"
SIDE = 64
# Lines are drawn larger and made smaller, so that their edges are smooth.
FINER = 4
PEN = 4 * FINER


def blank():
    picture = Image.new("L", (SIDE * FINER, SIDE * FINER))
    return picture, ImageDraw.Draw(picture)


def at(*points):
    """Points of a drawing of 64 x 64, on the larger canvas."""
    return [(x * FINER, y * FINER) for x, y in points]


def spiral():
    picture, draw = blank()
    turns = np.linspace(0, 3 * 2 * math.pi, 400)
    radius = 2 + 26 * turns / turns[-1]
    draw.line(at(*zip(32 + radius * np.cos(turns), 32 + radius * np.sin(turns), strict=True)), 255, PEN, "curve")
    return picture


def face():
    picture, draw = blank()
    draw.ellipse(at((6, 6), (58, 58)), outline=255, width=PEN)
    for x in (23, 41):
        draw.ellipse(at((x - 4, 22), (x + 4, 30)), fill=255)
    draw.arc(at((18, 20), (46, 48)), 20, 160, fill=255, width=PEN)
    return picture


def house():
    picture, draw = blank()
    draw.rectangle(at((14, 30), (50, 58)), outline=255, width=PEN)
    draw.line(at((8, 32), (32, 8), (56, 32)), 255, PEN, "curve")
    draw.rectangle(at((28, 42), (36, 58)), fill=180)
    draw.rectangle(at((18, 36), (24, 42)), fill=110)
    return picture


def fish():
    picture, draw = blank()
    draw.ellipse(at((8, 18), (48, 46)), outline=255, width=PEN)
    draw.polygon(at((44, 32), (60, 18), (60, 46)), fill=200)
    draw.ellipse(at((16, 26), (21, 31)), fill=255)
    for x in (28, 35):
        draw.arc(at((x - 8, 24), (x + 2, 40)), -60, 60, fill=140, width=PEN // 2)
    return picture


def tree():
    picture, draw = blank()

    def branch(x, y, length, angle, width):
        if length < 3:
            return
        end = x + length * math.cos(angle), y - length * math.sin(angle)
        draw.line(at((x, y), end), 255, max(FINER, int(width * FINER)))
        for turn in (-0.5, 0.45):
            branch(*end, 0.72 * length, angle + turn, 0.7 * width)

    branch(32, 61, 17, math.pi / 2, 4)
    return picture


def landscape(side=256):
    """Hills behind hills under a low sun, each ridge a sum of sines."""
    row, column = np.mgrid[:side, :side] / side
    sun = np.hypot(row - 0.3, column - 0.68)
    level = 0.75 - 0.45 * row + 0.5 * np.exp(-((sun / 0.16) ** 2))
    level[sun < 0.09] = 1
    for number, (height, depth) in enumerate([(0.5, 0.55), (0.62, 0.38), (0.76, 0.2)]):
        x = column * 2 * np.pi
        ridge = height + 0.05 * np.sin(1.5 * x + number) + 0.025 * np.sin(4.1 * x + 2.7 * number)
        hill = row > ridge
        stripes = 0.06 * np.sin(70 * (row - ridge) * (1 + number))
        level[hill] = (depth + stripes * np.exp(-6 * (row - ridge)))[hill]
    return Image.fromarray(np.rint(255 * level.clip(0, 1)).astype(np.uint8))


if __name__ == "__main__":
    folder = EXAMPLES / "drawings"
    folder.mkdir(parents=True, exist_ok=True)
    for drawing in (face, fish, house, spiral, tree):
        drawing().resize((SIDE, SIDE), Image.Resampling.BOX).save(folder / f"{drawing.__name__}.png", optimize=True)
    (EXAMPLES / "landscape").mkdir(exist_ok=True)
    landscape().save(EXAMPLES / "landscape" / "hills.png", optimize=True)
