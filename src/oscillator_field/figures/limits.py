"""How much one figure shows of large lattices: panels, and frames."""

# Values that a page holds: pixels, times panels, times frames. Packed, these are some megabytes.
MOST_VALUES = 8_000_000
# So many frames still move.
FEWEST_FRAMES = 24


def panels_together(most: int, pixels: int) -> int:
    """Panels of lattices that one figure has at most."""
    return max(1, min(most, MOST_VALUES // (FEWEST_FRAMES * pixels)))


def frames_together(panels: int, pixels: int) -> int:
    """Frames of lattices that one figure has at most."""
    return max(FEWEST_FRAMES, MOST_VALUES // (panels * pixels))


# A study of more runs has a diagram in place of a list of its runs.
MOST_LISTED = 10_000
