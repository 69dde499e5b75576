"""The colours of pages and pictures, light and dark: the one place where they stand."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as CSS writes them; those of text have a contrast of 4.5 to what they stand on.

    Attributes:
        ground, plot, raised, control: behind a page, in a figure, behind bars, behind boxes that take something in.
        ink, muted, link, wrong: text.
        edge, grid: lines around things, and in figures.
        accent, on_accent: the button that matters, and the text on it.
        accent_line, band: the one line of a figure, and the spread around a mean.
        mark: behind a row that stands out.
        panel: behind a lattice that is not there yet.
        curves: of lines over time; the first is that of the whole field.
        classes: of ten classes.
        template: plotly's own theme that comes closest, for pictures.
    """

    ground: str
    plot: str
    raised: str
    control: str
    ink: str
    muted: str
    link: str
    wrong: str
    edge: str
    grid: str
    accent: str
    on_accent: str
    accent_line: str
    band: str
    mark: str
    panel: str
    curves: tuple[str, ...]
    classes: tuple[str, ...]
    template: str


THEMES = {
    "dark": Theme(
        ground="#111111",
        plot="#111111",
        raised="#1b2230",
        control="#26344a",
        ink="#f2f5fa",
        muted="#a9b5c8",
        link="#9fc4f2",
        wrong="#ff9d94",
        edge="#45526a",
        grid="#2c3444",
        accent="#9fc4f2",
        on_accent="#10151d",
        accent_line="#77AADD",
        band="rgba(119,170,221,0.25)",
        mark="#203a2c",
        panel="#20242c",
        # The whole in grey, then Paul Tol's "light", https://personal.sron.nl/~pault/.
        curves=(
            "#9AA3AF", "#77AADD", "#EE8866", "#EEDD88",
            "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#D3B8FF", "#FFFFFF",
            "#FF8A5B", "#35C281",
        ),
        classes=(
            "#4E9BFF", "#FF8A5B", "#F2D95C", "#FF9DC4",
            "#7FE3E0", "#35C281", "#B58BFF", "#C7B299", "#A6A6A6", "#FFFFFF",
        ),
        template="plotly_dark",
    ),
    "light": Theme(
        ground="#ffffff",
        plot="#ffffff",
        raised="#f1f4f8",
        control="#ffffff",
        ink="#16202e",
        muted="#556070",
        link="#0b57a8",
        wrong="#b3261e",
        edge="#b8c2d0",
        grid="#e3e8ef",
        accent="#0b57a8",
        on_accent="#ffffff",
        accent_line="#0b57a8",
        band="rgba(11,87,168,0.18)",
        mark="#dff3e6",
        panel="#e6eaf0",
        curves=(
            "#6B7380", "#0B5FC0", "#C2410C", "#8A6D00",
            "#B8327F", "#0E7C86", "#15803D", "#6D7A00", "#6D28D9", "#16202E",
            "#A0522D", "#2E8B57",
        ),
        classes=(
            "#0B5FC0", "#C2410C", "#8A6D00", "#B8327F",
            "#0E7C86", "#15803D", "#6D28D9", "#7A5C3A", "#5F6368", "#000000",
        ),
        template="plotly_white",
    ),
}  # fmt: skip


def variables() -> str:
    """The colours as variables of a style sheet, of which the browser takes those of the theme in force."""
    pairs: dict[str, tuple[str, str]] = {}
    for entry in fields(Theme):
        light, dark = (getattr(THEMES[name], entry.name) for name in ("light", "dark"))
        if entry.name == "template":
            continue
        if isinstance(light, tuple):
            singular = {"curves": "curve", "classes": "class"}[entry.name]
            pairs |= {f"{singular}-{n}": pair for n, pair in enumerate(zip(light, dark, strict=True))}
        else:
            pairs[entry.name.replace("_", "-")] = (light, dark)
    lines = [f"--{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items()]
    return ":root { " + " ".join(lines) + " }"
