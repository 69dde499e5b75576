"""How animations become pages and pictures."""
