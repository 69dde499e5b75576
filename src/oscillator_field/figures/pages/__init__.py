"""Pages of a whole study."""
