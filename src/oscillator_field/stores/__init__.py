"""How results lie on disk: whole or absent, named, with units, and checked."""
